/* commit/ladder_search: the inner levels with the smallest cost, by dynamic programming over (variables left, rate,
 * levels left). Deterministic, integers only: the verifier computes it again.
 *
 * Cost = expected proof bytes + work / 2^work_log; work = elements of F that are encoded and hashed, each leaf (its
 * salt, padding and node) counting as LEAF_WORK more. An element costs two cores about 4 nanoseconds: a byte is worth
 * half a microsecond of the prover in small statements, where a doubled codeword is much of the time, and four times as
 * much in big ones, where it is not.
 */
#ifndef COMMIT_LADDER_SEARCH_H
#define COMMIT_LADDER_SEARCH_H
#include "commit/geometry.h"

enum {
    LADDER_VARS = 30, /* longest vector: 2^30 elements of E */
    LADDER_DEPTH = 6, /* levels at most; <= MAX_LEVELS */
    LADDER_RATES = 5, /* rates 2^-RATE_LOG .. 2^-(RATE_LOG + LADDER_RATES - 1) */
    LADDER_K_MIN = 2,
    LADDER_K_MAX = 6,
    WORK_LOG_SMALL = 7,
    WORK_LOG_BIG = 9, /* from 2^SMALL_LOG elements on */
    SMALL_LOG = 21,
    LEAF_WORK = 12
};
#define LADDER_NEVER (UINT64_MAX / 4)

typedef struct ladder_step {
    uint8_t k, rate; /* k == 0: send the vector in the clear */
} ladder_step;
typedef struct ladder_table {
    unsigned vars;                                /* filled up to here */
    unsigned work_log;                            /* the price of a byte */
    uint16_t t[LADDER_VARS + 1][LADDER_RATES];    /* queries for 2^v coefficients at rate r */
    uint32_t path[LADDER_VARS + 1][LADDER_RATES]; /* bytes of the multiproof */
    uint64_t cost[LADDER_DEPTH + 1][LADDER_VARS + 1][LADDER_RATES];
    ladder_step step[LADDER_DEPTH + 1][LADDER_VARS + 1][LADDER_RATES];
} ladder_table;

/* Work in bytes of a tree of 2^log_n leaves of `width` elements. */
static inline uint64_t tree_work(const ladder_table *t, unsigned log_n, uint64_t width) {
    return ((width + LEAF_WORK) << log_n) >> t->work_log;
}
/* Fills the table for vectors of up to 2^vars elements, vars <= LADDER_VARS, in a statement of `size` elements. */
void ladder_search(ladder_table *t, unsigned vars, uint64_t size);
/* Queries and multiproof bytes of 2^a coefficients at the level-0 rate. */
static inline uint32_t ladder_queries(const ladder_table *t, unsigned a) {
    return t->t[a][0];
}
static inline uint64_t ladder_path(const ladder_table *t, unsigned a) {
    return t->path[a][0];
}
/* Cost of the ladder below a vector of `size` <= 2^vars elements, between those of the powers of two around it. */
uint64_t ladder_cost(const ladder_table *t, uint64_t size);
/* Writes the levels for a vector of `size` elements; returns their number (0: clear). The folds are those of the
 * nearest power of two; each domain is the cheaper one of two for the dimension that there is. */
uint32_t ladder_levels(const ladder_table *t, uint64_t size, geometry_level *out);
#endif
