/* A text on its way to becoming a target. Shared by the readers of URLs, not for others. */
#ifndef PROBE_INPUT_READING_H
#define PROBE_INPUT_READING_H

#include "probe/input/slice.h"
#include "probe/input/target.h"

/* Whose URLs they are: what means what, and how it is encoded. */
enum dialect {
    DIALECT_URI = 1,       /* mysql://, as in MySQL Shell, Python, PHP, Node.js */
    DIALECT_MYSQL_J = 2,   /* MySQL Connector/J */
    DIALECT_MARIADB_J = 4, /* MariaDB Connector/J, and OceanBase's, which comes from it */
    DIALECT_GO = 8,        /* github.com/go-sql-driver/mysql */
    DIALECT_JDBC = DIALECT_MYSQL_J | DIALECT_MARIADB_J,
    DIALECT_ANY = 15
};

/* Older words for a TLS mode, of which it takes several: 1, 0, or -1 for not said. */
struct tls_words {
    int use;
    int require;
    int verify;
    int trust;    /* any certificate */
    int any_name; /* in the certificate */
};

enum { CUTS = GROUP_HOSTS + 32 };

struct reading {
    const char *text;
    enum dialect dialect;
    uint16_t default_port;
    struct target_settings *settings; /* of all hosts */
    struct tls_words words;
    char *socket; /* that parameters name, owned; NULL: none */
    enum group_mode mode;
    struct target hosts[GROUP_HOSTS];
    size_t host_count;
    struct slice cuts[CUTS]; /* of passwords, in the text's order: not for the target's input */
    size_t cut_count;
    char *problem; /* TARGET_PROBLEM bytes */
};

/* Says what is wrong with the text that ends at `end`. -EINVAL. */
int reading_problem(const struct reading *reading, const char *end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A part's text decoded, malloc'ed, for `what`, shorter than `size` bytes; 0, -EINVAL or -ENOMEM.
 * `*ret_text` is replaced. */
int reading_text(const struct reading *reading, struct slice part, enum coding coding,
                 const char *what, size_t size, char **ret_text);

/* A password is checked and stays where it is; what is cut out of the input is `cut`. */
int reading_password(struct reading *reading, struct slice part, enum coding coding,
                     struct slice cut, struct encoded *ret_password);

/* Drivers that decode nothing still meet encoded names: decoded where it can be. */
enum coding lenient(struct slice part);

/* How a parameter's value is encoded. */
enum coding coding_of(enum dialect dialect);

/* The '@' behind "user:password" in front of hosts, and not one inside of their brackets; NULL:
 * none.
 */
const char *user_end(struct slice part);

/* "user:password", both optional, into the settings. */
int reading_user(struct reading *reading, struct slice part, struct target_settings *settings);

/* "name=value&name=value". */
int parameters_read(struct reading *reading, struct slice query);

/* One parameter into the settings of all hosts or of one. */
int parameter_read(struct reading *reading, struct target_settings *settings, struct slice name,
                   struct slice value);

/* What the older words come to, once all are read. */
void parameters_finish(struct reading *reading);

/* Adds the hosts of a list, or of a single one. */
int hosts_read(struct reading *reading, struct slice list);

/* Adds one host: `host` is taken, `settings` held. */
int reading_add(struct reading *reading, const char *end, char *host, char *socket, uint16_t port,
                struct target_settings *settings);

/* target_parse() without a hint in its problem. */
int target_parse_unhinted(const char *text, const struct ports *ports, struct target *ret_target,
                          char *ret_problem);

/* The forms: -ENOENT where the text is none of them. */
int url_read(struct reading *reading);
int go_dsn_read(struct reading *reading);

#endif
