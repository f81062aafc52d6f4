/* URLs of every scheme: the first byte chooses it, the rest stands behind it. */
#include "tests/fuzz/target_promise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const schemes[] = {
        "mysql://",        "mariadb://",        "oceanbase://", "jdbc:mysql://",
        "jdbc:mariadb://", "jdbc:oceanbase://", "jdbc:mysql:",  "jdbc:oceanbase:oracle:"};
    char text[TEXT_MAX + 1];
    if (size == 0 || size > TEXT_MAX - 32)
        return 0;
    const char *scheme = schemes[data[0] % (sizeof schemes / sizeof schemes[0])];
    snprintf(text, sizeof text, "%s%.*s", scheme, (int)(size - 1), (const char *)data + 1);
    promise_parse(text);
    return 0;
}
