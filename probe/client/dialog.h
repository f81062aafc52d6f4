/* What the authentication plugin `dialog` asks beyond the password. */
#ifndef PROBE_CLIENT_DIALOG_H
#define PROBE_CLIENT_DIALOG_H

#include <stdint.h>

/* Of this thread: begins to count at 0, and how many there were since. */
void dialog_begin(void);
uint16_t dialog_questions(void);

#endif
