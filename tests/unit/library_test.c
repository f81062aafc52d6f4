/* The library as other programs see it: through include/obprobe.h alone. */
#include "obprobe.h"
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A port that is bound, so that nobody else gets it, and not listened on. */
static int refusing(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static json_t *json_in(const struct obprobe_report *report, const char *language)
{
    char *text = NULL;
    assert_int_equal(obprobe_report_json_in(report, language, &text), 0);
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    free(text);
    return json;
}

static const char *text_of(json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void look_at(const struct obprobe_report *report)
{
    char *untouched = NULL, *plain = NULL;
    json_t *english = json_in(report, "en"), *chinese = json_in(report, "zh");
    assert_string_equal(text_of(english, "cause"), "refused.no-listener");
    assert_string_equal(text_of(chinese, "cause"), "refused.no-listener");
    assert_string_equal(text_of(english, "summary"),
                        "The connection was refused: nothing listens there.");
    assert_string_equal(text_of(chinese, "summary"), "连接被拒绝：那里没有程序在监听。");
    assert_int_equal(obprobe_report_json_in(report, "fr", &untouched), -EINVAL);
    assert_int_equal(obprobe_report_json_in(report, "", &untouched), -EINVAL);
    assert_int_equal(obprobe_report_json_in(report, NULL, &untouched), -EINVAL);
    assert_null(untouched);
    /* Chinese before leaves nothing behind. */
    assert_int_equal(obprobe_report_json(report, &plain), 0);
    assert_non_null(strstr(plain, "nothing listens there"));
    free(plain);
    json_decref(english);
    json_decref(chinese);
}

static void finished(void *context, const struct obprobe_report *report)
{
    look_at(report);
    ++*(unsigned *)context;
}

static void a_report_is_told_in_the_language_asked_for(void **state)
{
    unsigned port, reports = 0;
    int holder = refusing(&port);
    char target[32], problem[256] = "";
    struct obprobe *run = NULL;
    struct obprobe_settings settings = OBPROBE_SETTINGS_INIT;
    struct obprobe_calls calls = {.finished = finished, .context = &reports};
    (void)state;
    snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    assert_int_equal(obprobe_open(&settings, &calls, &run), 0);
    assert_int_equal(obprobe_add(run, target, problem, sizeof(problem)), 0);
    assert_int_equal(obprobe_run(run), 0);
    obprobe_close(run);
    close(holder);
    assert_int_equal(reports, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_told_in_the_language_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
