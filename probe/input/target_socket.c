#include "probe/input/problem.h"
#include "probe/input/target.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_path(const char *path, char *ret_problem)
{
    char shown[EXCERPT];
    size_t length = strlen(path);
    if (length == 0)
        return target_problem(ret_problem, "the path of a socket is empty");
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)path[i] < ' ' || path[i] == '\x7f')
            return target_problem(ret_problem, "'%s': a control character in the path of a socket",
                                  target_excerpt(path, shown));
    if (length > SOCKET_PATH)
        return target_problem(ret_problem,
                              "'%s': the path of a socket has %zu bytes; at most %d are "
                              "possible",
                              target_excerpt(path, shown), length, SOCKET_PATH);
    if (path[length - 1] == '/')
        return target_problem(ret_problem, "'%s': a folder is no socket",
                              target_excerpt(path, shown));
    return 0;
}

/* A relative path is marked, because a bare name would be a host. */
static char *input_of(const char *path)
{
    char input[SOCKET_PATH + 3];
    bool marked = *path == '/' || strncmp(path, "./", 2) == 0;
    snprintf(input, sizeof input, "%s%s", marked ? "" : "./", path);
    return strdup(input);
}

int target_parse_socket(const char *path, struct target *ret_target, char *ret_problem)
{
    int error = check_path(path, ret_problem);
    if (error < 0)
        return error;
    struct target target = {.input = input_of(path), .host = strdup(""), .socket = strdup(path)};
    if (!target.input || !target.host || !target.socket) {
        target_clear(&target);
        return -ENOMEM;
    }
    *ret_target = target;
    return 0;
}
