/*
 * The answers to what a server asks behind the login: AuthSwitchRequest, AuthMoreData. What the
 * rules forbid to be sent is replaced by an answer that does not count against this host: measured
 * with MySQL 9.7 and MariaDB 10.11, a single zero byte where full authentication is wanted (an
 * empty packet there counts like a hang-up), and the table's own length for an AuthSwitch. For the
 * account MySQL takes every such answer for one wrong password.
 *
 * Sources: MySQL's protocol documentation, "Authentication Method Switch", "Caching_sha2_password
 * information"; sha256_password's exchange as MySQL's sql/auth/sha2_password.cc has it.
 */
#include "probe/exchange/exchange_internal.h"
#include "proto/login_request.h"
#include <stdio.h>
#include <string.h>

/* More AuthSwitchRequests than a server has plugins is a loop. */
enum { MAX_SWITCHES = 4, MAX_AUTH_MORE = 4 };

/* caching_sha2_password's words, one byte each. */
enum { FAST_AUTH_SUCCESS = 3, PERFORM_FULL_AUTHENTICATION = 4 };

static void answer(struct exchange *exchange, const uint8_t *bytes, size_t length)
{
    struct room room = exchange_room(exchange);
    size_t written = auth_response_write(room.at, room.size, exchange->sequence, bytes, length);
    if (written == 0) {
        exchange_fail_reply(exchange);
        return;
    }
    exchange->output_length += written;
    exchange->sequence++;
}

static void answer_zeros(struct exchange *exchange, size_t length)
{
    static const uint8_t zeros[HARMLESS_ANSWER_MAX];
    answer(exchange, zeros, length);
}

static const struct secret *secret_of(const struct exchange *exchange)
{
    return exchange->plan.login->secret;
}

/* What was refused before no longer decides. */
static void note_proof(struct exchange *exchange)
{
    if (exchange->state == EXCHANGE_DONE)
        return; /* there was no room for it */
    exchange->facts->proof_sent = exchange->facts->proof_asked = true;
    exchange->facts->refusal = PROOF_NOT_REFUSED;
}

/* The password itself, with its NUL. */
static void answer_password(struct exchange *exchange)
{
    answer(exchange, (const uint8_t *)secret_bytes(secret_of(exchange)),
           secret_length(secret_of(exchange)) + 1);
    note_proof(exchange);
}

/* Without the proof there is nothing more to win: an answer that is none makes the server decide.
 */
static void refuse(struct exchange *exchange, enum proof_refusal refusal, size_t harmless_length)
{
    exchange->facts->refusal = refusal;
    answer_zeros(exchange, harmless_length);
}

static void answer_scramble(struct exchange *exchange, bool sha2)
{
    uint8_t proof[SHA2_PROOF] = {0};
    const char *password = secret_bytes(secret_of(exchange));
    size_t length = secret_length(secret_of(exchange));
    bool made =
        exchange->has_nonce && (sha2 ? proof_caching_sha2(password, length, exchange->nonce, proof)
                                     : proof_native(password, length, exchange->nonce, proof));
    if (!made) {
        refuse(exchange, PROOF_NOT_SPOKEN,
               auth_plugin_find(exchange->facts->auth_plugin)->switch_length);
        return;
    }
    answer(exchange, proof, sha2 ? SHA2_PROOF : NATIVE_PROOF);
    note_proof(exchange);
    explicit_bzero(proof, sizeof proof);
}

static void answer_rsa(struct exchange *exchange, const struct public_key *key)
{
    uint8_t proof[RSA_PROOF];
    size_t length = 0;
    const struct secret *secret = secret_of(exchange);
    if (!exchange->has_nonce) {
        refuse(exchange, PROOF_NOT_SPOKEN, 1);
        return;
    }
    if (proof_rsa(key, secret_bytes(secret), secret_length(secret), exchange->nonce, proof,
                  &length) < 0) {
        refuse(exchange, PROOF_KEY_TOO_SMALL, 1);
        return;
    }
    answer(exchange, proof, length);
    note_proof(exchange);
}

enum { ASK_KEY_SHA256 = 1, ASK_KEY_CACHING_SHA2 = 2 };

/* A socket hides the password too; to sha256_password it is plaintext all the same, and wants RSA
 * (measured on MySQL 9.7: the password itself is answered with 1045). */
static bool takes_the_password(const struct exchange *exchange, uint8_t key_question)
{
    return exchange->secrecy != SECRECY_NONE &&
           !(key_question == ASK_KEY_SHA256 && exchange->secrecy == SECRECY_SOCKET);
}

/* The password where TLS or a socket hides it; else RSA, with a key that may be used; else nothing.
 */
static void answer_hidden(struct exchange *exchange, uint8_t key_question, size_t harmless_length)
{
    const struct exchange_plan *plan = &exchange->plan;
    if (takes_the_password(exchange, key_question)) {
        answer_password(exchange);
    } else if (plan->public_key) {
        exchange->facts->public_key_given = true;
        answer_rsa(exchange, plan->public_key);
    } else if (plan->may_fetch_public_key) {
        answer(exchange, &key_question, 1);
        exchange->awaits_key = exchange->facts->public_key_asked = true;
    } else {
        refuse(exchange, PROOF_WITHOUT_KEY, harmless_length);
    }
}

static void answer_clear(struct exchange *exchange, size_t harmless_length)
{
    if (exchange->secrecy >= SECRECY_VERIFIED)
        answer_password(exchange);
    else
        refuse(exchange, PROOF_IN_CLEAR, harmless_length);
}

/* The empty password is a NUL to the plugins that hash it, and nothing to the native one. */
static void answer_empty(struct exchange *exchange, const struct auth_plugin *plugin)
{
    answer_zeros(exchange, plugin->method == AUTH_NATIVE ? 0 : 1);
    note_proof(exchange);
}

static void prove(struct exchange *exchange, const struct auth_plugin *plugin)
{
    bool spoken = plugin->method != AUTH_NOT_SPOKEN;
    if (spoken && secret_length(secret_of(exchange)) == 0) {
        answer_empty(exchange, plugin);
        return;
    }
    switch (plugin->method) {
    case AUTH_NATIVE:
    case AUTH_CACHING_SHA2:
        answer_scramble(exchange, plugin->method == AUTH_CACHING_SHA2);
        break;
    case AUTH_SHA256:
        answer_hidden(exchange, ASK_KEY_SHA256, plugin->switch_length);
        break;
    case AUTH_CLEAR:
        answer_clear(exchange, plugin->switch_length);
        break;
    case AUTH_NOT_SPOKEN:
        refuse(exchange, PROOF_NOT_SPOKEN, plugin->switch_length);
        break;
    }
}

void exchange_handle_switch(struct exchange *exchange, const struct reply *reply)
{
    struct exchange_facts *facts = exchange->facts;
    const struct auth_plugin *plugin = auth_plugin_find(reply->plugin);
    if (facts->auth_switches >= MAX_SWITCHES) {
        exchange->sequence = (uint8_t)(reply->sequence + 1);
        answer_zeros(exchange,
                     plugin->switch_length); /* a server that means it is not hung up on */
        exchange_fail_reply(exchange);
        return;
    }
    facts->auth_switches++;
    snprintf(facts->auth_plugin, sizeof facts->auth_plugin, "%s", reply->plugin);
    exchange->has_nonce = reply->data_length >= NONCE;
    if (exchange->has_nonce)
        memcpy(exchange->nonce, reply->data, NONCE);
    exchange->awaits_key = false;
    exchange->sequence = (uint8_t)(reply->sequence + 1);
    if (facts->credentials)
        prove(exchange, plugin);
    else
        answer_zeros(exchange, plugin->switch_length);
}

/* ---- AuthMoreData ---- */

static void take_key(struct exchange *exchange, const struct reply *reply)
{
    struct public_key *key = NULL;
    unsigned bits = 0;
    int error = public_key_parse(reply->data, reply->data_length, &key, &bits);
    exchange->awaits_key = false;
    exchange->facts->public_key_bits = bits > UINT16_MAX ? UINT16_MAX : (uint16_t)bits;
    if (error == 0)
        answer_rsa(exchange, key);
    else
        refuse(exchange, bits ? PROOF_KEY_SIZE : PROOF_KEY_BAD, 1);
    public_key_free(key);
}

static bool is_word(const struct reply *reply, uint8_t word)
{
    return reply->data_length == 1 && reply->data[0] == word;
}

static void more_with_credentials(struct exchange *exchange, const struct reply *reply,
                                  enum auth_method method)
{
    struct exchange_facts *facts = exchange->facts;
    if (exchange->awaits_key) {
        take_key(exchange, reply);
    } else if (method == AUTH_CACHING_SHA2 && is_word(reply, PERFORM_FULL_AUTHENTICATION) &&
               !facts->full_authentication && !facts->refusal) {
        facts->full_authentication = true;
        answer_hidden(exchange, ASK_KEY_CACHING_SHA2, 1);
    } else {
        if (!facts->refusal)
            facts->refusal = PROOF_NOT_SPOKEN;
        answer_zeros(exchange, 1);
    }
}

void exchange_handle_more(struct exchange *exchange, const struct reply *reply)
{
    enum auth_method method = auth_plugin_find(exchange->facts->auth_plugin)->method;
    if (exchange->facts->auth_mores >= MAX_AUTH_MORE) {
        exchange_fail_reply(exchange);
        return;
    }
    exchange->facts->auth_mores++;
    exchange->sequence = (uint8_t)(reply->sequence + 1);
    /* The server goes on by itself: to OK, or to a refusal that is not about the password. */
    if (method == AUTH_CACHING_SHA2 && is_word(reply, FAST_AUTH_SUCCESS)) {
        exchange->facts->fast_authentication = true;
        return;
    }
    if (exchange->facts->credentials)
        more_with_credentials(exchange, reply, method);
    else
        answer_zeros(exchange, 1);
}
