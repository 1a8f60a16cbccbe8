/* interrupt: SIGINT and SIGTERM, and the progress line.
 *
 * While a section is held, a signal only raises a flag; the progress callback answers it to the library, which undoes
 * its work. Otherwise the handler removes the command's temporary files and leaves with the exit code of INTERRUPTED.
 */
#ifndef TACIT_APP_INTERRUPT_H
#define TACIT_APP_INTERRUPT_H
#include "tacit/status.h"

void interrupt_install(void);
/* Around calls of the library that write files or use the key. */
void interrupt_hold(void);
/* INTERRUPTED when a signal came while held. */
TACIT_MUST_CHECK tacit_status interrupt_release(tacit_error *err);
/* A tacit_progress: shows step and share done on stderr when that is a terminal; not 0 once a signal came. */
int interrupt_progress(void *ctx, const char *step, double fraction);
/* Removes the progress line. */
void interrupt_progress_end(void);
/* The handler removes this file until it is forgotten; false: no room or the name is too long. */
int interrupt_temporary(const char *path);
void interrupt_forget(const char *path);

#endif
