/* program/program: the integer program, a public statement "these tensors satisfy these relations".
 *
 * Tensors (docs/protocol.md, section 2): external ones get a binding in the statement; committed ones lie in the
 * witness; linear ones are integer combinations of atoms; views are index maps of one source. Atoms are everything but
 * linear tensors. A view's source is an external or committed tensor (compositions are made by the builder); a linear
 * tensor's terms are atoms. Flat indices are row-major, the last axis owns the lowest bits.
 * Relations: constraints (contractions + linear terms + constant = 0 at every index) and lookups.
 * Advice: how the executor computes the committed tensors. It is not part of the relation and not of the digest. */
#ifndef PROGRAM_PROGRAM_H
#define PROGRAM_PROGRAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/bytes.h"
#include "hash/sha256.h"

enum {
    PROGRAM_VERSION = 1, /* 2 for programs with gathers, and for these only */
    MAX_RANK = 8,
    MAX_LABELS = 12, /* letters of one contraction */
    MAX_TABLE_WIDTH = 6,
    MAX_TENSORS = 1 << 16,
    MAX_RELATIONS = 1 << 16,
    MAX_TERMS = 64, /* of one linear tensor or constraint */
    MAX_TABLE_ROWS = 1 << 22,
    MAX_GROUP = 1 << 22, /* indices of one view group */
    MAX_NAME = 128,
    MAX_LOG_TENSOR = 36
};

typedef struct shape {
    uint32_t rank; /* 0 is a scalar: one element, no variables */
    uint32_t dim[MAX_RANK];
} shape;

typedef enum tensor_kind {
    TENSOR_INPUT,        /* external: bound public or private */
    TENSOR_PARAM,        /* external: bound certified (or public) */
    TENSOR_OUTPUT,       /* external: bound public or private */
    TENSOR_CONSTANT,     /* public values inside the program */
    TENSOR_COMMITTED,    /* in the witness */
    TENSOR_MULTIPLICITY, /* one per table, made by the loader after all other tensors, in table order; in the witness */
    TENSOR_LINEAR,
    TENSOR_VIEW
} tensor_kind;

typedef struct linear_term {
    int64_t coef;
    uint32_t tensor;
} linear_term;

/* A separable group of a view: map[flat index over the out axes] = flat index over the source axes, or -1 (the element
 * is 0). An axis list may be empty on either side (broadcast: no source axes, map[i] = 0; a fixed source index: no out
 * axes, one entry). Every out axis and every source axis lies in exactly one group. */
typedef struct view_group {
    uint32_t out_count, src_count;
    uint8_t out_axis[MAX_RANK], src_axis[MAX_RANK];
    uint32_t size;      /* product of the out axes */
    const int32_t *map; /* NULL: the identity of one axis onto one axis of the same length */
} view_group;

typedef struct tensor {
    const char *name;
    tensor_kind kind;
    shape shape;
    int64_t lo, hi; /* external, constant: declared; others: found by range analysis (program_check) */
    bool ranged;    /* lo, hi are valid */
    /* TENSOR_LINEAR */
    uint32_t term_count;
    const linear_term *terms;
    int64_t constant;
    /* TENSOR_VIEW */
    uint32_t source, group_count;
    const view_group *groups;
    /* TENSOR_CONSTANT: values[count] or, when NULL, every element is `fill` */
    const int64_t *values;
    int64_t fill;
    /* TENSOR_MULTIPLICITY */
    uint32_t table;
} tensor;

/* coef * sum over the summed labels of A[..] B[..]. Labels 0 .. rank-1 are the constraint's axes; the summed ones
 * follow, each in both factors. Every axis of A and of B has a label, none twice in one factor; every label of the
 * constraint is in A or in B. */
typedef struct product {
    int64_t coef;
    uint32_t a, b;
    uint8_t a_label[MAX_RANK], b_label[MAX_RANK];
} product;

typedef struct constraint {
    const char *name;
    shape shape;
    uint32_t product_count, term_count;
    const product *products;
    const linear_term *terms;
    int64_t constant;
} constraint;

/* A table column: runs of arithmetic progressions, or explicit values (runs NULL). Together they have `rows` rows. */
typedef struct table_run {
    uint32_t count;
    int64_t start, step;
} table_run;
typedef struct table_column {
    uint32_t run_count;
    const table_run *runs;
    const int64_t *values;
    int64_t lo, hi;
} table_column;
/* A gather's table has the rows (v, row v of `source`), width 2: column 0 is 0, 1, .., rows - 1, column 1 the source's
 * rows along its axis 0. A lookup in it has an index tensor (column 0) and the gathered rows (column 1): the axes of
 * the index, then those of a row. Sources are parameters or constants, whose intervals rest on no relation, of at least
 * one axis. */
typedef struct table {
    uint32_t id, width, rows; /* ids are distinct, > 0 */
    bool gather;
    uint32_t source;                       /* of a gather */
    table_column columns[MAX_TABLE_WIDTH]; /* column 1 of a gather: lo and hi only */
    uint32_t multiplicity;                 /* its tensor */
} table;

typedef struct lookup {
    const char *name;
    uint32_t table;                    /* index into tables */
    uint32_t columns[MAX_TABLE_WIDTH]; /* tensors of one shape (a gather: see above) */
} lookup;

/* Executor steps, in order. Each computes committed or output tensors from what is known before. */
typedef enum advice_kind {
    /* The constraint is  acc + .. - 2^shift y - rem = 0: y = floor(rest / 2^shift), rem the rest in [0, 2^shift). */
    ADVICE_RESCALE, /* constraint, y, rem, shift */
    /* As above, but with y = x + r: x = clamp(floor, lo, hi), r the excess (r = r_low + 2^low_bits r_high, both with
     * the sign of r, r_high may be absent = UINT32_MAX); flag (may be absent) = sign: +1 iff x == hi, -1 iff x == lo.
     */
    ADVICE_SATURATE, /* constraint, x, rem, shift, r_low, r_high, flag, low_bits, lo, hi */
    /* Columns 1.. of the lookup from column 0: rows are found by the value of column 0 (the first row that has it); a
     * gather's rows are copied. */
    ADVICE_TABLE, /* lookup */
    /* The constraint's one term `y` with coefficient +1 or -1 from everything else. */
    ADVICE_SOLVE, /* constraint, y */
    /* LIMBS to TREE: constraint (for messages, LIMBS apart), y, rem, r_low, r_high, shift, lo; what a kind does not
     * name is NO_TENSOR or 0. The constraint is  rest - sum_i 2^(shift i) view_i(y) = 0, y one axis longer than the
     * constraint: y[.., i] = limb i of the rest, which must be in [0, 2^(shift limbs)). */
    ADVICE_LIMBS,
    /* y[.., v] = 1 where index (rem) = v, else 0. With r_low, an index in [-V, 0) means V more: r_low = 1 there. */
    ADVICE_ONEHOT,
    /* x is rem. y[.., j, i] = 1 where the j-th largest of x along the last axis lies behind element i; of equal ones
     * the lower index comes first; y is one shorter than x there. shift: 1 smallest, 2 of equal ones the higher
     * index, 3. */
    ADVICE_TOP,
    /* r_high is a view [.., f, k] of y, r_low are gaps [f, k], x [.., f] is rem: the element of y is 1 where
     * x >= lo + gap_0 + .. + gap_k. */
    ADVICE_BINS,
    /* Binary trees, their splits in order (left, split, right) along the last axis: subtree i has splits r_low[i] ..
     * r_high[i] - 1; rem[.., i] = 1 when split i goes right. y[.., i] = 1 when the leaf reached is right of split i. */
    ADVICE_TREE,
    /* The constraint is  rest - c y b - remainder = 0 (one product, or without a divisor the term -c y): y = floor(rest
     * / (c b)), c b > 0. The remainder's limbs are the terms rem and r_high; a later RESCALE step computes them. */
    ADVICE_DIVIDE, /* constraint, y, rem, r_high */
    /* The constraint is  rest - y y - remainder = 0: y = floor(sqrt(rest)). */
    ADVICE_ROOT, /* constraint, y, rem, r_high */
    /* The constraint is  rest - 2^shift (top - y - r) - rem = 0, r as in SATURATE: with v = floor(rest / 2^shift), top
     * is the largest v along the last axis (`flag` is top or a view of it that repeats it), y = min(top - v, hi).
     * lo > 0: the table in which y is looked up (share_lookup) has exponentials of it in its last column but one; top
     * is the least number from the largest v on at which those of the row sum to at most lo. */
    ADVICE_PEAK, /* constraint, y, rem, shift, r_low, r_high, flag, low_bits, lo, hi */
    /* The constraint is  y - rem b = 0: rem = 1 for b >= 0, else -1. */
    ADVICE_SIGN /* constraint, y, rem, flag = b */
} advice_kind;
typedef struct advice {
    advice_kind kind;
    uint32_t relation; /* constraint or lookup index */
    uint32_t y, rem, r_low, r_high, flag;
    uint32_t shift, low_bits;
    int64_t lo, hi;
} advice;
#define NO_TENSOR UINT32_MAX

/* LIMBS to TREE. */
static inline bool advice_derives(advice_kind k) {
    return k >= ADVICE_LIMBS && k <= ADVICE_TREE;
}

struct program;
/* The lookup whose column 0 is the advice's y, in a table of at least three columns; or NO_TENSOR. */
uint32_t share_lookup(const struct program *p, const advice *x);

typedef struct program {
    uint32_t tensor_count, constraint_count, table_count, lookup_count, advice_count;
    tensor *tensors; /* multiplicities last */
    constraint *constraints;
    table *tables;
    lookup *lookups;
    advice *advices;
    digest digest; /* of the canonical bytes without advice */
} program;

uint64_t shape_count(const shape *s);
bool shape_equal(const shape *a, const shape *b);
/* Variables of an axis of length n: ceil(log2 n); of a shape: their sum. */
unsigned shape_vars(const shape *s);
/* Lowest variable of axis k in a point of the shape (the last axis owns the lowest variables). */
unsigned shape_axis_var(const shape *s, unsigned axis);
static inline bool tensor_external(const tensor *t) {
    return t->kind <= TENSOR_OUTPUT;
}
/* True for atoms whose values lie in a committed object or are bound by the statement. */
static inline bool tensor_atom(const tensor *t) {
    return t->kind != TENSOR_LINEAR;
}
/* Source index of the view's flat index i, or -1 (src/program/view.c). */
int64_t view_source(const tensor *view, const shape *source, uint64_t i);
/* Axes of a gather's rows: all of its source but the first. */
shape gather_row(const program *p, const table *t);
/* Value of a table at (row, column), not of a gather's rows. O(runs). */
int64_t table_value(const table_column *c, uint32_t row);

/* ---- file format (docs/formats.md): canonical bytes; parse makes one program from one string of bytes or fails.
 * parse checks everything that program.h and section 1 and 2 of the protocol demand (program_check), makes the
 * multiplicity tensors, computes the digest and all intervals. */
tacit_status program_parse(program *out, const void *data, size_t size, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* Reads what follows the relation part into p. */
typedef tacit_status advice_reader(reader *r, program *p, arena *a, tacit_error *err);
/* The same for verifiers, who have no advice_reader: nothing may follow the relation part. Freestanding. */
tacit_status program_parse_with(program *out, const void *data, size_t size, advice_reader *rest, arena *a,
                                tacit_error *err) TACIT_MUST_CHECK;
uint32_t program_version(const program *p);
/* Canonical bytes: relation part, then (if with_advice) the advice part. */
void program_write(const program *p, bool with_advice, writer *w);
/* Range analysis and every rule of the loader; called by program_parse. */
tacit_status program_check(program *p, arena *a, tacit_error *err) TACIT_MUST_CHECK;
#endif
