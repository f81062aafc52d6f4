#include "probe/cli/test_switches.h"
#include "probe/cli/option_row.h"
#include <stdlib.h>
#include <string.h>

#ifdef OBPROBE_TEST_SWITCHES

static unsigned find_switch(const char *name, size_t length)
{
    static const struct {
        const char *name;
        unsigned without;
    } switches[] = {
        {"error-queue", WITHOUT_ERROR_QUEUE}, {"ipv6", WITHOUT_IPV6}, {"ping", WITHOUT_PING}};
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        if (strlen(switches[i].name) == length && memcmp(switches[i].name, name, length) == 0)
            return switches[i].without;
    return 0;
}

int test_switches_read(unsigned *ret_without, char *ret_problem)
{
    const char *text = getenv("OBPROBE_TEST_WITHOUT");
    unsigned without = 0;
    while (text && *text) {
        size_t length = strcspn(text, ",");
        unsigned found = find_switch(text, length);
        if (!found)
            return cli_problem(ret_problem,
                               "OBPROBE_TEST_WITHOUT: '%.*s' is not one of "
                               "error-queue, ipv6, ping",
                               (int)length, text);
        without |= found;
        text += length + (text[length] == ',');
    }
    *ret_without = without;
    return 0;
}

const char *test_etc(void)
{
    const char *etc = getenv("OBPROBE_TEST_ETC");
    return etc ? etc : "/etc";
}

#else

const char *test_etc(void)
{
    return "/etc";
}

int test_switches_read(unsigned *ret_without, char *ret_problem)
{
    (void)ret_problem;
    *ret_without = 0;
    return 0;
}

#endif
