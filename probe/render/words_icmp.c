#include "probe/render/words.h"
#include <stddef.h>

struct icmp_row {
    unsigned char family;
    unsigned char type;
    unsigned char code;
    const char *name;
};

static const struct icmp_row rows[] = {
    /* RFC 792 */
    {4, 3, 0, "network unreachable"},
    {4, 3, 1, "host unreachable"},
    {4, 3, 2, "protocol unreachable"},
    {4, 3, 3, "port unreachable"},
    {4, 3, 4, "fragmentation needed and DF set"},
    {4, 3, 5, "source route failed"},
    /* RFC 1122, 3.2.2.1 */
    {4, 3, 6, "destination network unknown"},
    {4, 3, 7, "destination host unknown"},
    {4, 3, 8, "source host isolated"},
    {4, 3, 9, "communication with destination network administratively prohibited"},
    {4, 3, 10, "communication with destination host administratively prohibited"},
    {4, 3, 11, "network unreachable for type of service"},
    {4, 3, 12, "host unreachable for type of service"},
    /* RFC 1812, 5.2.7.1 */
    {4, 3, 13, "communication administratively prohibited"},
    {4, 3, 14, "host precedence violation"},
    {4, 3, 15, "precedence cutoff in effect"},
    /* RFC 792 */
    {4, 11, 0, "time to live exceeded in transit"},
    {4, 11, 1, "fragment reassembly time exceeded"},
    {4, 12, 0, "parameter problem"},
    /* RFC 4443, 3.1 to 3.4 */
    {6, 1, 0, "no route to destination"},
    {6, 1, 1, "communication with destination administratively prohibited"},
    {6, 1, 2, "beyond scope of source address"},
    {6, 1, 3, "address unreachable"},
    {6, 1, 4, "port unreachable"},
    {6, 1, 5, "source address failed ingress/egress policy"},
    {6, 1, 6, "reject route to destination"},
    {6, 2, 0, "packet too big"},
    {6, 3, 0, "hop limit exceeded in transit"},
    {6, 3, 1, "fragment reassembly time exceeded"},
    {6, 4, 0, "erroneous header field encountered"},
    {6, 4, 1, "unrecognized next header type encountered"},
    {6, 4, 2, "unrecognized IPv6 option encountered"},
    /* RFC 6554, 4.2 */
    {6, 1, 7, "error in source routing header"},
};

const char *icmp_name(unsigned family, unsigned type, unsigned code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].family == family && rows[i].type == type && rows[i].code == code)
            return rows[i].name;
    return NULL;
}
