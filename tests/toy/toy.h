/* tests/toy: the protocol over a tiny prime. What is replaced: F and E (field/ here), the transform (plain sums), the
 * transcript's coins and, where a test plays the prover, its messages (below), the prover's random generator, and the
 * search for a geometry, which a test lays down itself. All else is the library's own source. */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H
#include "base/broken.h"
#include "commit/geometry.h"
#include "hash/transcript.h"

/* p prime, p - 1 a multiple of 4. */
void toy_field(uint64_t p);
uint64_t toy_size(void); /* |E| */
/* The element number i < |E|. */
ext toy_element(uint64_t i);

/* ---- coins and messages
 * coin(tag, base) < base: a challenge (base |E|) or a set of positions (base C(n,t), in lexicographic order).
 * choice(tag, base), where not NULL: a message of the verifier's run comes from it, E element by E element (F element
 * by F element for columns), not from the proof's bytes; hashes are zero. */
typedef struct toy_table {
    uint64_t (*coin)(void *ctx, transcript_tag tag, uint64_t base);
    uint64_t (*choice)(void *ctx, transcript_tag tag, uint64_t base);
    void *ctx;
} toy_table;
extern toy_table toy;
uint64_t toy_binomial(uint64_t n, uint64_t t);

/* ---- a generator for coins and for the prover's secrets (xorshift, seeded) */
void toy_seed(uint64_t seed);
uint64_t toy_random(uint64_t base);
uint64_t toy_random_coin(void *ctx, transcript_tag tag, uint64_t base);
/* secret(label, index, i), where not NULL: F element i of a stream of the prover's generator. */
extern gl (*toy_secret)(unsigned label, uint32_t index, size_t i);
/* The t-subset of {0 .. n-1} number `rank` in lexicographic order, ascending: what a coin for positions means. */
void toy_subset(uint64_t n, uint32_t t, uint64_t rank, uint32_t *out);

/* ---- a game: nodes are the prover's choices and the verifier's coins; play() runs the verifier once and says whether
 * it accepts. The value: best messages against fair coins, by walking the whole tree. */
double toy_game(bool (*play)(void *ctx), void *ctx);
extern uint64_t toy_leaves; /* runs of the last game */

/* ---- the geometry that statement_make gets: objects of 2^a columns and 2^k lanes (of x `lanes`, if that is not 0), x
 * first, sigma last; t queries of every domain; one inner level of 2^level_k lanes with level_t queries if level_k is
 * not 0. */
typedef struct toy_shape {
    uint32_t x_a, x_k, sigma_a, t, level_k, level_t, lanes;
} toy_shape;
extern toy_shape toy_want;
void toy_geometry(geometry *g, const toy_shape *s);
#endif
