/* Any bytes as a list of targets: an accepted one gives its targets, in rising lines, to the end.
 */
#include "probe/input/targets_file.h"
#include "tests/fuzz/promise.h"
#include <errno.h>

/* Every duplicate stands behind the target that is probed for it, and is a target, too. */
static uint32_t require_duplicates(struct targets_file *file, const struct target *first)
{
    size_t count;
    const struct duplicate *more = targets_file_duplicates(file, first->index, &count);
    uint32_t line = first->line;
    for (size_t i = 0; i < count; i++) {
        struct target target;
        PROMISE(targets_file_duplicate(file, &more[i], &target) == 0);
        PROMISE(target.line > line && target.port == first->port);
        line = target.line;
        target_clear(&target);
    }
    return (uint32_t)count;
}

/* Every target is handed out once, or is a duplicate of one that was. */
static void require_targets(struct targets_file *file)
{
    struct target target;
    uint32_t line = 0, count = 0;
    int found;
    while ((found = targets_file_next(file, &target)) == 1) {
        PROMISE(target.line > line);
        PROMISE(target.socket ? *target.socket : *target.host && target.port > 0);
        line = target.line;
        count += 1 + require_duplicates(file, &target);
        target_clear(&target);
    }
    PROMISE(found == 0 && count > 0 && count == file->count);
}

static const struct ports ports = {.otherwise = DEFAULT_PORT};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[TARGETS_FILE_PROBLEM];
    struct targets_file file;
    char *text = malloc(size ? size : 1);
    PROMISE(text);
    memcpy(text, data, size);
    int error = targets_file_take("list", text, size, &ports, NULL, &file, problem);
    free(text);
    if (error == 0) {
        require_targets(&file);
        targets_file_clear(&file);
    } else {
        PROMISE(error == -EINVAL && strncmp(problem, "list: ", 6) == 0);
        PROMISE(strlen(problem) < TARGETS_FILE_PROBLEM && !strchr(problem, '\n'));
    }
    return 0;
}
