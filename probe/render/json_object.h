/* Building JSON with a sticky error: put straight through, see at the end whether memory ran out.
 */
#ifndef PROBE_RENDER_JSON_OBJECT_H
#define PROBE_RENDER_JSON_OBJECT_H

#include "probe/verdict/report.h"
#include <jansson.h>
#include <stdio.h>

struct part {
    json_t *json;
    bool failed;
};

struct part object_begin(void);
struct part array_begin(void);

/* The object or array, or NULL when something failed on the way. */
json_t *part_end(struct part *part);

/* `value` becomes the object's; NULL is the sticky error. */
void put(struct part *object, const char *key, json_t *value);
void put_integer(struct part *object, const char *key, json_int_t value);
void put_flag(struct part *object, const char *key, bool value);
void put_seconds(struct part *object, const char *key, uint32_t us);

/* Made valid UTF-8; bytes as in the text of a server. */
void put_text(struct part *object, const char *key, const char *text);
void put_bytes(struct part *object, const char *key, const char *text, size_t text_length);

/* Only where there is one: absent facts are absent keys. */
void put_text_if(struct part *object, const char *key, const char *text);

/* Appends to an array; `value` becomes the array's, NULL is the sticky error. */
void add(struct part *array, json_t *value);

/* One line. Seconds come out as they went in, 0.0021 and not 0.0020999999999999999. */
int json_line(FILE *out, json_t *json);

/* "host" and "port", or "socket". */
void json_put_place(struct part *object, const struct target *host);

/* What is known of one address beyond its verdict; NULL when memory ran out. */
json_t *json_evidence(const struct evidence *evidence);

/* The server that greeted there. */
/* `tls` is what was begun under the mode. */
json_t *json_tls(enum tls_mode mode, const struct tls_evidence *tls);
/* libmariadb's login, and its stage. */
json_t *json_client(const struct client_evidence *client, const struct stage_facts *stage);
json_t *json_server(const struct evidence *evidence);

#endif
