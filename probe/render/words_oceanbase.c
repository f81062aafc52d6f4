/* OceanBase's names and ports in words. */
#include "probe/render/escape.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"

/* ---- names ---- */

static bool is_read_by(const struct report *report, enum product product)
{
    const struct address_result *address = decisive_address(report);
    return address && address->evidence.exchange.product == product;
}

/* Before anybody has greeted, a '#' is what only OceanBase's names have. */
static bool is_read_by_oceanbase(const struct report *report, const struct login_name *name)
{
    const struct address_result *address = decisive_address(report);
    bool greeted = address && address->evidence.exchange.greeted;
    return is_read_by(report, PRODUCT_OCEANBASE_PROXY) ||
           is_read_by(report, PRODUCT_OCEANBASE_OBSERVER) ||
           (!greeted && name->cluster.length && !name->separator);
}

bool report_login_name(const struct report *report, struct login_name *ret_name)
{
    struct login_name name = is_read_by(report, PRODUCT_OCEANBASE_OBSERVER)
                                 ? login_name_at_observer(report->login_name)
                                 : login_name_read(report->login_name);
    if (!report->login_name || !is_read_by_oceanbase(report, &name))
        return false;
    *ret_name = name;
    return true;
}

/* A part made safe, or what stands in its place. */
static const char *part_or(struct slice part, const char *otherwise, char *to)
{
    if (part.length == 0)
        return otherwise;
    to[0] = '\0';
    escape(ESCAPE_TEXT, part.at, part.length, to, ENDPOINT_TEXT);
    return to;
}

static void read_by_obproxy(const char *text, char *to)
{
    struct login_name name = login_name_read(text);
    struct slice all = {text, strlen(text)};
    char whole[ENDPOINT_TEXT], user[ENDPOINT_TEXT], tenant[ENDPOINT_TEXT], cluster[ENDPOINT_TEXT];
    const char *format =
        name.cluster.length
            ? N_("The OBProxy reads %s as user %s of tenant %s, cluster %s.")
            : N_("The OBProxy reads %s as user %s of tenant %s in its default cluster.");
    text_add(
        to, SENTENCE, tr(format), part_or(all, "\"\"", whole), part_or(name.user, "\"\"", user),
        part_or(name.tenant, tr("sys (its default)"), tenant), part_or(name.cluster, "", cluster));
}

static void read_by_observer(const char *text, char *to)
{
    struct login_name name = login_name_at_observer(text);
    struct slice all = {text, strlen(text)};
    char whole[ENDPOINT_TEXT], user[ENDPOINT_TEXT], tenant[ENDPOINT_TEXT];
    text_add(to, SENTENCE, tr("The observer reads %s as user %s of tenant %s."),
             part_or(all, "\"\"", whole), part_or(name.user, "\"\"", user),
             part_or(name.tenant, tr("sys (the default)"), tenant));
}

void words_reading(const struct report *report, char *to)
{
    const char *text = report->login_name ? report->login_name : ANONYMOUS_USER;
    to[0] = '\0';
    if (is_read_by(report, PRODUCT_OCEANBASE_PROXY))
        read_by_obproxy(text, to);
    else if (is_read_by(report, PRODUCT_OCEANBASE_OBSERVER))
        read_by_observer(text, to);
}

/* ---- ports ---- */

/* The defaults of OceanBase's deployment tools (oceanbase/obdeploy) and components, where no SQL is
 * spoken; the advice of the causes names 2881 and 2883, where it is. */
static const struct {
    uint16_t port;
    const char *speaks;
} ports[] = {
    {2882, N_("Port 2882 is by default the RPC port of an OceanBase observer, which speaks no SQL: "
              "SQL is "
              "2881, through the proxy 2883.")},
    {2884,
     N_("Port 2884 is by default where an OBProxy shows its metrics over HTTP (Prometheus), not "
        "SQL: its SQL port is 2883.")},
    {2885,
     N_("Port 2885 is by default an OBProxy's RPC port for OBKV clients, not SQL: its SQL port is "
        "2883.")},
    {2886,
     N_("Port 2886 is by default obshell's, the administration of an observer over HTTP, not SQL: "
        "SQL is 2881, through the proxy 2883.")},
    {2983,
     N_("Port 2983 is by default OceanBase's binlog service (obbinlog, oblogproxy): it serves "
        "binlogs, not the databases' SQL: that is 2881, through the proxy 2883.")},
    {8088, N_("Port 8088 is by default obagent's, OceanBase's monitoring over HTTP, not SQL: SQL "
              "is 2881, "
              "through the proxy 2883.")},
    {8089, N_("Port 8089 is by default obagent's, OceanBase's monitoring over HTTP, not SQL: SQL "
              "is 2881, "
              "through the proxy 2883.")},
};

const char *words_port(uint16_t port)
{
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (ports[i].port == port)
            return tr(ports[i].speaks);
    return "";
}
