/* What tests may take away from the program (OBPROBE_TEST_WITHOUT=error-queue,ipv6,ping): only in a
 * build with -DTEST_SWITCHES=ON, else nothing is read. */
#ifndef PROBE_CLI_TEST_SWITCHES_H
#define PROBE_CLI_TEST_SWITCHES_H

/* The set of enum without, 0 for none; -EINVAL and the problem (CLI_PROBLEM bytes). */
int test_switches_read(unsigned *ret_without, char *ret_problem);

/* The folder of the system's option files: /etc, or OBPROBE_TEST_ETC. */
const char *test_etc(void);

#endif
