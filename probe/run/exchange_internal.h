/* What the files of the exchange share. */
#ifndef PROBE_RUN_EXCHANGE_INTERNAL_H
#define PROBE_RUN_EXCHANGE_INTERNAL_H

#include "probe/run/exchange.h"

/* The anonymous login as it goes out, for a server that offers these capabilities (all, where none
 * are known) and this plugin; its size. */
size_t exchange_login_bytes(uint8_t *bytes, size_t size, bool blind, uint32_t offered,
                            const char *plugin);

#endif
