/* Data source names of Go: "NAME@tcp(" stands in front of the bytes, or they alone. */
#include "tests/fuzz/target_promise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const fronts[] = {"", "u:s3cretpw@tcp(", "u@unix(/", "u:"};
    char text[TEXT_MAX + 1];
    if (size == 0 || size > TEXT_MAX - 32)
        return 0;
    snprintf(text, sizeof text, "%s%.*s", fronts[data[0] % 4], (int)(size - 1),
             (const char *)data + 1);
    promise_parse(text);
    return 0;
}
