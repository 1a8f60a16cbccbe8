/* commit/soundness: the errors of the opening, challenge by challenge (protocol.md, section 5, "Numbers"), for people.
 * What is refused is decided by commit/geometry in integers. Hosted; the one place below compile/ with floats. */
#ifndef COMMIT_SOUNDNESS_H
#define COMMIT_SOUNDNESS_H
#include "commit/geometry.h"
#include "tacit/params.h"

/* -log2 of C(A,t)/C(n,t), A = ceil((n + K) / 2). */
double soundness_query_bits(uint64_t n, uint64_t dimension, uint32_t t);
/* log2 |E| */
double soundness_field_bits(void);
/* Terms of steps 6 (lane and column challenges) and 7; at most SOUNDNESS_MOST. Returns how many there are; writes no
 * more than `capacity`. */
enum { SOUNDNESS_MOST = 3 + MAX_OBJECTS + 1 + 3 * MAX_LEVELS };
uint32_t soundness_opening(const geometry *g, tacit_error_term *out, uint32_t capacity);
#endif
