/* The catalogue as JSON: --list-causes. */
#include "probe/render/json_object.h"
#include "probe/render/language.h"
#include "probe/render/render_formats.h"
#include "probe/verdict/circumstances.h"
#include <string.h>

/* The advice of a row as it stands there, placeholders included: there is no target to fill in. */
static json_t *lines_json(const char *text)
{
    struct part array = array_begin();
    while (*text) {
        size_t length = strcspn(text, "\n");
        add(&array, json_stringn(text, length));
        text += length;
        text += *text == '\n';
    }
    return part_end(&array);
}

static json_t *circumstance_json(const struct circumstance_row *row)
{
    struct part object = object_begin();
    put_text(&object, "id", row->id);
    put_text(&object, "explanation", tr(row->explanation));
    put(&object, "advice", lines_json(tr(row->next)));
    return part_end(&object);
}

/* Those in which more is known than this cause says. */
static json_t *circumstances_json(const struct cause_row *cause)
{
    struct part array = array_begin();
    for (unsigned i = CIRCUMSTANCE_NONE + 1; i < CIRCUMSTANCE_COUNT; i++) {
        const struct circumstance_row *row = circumstance_row((enum circumstance)i);
        if (cause_row(row->cause) == cause)
            add(&array, circumstance_json(row));
    }
    return part_end(&array);
}

static json_t *cause_json(const struct cause_row *row)
{
    struct part object = object_begin();
    put_text(&object, "id", row->id);
    put_text(&object, "category", category_name(row->category));
    put_text(&object, "category_meaning", tr(category_meaning(row->category)));
    put_integer(&object, "exit_code", category_exit_code(row->category));
    put_text(&object, "stage", stage_name(row->stage));
    put_flag(&object, "transient", row->persistence == TRANSIENT);
    put_integer(&object, "nagios", row->nagios);
    put_text(&object, "needs", needs_name(row->needs));
    put_text(&object, "summary", tr(row->summary));
    put_text(&object, "explanation", tr(row->explanation));
    put(&object, "advice", lines_json(tr(row->next)));
    put(&object, "circumstances", circumstances_json(row));
    return part_end(&object);
}

int json_causes(FILE *out, const struct render_options *options)
{
    (void)options;
    int failed = 0;
    for (unsigned cause = CAUSE_NONE + 1; cause < CAUSE_COUNT && !failed; cause++)
        failed = json_line(out, cause_json(cause_row((enum cause)cause)));
    return failed;
}
