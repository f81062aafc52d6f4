#include "probe/input/option_folder.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_option_file(const char *name)
{
    static const char extension[] = ".cnf";
    size_t length = strlen(name), wanted = sizeof extension - 1;
    return length >= wanted && strcmp(name + length - wanted, extension) == 0;
}

static int add(struct option_folder *folder, const char *name)
{
    if (folder->count == OPTION_FILES_MAX)
        return -E2BIG;
    char *copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    folder->names[folder->count++] = copy;
    return 0;
}

static int add_all(DIR *stream, struct option_folder *folder)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry)
            return -errno;
        int error = is_option_file(entry->d_name) ? add(folder, entry->d_name) : 0;
        if (error < 0)
            return error;
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int option_folder_list(const char *path, struct option_folder *ret_folder)
{
    struct option_folder folder = {0};
    DIR *stream = opendir(path);
    if (!stream)
        return -errno;
    int error = add_all(stream, &folder);
    closedir(stream);
    if (error < 0) {
        option_folder_clear(&folder);
        return error;
    }
    qsort(folder.names, folder.count, sizeof folder.names[0], compare);
    *ret_folder = folder;
    return 0;
}

void option_folder_clear(struct option_folder *folder)
{
    while (folder->count > 0)
        free(folder->names[--folder->count]);
}
