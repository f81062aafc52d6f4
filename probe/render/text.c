#include "probe/render/text.h"
#include "probe/render/escape.h"
#include "probe/render/language.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void text_add(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_add_list(to, size, format, arguments);
    va_end(arguments);
}

void text_add_list(char *to, size_t size, const char *format, va_list arguments)
{
    size_t used = strlen(to);
    int wanted = vsnprintf(to + used, size - used, format, arguments);
    if (wanted < 0 || (size_t)wanted < size - used)
        return;
    /* Cut: a multi-byte character at the end may lack bytes, so it goes as a whole. */
    size_t end = size - 1;
    while (end > used && ((unsigned char)to[end - 1] & 0xc0) == 0x80)
        end--;
    if (end > used && (unsigned char)to[end - 1] >= 0xc0)
        end--;
    to[end] = '\0';
}

const char *duration_text(uint32_t us, char *to)
{
    double ms = us / 1e3;
    if (us < 100)
        snprintf(to, DURATION_TEXT, "%.2f ms", ms);
    else if (us < 99950)
        snprintf(to, DURATION_TEXT, "%.1f ms", ms);
    else if (us < 999500)
        snprintf(to, DURATION_TEXT, "%.0f ms", ms);
    else
        snprintf(to, DURATION_TEXT, "%.2f s", ms / 1e3);
    return to;
}

const char *time_text(int64_t seconds, char *to)
{
    struct tm utc;
    time_t time = (time_t)seconds;
    to[0] = '\0';
    if (gmtime_r(&time, &utc) && strftime(to, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        to[0] = '\0';
    return to;
}

/* The scope as a number: a name would have to be asked of the kernel (RFC 4007, 11.2 allows both).
 */
const char *ip_numeric(const struct ip *ip, char *to)
{
    to[0] = '\0';
    if (ip->family == 4)
        inet_ntop(AF_INET, ip->bytes, to, IP_TEXT);
    else if (ip->family == 6)
        inet_ntop(AF_INET6, ip->bytes, to, IP_TEXT);
    if (ip->family == 6 && ip->scope)
        text_add(to, IP_TEXT, "%%%u", ip->scope);
    return to;
}

/* RFC 3986, 3.2.2: the colons of an IPv6 address stand in brackets. */
const char *endpoint_text(const char *host, uint16_t port, char *to)
{
    char safe[ENDPOINT_TEXT - 16];
    escape(ESCAPE_TEXT, host, strlen(host), safe, sizeof safe);
    snprintf(to, ENDPOINT_TEXT, strchr(safe, ':') ? "[%s]:%u" : "%s:%u", safe, port);
    return to;
}

const char *target_text(const struct target *target, char *to)
{
    if (!target->socket)
        return endpoint_text(target->host, target->port, to);
    escape(ESCAPE_TEXT, target->socket, strlen(target->socket), to, ENDPOINT_TEXT);
    return to;
}

const char *place_text(const struct report *report, const struct address_result *address, char *to)
{
    if (report->target.socket)
        snprintf(to, ENDPOINT_TEXT, "%s", address->text);
    else
        snprintf(to, ENDPOINT_TEXT, tr("%s port %u"), address->text, report->target.port);
    return to;
}

const char *tls_version_name(uint16_t version)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    unsigned minor = version - 0x0300u;
    return minor < sizeof names / sizeof names[0] ? names[minor] : NULL;
}

size_t release_length(const struct exchange_facts *exchange)
{
    bool has_build = exchange->product == PRODUCT_MARIADB || exchange->product == PRODUCT_MYSQL;
    return has_build ? strcspn(exchange->version, "-") : strlen(exchange->version);
}

const char *server_text(const struct exchange_facts *exchange, char *to)
{
    static const char *const titles[PRODUCT_COUNT] = {
        [PRODUCT_UNKNOWN] = N_("A MySQL-protocol server"),
        [PRODUCT_MYSQL] = "MySQL",
        [PRODUCT_MARIADB] = "MariaDB",
        [PRODUCT_OCEANBASE_PROXY] = "OBProxy",
        [PRODUCT_OCEANBASE_OBSERVER] = "OceanBase observer",
        [PRODUCT_TIDB] = "TiDB",
        [PRODUCT_PROXYSQL] = "ProxySQL",
        [PRODUCT_MYSQL_ROUTER] = "MySQL Router",
        [PRODUCT_MAXSCALE] = "MaxScale",
        [PRODUCT_SPHINX] = "Sphinx",
    };
    /* Proxies and OceanBase announce the version of the MySQL that they imitate. */
    static const bool says_own_version[PRODUCT_COUNT] = {
        [PRODUCT_MYSQL] = true, [PRODUCT_MARIADB] = true, [PRODUCT_SPHINX] = true};
    char release[VERSION_TEXT];
    escape(ESCAPE_TEXT, exchange->version, release_length(exchange), release, sizeof release);
    snprintf(to, VERSION_TEXT, "%s", tr(titles[exchange->product]));
    if (release[0])
        text_add(to, VERSION_TEXT,
                 says_own_version[exchange->product] ? " %s" : tr(" (announced version %s)"),
                 release);
    return to;
}

#define NAMED(number)                                                                              \
    {                                                                                              \
        number, #number                                                                            \
    }

struct named {
    int number;
    const char *name;
};

static const struct named errnos[] = {
    NAMED(EPERM),        NAMED(EAGAIN),       NAMED(ENOMEM),        NAMED(EACCES),
    NAMED(EINVAL),       NAMED(ENFILE),       NAMED(EMFILE),        NAMED(EPIPE),
    NAMED(EPROTO),       NAMED(ENOPROTOOPT),  NAMED(EOPNOTSUPP),    NAMED(EPROTONOSUPPORT),
    NAMED(EAFNOSUPPORT), NAMED(EADDRINUSE),   NAMED(EADDRNOTAVAIL), NAMED(ENETDOWN),
    NAMED(ENETUNREACH),  NAMED(ECONNABORTED), NAMED(ECONNRESET),    NAMED(ENOBUFS),
    NAMED(ETIMEDOUT),    NAMED(ECONNREFUSED), NAMED(EHOSTDOWN),     NAMED(EHOSTUNREACH),
    NAMED(EMSGSIZE),     NAMED(ENODEV),       NAMED(ENONET),        {0, NULL},
};

static const struct named eais[] = {
    NAMED(EAI_NONAME), NAMED(EAI_AGAIN),      NAMED(EAI_FAIL),   NAMED(EAI_NODATA),
    NAMED(EAI_MEMORY), NAMED(EAI_ADDRFAMILY), NAMED(EAI_FAMILY), NAMED(EAI_SERVICE),
    NAMED(EAI_SYSTEM), NAMED(EAI_OVERFLOW),   {0, NULL},
};

static const char *name_of(const struct named *table, int number)
{
    while (table->name && table->number != number)
        table++;
    return table->name;
}

const char *errno_name(int error)
{
    return name_of(errnos, error);
}

const char *eai_name(int eai)
{
    return name_of(eais, eai);
}

const struct address_result *decisive_address(const struct report *report)
{
    return report->decisive < report->address_count ? &report->addresses[report->decisive] : NULL;
}

enum server_cost report_cost(const struct report *report)
{
    enum server_cost worst = COST_NONE;
    for (size_t i = 0; i < report->address_count; i++) {
        enum server_cost cost = address_cost(&report->addresses[i]);
        if (cost > worst)
            worst = cost;
    }
    return worst;
}

bool report_logged_in(const struct report *report)
{
    for (size_t i = 0; i < report->address_count; i++) {
        const struct evidence *evidence = &report->addresses[i].evidence;
        if (evidence->wants_login && evidence->exchange.credentials)
            return true;
    }
    return false;
}

unsigned report_control_packets(const struct report *report)
{
    unsigned sum = 0;
    for (size_t i = 0; i < report->address_count; i++)
        sum += report->addresses[i].evidence.connect.control_packets;
    return sum;
}
