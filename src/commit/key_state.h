/* commit/key_state: a copy of the openings used outside the key file, so that a backup written over the file in place
 * (cat backup > m.key keeps inode and birth time) does not bring spent openings back.
 *
 * $XDG_STATE_HOME/tacit/<certificate digest>.count, else ~/.local/state/tacit/.., mode 0600: 20 decimal digits and a
 * newline. Written after the key file's own synced record and not synced itself: it is behind only if the machine
 * stopped since, and then the key file, which is ahead, counts. Without a home folder there is no copy. */
#ifndef COMMIT_KEY_STATE_H
#define COMMIT_KEY_STATE_H
#include <stdbool.h>
#include "hash/sha256.h"

/* 0 if there is none or it cannot be read. */
uint64_t key_state_read(const digest *certificate);
/* Never lowers it. synced: also on the disk when it returns. Failures are not reported. */
void key_state_write(const digest *certificate, uint64_t used, bool synced);
#endif
