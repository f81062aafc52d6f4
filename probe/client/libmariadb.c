#include "probe/client/client.h"
#include "probe/client/dialog.h"
#include "probe/input/quoted.h"
#include "probe/input/residue.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <mysql.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TLS_BY_DEFAULT = 30400, /* from then on TLS is verified unless it is told otherwise, and SHA-256
                               is known (3.3: SHA-1 alone, measured) */
    PACKET_MAX = 1024 * 1024, /* of what a server may make it allocate at once */
    HEX = 2 * CLIENT_SHA256 + 1,
    AUTHENTICATION_PLUGIN = 2, /* MYSQL_CLIENT_AUTHENTICATION_PLUGIN; its header wants one that is
                                  not installed */
    END_MS = 50,
    END_TRIES = 4,
};

static int begun;

static void begin(void)
{
    begun = mysql_server_init(0, NULL, NULL) == 0 ? 0 : -ENOMEM;
}

int client_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, begin);
    return begun;
}

bool client_is_built(void)
{
    return true;
}

/* The Connector/C's own, not that of the server that it was packaged with. */
const char *client_version(void)
{
    return mysql_get_client_info();
}

const char *client_license(void)
{
    return "LGPL 2.1 or later";
}

/* ---- options ---- */

static bool set(MYSQL *mysql, enum mysql_option option, const void *value)
{
    return mysql_optionsv(mysql, option, value) == 0;
}

static bool set_text(MYSQL *mysql, enum mysql_option option, const char *text)
{
    return !text || set(mysql, option, text);
}

static void hex(const uint8_t *bytes, size_t length, char to[HEX])
{
    for (size_t i = 0; i < length; i++)
        snprintf(to + 2 * i, 3, "%02x", bytes[i]);
}

/* A fingerprint makes TLS a must, and stands in place of the system's store, which would be loaded
 * for every connection (29 ms of CPU, measured). With authorities the chain is checked too. */
static bool set_tls(MYSQL *mysql, const struct client_order *order)
{
    char fingerprint[HEX];
    const my_bool no = 0;
    bool is_new = mysql_get_client_version() >= TLS_BY_DEFAULT;
    if (!order->tls)
        return !is_new || set(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
    if (is_new)
        hex(order->sha256, sizeof order->sha256, fingerprint);
    else
        hex(order->sha1, sizeof order->sha1, fingerprint);
    return set(mysql, MARIADB_OPT_TLS_PEER_FP, fingerprint) &&
           set_text(mysql, MYSQL_OPT_SSL_CA, order->texts[CLIENT_CA]) &&
           set_text(mysql, MYSQL_OPT_SSL_CAPATH, order->texts[CLIENT_CAPATH]) &&
           set_text(mysql, MYSQL_OPT_SSL_CRL, order->texts[CLIENT_CRL]) &&
           set_text(mysql, MYSQL_OPT_SSL_CERT, order->texts[CLIENT_CERT]) &&
           set_text(mysql, MYSQL_OPT_SSL_KEY, order->texts[CLIENT_KEY]) &&
           set_text(mysql, MYSQL_OPT_SSL_CIPHER, order->texts[CLIENT_CIPHERS]) &&
           set_text(mysql, MARIADB_OPT_TLS_VERSION, order->texts[CLIENT_VERSIONS]);
}

/* The plugin by both options: what it begins with, and what it may be asked to change to. To begin
 * with `dialog` is an empty answer to its first question (measured); so that begins as the wire
 * did.
 */
static bool set_plugin(MYSQL *mysql, const struct client_order *order)
{
    bool switched = strcmp(order->plugin, "dialog") == 0;
    return set(mysql, MARIADB_OPT_RESTRICTED_AUTH,
               switched ? "mysql_native_password,dialog" : order->plugin) &&
           set(mysql, MYSQL_DEFAULT_AUTH, switched ? "mysql_native_password" : order->plugin);
}

static bool set_login(MYSQL *mysql, const struct client_order *order)
{
    const unsigned no_files = 0;
    const size_t most = PACKET_MAX;
    return set_plugin(mysql, order) && set(mysql, MYSQL_OPT_LOCAL_INFILE, &no_files) &&
           set(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &most) &&
           set_text(mysql, MYSQL_SERVER_PUBLIC_KEY, order->texts[CLIENT_PUBLIC_KEY]) &&
           mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "obprobe") == 0;
}

static bool set_connection(MYSQL *mysql, const struct client_order *order)
{
    const unsigned protocol =
        order->texts[CLIENT_SOCKET] ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    const char *source = order->bind_address[0] ? order->bind_address : NULL;
    return set(mysql, MYSQL_OPT_PROTOCOL, &protocol) &&
           set(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &order->seconds) &&
           set(mysql, MYSQL_OPT_READ_TIMEOUT, &order->seconds) &&
           set(mysql, MYSQL_OPT_WRITE_TIMEOUT, &order->seconds) &&
           set_text(mysql, MYSQL_OPT_BIND, source) &&
           set_text(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
}

/* ---- the conversation ---- */

/* Where 3.3 means to name the plugin that it may not use it quotes its own login, from where the
 * greeting was before in that memory (measured): its words without any name. */
static const char *words_of(MYSQL *mysql)
{
    enum { CR_PLUGIN_NOT_ALLOWED = 5010 };
    if (mysql_errno(mysql) == CR_PLUGIN_NOT_ALLOWED)
        return "Authentication plugin couldn't be found in restricted_auth plugin list.";
    return mysql_error(mysql);
}

/* An ERR in the greeting's place, where TLS is a must, is 2002 and stands in its text (measured).
 */
static uint16_t wrapped_code(const struct client_evidence *evidence)
{
    static const char before[] = "The authenticity of the following error cannot be verified: ";
    enum { CR_CONNECTION_ERROR = 2002 };
    const char *at = strstr(evidence->message, before);
    if (evidence->code != CR_CONNECTION_ERROR || !at)
        return 0;
    unsigned long code = strtoul(at + strlen(before), NULL, 10);
    return code <= UINT16_MAX ? (uint16_t)code : 0;
}

static void quote(MYSQL *mysql, const struct client_order *order, enum client_result result,
                  struct client_evidence *evidence)
{
    evidence->result = result;
    evidence->code = (uint16_t)mysql_errno(mysql);
    snprintf(evidence->sqlstate, sizeof evidence->sqlstate, "%s", mysql_sqlstate(mysql));
    snprintf(evidence->message, sizeof evidence->message, "%s", words_of(mysql));
    evidence->wrapped = wrapped_code(evidence);
    quoted_hide(evidence->message, sizeof evidence->message, order->secret);
}

static bool connected(MYSQL *mysql, const struct client_order *order)
{
    const char *socket = order->texts[CLIENT_SOCKET];
    return mysql_real_connect(mysql, socket ? "localhost" : order->address,
                              order->texts[CLIENT_USER], secret_bytes(order->secret),
                              order->texts[CLIENT_DATABASE], order->port, socket, 0) != NULL;
}

/* The rows are taken one by one, so that a server that sends ever more of them fills no memory. */
static bool answers(MYSQL *mysql)
{
    if (mysql_query(mysql, "SELECT 1 FROM DUAL") != 0)
        return false;
    MYSQL_RES *result = mysql_use_result(mysql);
    while (result && mysql_fetch_row(result))
        continue;
    mysql_free_result(result);
    return mysql_errno(mysql) == 0;
}

static void converse(MYSQL *mysql, const struct client_order *order,
                     struct client_evidence *evidence)
{
    evidence->logged_in = connected(mysql, order);
    if (evidence->logged_in && answers(mysql))
        evidence->result = CLIENT_PASSED;
    else
        quote(mysql, order, CLIENT_FAILED, evidence);
}

static bool finds_plugin(MYSQL *mysql, const struct client_order *order)
{
    return mysql_client_find_plugin(mysql, order->plugin, AUTHENTICATION_PLUGIN) != NULL;
}

/* Loading is what shows whether it can be loaded; no connection is made for that. Of two threads
 * that load it at once one is told that it is loaded already (measured), and finds it then. */
static bool has_plugin(MYSQL *mysql, const struct client_order *order)
{
    return finds_plugin(mysql, order) || finds_plugin(mysql, order);
}

static void predict_missing(MYSQL *mysql, const struct client_order *order,
                            struct client_evidence *evidence)
{
    quote(mysql, order, CLIENT_PREDICTED, evidence);
    evidence->reason = CLIENT_PLUGIN_FILE;
}

static void end(MYSQL *mysql)
{
    if (mysql->passwd)
        explicit_bzero(mysql->passwd, strlen(mysql->passwd));
    mysql_close(mysql);
}

/* Until the server closes, 0.2 s at most. */
static void await_end(int socket)
{
    char rest[256];
    struct pollfd closed = {.fd = socket, .events = POLLIN};
    for (unsigned i = 0; i < END_TRIES; i++)
        if (poll(&closed, 1, END_MS) > 0 && recv(socket, rest, sizeof rest, MSG_DONTWAIT) <= 0)
            return;
}

/* libmariadb says COM_QUIT and closes at once, and its session takes up the account's limit until
 * the server has seen that: a login right behind it met 1226 (measured). */
static void end_session(MYSQL *mysql)
{
    int socket = fcntl(mysql_get_socket(mysql), F_DUPFD_CLOEXEC, 0);
    end(mysql);
    if (socket < 0)
        return;
    await_end(socket);
    close(socket);
}

/* Of this thread, which may stay for as long as the program: errors of OpenSSL's and the loader's,
 * with what they quote. */
static void forget_errors(void)
{
    OPENSSL_thread_stop();
    (void)dlerror(); /* gives it out */
    (void)dlerror(); /* and frees what it gave out */
}

void client_login(const struct client_order *order, struct client_evidence *evidence)
{
    MYSQL *mysql = mysql_init(NULL);
    evidence->result = CLIENT_NOT_RUN;
    evidence->reason = CLIENT_NO_THREAD;
    if (!mysql)
        return;
    dialog_begin();
    if (set_connection(mysql, order) && set_tls(mysql, order) && set_login(mysql, order)) {
        evidence->reason = CLIENT_REASON_NONE;
        if (has_plugin(mysql, order))
            converse(mysql, order, evidence);
        else
            predict_missing(mysql, order, evidence);
    }
    evidence->questions = dialog_questions();
    if (evidence->logged_in)
        end_session(mysql);
    else
        end(mysql);
    forget_errors();
    residue_wipe();
}
