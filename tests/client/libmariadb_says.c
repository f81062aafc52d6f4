/* Says what libmariadb makes of a server: connects as a plain application does, runs one statement,
 * closes in order, and prints "errno TAB sqlstate TAB text" on one line; "0 TAB 00000 TAB ok" when
 * all went well. --version prints the version of the library.
 *
 * Usage: libmariadb-says [options] HOST PORT [USER [PASSWORD [DATABASE]]]
 *   --timeout=S         seconds to connect, instead of 2
 *   --tls               TLS is enforced; without it there is none
 *   --verify            the certificate's chain and name must be right
 *   --ca=F --crl=F --cert=F --key=F --tls-version=LIST      as the library's own options
 *
 * The library bounds single waits, never the whole: whoever runs this ends it when it takes too
 * long. What plugins ask the user goes to standard error.
 */
#include <getopt.h>
#include <mysql.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT = 2 };

/* The text may be a server's: what would break the line or a terminal goes out as \xNN. */
static void put_text(FILE *to, const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f)
            fprintf(to, "\\x%02x", byte);
        else
            putc(byte, to);
    }
    putc('\n', to);
}

/* Standard output for us alone: plugins print their questions there. */
static FILE *own_output(void)
{
    int own = dup(STDOUT_FILENO);
    return dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ? NULL : fdopen(own, "w");
}

static void set(MYSQL *mysql, enum mysql_option option, const void *value)
{
    if (mysql_optionsv(mysql, option, value)) {
        fprintf(stderr, "libmariadb-says: option %d is not taken\n", (int)option);
        exit(2);
    }
}

static void set_number(MYSQL *mysql, enum mysql_option option, unsigned number)
{
    set(mysql, option, &number);
}

static void set_plain(MYSQL *mysql)
{
    set_number(mysql, MYSQL_OPT_CONNECT_TIMEOUT, TIMEOUT);
    set_number(mysql, MYSQL_OPT_READ_TIMEOUT, TIMEOUT);
    set_number(mysql, MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP); /* else "localhost" is a socket */
}

/* The options of the command line, set as they come. */
static void set_given(MYSQL *mysql, int argc, char **argv)
{
    static const struct option names[] = {
        {"timeout", required_argument, NULL, MYSQL_OPT_CONNECT_TIMEOUT},
        {"tls", no_argument, NULL, MYSQL_OPT_SSL_ENFORCE},
        {"verify", no_argument, NULL, MYSQL_OPT_SSL_VERIFY_SERVER_CERT},
        {"ca", required_argument, NULL, MYSQL_OPT_SSL_CA},
        {"crl", required_argument, NULL, MYSQL_OPT_SSL_CRL},
        {"cert", required_argument, NULL, MYSQL_OPT_SSL_CERT},
        {"key", required_argument, NULL, MYSQL_OPT_SSL_KEY},
        {"tls-version", required_argument, NULL, MARIADB_OPT_TLS_VERSION},
        {NULL, 0, NULL, 0},
    };
    const my_bool on = 1;
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == '?')
            exit(2);
        if (!optarg)
            set(mysql, (enum mysql_option)option, &on);
        else if (option == MYSQL_OPT_CONNECT_TIMEOUT)
            set_number(mysql, MYSQL_OPT_CONNECT_TIMEOUT, (unsigned)strtoul(optarg, NULL, 10));
        else
            set(mysql, (enum mysql_option)option, optarg);
    }
}

/* What to say when there was no error; NULL when there was one. */
static const char *run_statement(MYSQL *mysql)
{
    if (mysql_query(mysql, "SELECT 1"))
        return NULL;
    MYSQL_RES *result = mysql_store_result(mysql);
    if (!result)
        return mysql_errno(mysql) ? NULL : "ok, but no result";
    mysql_free_result(result);
    return "ok";
}

static int say(FILE *to, MYSQL *mysql, const char *good)
{
    fprintf(to, "%u\t%s\t", good ? 0 : mysql_errno(mysql), good ? "00000" : mysql_sqlstate(mysql));
    put_text(to, good ? good : mysql_error(mysql));
    return fclose(to) == 0 ? 0 : 1;
}

/* words: host and port, then perhaps user, password and database. */
static bool connect_to(MYSQL *mysql, char **words)
{
    const char *login[] = {NULL, NULL, NULL};
    for (size_t i = 0; i < sizeof login / sizeof login[0] && words[2 + i]; i++)
        login[i] = words[2 + i];
    unsigned port = (unsigned)strtoul(words[1], NULL, 10);
    return mysql_real_connect(mysql, words[0], login[0], login[1], login[2], port, NULL, 0);
}

int main(int argc, char **argv)
{
    MYSQL *mysql = mysql_init(NULL);
    FILE *output = own_output();
    if (!mysql || !output)
        return 1;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        fprintf(output, "%s\n", mysql_get_client_info());
        mysql_close(mysql);
        return fclose(output) == 0 ? 0 : 1;
    }
    set_plain(mysql);
    set_given(mysql, argc, argv);
    if (argc - optind < 2) {
        fputs("Usage: libmariadb-says [options] HOST PORT [USER [PASSWORD [DATABASE]]]\n", stderr);
        return 2;
    }
    const char *good = connect_to(mysql, argv + optind) ? run_statement(mysql) : NULL;
    int result = say(output, mysql, good);
    mysql_close(mysql);
    mysql_library_end();
    return result;
}
