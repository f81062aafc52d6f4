/*
 * The peer of the benchmark: an epoll server that greets, reads one packet, answers 1045 and
 * closes, or (argument "silent") accepts and says nothing. Listens on every loopback address,
 * prints its port, ends when its standard input does.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char greeting[] = "\x4a\x00\x00\x00\x0a"
                               "8.0.99\0"
                               "\x07\x00\x00\x00"
                               "abcdefgh\0"
                               "\xff\xf7\x21\x02\x00\xff\x81\x15\0\0\0\0\0\0\0\0\0\0"
                               "ijklmnopqrst\0"
                               "mysql_native_password";
static const char denied[] = "\x16\x00\x00\x02\xff\x15\x04#28000Access denied";

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_everywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 16384) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        die("listen");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void accept_all(int epoll, int listener, bool silent)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (!silent && send(fd, greeting, sizeof greeting, MSG_NOSIGNAL) < 0)
            close(fd);
        else
            watch(epoll, fd);
    }
}

static void answer(int fd, bool silent)
{
    char bytes[1024];
    ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    if (count > 0 && silent)
        return;
    if (count > 0)
        (void)!send(fd, denied, sizeof denied - 1, MSG_NOSIGNAL);
    close(fd);
}

int main(int argc, char **argv)
{
    bool silent = argc > 1 && strcmp(argv[1], "silent") == 0;
    struct rlimit limit;
    struct epoll_event events[256];
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int epoll = epoll_create1(0);
    int listener = listen_everywhere();
    watch(epoll, listener);
    watch(epoll, STDIN_FILENO);
    for (;;) {
        int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == STDIN_FILENO)
                return 0;
            if (events[i].data.fd == listener)
                accept_all(epoll, listener, silent);
            else
                answer(events[i].data.fd, silent);
        }
    }
}
