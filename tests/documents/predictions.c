/* Prints the table of predictions as JSON, a row a line, for scripts/generate-docs. */
#include "probe/verdict/predictions.h"
#include "probe/render/json_object.h"

static json_t *row_json(const struct prediction_row *row)
{
    struct part object = object_begin();
    put_text(&object, "id", row->id);
    put_flag(&object, "current", row->current);
    put_text(&object, "drivers", row->drivers);
    put_text(&object, "happens", row->happens);
    put_text(&object, "mends", row->mends);
    put_text(&object, "rule", row->rule);
    put_text(&object, "source", row->source);
    return part_end(&object);
}

int main(void)
{
    int failed = 0;
    for (unsigned i = 0; i < PREDICTION_COUNT && !failed; i++)
        failed = json_line(stdout, row_json(prediction_row((enum prediction)i)));
    return failed || fflush(stdout) != 0;
}
