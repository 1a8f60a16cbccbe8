/* program/layout: aligned dyadic blocks. An axis of length n is cut at the set bits of n, largest first; a tensor into
 * products of blocks; all blocks of a vector, sorted by size (largest first; ties: order of the tensors, then axis 0
 * slowest), laid end to end. No padding. A block at local place `start` of size 2^log is aligned: start % 2^log = 0.
 *
 * A vector may consist of strips, each with room for so many elements: layout_split puts every block, in the same
 * order, into the first strip that has room for it, behind those before. Sizes descend, so places in a strip are
 * aligned too. */
#ifndef PROGRAM_LAYOUT_H
#define PROGRAM_LAYOUT_H
#include "program/program.h"
#include "field/ext.h"
#include "program/strips.h"

typedef struct block {
    uint32_t item; /* which of the laid-out arrays */
    uint32_t log;  /* 2^log elements */
    uint32_t strip;
    uint64_t start;             /* in its strip */
    uint32_t offset[MAX_RANK];  /* per axis: first index */
    uint8_t axis_log[MAX_RANK]; /* per axis: log size */
} block;

typedef struct layout {
    uint32_t item_count;
    const shape *const *shapes; /* per item */
    uint32_t block_count;
    block *blocks;   /* descending size; in a strip ascending start */
    uint32_t *first; /* item_count + 1: blocks of item i are order[first[i] .. first[i+1]) */
    uint32_t *order; /* block indices by item, in the item's own block order (axis 0 slowest, larger first) */
    uint64_t size;   /* elements */
    uint32_t strip_count;
    uint64_t used[MAX_STRIPS]; /* elements of each strip */
} layout;

tacit_status layout_make(layout *out, const shape *const *shapes, uint32_t count, arena *a,
                         tacit_error *err) TACIT_MUST_CHECK;
/* One strip, as large as needed, is what layout_make gives. False: not all blocks find room. */
bool layout_split(layout *l, strip_room *room);
block_counts layout_counts(const layout *l);
/* A strip at a point of the whole vector: its own coordinates, and the weight of the strip's fixed bits. */
typedef struct strip_point {
    const ext *rho;
    unsigned vars;
    ext weight;
} strip_point;
/* Per block of a list in the layout's order: [weight of its strip] eq(rho_high, place - origin). Two multiplications a
 * block, about. */
void blocks_places(const block *blocks, uint32_t count, uint64_t origin, const strip_point *at, ext *out);
/* Low variables of a point and eq(z, rho) of their prefixes. */
typedef struct low_point {
    unsigned vars;
    ext z[MAX_LOG_TENSOR], eq[MAX_LOG_TENSOR + 1];
} low_point;
/* What the functionals of a layout's items have in common at one point. */
typedef struct layout_point {
    const layout *l;
    const strip_point *at;
    ext *places; /* per block */
    low_point low[MAX_STRIPS];
} layout_point;
/* at: per strip, at least as many variables as it takes to number its elements. */
tacit_status layout_point_make(layout_point *out, const layout *l, const strip_point *at, arena *a,
                               tacit_error *err) TACIT_MUST_CHECK;
/* MLE at the point of the functional T -> T~(z) of item i: sum over its blocks of [weight of the strip] [weight of the
 * fixed high bits at z] eq(z_low, rho_low) eq(rho_high, place). z: a point of the item's shape, flat. */
ext layout_eval(layout_point *p, uint32_t item, const ext *z);
/* The part of an axis that z names, as its log size and number among the parts, larger ones first; false unless z fixes
 * every bit above. */
bool axis_part(uint64_t dim, const ext *z, unsigned *log, uint32_t *number);
/* Weight at z of the block's fixed high index bits (never 1 for all blocks). */
ext block_high(const shape *s, const block *b, const ext *z);
/* The block's low variables of z, in layout order (last axis lowest): out[0..log). */
void block_low(const shape *s, const block *b, const ext *z, ext *out);
/* The tensor point at which T~ is the block's own MLE at low[0..log): fixed bits in the high variables. */
void block_point(const shape *s, const block *b, const ext *low, ext *z);
/* Flat tensor index of the block's element e (0 <= e < 2^log). */
uint64_t block_element(const shape *s, const block *b, uint64_t e);
#endif
