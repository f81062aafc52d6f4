#include "probe/render/render.h"
#include "probe/render/render_formats.h"
#include <string.h>

static const struct format formats[] = {
    {.name = "human",
     .for_people = true,
     .second_opinion = true,
     .report = human_report,
     .target = human_target,
     .summary = human_summary,
     .causes = human_causes},
    {.name = "json",
     .second_opinion = true,
     .report = json_report,
     .target = json_target,
     .causes = json_causes},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

const char *format_names(void)
{
    return "human, json";
}
