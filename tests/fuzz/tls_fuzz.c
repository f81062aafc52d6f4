/*
 * A TLS session against a server that says anything. The input's first byte chooses how the rest is
 * used: as the server's bytes; as changes to the bytes of a real server; as the certificate of one.
 */
#include "tests/fuzz/promise.h"
#include "tests/unit/tls_peer.h"

/* Answers stop at 64 KiB, one more may have been on its way; then there is an alert. */
enum { OUTPUT_MAX = 2 * 65536, CHANGE = 3 };

static struct tls_client *client;
static struct made own;

static void prepare(void)
{
    if (client)
        return;
    client = client_new((struct tls_settings){.capath = "/"});
    own = make_certificate((struct recipe){.subject = "db1", .alternatives = "DNS:db1.example"});
}

static bool ends_within(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static void check_certificates(const struct tls_evidence *facts)
{
    PROMISE(facts->certificate_count <= TLS_CERTIFICATES && facts->name_count <= TLS_NAMES);
    for (unsigned i = 0; i < facts->certificate_count; i++) {
        const struct tls_certificate *one = &facts->certificates[i];
        PROMISE(ends_within(one->subject, sizeof(one->subject)));
        PROMISE(ends_within(one->issuer, sizeof(one->issuer)));
        PROMISE(ends_within(one->key_type, sizeof(one->key_type)));
        PROMISE(ends_within(one->signature, sizeof(one->signature)));
    }
    for (unsigned i = 0; i < facts->name_count; i++)
        PROMISE(ends_within(facts->names[i], TLS_NAME) && strchr(facts->names[i], ':'));
}

static void check_judgement(const struct tls_evidence *facts)
{
    PROMISE(facts->name == TLS_HOLDS || facts->name == TLS_FAILS);
    PROMISE(facts->policy == TLS_HOLDS || facts->policy == TLS_FAILS);
    PROMISE(facts->version_allowed == TLS_NOT_JUDGED && facts->cipher_allowed == TLS_NOT_JUDGED);
    PROMISE(facts->verify_code != 0); /* nobody is trusted */
    PROMISE(ends_within(facts->verify_text, sizeof(facts->verify_text)));
}

static void check_facts(const struct tls_evidence *facts)
{
    PROMISE(facts->handshake == TLS_UNDER_WAY || facts->handshake == TLS_DONE ||
            facts->handshake == TLS_ALERTED || facts->handshake == TLS_FAILED_HERE ||
            facts->handshake == TLS_PLAINTEXT);
    PROMISE((facts->alert_received != TLS_NO_ALERT) == (facts->handshake == TLS_ALERTED));
    PROMISE((facts->reason[0] != '\0') == (facts->handshake == TLS_FAILED_HERE));
    PROMISE(ends_within(facts->cipher, sizeof(facts->cipher)));
    PROMISE(ends_within(facts->group, sizeof(facts->group)));
    PROMISE((facts->version != 0) == (facts->cipher[0] != '\0'));
    PROMISE(facts->judged || facts->handshake != TLS_DONE);
    check_certificates(facts);
    if (facts->judged)
        check_judgement(facts);
}

/* Reads what there is, then takes the facts and ends the session. */
static void finish(struct tls_session *session, struct tls_evidence *ret_facts)
{
    uint8_t plaintext[100];
    const uint8_t *output;
    while (tls_session_read(session, plaintext, sizeof(plaintext)))
        ;
    PROMISE(tls_session_output(session, &output) <= OUTPUT_MAX);
    memset(ret_facts, 0, sizeof(*ret_facts));
    tls_session_record(session, ret_facts);
    tls_session_judge(session, "db1.example", ret_facts);
    PROMISE(tls_session_state(session) == ret_facts->handshake);
    check_facts(ret_facts);
    tls_session_free(session);
}

static void say(const uint8_t *bytes, size_t length, size_t piece, struct tls_evidence *ret_facts)
{
    struct tls_session *session;
    PROMISE(!tls_session_new(client, TLS_OFFER_ALL, &session));
    for (size_t at = 0; at < length; at += piece)
        PROMISE(
            !tls_session_receive(session, bytes + at, length - at < piece ? length - at : piece));
    finish(session, ret_facts);
}

/* However the stream is cut, the facts are the same. */
static void say_anything(const uint8_t *bytes, size_t length, size_t piece)
{
    static struct tls_evidence whole, cut;
    say(bytes, length, length, &whole);
    say(bytes, length, piece, &cut);
    PROMISE(!memcmp(&whole, &cut, sizeof(whole)));
    PROMISE(!whole.judged); /* nobody completes a handshake without a key */
}

/* The changes are triples: the offset in the server's stream, what is flipped there. */
static void change(uint8_t *bytes, size_t length, size_t begin, const uint8_t *changes, size_t size)
{
    for (; size >= CHANGE; changes += CHANGE, size -= CHANGE) {
        size_t offset = (size_t)changes[0] << 8 | changes[1];
        if (offset >= begin && offset - begin < length)
            bytes[offset - begin] ^= changes[2];
    }
}

static void garble(const uint8_t *changes, size_t size, int version)
{
    static struct tls_evidence facts;
    struct tls_session *session;
    struct peer peer = peer_new((struct peer_settings){.leaf = &own, .version = version});
    uint8_t bytes[4096];
    size_t begin = 0;
    PROMISE(!tls_session_new(client, TLS_OFFER_ALL, &session));
    for (int round = 0; round < 8; round++) {
        carry_up(session, &peer);
        if (SSL_do_handshake(peer.ssl) == 1 && round == 4)
            (void)SSL_write(peer.ssl, "abc", 3);
        for (int taken; (taken = BIO_read(peer.output, bytes, sizeof(bytes))) > 0;) {
            change(bytes, (size_t)taken, begin, changes, size);
            begin += (size_t)taken;
            PROMISE(!tls_session_receive(session, bytes, (size_t)taken));
        }
    }
    ERR_clear_error();
    finish(session, &facts);
    peer_free(&peer);
}

/* With a key of ours and signed by it, for the handshake to be completed: all else in it stays. */
static void certify(const uint8_t *bytes, size_t length, int version)
{
    static struct tls_evidence facts;
    struct made made = {d2i_X509(NULL, &bytes, (long)length), own.key};
    if (made.certificate && X509_set_pubkey(made.certificate, made.key) &&
        X509_sign(made.certificate, made.key, EVP_sha256())) {
        SSL_CTX *takes = SSL_CTX_new(TLS_server_method());
        bool usable = SSL_CTX_use_certificate(takes, made.certificate);
        SSL_CTX_free(takes);
        if (usable) {
            struct peer peer;
            finish(played(client, (struct peer_settings){.leaf = &made, .version = version}, &peer),
                   &facts);
            peer_free(&peer);
        }
    }
    ERR_clear_error();
    X509_free(made.certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return 0;
    prepare();
    int version = TLS1_VERSION + (bytes[0] >> 2) % 4;
    switch (bytes[0] % 4) {
    case 0:
        garble(bytes + 1, length - 1, version);
        break;
    case 1:
        certify(bytes + 1, length - 1, version);
        break;
    default:
        say_anything(bytes + 1, length - 1, 1 + (bytes[0] >> 2));
    }
    return 0;
}
