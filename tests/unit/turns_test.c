/*
 * Who may use a password now, as scenarios. A scenario is words, done one after the other:
 *
 *     a=p1        turn a wants to log in with login p at target 1
 *     a+ a- a~    the server took its password, rejected it, had no session left
 *     a.          turn a is left (its connection is closed, or it is not wanted any more)
 *     a.f         the same, and its owner frees it
 *     a>b         turn a goes on as turn b
 *     1.          the owner of target 1 lets go of it
 *     closed      the run is over
 *     a:a+,a.     what turn a does inside its granted callback, before that returns
 *     [a !b ?c]   what has happened since the last bracket: a was granted, b withheld for a
 *                 rejection, c for want of time; "own" and "other" are what turn_crowded() said
 */
#include "probe/run/turns.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TURNS = 8, TARGETS = 4, LOGINS = 4, WORD = 64, LOG = 128, UNBOUNDED = 1000 };

struct named {
    struct turn turn;
    struct play *play;
    char name;
    char reaction[WORD];
};

struct play {
    struct turns *turns;
    struct named *named[TURNS];
    struct target_turns *targets[TARGETS];
    char log[LOG];
};

/* q has another password, r another name, s is p once more. */
static struct login_identity logins[LOGINS];

static int make_logins(void **state)
{
    static const char *const users[LOGINS] = {"app", "app", "batch", "app"};
    static const char *const passwords[LOGINS] = {"s3cret", "other", "s3cret", "s3cret"};
    struct identity_key key;
    (void)state;
    assert_int_equal(identity_key_new(&key), 0);
    for (int i = 0; i < LOGINS; i++) {
        struct secret *secret = NULL;
        if (secret_new(passwords[i], strlen(passwords[i]), &secret) < 0)
            return -1;
        struct login login = {.user = users[i], .secret = secret};
        int error = login_identify(&key, &login, &logins[i]);
        secret_free(secret);
        if (error < 0)
            return error;
    }
    return 0;
}

/* ---- what is done, and what came of it ---- */

static void note(struct play *play, const char *prefix, const char *text)
{
    size_t used = strlen(play->log);
    int length = snprintf(play->log + used, LOG - used, "%s%s%s", used ? " " : "", prefix, text);
    assert_in_range(length, 0, LOG - 1 - used);
}

static void do_word(struct play *play, const char *word);

static void granted(struct turn *turn, enum withheld withheld)
{
    struct named *named = (struct named *)((char *)turn - offsetof(struct named, turn));
    struct play *play = named->play;
    static const char *const marks[] = {
        [WITHHELD_NOT] = "", [WITHHELD_REJECTED] = "!", [WITHHELD_LATE] = "?"};
    assert_true(withheld == WITHHELD_NOT || withheld == WITHHELD_REJECTED ||
                withheld == WITHHELD_LATE);
    assert_int_equal(turn->taken, withheld == WITHHELD_NOT);
    assert_false(turn_waits(turn));
    note(play, marks[withheld], (char[]){named->name, '\0'});
    char reaction[WORD];
    memcpy(reaction, named->reaction, WORD);
    named->reaction[0] = '\0';
    for (char *rest = reaction, *word; (word = strsep(&rest, ","));)
        if (*word)
            do_word(play, word);
}

static struct named *named_of(struct play *play, char name)
{
    assert_in_range(name, 'a', 'a' + TURNS - 1);
    struct named **named = &play->named[name - 'a'];
    if (!*named) {
        *named = calloc(1, sizeof **named);
        assert_non_null(*named);
        **named = (struct named){.play = play, .name = name};
    }
    return *named;
}

static struct target_turns **target_of(struct play *play, char number)
{
    assert_in_range(number, '1', '0' + TARGETS);
    struct target_turns **target = &play->targets[number - '1'];
    if (!*target)
        *target = target_turns_new();
    assert_non_null(*target);
    return target;
}

static void enter(struct play *play, struct named *named, const char *where)
{
    assert_in_range(where[0], 'p', 'p' + LOGINS - 1);
    named->turn.granted = granted;
    assert_int_equal(
        turn_enter(play->turns, &named->turn, &logins[where[0] - 'p'], *target_of(play, where[1])),
        0);
}

static void leave(struct play *play, struct named *named, bool and_free)
{
    turn_leave(&named->turn);
    if (!and_free)
        return;
    play->named[named->name - 'a'] = NULL;
    free(named);
}

static void do_to_turn(struct play *play, struct named *named, const char *what)
{
    switch (what[0]) {
    case '=':
        enter(play, named, what + 1);
        break;
    case '+':
        turn_accepted(&named->turn);
        break;
    case '-':
        turn_rejected(&named->turn);
        break;
    case '~':
        note(play, "", turn_crowded(&named->turn) ? "own" : "other");
        break;
    case '.':
        leave(play, named, what[1] == 'f');
        break;
    case '>':
        turn_hand_over(&named->turn, &named_of(play, what[1])->turn);
        break;
    case ':':
        snprintf(named->reaction, WORD, "%s", what + 1);
        break;
    default:
        fail_msg("no such word: %c%s", named->name, what);
    }
}

static void do_word(struct play *play, const char *word)
{
    if (strcmp(word, "closed") == 0) {
        turns_close(play->turns);
    } else if (word[0] >= '1' && word[0] <= '9') {
        struct target_turns **target = target_of(play, word[0]);
        target_turns_unref(*target);
        *target = NULL;
    } else {
        do_to_turn(play, named_of(play, word[0]), word + 1);
    }
}

static void expect(struct play *play, const char *promise, const char *bracket, size_t length)
{
    if (strlen(play->log) != length || memcmp(play->log, bracket, length) != 0)
        fail_msg("%s: [%s] instead of [%.*s]", promise, play->log, (int)length, bracket);
    play->log[0] = '\0';
}

static void do_all(struct play *play, const char *promise, const char *script)
{
    while (*script) {
        char word[WORD];
        size_t length = strcspn(script, *script == '[' ? "]" : " ");
        if (*script == '[') {
            expect(play, promise, script + 1, length - 1);
            length++;
        } else {
            snprintf(word, sizeof word, "%.*s", (int)length, script);
            do_word(play, word);
        }
        script += length;
        script += *script == ' ';
    }
}

/* Whoever is still there leaves, in the order of their names; all memory is given back. */
static void play_scenario(const char *promise, unsigned max_rejections, const char *script)
{
    struct play play = {0};
    print_message("  %s\n", promise);
    assert_int_equal(turns_new(max_rejections, &play.turns), 0);
    do_all(&play, promise, script);
    expect(&play, promise, "", 0);
    for (char name = 'a'; name < 'a' + TURNS; name++)
        leave(&play, named_of(&play, name), true);
    for (int i = 0; i < TARGETS; i++)
        target_turns_unref(play.targets[i]);
    turns_free(play.turns);
}

/* ---- scenarios ---- */

static const struct {
    const char *promise;
    unsigned max_rejections;
    const char *script;
} scenarios[] = {
    {"the first is in at once", UNBOUNDED, "a=p1 [a]"},
    {"until the first has its answer the others wait", UNBOUNDED, "a=p1 [a] b=p2 c=p3 [] a+ [b]"},
    {"without an answer the next one tries", UNBOUNDED, "a=p1 [a] b=p2 c=p3 [] a. [b] b. [c]"},
    {"with each acceptance one more is in", UNBOUNDED,
     "a=p1 [a] b=p2 c=p3 d=p4 [] a+ [b] b+ [c] c+ [d]"},
    {"and for each that leaves another one", UNBOUNDED,
     "a=p1 [a] b=p2 c=p3 d=p4 [] a+ [b] a. [c] b. [d]"},
    {"once accepted it stays so", UNBOUNDED, "a=p1 [a] a+ a. [] b=p2 [b] c=p3 [c]"},
    {"but of one target one at a time", UNBOUNDED, "a=p1 [a] b=p1 c=p2 [] a+ [c] a. [b]"},
    {"in the order of their coming", UNBOUNDED, "a=p1 [a] b=p1 c=p1 d=p1 a+ [] a. [b] b. [c]"},
    {"who waits for its target holds up no other", UNBOUNDED, "a=p1 [a] a+ b=p1 [] c=p2 [c]"},

    {"a rejection ends all logins of its target", UNBOUNDED, "a=p1 [a] b=p1 c=p1 [] a- [!b !c]"},
    {"also of those that come later", UNBOUNDED, "a=p1 [a] a- a. [] b=p1 [!b] c=p2 [c]"},
    {"of other targets the next one tries", UNBOUNDED,
     "a=p1 [a] b=p2 c=p1 d=p3 [] a- [!c] a. [b] b- b. [d]"},
    {"so many rejections, then none at all", 2,
     "a=p1 [a] b=p2 c=p3 d=p4 [] a- [] a. [b] b- [!c !d] b. []"},
    {"none either for who comes then", 2, "a=p1 [a] a- a. [] b=p2 [b] b- b. [] c=p3 [!c]"},
    {"one is enough", 1, "a=p1 [a] b=p2 [] a- [!b] c=p3 [!c]"},
    {"those who are in are not called back", 1, "a=p1 [a] a+ b=p2 [b] c=p2 [] b- [!c] a. b. []"},
    {"accepted before, then rejected elsewhere: only that target", UNBOUNDED,
     "a=p1 [a] a+ b=p2 [b] b- [] c=p2 [!c] d=p3 [] b. [d]"},

    {"what was said of a password stands", UNBOUNDED, "a=p1 [a] a+ a- b=p1 [] a. [b]"},
    {"a rejection too", 2, "a=p1 [a] a- a- a+ b=p2 [] a. [b] b- c=p3 [!c]"},

    {"alone at the account: the lack of sessions is not ours", UNBOUNDED,
     "a=p1 [a] a~ [other] a. [] b=p2 [b] b+ c=p3 [c]"},
    {"who came beside another: it may be", UNBOUNDED, "a=p1 [a] a+ b=p2 [b] b~ [own]"},
    {"who was joined by another: it may be", UNBOUNDED, "a=p1 [a] a+ b=p2 [b] a~ [own]"},
    {"also when the other has left", UNBOUNDED, "a=p1 [a] a+ b=p2 [b] b. a~ [own]"},
    {"from then on one at a time", UNBOUNDED,
     "a=p1 [a] a+ b=p2 [b] b~ [own] c=p3 d=p4 [] b. [] a. [c] c. [d]"},
    {"which then is not ours any more", UNBOUNDED,
     "a=p1 [a] a+ b=p2 [b] b~ [own] a. b. [] c=p3 [c] c~ [other]"},
    {"the one that has to try again waits for it", UNBOUNDED,
     "a=p1 [a] a+ b=p2 [b] b~ [own] b. b=p2 [] a. [b] b~ [other]"},

    {"who leaves while waiting is passed over", UNBOUNDED, "a=p1 [a] b=p2 c=p3 b. [] a+ [c]"},
    {"the last of those waiting too", UNBOUNDED, "a=p1 [a] b=p2 c=p3 c. d=p4 [] a+ [b] b+ [d]"},
    {"all of them", UNBOUNDED, "a=p1 [a] b=p2 c=p3 b. c. [] a. [] d=p4 [d]"},
    {"leaving twice is leaving once", UNBOUNDED, "a=p1 [a] b=p2 a. [b] a. [] c=p3 [] b. [c]"},
    {"what is left says nothing any more", UNBOUNDED,
     "a=p1 [a] a. a+ a- a~ [other] b=p1 [b] c=p2 []"},
    {"who was withheld says nothing either", UNBOUNDED,
     "a=p1 [a] a- a. b=p1 [!b] b+ b~ [other] b. c=p2 [c] d=p3 []"},

    {"handed over it is still taken", UNBOUNDED, "a=p1 [a] a>b c=p2 [] a. [] b. [c]"},
    {"what it says still counts", UNBOUNDED, "a=p1 [a] a>b c=p1 d=p2 [] b- [!c] b. [d]"},
    {"its first owner says nothing any more", UNBOUNDED, "a=p1 [a] a>b a+ a- c=p1 d=p2 [] b+ [d]"},
    {"the first owner may want another", UNBOUNDED, "a=p1 [a] a>b a=p1 [] b. [a]"},

    {"another password waits for none of it", UNBOUNDED, "a=p1 [a] b=q2 [b] c=p3 d=q3 [] b+ [d]"},
    {"another name too", UNBOUNDED, "a=p1 [a] b=r2 [b]"},
    {"the same in another place is the same", UNBOUNDED, "a=p1 [a] b=s2 [] a+ [b]"},
    {"rejections are counted over all of them", 2,
     "a=p1 [a] b=q2 [b] c=p3 d=q4 [] a- [] b- [!c !d] e=r1 [!e]"},
    {"a target rejects all of them", UNBOUNDED, "a=p1 [a] b=q1 [] a- [!b] c=q1 [!c]"},
    {"of one target one at a time, whoever it is", UNBOUNDED,
     "a=p1 [a] b=q1 c=p1 [] a. [b] b. [c]"},

    {"at the end of the run nobody waits", UNBOUNDED, "a=p1 [a] b=p2 c=q1 [] closed [?b ?c] a. []"},
    {"nor is anybody let in", UNBOUNDED, "a=p1 [a] a+ closed b=p2 [?b] a. c=q3 [?c]"},
    {"the end inside the callback", UNBOUNDED, "a:closed,a. a=p1 [a] b=p2 [?b]"},
    {"they are freed inside the callback", UNBOUNDED, "b:b.f a=p1 [a] b=p2 c=p3 closed [?b ?c]"},

    {"accepted inside the callback", UNBOUNDED, "a:a+ a=p1 [a] b=p2 [b]"},
    {"each accepted and left inside the callback", UNBOUNDED,
     "a=p1 [a] b:b+,b. c:c. b=p2 c=p2 d=p2 [] a. [b c d]"},
    {"rejected and left inside the callback", UNBOUNDED,
     "a=p1 [a] b:b-,b. b=p2 c=p2 d=p3 [] a. [b !c d]"},
    {"the last one allowed is rejected inside the callback", 1,
     "b:b-,b. b=p2 [b] c=p2 d=p3 [!c !d]"},
    {"freed inside the callback", UNBOUNDED,
     "a=p1 [a] b:b.f c:c-,c.f b=p2 c=p2 d=p2 e=p3 [] a. [b c !d e]"},
    {"others come inside the callback", UNBOUNDED, "a:b=p2,c=p1,a+ a=p1 [a b] a. [c]"},
    {"others come, and it leaves", UNBOUNDED, "a:b=p2,c=p3,a. a=p1 [a b] b. [c]"},
    {"it leaves and comes again", UNBOUNDED, "a:a.,a=p1 a=p1 [a a]"},
    {"one that waits is left in another's callback", UNBOUNDED,
     "a=p1 [a] b:c.f,b. b=p2 c=p2 d=p2 [] a. [b d]"},
    {"handed over inside the callback", UNBOUNDED, "a:a>b a=p1 [a] c=p2 [] b. [c]"},
    {"another password comes inside the callback", UNBOUNDED, "a:b=q1,c=q2,a. a=p1 [a c] c. [b]"},

    {"a target's turns outlive its owner", UNBOUNDED, "a=p1 b=p1 [a] 1. [] a- [!b] a. []"},
    {"and are freed by a connection that outlives all", UNBOUNDED, "a=p1 [a] a>b 1. a. b- b. []"},
    {"or by the last one that waits", UNBOUNDED, "a=p2 b=p1 [a] 1. b. [] a. []"},
    {"or in the callback of the last one", UNBOUNDED, "a=p2 b=p1 [a] 1. b:b.f a. [b]"},
};

static void each_scenario_goes_as_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
        play_scenario(scenarios[i].promise, scenarios[i].max_rejections, scenarios[i].script);
}

/* Who waits keeps nothing alive and is never called again. */
static void the_end_of_a_run_grants_nothing(void **state)
{
    (void)state;
    struct play play = {0};
    assert_int_equal(turns_new(UNBOUNDED, &play.turns), 0);
    do_all(&play, "the end", "a=p1 b=p2 [a]");
    turns_free(play.turns);
    assert_string_equal(play.log, "");
    turns_free(NULL);
    target_turns_unref(NULL);
    for (int i = 0; i < 2; i++) {
        target_turns_unref(play.targets[i]);
        target_turns_unref(play.named[i]->turn.target);
        free(play.named[i]);
    }
}

static void a_waiting_turn_says_so(void **state)
{
    (void)state;
    struct play play = {0};
    assert_int_equal(turns_new(UNBOUNDED, &play.turns), 0);
    do_all(&play, "waiting", "a=p1 b=p2 [a]");
    assert_false(turn_waits(&play.named[0]->turn));
    assert_true(play.named[0]->turn.taken);
    assert_true(turn_waits(&play.named[1]->turn));
    assert_false(play.named[1]->turn.taken);
    do_all(&play, "waiting", "b.f a.f 1. 2. []");
    turns_free(play.turns);
}

enum { MANY = 100000 };

static void granted_at_once(struct turn *turn, enum withheld withheld)
{
    (void)turn;
    assert_int_equal(withheld, WITHHELD_NOT);
}

static struct login_identity numbered(uint32_t number)
{
    struct login_identity login = {{0}};
    uint32_t spread = (number + 1) * UINT32_C(2654435761);
    memcpy(login.bytes, &spread, sizeof spread);
    return login;
}

/* Each is in at once, and is still known when it comes again: beside the first one waits. */
static void very_many_logins_are_kept_apart(void **state)
{
    (void)state;
    struct turns *turns;
    struct target_turns *target = target_turns_new(), *other = target_turns_new();
    assert_int_equal(turns_new(UNBOUNDED, &turns), 0);
    for (uint32_t i = 0; i < 2 * MANY; i++) {
        struct login_identity login = numbered(i % MANY);
        struct turn first = {.granted = granted_at_once}, second = first;
        assert_int_equal(turn_enter(turns, &first, &login, target), 0);
        assert_int_equal(turn_enter(turns, &second, &login, other), 0);
        assert_true(first.taken);
        assert_int_equal(second.taken, i >= MANY);
        if (i < MANY)
            turn_accepted(&first);
        assert_true(second.taken);
        turn_leave(&second);
        turn_leave(&first);
    }
    turns_free(turns);
    target_turns_unref(target);
    target_turns_unref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scenario_goes_as_told),
        cmocka_unit_test(the_end_of_a_run_grants_nothing),
        cmocka_unit_test(a_waiting_turn_says_so),
        cmocka_unit_test(very_many_logins_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, make_logins, NULL);
}
