/*
 * Option files (my.cnf) as MySQL's and MariaDB's clients read them: which files, which groups, in
 * which order. What the options mean is the caller's.
 */
#ifndef PROBE_INPUT_OPTION_FILE_H
#define PROBE_INPUT_OPTION_FILE_H

#include "probe/input/option_line.h"

enum {
    OPTION_FILE_PROBLEM = 768,
    OPTION_FILE_SIZE = 1 << 20, /* bytes of a file */
    OPTION_FILE_LINE = 4096,    /* bytes of a line */
    OPTION_FILE_DEPTH = 10,     /* files included by files, as in my_default.c */
    OPTION_FILES = 256,         /* all together */
};

enum option_group {
    OPTION_GROUP_CLIENT, /* [client], [client-server], [client-mariadb] */
    OPTION_GROUP_OWN,    /* [obprobe] */
};

/* An option in its place. Texts are valid during the call only. */
struct option_entry {
    enum option_group group;
    const struct option_line *line;
    const char *path;
    unsigned number; /* of the line, from 1 */
};

struct option_sink {
    /* 0, or what ends the reading: -EINVAL with the problem (OPTION_FILE_PROBLEM bytes), -ENOMEM */
    int (*option)(void *context, const struct option_entry *entry, char *ret_problem);
    void (*warning)(void *context, const char *text);
    void *context;
};

/* As the options of these names: --defaults-file …; `etc` stands for /etc, and `home` for $HOME. */
struct option_files {
    bool none;
    const char *file;   /* NULL: those of the system and the user */
    const char *extra;  /* NULL: none */
    const char *suffix; /* NULL: none */
    const char *etc;
    const char *home; /* NULL: none */
};

/*
 * Reads /etc/my.cnf, /etc/mysql/my.cnf, the extra file, ~/.my.cnf, or the one file, with what they
 * include; later options override earlier ones. World-writable files are passed over with a
 * warning. 0, -ENOMEM, or -EINVAL with one line that names file and line: a file that is named
 * cannot be read, a line is wrong. Passwords lie in protected memory, which is wiped.
 */
int option_files_read(const struct option_files *files, const struct option_sink *sink,
                      char *ret_problem);

/* The same of a text in memory, which is changed and must hold `length` + 1 bytes. */
int option_text_read(const char *path, char *text, size_t length, const struct option_files *files,
                     const struct option_sink *sink, char *ret_problem);

#endif
