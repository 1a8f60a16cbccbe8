/* commit/object: the small integers of a committed object, each as narrow as its interval: parts of one width, whole
 * columns, end to end. Of a certificate they lie in the key file: a block takes the width of its tensor's interval,
 * the columns that blocks of less than a column share take the widest of theirs. Prover only. */
#ifndef COMMIT_OBJECT_H
#define COMMIT_OBJECT_H
#include "base/narrow.h"
#include "commit/certificate.h"
#include "commit/commit.h"

/* Values of an object, or of a strip of x, in index order (column * 2^k + lane): small integers [0, small_count), in
 * parts of one width, zeros, F values on some ranges (cells; disjoint, ascending; the integers under them are 0), and
 * the tail on the last `tail` columns. */
typedef struct object_part {
    uint64_t start, count; /* whole columns */
    narrow values;
} object_part;
typedef struct object_range {
    uint64_t start, count;
    const gl *values;
} object_range;
struct object_data {
    const object_part *parts; /* ascending, end to end */
    uint32_t part_count;
    uint64_t small_count;
    const object_range *ranges;
    uint32_t range_count;
    const gl *tail; /* tail << k elements */
};

/* The integers from `element` to the end of its part; every part ends at a column's end. */
narrow object_small(const object_data *x, uint64_t element);

/* The parts of a certificate, their values not set, with zeros behind the layout up to a whole column: at most
 * block_count of them (out may be NULL); answers their bytes. */
uint64_t object_parts(const certificate *c, object_part *out, uint32_t *count);
/* Sets the values, which lie one part behind the other, each at a multiple of OBJECT_ALIGN bytes. */
enum { OBJECT_ALIGN = 64 };
void object_place(object_part *parts, uint32_t count, const void *base);
#endif
