/* Prints what libmariadb makes of an option file, one "key=value" a line for each key that it has.
 * Usage: option-file-libmariadb FILE
 *
 * The file is read by mysql_real_connect(), which must fail: to 127.0.0.1, whatever the file says.
 */
#include <mysql.h>
#include <stdio.h>

static void put(const char *key, const char *value)
{
    if (!value)
        return;
    printf("%s=", key);
    for (; *value; value++) {
        if (*value == '\n')
            fputs("\\n", stdout);
        else
            putchar(*value);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    MYSQL *mysql = argc > 1 ? mysql_init(NULL) : NULL;
    char port[16] = "";
    if (!mysql)
        return 1;
    (void)mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, argv[1]);
    (void)mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, "obprobe");
    (void)mysql_real_connect(mysql, "127.0.0.1", NULL, NULL, NULL, 1, NULL,
                             CLIENT_REMEMBER_OPTIONS);
    put("host", mysql->options.host);
    put("user", mysql->options.user);
    put("password", mysql->options.password);
    put("database", mysql->options.db);
    put("socket", mysql->options.unix_socket);
    put("ssl-ca", mysql->options.ssl_ca);
    put("ssl-cert", mysql->options.ssl_cert);
    put("ssl-key", mysql->options.ssl_key);
    put("ssl-cipher", mysql->options.ssl_cipher);
    snprintf(port, sizeof port, "%u", mysql->options.port);
    put("port", mysql->options.port ? port : NULL);
    mysql_close(mysql);
    return 0;
}
