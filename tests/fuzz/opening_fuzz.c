/* Any bytes: an opening's texts end, its lengths are bounded, and some product is named. */
#include "proto/packet.h"
#include "proto/product.h"
#include "tests/fuzz/promise.h"

static void check_recognition(struct recognition recognition)
{
    PROMISE(product_name(recognition.product) && certainty_name(recognition.certainty));
    PROMISE((recognition.product == PRODUCT_UNKNOWN) == (recognition.certainty == CERTAINTY_NONE));
    PROMISE((recognition.product == PRODUCT_UNKNOWN) == (recognition.signs == 0));
    PROMISE((recognition.signs | recognition.against) < SIGN_BIT(SIGN_COUNT));
    PROMISE((recognition.signs & recognition.against) == 0);
    PROMISE(recognition.signs != SIGN_BIT(SIGN_VERSION_STRING));
}

static void check_greeting(const struct greeting *greeting)
{
    const char *version = product_version(greeting);
    PROMISE(memchr(greeting->version, 0, sizeof(greeting->version)));
    PROMISE(memchr(greeting->auth_plugin, 0, sizeof(greeting->auth_plugin)));
    PROMISE(greeting->auth_data_length <= sizeof(greeting->auth_data));
    PROMISE(greeting->capabilities & CLIENT_PLUGIN_AUTH || !greeting->auth_plugin[0]);
    PROMISE(!(greeting->capabilities & CLIENT_LONG_PASSWORD) || !greeting->mariadb_capabilities);
    PROMISE(version >= greeting->version && version < greeting->version + SERVER_VERSION);
    check_recognition(product_recognise(greeting));
}

static void check_error(const struct server_error *error)
{
    PROMISE(memchr(error->message, 0, sizeof(error->message)));
    PROMISE(error->sqlstate[sizeof(error->sqlstate) - 1] == '\0');
}

static enum parse parse(const uint8_t *bytes, size_t length, size_t *ret_size)
{
    struct opening opening = {0};
    enum parse answer = opening_parse(bytes, length, &opening);
    *ret_size = opening.size;
    PROMISE((answer == PARSE_OK) == (opening.size != 0));
    if (answer != PARSE_OK)
        return answer;
    PROMISE(opening.sequence == 0 && opening.protocol == bytes[PACKET_HEADER]);
    check_greeting(&opening.greeting);
    check_error(&opening.error);
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    promise_growth(parse, bytes, length);
    return 0;
}
