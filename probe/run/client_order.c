#include "probe/run/client_order.h"
#include "probe/run/sockets.h"
#include "probe/verdict/client_plugins.h"
#include "probe/verdict/diagnose.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct tls_settings files_of(const struct wire *wire, const char **ret_key_path)
{
    struct tls_settings files;
    conditions_files(wire->options, wire->target, &files, ret_key_path);
    return files;
}

/* A server without plugins means this one. */
static const char *plugin_of(const struct exchange_facts *exchange)
{
    const char *plugin = exchange->auth_plugin;
    return *plugin ? plugin : "mysql_native_password";
}

/* ---- whether it may be asked ---- */

static bool is_verified(const struct wire *wire)
{
    return wire->evidence->exchange.secured && wire->tls &&
           diagnose_tls_verified(wire->evidence->tls_mode, wire->tls);
}

static bool would_be_in_clear(const struct wire *wire)
{
    const struct client_plugin *plugin = client_plugin_find(plugin_of(&wire->evidence->exchange));
    return plugin && plugin->secrecy == CLIENT_SENDS_CLEAR && !wire->target->socket &&
           !is_verified(wire);
}

/* What the wire may fetch, libmariadb may; it does not ask. */
static bool would_take_any_key(const struct wire *wire)
{
    const struct client_plugin *plugin = client_plugin_find(plugin_of(&wire->evidence->exchange));
    const struct conditions *conditions = wire->conditions;
    bool allowed = conditions->public_key || conditions->get_server_public_key ||
                   wire->target->socket || ip_is_loopback(wire->ip);
    return plugin && plugin->secrecy == CLIENT_SENDS_BY_KEY && !wire->evidence->exchange.secured &&
           !allowed;
}

/* It takes the empty name for that of whoever runs it, and C strings for passwords. */
static bool cannot_be_said(const struct wire *wire)
{
    const struct login *login = &wire->conditions->login;
    return !login->user[0] || strlen(secret_bytes(login->secret)) != secret_length(login->secret);
}

static bool has_key_store(const struct wire *wire)
{
    const char *key_path;
    return wire->evidence->exchange.secured && files_of(wire, &key_path).key_store;
}

/* A refusal of the second plugin would count against this host. */
static bool several_plugins(const struct wire *wire)
{
    return wire->evidence->exchange.auth_switches > 1 ||
           !client_plugin_find(plugin_of(&wire->evidence->exchange));
}

static bool asks_people(const struct wire *wire)
{
    return strcmp(plugin_of(&wire->evidence->exchange), "dialog") == 0 &&
           !client_dialog_is_caught();
}

/* Kerberos' KDC, and whoever knows its address. */
static bool asks_others(const struct wire *wire)
{
    return wire->evidence->only_port &&
           strcmp(plugin_of(&wire->evidence->exchange), "auth_gssapi_client") == 0;
}

static bool is_gone(const char *path)
{
    return path && access(path, R_OK) < 0;
}

/* It reads them anew, only once it is connected; and in place of a key of the server's that it
 * cannot read it takes anybody's. */
static bool lacks_a_file(const struct wire *wire)
{
    const char *key_path;
    struct tls_settings files = files_of(wire, &key_path);
    if (!wire->evidence->exchange.secured)
        return is_gone(key_path);
    return is_gone(files.ca) || is_gone(files.capath) || is_gone(files.crl) ||
           is_gone(files.cert) || is_gone(files.key);
}

/* With authorities libmariadb checks the chain, whatever the mode (measured with 3.3). */
static bool would_refuse_certificate(const struct wire *wire)
{
    const char *key_path;
    struct tls_settings files = files_of(wire, &key_path);
    return wire->evidence->exchange.secured && wire->tls && wire->tls->judged &&
           (files.ca || files.capath) && wire->tls->verify_code != 0;
}

static bool would_break_policy(const struct wire *wire)
{
    return wire->evidence->exchange.secured && wire->tls && wire->tls->policy == TLS_FAILS;
}

static const struct {
    bool (*holds)(const struct wire *wire);
    enum client_result result;
    enum client_reason reason;
} obstacles[] = {
    {would_be_in_clear, CLIENT_NOT_RUN, CLIENT_IN_CLEAR},
    {would_take_any_key, CLIENT_NOT_RUN, CLIENT_ANY_KEY},
    {cannot_be_said, CLIENT_NOT_RUN, CLIENT_CANNOT_SAY},
    {has_key_store, CLIENT_NOT_RUN, CLIENT_KEY_STORE},
    {several_plugins, CLIENT_NOT_RUN, CLIENT_PLUGINS},
    {asks_people, CLIENT_NOT_RUN, CLIENT_ASKS_PEOPLE},
    {asks_others, CLIENT_NOT_RUN, CLIENT_ASKS_OTHERS},
    {lacks_a_file, CLIENT_NOT_RUN, CLIENT_NO_FILE},
    {would_refuse_certificate, CLIENT_PREDICTED, CLIENT_CERTIFICATE},
    {would_break_policy, CLIENT_PREDICTED, CLIENT_TLS_POLICY},
};

void client_describe(const struct exchange_facts *exchange, struct client_evidence *ret_evidence)
{
    *ret_evidence = (struct client_evidence){.alone = diagnose_client_alone(exchange)};
    snprintf(ret_evidence->plugin, sizeof ret_evidence->plugin, "%s", plugin_of(exchange));
    snprintf(ret_evidence->library, sizeof ret_evidence->library, "%s", client_version());
}

enum client_result client_judge(const struct wire *wire, struct client_evidence *ret_evidence)
{
    client_describe(&wire->evidence->exchange, ret_evidence);
    ret_evidence->result = CLIENT_PASSED;
    for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
        if (!obstacles[i].holds(wire))
            continue;
        ret_evidence->reason = obstacles[i].reason;
        ret_evidence->result = obstacles[i].result;
        break;
    }
    return ret_evidence->result;
}

/* ---- the order ---- */

static void take_source(const struct run_options *options, struct client_order *order)
{
    const union socket_address *source = (const void *)&options->bind_to;
    if (source->any.sa_family == AF_INET || source->any.sa_family == AF_INET6) {
        struct ip ip = ip_of(&source->any);
        ip_text(&ip, order->bind_address);
    }
}

/* Where the authorities are in a Java key store the fingerprint stands for them alone. */
static bool take_tls(const struct wire *wire, struct client_order *order)
{
    const char *key_path;
    struct tls_settings files = files_of(wire, &key_path);
    order->tls = wire->evidence->exchange.secured && wire->tls;
    if (!order->tls)
        return client_order_set(order, CLIENT_PUBLIC_KEY, key_path);
    memcpy(order->sha1, wire->tls->leaf_sha1, sizeof order->sha1);
    memcpy(order->sha256, wire->tls->certificates[0].sha256, sizeof order->sha256);
    return client_order_set(order, CLIENT_CA, files.ca) &&
           client_order_set(order, CLIENT_CAPATH, files.capath) &&
           client_order_set(order, CLIENT_CRL, files.ca || files.capath ? files.crl : NULL) &&
           client_order_set(order, CLIENT_CERT, files.cert) &&
           client_order_set(order, CLIENT_KEY, files.key) &&
           client_order_set(order, CLIENT_CIPHERS, files.ciphers) &&
           client_order_set(order, CLIENT_VERSIONS, files.versions);
}

static bool take_login(const struct login *login, struct client_order *order)
{
    return client_order_set(order, CLIENT_USER, login->user) &&
           client_order_set(order, CLIENT_DATABASE, login->database) &&
           secret_new(secret_bytes(login->secret), secret_length(login->secret), &order->secret) ==
               0;
}

int client_order_make(const struct wire *wire, unsigned seconds, struct client_order *ret_order)
{
    struct client_order order = {.port = wire->target->port, .seconds = seconds};
    snprintf(order.address, sizeof order.address, "%s", wire->address);
    snprintf(order.plugin, sizeof order.plugin, "%s", plugin_of(&wire->evidence->exchange));
    take_source(wire->options, &order);
    if (!client_order_set(&order, CLIENT_SOCKET, wire->target->socket) ||
        !take_login(&wire->conditions->login, &order) || !take_tls(wire, &order)) {
        client_order_clear(&order);
        return -ENOMEM;
    }
    *ret_order = order;
    return 0;
}
