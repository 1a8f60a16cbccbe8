/* commit/queries: how many columns are opened, and what their Merkle multiproof costs. Integers only. */
#ifndef COMMIT_QUERIES_H
#define COMMIT_QUERIES_H
#include <stdint.h>

/* geometry_queries for another target: smallest t <= n/2 with C(A,t)/C(n,t) <= 2^-bits; 0 when there is none.
 * dimension < n <= 2^32. O(t). */
uint32_t queries_for_bits(uint64_t n, uint64_t dimension, unsigned bits);
/* Expected number of siblings in the multiproof of t random leaves among 2^h, rounded up. */
uint64_t expected_siblings(unsigned h, uint32_t t);
/* No multiproof of t leaves among 2^h has more siblings. */
uint64_t most_siblings(unsigned h, uint32_t t);

/* Queries on 2^a coefficients at the level-0 rate for the strongest profile: a certificate's t_max; 0: none. */
uint32_t certificate_queries(unsigned a);
#endif
