/* The I/O of a channel: what the socket has goes in, what the channel has to say goes out. */
#ifndef PROBE_RUN_TRANSFER_H
#define PROBE_RUN_TRANSFER_H

#include "probe/exchange/channel.h"

enum transfer {
    TRANSFER_OPEN,
    TRANSFER_CLOSED,
    TRANSFER_RESET,
    TRANSFER_GONE /* the kernel gave the connection up */
};

/* Reads once, then sends. An error on a connection that still stands (a soft ICMP error) is none.
 */
enum transfer transfer(int fd, struct channel *channel);

/* Sends alone; what does not fit stays in the channel. */
void transfer_send(int fd, struct channel *channel);

#endif
