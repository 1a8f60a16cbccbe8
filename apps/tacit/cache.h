/* cache: which certificates' range proofs have been verified before, by the SHA-256 of the whole certificate file.
 * A record is a file of the user's own in $XDG_CACHE_HOME/tacit or ~/.cache/tacit, valid for this version of tacit
 * only. Nothing here can fail: without a cache every certificate is verified again. */
#ifndef TACIT_APP_CACHE_H
#define TACIT_APP_CACHE_H
#include <stdbool.h>
#include <stddef.h>

bool cache_has(const void *cert, size_t size);
void cache_add(const void *cert, size_t size);

#endif
