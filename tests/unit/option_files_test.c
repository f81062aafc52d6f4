/* Option files: which are read, in which order, and which are refused. */
#include "probe/input/option_pages.h"
#include "tests/unit/option_found.h"

static void note_warning(void *context, const char *text)
{
    append(((struct found *)context)->warnings, "%s|", text);
}

static int read_files(const struct option_files_request *request, struct found *found,
                      char *problem)
{
    const struct option_files_handler handler = {found, note_option, note_warning};
    return option_files_read(request, &handler, problem);
}

static void expect_files(const struct option_files_request *request, const char *options,
                         const char *warnings)
{
    struct found found = {0};
    char problem[OPTION_PROBLEM_MAX];
    if (read_files(request, &found, problem) != 0)
        fail_msg("%s", problem);
    assert_string_equal(found.options, options);
    assert_string_equal(found.warnings, warnings);
}

static void expect_refused(const struct option_files_request *request, const char *wanted)
{
    struct found found = {0};
    char problem[OPTION_PROBLEM_MAX] = "";
    assert_int_equal(read_files(request, &found, problem), -EINVAL);
    assert_string_equal(problem, wanted);
}

/* In this order, so that the later ones override. */
static void which_files_are_read(void **state)
{
    static const struct {
        struct option_files_request request;
        const char *options;
    } rows[] = {
        {{.etc = "etc", .home = "home"}, "2 etc|2 mysql|2 home|"},
        {{.etc = "etc", .home = "home", .extra = "x"}, "2 etc|2 mysql|2 extra|2 home|"},
        {{.etc = "etc", .extra = "x"}, "2 etc|2 mysql|2 extra|"},
        {{.etc = "etc", .home = ""}, "2 etc|2 mysql|"},
        {{.etc = "no", .home = "no"}, ""},
        {{.etc = "x", .home = "x"}, ""},
        {{.etc = "etc", .home = "home", .extra = "x", .file = "y"}, "2 only|"},
        {{.etc = "etc", .home = "home", .file = "~/.my.cnf"}, "2 home|"},
        {{.etc = "etc", .home = "home", .file = "/dev/null"}, ""},
        {{.etc = "etc", .home = "home", .extra = "x", .file = "y", .none = true}, ""},
        {{.etc = "etc", .suffix = "2"}, "2 etc|4 etc2|2 mysql|"},
    };
    (void)state;
    write_text("etc/my.cnf", "[client]\netc\n[client2]\netc2");
    write_text("etc/mysql/my.cnf", "[client]\nmysql\n");
    write_text("home/.my.cnf", "[client]\nhome\n");
    write_text("x", "[client]\nextra\n");
    write_text("y", "[client]\nonly\n");
    for (size_t i = 0; i < COUNT(rows); i++)
        expect_files(&rows[i].request, rows[i].options, "");
}

/* An included file stands where its directive does, and has groups of its own. */
static void includes_stand_in_their_place(void **state)
{
    const struct option_files_request request = {.file = "a", .home = "home"};
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    assert_int_equal(mkdir("d/folder.cnf", 0755), 0);
    write_text("a", "!include b\n[client]\na1\n!include ~/b\n!includedir d\na2\n[obprobe]\na3\n");
    write_text("b", "[client]\nb\n[obprobe]\n");
    write_text("home/b", "[client]\nhome\n[mysql]\n");
    write_text("d/b.cnf", "[client]\nd-b\n");
    write_text("d/a.1.cnf", "[client]\nd-a\n");
    write_text("d/B.cnf", "[client]\nd-B\n");
    write_text("d/.cnf", "[client]\nd-dot\n");
    write_text("d/c.CNF", "no option file\n");
    write_text("d/c.cnf~", "no option file\n");
    write_text("d/cnf", "no option file\n");
    assert_int_equal(symlink("nowhere", "d/gone.cnf"), 0);
    expect_files(&request, "2 b|3 a1|2 home|2 d-dot|2 d-B|2 d-a|2 d-b|6 a2|8 obprobe a3|",
                 "d/folder.cnf: not a regular file: ignored|");
}

static void what_is_named_must_be_readable(void **state)
{
    static const struct {
        const char *path, *reason;
    } rows[] = {
        {"missing", "No such file or directory"},
        {"broken", "No such file or directory"},
        {"loop", "Too many levels of symbolic links"},
        {"home", "not a regular file"},
        {"fifo", "not a regular file"},
        {"/dev/zero", "not a regular file"},
        {"", "No such file or directory"},
    };
    char text[128], wanted[128];
    (void)state;
    assert_int_equal(symlink("nowhere", "broken"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(wanted, sizeof wanted, "%s: %s", rows[i].path, rows[i].reason);
        expect_refused(&(struct option_files_request){.file = rows[i].path}, wanted);
        expect_refused(&(struct option_files_request){.etc = "etc", .extra = rows[i].path}, wanted);
        if (!*rows[i].path)
            continue;
        snprintf(text, sizeof text, "!include %s\n", rows[i].path);
        strcat(wanted, ", included by etc/my.cnf, line 1");
        write_text("etc/my.cnf", text);
        expect_refused(&(struct option_files_request){.etc = "etc"}, wanted);
        assert_int_equal(unlink("etc/my.cnf"), 0);
    }
    write_text("a", "!includedir missing\n");
    expect_refused(&(struct option_files_request){.file = "a"},
                   "missing: No such file or directory, included by a, line 1");
    write_text("a", "!includedir fifo\n");
    expect_refused(&(struct option_files_request){.file = "a"},
                   "fifo: Not a directory, included by a, line 1");
}

static void default_files_that_cannot_be_read_are_told(void **state)
{
    const struct option_files_request request = {.etc = "etc", .home = "home"};
    (void)state;
    assert_int_equal(mkdir("etc/my.cnf", 0755), 0);
    assert_int_equal(mkfifo("etc/mysql/my.cnf", 0600), 0);
    assert_int_equal(symlink(".my.cnf", "home/.my.cnf"), 0);
    expect_files(&request, "",
                 "etc/my.cnf: not a regular file: ignored|"
                 "etc/mysql/my.cnf: not a regular file: ignored|"
                 "home/.my.cnf: Too many levels of symbolic links: ignored|");
    assert_int_equal(unlink("home/.my.cnf"), 0);
    assert_int_equal(rmdir("etc/my.cnf"), 0);
    assert_int_equal(symlink("/dev/null", "home/.my.cnf"), 0);
    assert_int_equal(symlink("nowhere", "etc/my.cnf"), 0);
    expect_files(&request, "", "etc/mysql/my.cnf: not a regular file: ignored|");
}

/* The innermost of several. */
static void who_included_a_bad_file_is_told(void **state)
{
    (void)state;
    write_text("a", "\n!include b\n");
    write_text("b", "\n\n!include c\n");
    write_text("c", "[client]\na\n[\n");
    expect_refused(&(struct option_files_request){.file = "a"},
                   "c: line 3: a group without its ']', included by b, line 3");
}

static int refuse(void *context, const struct option_entry *entry)
{
    (void)entry;
    strcpy(context, "of the handler");
    return -EINVAL;
}

static void nothing_is_added_to_a_handlers_problem(void **state)
{
    char problem[OPTION_PROBLEM_MAX] = "";
    const struct option_files_handler handler = {problem, refuse, note_warning};
    const struct option_files_request request = {.file = "a"};
    (void)state;
    write_text("a", "!include b\n");
    write_text("b", "[client]\na\n");
    assert_int_equal(option_files_read(&request, &handler, problem), -EINVAL);
    assert_string_equal(problem, "of the handler");
}

static void what_all_may_write_is_ignored(void **state)
{
    static const struct option_files_request rows[] = {
        {.file = "a"}, {.etc = "no", .extra = "a"}, {.file = "b"}};
    (void)state;
    write_text("a", "[client]\na\n");
    write_text("b", "!include a\n");
    assert_int_equal(chmod("a", 0646), 0);
    for (size_t i = 0; i < COUNT(rows); i++)
        expect_files(&rows[i], "", "a: others can write it: ignored|");
    assert_int_equal(chmod("a", 0664), 0);
    expect_files(&rows[0], "2 a|", "");
}

static void directives_that_are_not_known_are_told(void **state)
{
    (void)state;
    write_text("a", "[client]\n!inlcude s3cret\na\n");
    expect_files(&(struct option_files_request){.file = "a"}, "3 a|",
                 "a: line 2: an unknown directive: ignored|");
}

/* As MySQL: the tenth level is the last. */
static void includes_within_each_other_are_bounded(void **state)
{
    struct found found = {0};
    char problem[OPTION_PROBLEM_MAX];
    (void)state;
    write_text("a", "!include a\n[client]\na\n");
    assert_int_equal(read_files(&(struct option_files_request){.file = "a"}, &found, problem), 0);
    assert_int_equal(found.count, 11);
    assert_string_equal(found.warnings, "a: line 1: too many files include each other: ignored|");
    write_text("a", "!include a\n!include a\n");
    expect_refused(&(struct option_files_request){.file = "a"},
                   "a: more than 256 option files, included by a, line 1");
    assert_int_equal(mkdir("d", 0755), 0);
    write_text("d/a.cnf", "!includedir d\n[client]\na\n");
    found = (struct found){0};
    assert_int_equal(read_files(&(struct option_files_request){.file = "d/a.cnf"}, &found, problem),
                     0);
    assert_int_equal(found.count, 11);
}

static void the_number_of_files_is_bounded(void **state)
{
    const struct option_files_request request = {.file = "a"};
    struct found found = {0};
    char path[32], problem[OPTION_PROBLEM_MAX];
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    write_text("a", "!includedir d\n");
    for (int i = 0; i < OPTION_FILES_MAX - 2; i++) {
        snprintf(path, sizeof path, "d/%d.cnf", i);
        write_text(path, "[client]\na\n");
    }
    assert_int_equal(read_files(&request, &found, problem), 0);
    assert_int_equal(found.count, OPTION_FILES_MAX - 2);
    write_text("d/x.cnf", "");
    expect_refused(&request, "d/x.cnf: more than 256 option files, included by a, line 1");
    write_text("d/y.cnf", "");
    write_text("d/z.cnf", "");
    expect_refused(&request, "d: more than 256 option files, included by a, line 1");
}

static void the_size_of_a_file_is_bounded(void **state)
{
    const struct option_files_request request = {.file = "a"};
    char *text = malloc(OPTION_FILE_MAX + 1);
    (void)state;
    assert_non_null(text);
    memset(text, '\n', OPTION_FILE_MAX + 1);
    memcpy(text, "[client]", 8);
    memcpy(text + OPTION_FILE_MAX - 2, "\na", 2);
    write_bytes("a", text, OPTION_FILE_MAX);
    expect_files(&request, "1048568 a|", "");
    write_bytes("a", text, OPTION_FILE_MAX + 1);
    expect_refused(&request, "a: larger than 1 MiB");
    free(text);
}

static void problems_are_one_line(void **state)
{
    char text[PATH_MAX + 64] = "!include \x1b[2J", problem[OPTION_PROBLEM_MAX];
    const struct option_files_request request = {.file = "a"};
    struct found found = {0};
    (void)state;
    write_text("a", text);
    expect_refused(&request, "?[2J: No such file or directory, included by a, line 1");
    memset(text + 9, 'x', 4000);
    strcpy(text + 4009, "\n");
    write_text("a", text);
    assert_int_equal(read_files(&request, &found, problem), -EINVAL);
    assert_non_null(strstr(problem, "x: File name too long"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(which_files_are_read),
        IN_A_FOLDER(includes_stand_in_their_place),
        IN_A_FOLDER(what_is_named_must_be_readable),
        IN_A_FOLDER(default_files_that_cannot_be_read_are_told),
        IN_A_FOLDER(who_included_a_bad_file_is_told),
        IN_A_FOLDER(nothing_is_added_to_a_handlers_problem),
        IN_A_FOLDER(what_all_may_write_is_ignored),
        IN_A_FOLDER(directives_that_are_not_known_are_told),
        IN_A_FOLDER(includes_within_each_other_are_bounded),
        IN_A_FOLDER(the_number_of_files_is_bounded),
        IN_A_FOLDER(the_size_of_a_file_is_bounded),
        IN_A_FOLDER(problems_are_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
