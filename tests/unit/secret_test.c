/* Memory for passwords: what is read as one, what is refused, and what the kernel is told of it. */
#include "probe/input/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT(literal) (literal), sizeof(literal) - 1

/* A pipe that holds the bytes and then ends. */
static int pipe_of(const char *bytes, size_t length)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, length), length);
    close(ends[1]);
    return ends[0];
}

static void one_line_is_a_password(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *password;
    } rows[] = {
        {TEXT("s3cret"), "s3cret"},
        {TEXT("s3cret\n"), "s3cret"},
        {TEXT("s3cret\r\n"), "s3cret"},
        {TEXT("s3cret\r"), "s3cret\r"},
        {TEXT(" s 3 "), " s 3 "},
        {TEXT("#s3cret\n"), "#s3cret"},
        {TEXT(""), ""},
        {TEXT("\n"), ""},
        {TEXT("\r\n"), ""},
        {TEXT("\xff\xfe\n"), "\xff\xfe"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct secret *secret;
        int fd = pipe_of(rows[i].text, rows[i].length);
        assert_int_equal(secret_read(fd, &secret), 0);
        assert_string_equal(secret_bytes(secret), rows[i].password);
        assert_int_equal(secret_length(secret), strlen(rows[i].password));
        secret_free(secret);
        close(fd);
    }
}

static void anything_else_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        int error;
    } rows[] = {
        {TEXT("a\nb"), -EINVAL}, {TEXT("a\n\n"), -EINVAL}, {TEXT("\na"), -EINVAL},
        {TEXT("a\0b"), -EINVAL}, {TEXT("\0"), -EINVAL},    {TEXT("a\r\nb\r\n"), -EINVAL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct secret *untouched = NULL;
        int fd = pipe_of(rows[i].text, rows[i].length);
        assert_int_equal(secret_read(fd, &untouched), rows[i].error);
        assert_null(untouched);
        close(fd);
    }
}

static void what_cannot_be_read_keeps_its_errno(void **state)
{
    struct secret *untouched = NULL;
    int folder = open("/", O_RDONLY | O_CLOEXEC), endless = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    (void)state;
    assert_int_equal(secret_read(-1, &untouched), -EBADF);
    assert_int_equal(secret_read(folder, &untouched), -EISDIR);
    assert_int_equal(secret_read(endless, &untouched), -E2BIG);
    assert_null(untouched);
    close(folder);
    close(endless);
}

static void length_is_bounded(void **state)
{
    static const struct {
        size_t length;
        const char *line_end;
        int error;
    } rows[] = {
        {SECRET_MAX, "", 0},
        {SECRET_MAX, "\n", 0},
        {SECRET_MAX, "\r\n", 0},
        {SECRET_MAX + 1, "", -E2BIG},
        {SECRET_MAX + 1, "\n", -E2BIG},
        {SECRET_MAX + 1, "\r\n", -E2BIG},
        {2 * SECRET_MAX, "", -E2BIG},
    };
    char text[2 * SECRET_MAX + 3];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct secret *secret = NULL;
        memset(text, 'x', rows[i].length);
        strcpy(text + rows[i].length, rows[i].line_end);
        int fd = pipe_of(text, strlen(text));
        assert_int_equal(secret_read(fd, &secret), rows[i].error);
        assert_int_equal(secret ? secret_length(secret) : 0, rows[i].error ? 0 : rows[i].length);
        secret_free(secret);
        close(fd);
        assert_int_equal(secret_new(text, rows[i].length, &secret), rows[i].error ? -E2BIG : 0);
        if (!rows[i].error)
            secret_free(secret);
    }
}

/* A terminal gives one line a read; what follows is not waited for. */
static void typed_is_what_one_read_gives(void **state)
{
    int ends[2];
    struct secret *secret;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "s3cret\n", 7), 7);
    assert_int_equal(secret_read_typed(ends[0], &secret), 0);
    assert_string_equal(secret_bytes(secret), "s3cret");
    secret_free(secret);
    close(ends[1]);
    assert_int_equal(secret_read_typed(ends[0], &secret), -ECANCELED);
    close(ends[0]);
}

/* The VmFlags (proc(5), smaps) of the mapping that holds the address. */
static void flags_of(const void *address, char *to, int size)
{
    char line[512];
    bool inside = false;
    unsigned long begin, end;
    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    *to = '\0';
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = (uintptr_t)address >= begin && (uintptr_t)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(to, (size_t)size, "%s", line + 8);
    }
    fclose(maps);
}

static void pages_are_left_out_of_core_dumps(void **state)
{
    char flags[512];
    struct secret *secret;
    (void)state;
    assert_int_equal(secret_new("s3cret", 6, &secret), 0);
    flags_of(secret_bytes(secret), flags, sizeof flags);
    if (!strstr(flags, " dd"))
        fail_msg("no dd in%s", flags);
    secret_free(secret);
    secret_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_is_a_password),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(what_cannot_be_read_keeps_its_errno),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(typed_is_what_one_read_gives),
        cmocka_unit_test(pages_are_left_out_of_core_dumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
