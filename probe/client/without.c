/* In place of libmariadb, where the library is built without it (-DCLIENT=OFF). */
#include "probe/client/client.h"

bool client_is_built(void)
{
    return false;
}

int client_begin(void)
{
    return 0;
}

void client_login(const struct client_order *order, struct client_evidence *evidence)
{
    (void)order;
    evidence->result = CLIENT_NOT_RUN;
    evidence->reason = CLIENT_NO_THREAD;
}

bool client_dialog_is_caught(void)
{
    return false;
}

const char *client_version(void)
{
    return "";
}

const char *client_license(void)
{
    return "";
}
