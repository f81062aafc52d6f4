/* Where the bytes of an option file are while it is read, and that nothing of them stays. */
#include "tests/unit/option_found.h"
#include <sys/mman.h>

enum { SECRET_LENGTH = 24, WINDOW = 1 << 16 };

/* A password that stands nowhere in the program as such. */
static char secret_byte(int i)
{
    return (char)('A' + (i * 37 + 11) % 26);
}

static void put_secret(char *to)
{
    for (int i = 0; i < SECRET_LENGTH; i++)
        to[i] = secret_byte(i);
}

static bool is_secret(const char *at)
{
    int same = 0;
    while (same < SECRET_LENGTH && at[same] == secret_byte(same))
        same++;
    return same == SECRET_LENGTH;
}

/* Through proc(5), because the sanitizer guards the stack. */
static int count_between(int memory, off_t begin, off_t end)
{
    static char window[WINDOW];
    int count = 0;
    for (off_t at = begin; at < end; at += WINDOW - SECRET_LENGTH + 1) {
        size_t wanted = end - at < WINDOW ? (size_t)(end - at) : WINDOW;
        ssize_t size = pread(memory, window, wanted, at);
        for (ssize_t i = 0; i + SECRET_LENGTH <= size; i++)
            count += is_secret(window + i);
    }
    return count;
}

/* How often it stands in the heap and on the stack. */
static int count_secrets(void)
{
    char line[512];
    int count = 0, memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        long begin, end;
        if (sscanf(line, "%lx-%lx ", (unsigned long *)&begin, (unsigned long *)&end) == 2 &&
            (strstr(line, "[heap]") || strstr(line, "[stack]")))
            count += count_between(memory, begin, end);
    }
    fclose(maps);
    close(memory);
    return count;
}

/* Whether core dumps leave out the mapping that holds the address (VmFlags of proc(5)). */
static bool is_left_out_of_dumps(const void *address)
{
    char line[512];
    bool inside = false, left_out = false;
    unsigned long begin, end;
    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = (uintptr_t)address >= begin && (uintptr_t)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            left_out = strstr(line, " dd") != NULL;
    }
    fclose(maps);
    return left_out;
}

static int note_place(void *context, const struct option_entry *entry)
{
    assert_true(entry->value_length == SECRET_LENGTH && is_secret(entry->value));
    assert_true(is_left_out_of_dumps(entry->value));
    *(uintptr_t *)context = (uintptr_t)entry->value;
    return 0;
}

static void no_warning(void *context, const char *text)
{
    (void)context;
    fail_msg("%s", text);
}

static void values_stand_in_pages_that_are_given_back(void **state)
{
    static char text[] = "[client]\npassword=????????????????????????\n";
    const struct option_files_request request = {.file = "a"};
    uintptr_t place = 0, page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const struct option_files_handler handler = {&place, note_place, no_warning};
    char problem[OPTION_PROBLEM_MAX], planted[SECRET_LENGTH];
    unsigned char resident;
    (void)state;
    put_secret(strchr(text, '?'));
    write_text("a", text);
    explicit_bzero(text, sizeof text);
    put_secret(planted);
    assert_int_equal(count_secrets(), 1);
    explicit_bzero(planted, sizeof planted);
    assert_int_equal(option_files_read(&request, &handler, problem), 0);
    assert_int_equal(mincore((void *)(place / page * page), page, &resident), -1);
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(count_secrets(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(values_stand_in_pages_that_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
