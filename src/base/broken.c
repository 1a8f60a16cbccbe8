/* base/broken: the switches' memory; empty outside of test builds. */
#include "base/broken.h"

#ifdef TACIT_RULES
uint64_t tacit_broken = 0, tacit_unabsorbed = 0;
void (*tacit_cheat)(enum cheat_place place, void *a, const void *b) = 0;
#else
typedef int broken_is_empty;
#endif
