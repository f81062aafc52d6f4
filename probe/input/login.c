#include "probe/input/login.h"
#include <stdio.h>
#include <string.h>

void anonymous_user(const char *user, char *to)
{
    const char *cluster = user ? strchr(user, '#') : NULL;
    const char *tenant = NULL;
    size_t end = cluster ? (size_t)(cluster - user) : user ? strlen(user) : 0;
    while (end && !tenant)
        if (user[--end] == '@')
            tenant = user + end;
    const char *suffix = tenant ? tenant : cluster ? cluster : "";
    snprintf(to, LOGIN_ANONYMOUS, ANONYMOUS_USER "%.*s", LOGIN_USER - 1, suffix);
}
