/* Any bytes: a reply's texts end, and a switch names a plugin for which there is an answer. */
#include "proto/auth.h"
#include "proto/packet.h"
#include "proto/reply.h"
#include "tests/fuzz/promise.h"

static void check(const struct reply *reply)
{
    PROMISE(reply->kind <= REPLY_AUTH_MORE);
    PROMISE(reply->data_length <= sizeof(reply->data));
    PROMISE(memchr(reply->plugin, 0, sizeof(reply->plugin)));
    PROMISE(memchr(reply->error.message, 0, sizeof(reply->error.message)));
    PROMISE(reply->error.sqlstate[sizeof(reply->error.sqlstate) - 1] == '\0');
    PROMISE(auth_plugin_find(reply->plugin)->switch_length <= HARMLESS_ANSWER_MAX);
}

static enum parse parse(const uint8_t *bytes, size_t length, size_t *ret_size)
{
    struct reply reply = {0};
    enum parse answer = reply_parse(bytes, length, &reply);
    *ret_size = reply.size;
    PROMISE((answer == PARSE_OK) == (reply.size != 0));
    if (answer == PARSE_OK)
        check(&reply);
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct server_error error;
    promise_growth(parse, bytes, length);
    PROMISE(server_error_parse(bytes, length, &error) != PARSE_MORE);
    return 0;
}
