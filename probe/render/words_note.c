/* The texts of the notes that the fold set. */
#include "probe/render/text.h"
#include "probe/render/words.h"

static bool is_dead(const struct address_result *address)
{
    return cause_row(address->verdict.cause)->category != CATEGORY_READY &&
           !address_skipped(address);
}

static void add_each(char *to, size_t size, const struct report *report,
                     bool (*is_one)(const struct address_result *address))
{
    const char *before = "";
    for (size_t i = 0; i < report->address_count; i++) {
        const struct address_result *address = &report->addresses[i];
        if (!is_one(address))
            continue;
        text_add(to, size, "%s%s (%s)", before, address->text,
                 cause_row(address->verdict.cause)->id);
        before = ", ";
    }
}

static void note_dead(const struct report *report, char *to, size_t size)
{
    size_t dead = 0;
    for (size_t i = 0; i < report->address_count; i++)
        dead += is_dead(&report->addresses[i]);
    text_add(to, size, "%zu of %zu addresses %s not ready: ", dead, report->address_count,
             dead == 1 ? "is" : "are");
    add_each(to, size, report, is_dead);
    text_add(to, size, ".");
}

static void note_skipped(const struct report *report, char *to, size_t size)
{
    text_add(to, size, "Passed over, because this machine cannot use them: ");
    add_each(to, size, report, address_skipped);
    text_add(to, size, ".");
}

static void note_slow(const struct report *report, char *to, size_t size)
{
    const struct address_result *slow = report->addresses;
    while (slow < report->addresses + report->address_count && !slow->evidence.exchange.slow)
        slow++;
    if (slow == report->addresses + report->address_count)
        return;
    char after[DURATION_TEXT];
    text_add(to, size,
             "The greeting of %s came only after %s. Usually the server looks up the name of the "
             "client's address and its DNS does not answer: set skip-name-resolve there, or mend "
             "its DNS. A server or a path that stalls looks the same.",
             slow->text, duration_text(slow->evidence.stages[STAGE_GREETING].duration_us, after));
}

static void note_salt(const struct report *report, char *to, size_t size)
{
    (void)report;
    text_add(to, size,
             "The OBProxy sends the same salt to every client, so a login that was "
             "overheard can be replayed: set enable_proxy_scramble on it.");
}

static void note_proxy(const struct report *report, char *to, size_t size)
{
    (void)report;
    text_add(to, size, "The answer came from a proxy or router in front of the server.");
}

static void note_backend(const struct report *report, char *to, size_t size)
{
    (void)report;
    text_add(to, size,
             "The proxy answered by itself: whether a server behind it can be reached "
             "was not tested. A login with credentials tests it.");
}

static void note_counted(const struct report *report, char *to, size_t size)
{
    (void)report;
    text_add(to, size,
             "This probe can count as a connection error of this machine on the server "
             "(max_connect_errors).");
}

void words_note(const struct report *report, enum note note, char *to, size_t size)
{
    static void (*const notes[NOTE_COUNT])(const struct report *report, char *to, size_t size) = {
        [NOTE_ADDRESS_DEAD] = note_dead,   [NOTE_ADDRESS_SKIPPED] = note_skipped,
        [NOTE_SLOW_GREETING] = note_slow,  [NOTE_CONSTANT_SALT] = note_salt,
        [NOTE_PROXY_IN_PATH] = note_proxy, [NOTE_BACKEND_NOT_TESTED] = note_backend,
        [NOTE_COUNTED] = note_counted,
    };
    to[0] = '\0';
    notes[note](report, to, size);
}
