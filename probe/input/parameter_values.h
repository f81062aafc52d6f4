/* What the values of parameters mean. Shared by the readers of URLs, not for others. */
#ifndef PROBE_INPUT_PARAMETER_VALUES_H
#define PROBE_INPUT_PARAMETER_VALUES_H

#include "probe/input/reading.h"
#include "probe/verdict/tls_evidence.h"

/* A parameter as it stands in the text. */
struct taken {
    struct reading *reading;
    struct target_settings *settings;
    struct slice name;
    struct slice value;
    struct slice cut; /* of the text, where the value is a password */
    size_t which;     /* the setting, or the offset of a member */
};

/* 0, -EINVAL with the reading's problem, or -ENOMEM. */
int take_user(const struct taken *taken);
int take_text(const struct taken *taken);
int take_password(const struct taken *taken);
int take_file(const struct taken *taken); /* a path, or a URL of one */
int take_mode(const struct taken *taken);
int take_word(const struct taken *taken);
int take_fetching(const struct taken *taken);
int take_milliseconds(const struct taken *taken);
int take_own_time(const struct taken *taken);    /* connectTimeout in ms, connect_timeout in s */
int take_duration(const struct taken *taken);    /* Go's "1m30s" */
int take_no_duration(const struct taken *taken); /* likewise, checked and of no use here */
int take_socket_path(const struct taken *taken);

/* Adds a name to those that are not honoured. 0 or -ENOMEM. */
int parameter_ignore(struct target_settings *settings, struct slice name);

#endif
