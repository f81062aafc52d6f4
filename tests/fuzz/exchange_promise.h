/* What an exchange promises, whatever the server: of the packets that go out, and of the facts. */
#ifndef TESTS_FUZZ_EXCHANGE_PROMISE_H
#define TESTS_FUZZ_EXCHANGE_PROMISE_H

#include "probe/exchange/exchange.h"
#include "proto/auth.h"
#include "proto/packet.h"
#include "tests/fuzz/promise.h"

enum { OUTPUT = 4096 };

#define FUZZ_USER     "fuzz_user@tenant"
#define FUZZ_PASSWORD "correct-horse-battery"

/* A public key; nobody has the other half of it. */
static const char fuzz_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                               "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6teld1maTSsP0Tdb6R3f\n"
                               "nahy4e6/GIL/imPQQK2f9ZU/MzzL29BRfUN+bqg07A6NVo13dSgYHhCUnujInhOI\n"
                               "rv6wgRcb5FmCxexWfDqQXZUGHhCFByHUeE/1HxQRVqyb6W7PXPuRyvg8Bmc/Ztqu\n"
                               "Nms0pBDQd2tYtJOS+kw3qVOH/Hw5FqoErZ6SYwbXONMg1xecONrI2mOSFWqopSAw\n"
                               "lW4M57lNvSAA7djW0rgylPvnaSLawUHy+dszJuMDf4J6d6jD/tG18viwaZubmcHc\n"
                               "nN+4h46Id+0BsiFNd7KlcCMZgU3CuSF5vM41x9cX3c+Kf+OIe0n+3p0uccM7JQ8P\n"
                               "/wIDAQAB\n"
                               "-----END PUBLIC KEY-----\n";

struct played {
    struct exchange_facts facts;
    enum exchange_state state; /* before the end */
    bool cut_off;              /* TLS broke: what was queued last may not have arrived */
    uint8_t output[OUTPUT];
    size_t output_length;
};

/* What was asked for, as far as the promises depend on it. */
struct asked {
    enum until until;
    enum ending ending;
    bool question; /* of another protocol, instead of a login */
    bool password; /* there is one, maybe empty */
    bool turn;     /* it comes at once, and lets the password be used */
    bool hurry;
    bool may_fetch_key;
};

static inline struct login *fuzz_login(const char *password)
{
    static struct login login = {.user = FUZZ_USER, .database = "shop"};
    secret_free((struct secret *)login.secret);
    struct secret *secret = NULL;
    PROMISE(secret_new(password, strlen(password), &secret) == 0);
    login.secret = secret;
    return &login;
}

static inline bool holds_password(const void *bytes, size_t length)
{
    return length && memmem(bytes, length, FUZZ_PASSWORD, strlen(FUZZ_PASSWORD)) != NULL;
}

/* The password itself goes out only where something hides it: anybody's TLS or a socket for a
 * plugin that hashes it, else nothing less than the server that was asked for. To sha256_password a
 * socket hides nothing. */
static inline bool may_tell_password(const struct exchange *exchange)
{
    enum auth_method method = auth_plugin_find(exchange->facts->auth_plugin)->method;
    if (!exchange->facts->credentials)
        return false;
    if (method == AUTH_CACHING_SHA2)
        return exchange->secrecy != SECRECY_NONE;
    if (method == AUTH_SHA256)
        return exchange->secrecy == SECRECY_TLS || exchange->secrecy == SECRECY_VERIFIED;
    return method == AUTH_CLEAR && exchange->secrecy >= SECRECY_VERIFIED;
}

static inline bool names(const struct packet *packet, const char *user)
{
    return memmem(packet->payload, packet->length, user, strlen(user) + 1) != NULL;
}

static inline bool is_zeros(const struct packet *packet)
{
    for (size_t i = 0; i < packet->length; i++)
        if (packet->payload[i])
            return false;
    return true;
}

/* Behind the login: answers, of zeros where nobody logs in; then the statement, then COM_QUIT. */
static inline void check_behind_login(const struct packet *packet,
                                      const struct exchange_facts *facts, bool *queried, bool *quit)
{
    static const char query[] = "\x03SELECT 1 FROM DUAL";
    PROMISE(!*quit);
    if (packet->sequence != 0) {
        PROMISE(!*queried);
        PROMISE(facts->credentials || is_zeros(packet));
        return;
    }
    *quit = packet->length == 1;
    PROMISE(facts->logged_in);
    if (*quit) {
        PROMISE(packet->payload[0] == 1);
        return;
    }
    PROMISE(!*queried && facts->credentials && facts->statement_sent);
    PROMISE(packet->length == sizeof(query) - 1 && !memcmp(packet->payload, query, packet->length));
    *queried = true;
}

/* An SSLRequest, one login, answers, the statement, COM_QUIT: each well-framed, in that order. */
static inline void check_packets(const struct played *played)
{
    const struct exchange_facts *facts = &played->facts;
    const uint8_t *at = played->output;
    size_t left = played->output_length, count = 0;
    size_t login_at = facts->ssl_request_sent;
    bool queried = false, quit = false;
    for (struct packet packet; left; left -= PACKET_HEADER + packet.length, count++) {
        PROMISE(packet_parse(at, left, &packet) == PARSE_OK);
        bool nobody = names(&packet, ANONYMOUS_USER), user = names(&packet, FUZZ_USER);
        PROMISE((nobody || user) == (count == login_at));
        if (count <= login_at)
            PROMISE(packet.sequence == count + 1);
        if (count == login_at)
            PROMISE(facts->login_sent && user == facts->credentials);
        else if (count > login_at)
            check_behind_login(&packet, facts, &queried, &quit);
        at = packet.payload + packet.length;
    }
    PROMISE(count > login_at || !facts->login_sent || played->cut_off);
    PROMISE(queried == facts->statement_sent || (!queried && played->cut_off));
}

static inline void check_bounds(const struct exchange_facts *facts)
{
    PROMISE(facts->first_length <= sizeof(facts->first_bytes));
    PROMISE(facts->product < PRODUCT_COUNT && facts->certainty <= CERTAINTY_CERTAIN);
    PROMISE((facts->signs | facts->signs_against) < SIGN_BIT(SIGN_COUNT));
    PROMISE(facts->services < SERVICE_BIT(SERVICE_COUNT));
    PROMISE(memchr(facts->version, 0, sizeof(facts->version)));
    PROMISE(memchr(facts->auth_plugin, 0, sizeof(facts->auth_plugin)));
    PROMISE(memchr(facts->error.message, 0, sizeof(facts->error.message)));
    PROMISE(facts->error.sqlstate[sizeof(facts->error.sqlstate) - 1] == '\0');
    PROMISE(facts->auth_switches <= 4 && facts->auth_mores <= 4);
}

/* What a fact needs before it can be true. */
static inline void check_order(const struct exchange_facts *facts)
{
    bool opened = facts->greeted || facts->error_in_greeting || facts->old_protocol;
    PROMISE(facts->greeted + facts->error_in_greeting + facts->old_protocol <= 1);
    PROMISE(!opened || (!facts->greeting_bad && !facts->greeting_partial && !facts->services));
    PROMISE(!facts->greeting_bad || !facts->greeting_partial);
    PROMISE(!facts->blind || facts->login_sent);
    PROMISE(facts->slow == (facts->blind && facts->greeted));
    PROMISE(!facts->ssl_request_sent || (facts->greeted && !facts->blind));
    PROMISE(!facts->secured || facts->ssl_request_sent);
    PROMISE(!facts->tls_broken || facts->ssl_request_sent);
    PROMISE(!facts->credentials || (facts->login_sent && facts->greeted && !facts->blind));
    PROMISE(!facts->credentials || facts->withheld == WITHHELD_NOT);
    PROMISE(!facts->proof_sent || facts->credentials);
    PROMISE(!facts->proof_asked || facts->proof_sent);
    PROMISE(!facts->refusal || facts->credentials);
    PROMISE(!facts->full_authentication || facts->credentials);
    PROMISE(!facts->public_key_asked || facts->credentials);
    PROMISE(!facts->public_key_bits || facts->public_key_asked);
    PROMISE(facts->statement_sent || !facts->statement_answered);
    PROMISE(!facts->statement_sent || (facts->credentials && facts->logged_in));
    PROMISE(facts->greeted || !(facts->logged_in || facts->reply_bad || facts->auth_switches));
    PROMISE(!facts->wrong_sequence || facts->reply_bad);
    PROMISE(facts->statement_answered + facts->reply_bad + (facts->error.code != 0) <= 1);
    PROMISE(!facts->logged_in || facts->statement_sent ||
            (!facts->reply_bad && !facts->error.code));
}

/* An ERR while the turn was awaited: there is nobody to log in to. */
static inline bool came_early(const struct exchange_facts *facts)
{
    return facts->greeted && !facts->login_sent && facts->error.code != 0;
}

/* Where somebody may listen for a login, one goes out. */
static inline bool needs_no_login(const struct played *played, const struct asked *asked)
{
    bool left_by_server = asked->ending != ENDING_OPEN;
    return asked->until == UNTIL_GREETING || played->state == EXCHANGE_TLS ||
           played->facts.tls_broken || (played->state == EXCHANGE_TURN && left_by_server) ||
           came_early(&played->facts);
}

static inline void check_facts(const struct played *played, const struct asked *asked)
{
    const struct exchange_facts *facts = &played->facts;
    check_bounds(facts);
    check_order(facts);
    PROMISE(facts->ending == asked->ending);
    PROMISE(!facts->greeted || facts->login_sent || needs_no_login(played, asked));
    PROMISE(!facts->credentials || (asked->password && asked->turn && !asked->hurry));
    PROMISE(!facts->withheld || asked->password);
    PROMISE(!facts->public_key_asked || asked->may_fetch_key);
    PROMISE((played->state == EXCHANGE_LISTEN) == (facts->greeting_bad || asked->question));
    PROMISE(played->state != EXCHANGE_STATEMENT || facts->statement_sent);
    PROMISE(played->state != EXCHANGE_LOGIN ||
            (facts->greeted && facts->login_sent && !facts->logged_in && !facts->reply_bad &&
             !facts->error.code));
    PROMISE(played->state != EXCHANGE_TLS || !facts->secured);
}

#endif
