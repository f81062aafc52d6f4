/* What a reading of option files delivered, as text, and a folder for the files of a test. */
#ifndef TESTS_UNIT_OPTION_FOUND_H
#define TESTS_UNIT_OPTION_FOUND_H

#include "probe/input/option_files.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows_) (sizeof(rows_) / sizeof(rows_)[0])

struct found {
    char options[4096];
    char warnings[4096];
    unsigned end_after; /* with ECANCELED; 0: never */
    unsigned count;
};

__attribute__((format(printf, 2, 3))) static inline void append(char *to, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(to);
    va_start(arguments, format);
    vsnprintf(to + used, sizeof((struct found *)0)->options - used, format, arguments);
    va_end(arguments);
}

/* "line group key=value", '?' behind a loose key, '!' behind a value that a '#' cut. */
static inline int note_option(void *context, const struct option_entry *entry)
{
    struct found *found = context;
    assert_true(!entry->value || strlen(entry->value) == entry->value_length);
    append(found->options, "%u%s %s%s", entry->line,
           entry->group == OPTION_GROUP_OBPROBE ? " obprobe" : "", entry->key,
           entry->loose ? "?" : "");
    if (entry->value)
        append(found->options, "=%s%s", entry->value, entry->cut_at_comment ? "!" : "");
    append(found->options, "|");
    return ++found->count == found->end_after ? -ECANCELED : 0;
}

#define IN_A_FOLDER(test_) cmocka_unit_test_setup_teardown(test_, enter_folder, leave_folder)

/* The working directory of a test, with etc/ and home/ in it. */
static inline int enter_folder(void **state)
{
    static char path[PATH_MAX];
    strcpy(path, "/tmp/option-file-test-XXXXXX");
    *state = path;
    return mkdtemp(path) && chdir(path) == 0 && mkdir("etc", 0755) == 0 &&
                   mkdir("etc/mysql", 0755) == 0 && mkdir("home", 0755) == 0
               ? 0
               : -1;
}

static inline int leave_folder(void **state)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf %s", (const char *)*state);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static inline void write_bytes(const char *path, const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(fchmod(fd, 0644), 0);
    close(fd);
}

static inline void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

#endif
