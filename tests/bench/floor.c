/*
 * The floor of the benchmark: what any client must at least do. Connect, read the greeting, send a
 * canned login, read the answer, close; one epoll loop, no evidence, no verdict, no deadline.
 * Arguments: port, number of targets (127.1.0.1 and up), at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char login[] = "\x43\x00\x00\x01\x05\xa2\x08\x00\x00\x00\x00\x01\x21"
                            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                            "nobody\0"
                            "\0"
                            "mysql_native_password";

static int epoll;
static uint16_t port;
static unsigned started, finished, wanted;

static void start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(0x7f010001u + started++);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd < 0 ||
        (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)) {
        perror("connect");
        exit(1);
    }
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void serve(int fd)
{
    char bytes[4096];
    ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    if (count > 4 && bytes[4] == 10) {
        if (send(fd, login, sizeof login, MSG_NOSIGNAL) < 0)
            exit(1);
        return;
    }
    if (count <= 4 || (uint8_t)bytes[4] != 0xff) {
        fprintf(stderr, "floor: no answer to the login\n");
        exit(1);
    }
    close(fd);
    finished++;
    if (started < wanted)
        start();
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    struct epoll_event events[128];
    if (argc != 4)
        return 2;
    port = (uint16_t)atoi(argv[1]);
    wanted = (unsigned)atoi(argv[2]);
    unsigned at_once = (unsigned)atoi(argv[3]);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    while (started < wanted && started < at_once)
        start();
    while (finished < wanted) {
        int count = epoll_wait(epoll, events, 128, -1);
        for (int i = 0; i < count; i++)
            serve(events[i].data.fd);
    }
    printf("%u\n", finished);
    return 0;
}
