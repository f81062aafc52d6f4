/* What "!includedir" includes: the names of a folder that end in ".cnf", in the order of their
 * bytes. MySQL looks at the name behind its first dot, MariaDB behind the last, as here. */
#ifndef PROBE_INPUT_OPTION_FOLDER_H
#define PROBE_INPUT_OPTION_FOLDER_H

#include "probe/input/option_files.h"

struct option_folder {
    size_t count;
    char *names[OPTION_FILES_MAX]; /* owned */
};

/* 0, or a negative errno: -E2BIG for more names than a reading may have files. */
int option_folder_list(const char *path, struct option_folder *ret_folder);

void option_folder_clear(struct option_folder *folder);

#endif
