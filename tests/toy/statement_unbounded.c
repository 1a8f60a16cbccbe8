/* The library's source without its limit on numerators: no statement is sound to 100 bits over a tiny field. */
#include "commit/geometry.h"
#undef CHALLENGE_BITS
#define CHALLENGE_BITS (64 * (EXT_DEG - 1))
#include "../../src/proof/statement.c"
