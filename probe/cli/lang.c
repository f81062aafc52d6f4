#include "probe/cli/lang.h"
#include "probe/cli/option_row.h"
#include <stdlib.h>

int set_lang(const struct given *given, struct options *options, char *ret_problem)
{
    if (!language_find(given->value, &options->language))
        return cli_problem(ret_problem, "option '%s': '%.80s' is not one of en, zh", given->name,
                           given->value);
    options->language_given = true;
    return 0;
}

/* POSIX, 8.2: the first of these that is set and not empty decides. */
static enum language lang_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *locale = getenv(names[i]);
        if (locale && *locale)
            return language_of_locale(locale);
    }
    return LANGUAGE_ENGLISH;
}

enum language lang_of(const struct options *options)
{
    if (options->language_given)
        return options->language;
    return options->format->for_people ? lang_of_environment() : LANGUAGE_ENGLISH;
}
