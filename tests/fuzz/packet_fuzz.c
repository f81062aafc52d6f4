/* Any bytes: a packet lies inside them, and no packet is longer than the bound. */
#include "proto/packet.h"
#include "tests/fuzz/promise.h"

static enum parse parse(const uint8_t *bytes, size_t length, size_t *ret_size)
{
    struct packet packet = {0};
    enum parse answer = packet_parse(bytes, length, &packet);
    if (answer == PARSE_OK) {
        PROMISE(packet.length <= PACKET_MAX_BEFORE_LOGIN);
        PROMISE(packet.payload == bytes + PACKET_HEADER);
        PROMISE(packet.length <= length - PACKET_HEADER);
    } else {
        PROMISE(!packet.payload);
    }
    *ret_size = PACKET_HEADER + packet.length;
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    promise_growth(parse, bytes, length);
    return 0;
}
