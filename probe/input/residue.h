/*
 * What a password leaves behind where no variable holds it. Whatever copies, compares or hashes it
 * does so in vector registers, which then keep it; the dynamic loader writes them to the stack when
 * it binds a function at its first call; and a function that returns leaves its stack as it was.
 * The program is bound as it starts, but not every library is (measured: libjansson, some of glibc
 * 2.36), and the C library reads the first argument, and what stands behind it, before main.
 */
#ifndef PROBE_INPUT_RESIDUE_H
#define PROBE_INPUT_RESIDUE_H

/* Zeroes the calling thread's vector registers (on x86-64 and aarch64; elsewhere they stay), and
 * its stack 16 KiB below the caller. */
void residue_wipe(void);

#endif
