/* Any reaction: a set of known services, and no question after mere silence or after an answer. */
#include "proto/service.h"
#include "tests/fuzz/promise.h"

enum { ROOM = 512 };

/* The first byte of the input chooses question and ending. */
static struct reaction reaction_to(uint8_t choice, uint8_t *sent)
{
    enum question question = (enum question)(choice % (QUESTION_SSL_REQUEST + 1));
    return (struct reaction){
        .question = question,
        .ending = (enum ending)(choice / 4 % (ENDING_RESET + 1)),
        .sent = sent,
        .sent_length = service_question_write(question, sent, ROOM),
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    uint8_t sent[ROOM];
    if (length == 0)
        return 0;
    struct reaction reaction = reaction_to(bytes[0], sent);
    uint8_t *copy = malloc(length);
    PROMISE(copy);
    memcpy(copy, bytes + 1, length - 1);
    copy = realloc(copy, length > 1 ? length - 1 : 1);
    PROMISE(copy);
    reaction.bytes = copy;
    reaction.length = length - 1;
    PROMISE(service_recognise(&reaction) < SERVICE_BIT(SERVICE_COUNT));
    if (reaction.length || reaction.ending == ENDING_OPEN)
        PROMISE(service_next_question(&reaction) == QUESTION_NONE);
    free(copy);
    return 0;
}
