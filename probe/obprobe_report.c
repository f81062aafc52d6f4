/* What the library tells of a finished target. */
#include "obprobe.h"
#include "probe/render/language.h"
#include "probe/render/render.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* What callers hold a pointer to is the report itself. */
struct obprobe_report {
    struct report report;
};

const char *obprobe_report_input(const struct obprobe_report *report)
{
    return report->report.target.input;
}

const char *obprobe_report_host(const struct obprobe_report *report)
{
    return report->report.target.host;
}

unsigned obprobe_report_port(const struct obprobe_report *report)
{
    return report->report.target.port;
}

bool obprobe_report_ready(const struct obprobe_report *report)
{
    return report->report.ready;
}

const char *obprobe_report_category(const struct obprobe_report *report)
{
    return category_name(cause_row(report->report.verdict.cause)->category);
}

const char *obprobe_report_cause(const struct obprobe_report *report)
{
    return cause_row(report->report.verdict.cause)->id;
}

const char *obprobe_report_stage(const struct obprobe_report *report)
{
    return stage_name(report->report.verdict.stage);
}

const char *obprobe_report_confidence(const struct obprobe_report *report)
{
    return confidence_name(report->report.verdict.confidence);
}

int obprobe_report_exit_code(const struct obprobe_report *report)
{
    return report->report.exit_code;
}

double obprobe_report_seconds(const struct obprobe_report *report)
{
    return report->report.elapsed_us / 1e6;
}

const char *obprobe_report_alternative(const struct obprobe_report *report, size_t index)
{
    if (index >= ALTERNATIVES || report->report.verdict.alternatives[index] == CAUSE_NONE)
        return NULL;
    return cause_row(report->report.verdict.alternatives[index])->id;
}

const char *obprobe_report_address(const struct obprobe_report *report, size_t index)
{
    return index < report->report.address_count ? report->report.addresses[index].text : NULL;
}

const char *obprobe_report_address_cause(const struct obprobe_report *report, size_t index)
{
    if (index >= report->report.address_count)
        return NULL;
    return cause_row(report->report.addresses[index].verdict.cause)->id;
}

int obprobe_report_json(const struct obprobe_report *report, char **ret_json)
{
    return obprobe_report_json_in(report, "en", ret_json);
}

static int json_of(const struct obprobe_report *report, char **ret_json)
{
    char *json = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&json, &size);
    struct render_options options = {0};
    if (!out)
        return -ENOMEM;
    int error = format_find("json")->report(out, &report->report, &options);
    if (fclose(out) != 0)
        error = -ENOMEM;
    if (error < 0) {
        free(json);
        return error;
    }
    *ret_json = json;
    return 0;
}

int obprobe_report_json_in(const struct obprobe_report *report, const char *language,
                           char **ret_json)
{
    enum language wanted;
    if (!language || !language_find(language, &wanted))
        return -EINVAL;
    enum language before = language_use(wanted);
    int error = json_of(report, ret_json);
    (void)language_use(before);
    return error;
}
