/* OceanBase's names and ports in words. */
#include "probe/render/escape.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"

enum circumstance words_circumstance(const struct report *report,
                                     const struct address_result *address)
{
    struct scene scene = {.evidence = &address->evidence,
                          .port = report->target.socket ? 0 : report->target.port};
    return circumstance_of(&address->verdict, &scene);
}

/* ---- names ---- */

static enum product product_of(const struct report *report)
{
    const struct address_result *address = decisive_address(report);
    return address ? address->evidence.exchange.product : PRODUCT_UNKNOWN;
}

/* Before anybody has greeted, a '#' is what only OceanBase's names have. */
bool report_login_name(const struct report *report, struct login_name *ret_name)
{
    enum product product = product_of(report);
    struct login_name name = login_name_read(report->login_name);
    bool fits = product == PRODUCT_OCEANBASE_PROXY ||
                (product == PRODUCT_OCEANBASE_OBSERVER && !name.separator) ||
                (product == PRODUCT_UNKNOWN && name.cluster.at && !name.separator);
    if (!report->login_name || !fits)
        return false;
    *ret_name = name;
    return true;
}

static const char *safe(struct slice part, char *to)
{
    to[0] = '\0';
    if (part.at)
        escape(ESCAPE_TEXT, part.at, part.length, to, ENDPOINT_TEXT);
    return to;
}

static void read_by_obproxy(const char *text, char *to)
{
    struct login_name name = login_name_read(text);
    char whole[ENDPOINT_TEXT], user[ENDPOINT_TEXT], tenant[ENDPOINT_TEXT], cluster[ENDPOINT_TEXT];
    text_add(to, SENTENCE, tr("The OBProxy reads %s as user %s, tenant %s, cluster %s."),
             safe((struct slice){text, strlen(text)}, whole), safe(name.user, user),
             name.tenant.at ? safe(name.tenant, tenant) : tr("sys (its default)"),
             name.cluster.at ? safe(name.cluster, cluster) : tr("(its default)"));
}

/* It looks for the '@' alone. */
static void read_by_observer(const char *text, char *to)
{
    struct slice all = {text, strlen(text)};
    const char *at = slice_find(all, '@');
    char whole[ENDPOINT_TEXT], user[ENDPOINT_TEXT], tenant[ENDPOINT_TEXT];
    text_add(to, SENTENCE, tr("The observer reads %s as user %s of tenant %s."), safe(all, whole),
             safe(at ? slice_of(text, at) : all, user),
             at ? safe(slice_of(at + 1, slice_end(all)), tenant) : tr("sys (the default)"));
}

void words_reading(const struct report *report, char *to)
{
    const char *text = report->login_name ? report->login_name : ANONYMOUS_USER;
    enum product product = product_of(report);
    to[0] = '\0';
    if (product == PRODUCT_OCEANBASE_PROXY)
        read_by_obproxy(text, to);
    else if (product == PRODUCT_OCEANBASE_OBSERVER)
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
        "binlogs and no SQL. SQL is 2881, through the proxy 2883.")},
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
