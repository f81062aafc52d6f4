#include "probe/render/language.h"
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
    {4, 3, 0, N_("network unreachable")},
    {4, 3, 1, N_("host unreachable")},
    {4, 3, 2, N_("protocol unreachable")},
    {4, 3, 3, N_("port unreachable")},
    {4, 3, 4, N_("fragmentation needed and DF set")},
    {4, 3, 5, N_("source route failed")},
    /* RFC 1122, 3.2.2.1 */
    {4, 3, 6, N_("destination network unknown")},
    {4, 3, 7, N_("destination host unknown")},
    {4, 3, 8, N_("source host isolated")},
    {4, 3, 9, N_("communication with destination network administratively prohibited")},
    {4, 3, 10, N_("communication with destination host administratively prohibited")},
    {4, 3, 11, N_("network unreachable for type of service")},
    {4, 3, 12, N_("host unreachable for type of service")},
    /* RFC 1812, 5.2.7.1 */
    {4, 3, 13, N_("communication administratively prohibited")},
    {4, 3, 14, N_("host precedence violation")},
    {4, 3, 15, N_("precedence cutoff in effect")},
    /* RFC 792 */
    {4, 11, 0, N_("time to live exceeded in transit")},
    {4, 11, 1, N_("fragment reassembly time exceeded")},
    {4, 12, 0, N_("parameter problem")},
    /* RFC 4443, 3.1 to 3.4 */
    {6, 1, 0, N_("no route to destination")},
    {6, 1, 1, N_("communication with destination administratively prohibited")},
    {6, 1, 2, N_("beyond scope of source address")},
    {6, 1, 3, N_("address unreachable")},
    {6, 1, 4, N_("port unreachable")},
    {6, 1, 5, N_("source address failed ingress/egress policy")},
    {6, 1, 6, N_("reject route to destination")},
    {6, 2, 0, N_("packet too big")},
    {6, 3, 0, N_("hop limit exceeded in transit")},
    {6, 3, 1, N_("fragment reassembly time exceeded")},
    {6, 4, 0, N_("erroneous header field encountered")},
    {6, 4, 1, N_("unrecognized next header type encountered")},
    {6, 4, 2, N_("unrecognized IPv6 option encountered")},
    /* RFC 6554, 4.2 */
    {6, 1, 7, N_("error in source routing header")},
};

const char *icmp_name(unsigned family, unsigned type, unsigned code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].family == family && rows[i].type == type && rows[i].code == code)
            return tr(rows[i].name);
    return NULL;
}
