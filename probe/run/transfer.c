#include "probe/run/transfer.h"
#include "probe/run/sockets.h"
#include <errno.h>
#include <sys/socket.h>

enum { READ_SIZE = 16384 };

/* Each of the channel's parts goes out by itself: an SSLRequest alone, then TLS. */
void transfer_send(int fd, struct channel *channel)
{
    const uint8_t *bytes;
    size_t length;
    while ((length = channel_output(channel, &bytes)) > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == ECONNRESET)
            channel->exchange.was_reset =
                true; /* said once; the next read would say end of stream */
        if (sent <= 0)
            return;
        channel_sent(channel, (size_t)sent);
    }
}

static enum transfer after_error(int fd, int error)
{
    struct tcp_facts facts;
    struct queued_error queued;
    /* Woken without bytes: ICMP errors left from before it stood would wake us for ever. */
    while (error == EAGAIN && socket_queued_error(fd, &queued))
        ;
    if (error == EAGAIN || error == EINTR)
        return TRANSFER_OPEN;
    if (error == ECONNRESET || error == EPIPE)
        return TRANSFER_RESET;
    return socket_tcp_state(fd, &facts) == TCP_STATE_CONNECTED ? TRANSFER_OPEN : TRANSFER_GONE;
}

enum transfer transfer(int fd, struct channel *channel)
{
    uint8_t bytes[READ_SIZE];
    ssize_t count = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0)
        return channel->exchange.was_reset ? TRANSFER_RESET : TRANSFER_CLOSED;
    if (count < 0)
        return after_error(fd, errno);
    /* Out of memory for a buffer: the bytes are lost, the deadline ends the exchange. */
    (void)channel_receive(channel, bytes, (size_t)count);
    transfer_send(fd, channel);
    return channel_closed(channel) && channel->exchange.state != EXCHANGE_DONE ? TRANSFER_CLOSED
                                                                               : TRANSFER_OPEN;
}
