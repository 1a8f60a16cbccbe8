/* compile/lower/plan: which tables the program has.
 *
 * A table row costs about as much as two lookups, so tables are shared. Every lookup that the lowering wants is a
 * DEMAND (function, range, elements), in the order in which they come; after a pass the plan answers for each which
 * TABLE serves it, and the next pass builds that. Ranges always contain 0, so the union of two ranges costs at most as
 * much as both. Tables of relu are one; a plain range may use relu's table with a column that nobody reads; a remainder
 * [0, 2^s) is served by a wider table [0, 2^R) when its equation is multiplied by 2^(R-s), or cut into two limbs.
 * Functions that differ in their scales alone become one where that costs at most two bits of anybody's scale.
 * Where values outside are refused, tables are made wider than calibration asks for: up to four times, as far as the
 * rows are worth a twentieth of the elements. */
#ifndef COMPILE_LOWER_PLAN_H
#define COMPILE_LOWER_PLAN_H
#include "compile/formula.h"
#include "program/builder.h"

enum { MAX_DEMANDS = 1 << 14, MAX_TABLES = 256, MAX_SHIFT = 31, MAX_SINGLE_SHIFT = 16 };

typedef enum func_kind {
    FUNC_RANGE, /* no function: x is in the table */
    FUNC_RELU,  /* max(x, 0) at x's scale */
    FUNC_REAL   /* any other: round(real(x / 2^in_scale) * 2^out_scale) */
} func_kind;
typedef struct func {
    func_kind kind;
    double (*real)(double x, const double *parameter);
    double parameter[2];
    const formula *formula; /* instead of `real` */
    int32_t in_scale, out_scale;
    /* Outside [domain_lo, domain_hi] the function has the value of the nearer end: where the formula is not a number.
     */
    bool has_domain;
    int64_t domain_lo, domain_hi;
    int64_t limit; /* results are clamped to [-limit, limit]; 0: to 2^24 */
} func;

typedef struct demand {
    func f;
    int64_t lo, hi;             /* x must reach at least this */
    bool inside;                /* x is never outside (differences, inputs): no columns for saturation of its own */
    bool exact;                 /* the table's range must be lo..hi */
    int64_t worst_lo, worst_hi; /* what x can be where values outside are clamped; lo, hi where they are refused */
    int64_t reach_lo, reach_hi; /* what x can be where they are refused; lo, hi, or 0, 0, where it cannot be more */
    uint64_t elements;
} demand;

/* How a table of `f` treats values outside: columns (x, f), (x, r, f) or (x, r_low, flag, f) and (flag, r_high). */
typedef enum saturation { SATURATE_NONE, SATURATE_ONE, SATURATE_TWO } saturation;
typedef struct table_plan {
    func f;
    int64_t lo, hi, worst_lo, worst_hi;
    int64_t own_lo, own_hi, reach_lo, reach_hi; /* of the users that can be outside */
    uint64_t elements;
    bool inside;        /* the demand that made it is: a cautious plan keeps these apart */
    bool exact, shared; /* shared: by users that are never outside and have no mark for the ends (differences, inputs
                           from 0): where clamping marks the ends, these are then kept for clamped values alone */
    saturation mode;
    uint32_t low_bits;
    int64_t high;
} table_plan;

/* A function of calibrated or fixed scale, whatever the scales: the coarsest that its users asked for. */
enum { MAX_FAMILIES = 64, FAMILY_BITS = 2 };
typedef struct family {
    func f;
    int32_t in_scale, out_scale; /* coarsest, of this pass */
    int32_t was_in, was_out;     /* of the pass before */
    bool known;                  /* there was one */
} family;

/* Tables of exponentials that differ in length alone: the longest serves all. */
enum { MAX_EXPS = 64 };
typedef struct exp_table {
    double step;
    bool shares; /* lower/exponent.h */
    int64_t last, was_last;
    uint64_t elements, was_elements; /* of this pass, of the one before */
} exp_table;

typedef struct plan {
    uint32_t exp_count;
    exp_table exps[MAX_EXPS];
    uint32_t family_count;
    family families[MAX_FAMILIES];
    uint32_t demand_count, known; /* of this pass; `known` have a table from the pass before */
    demand *demands;              /* MAX_DEMANDS */
    uint32_t *table_of;           /* per demand */
    uint32_t table_count;
    table_plan *tables; /* MAX_TABLES */
    /* remainders: elements by shift; one table [0, 2^rem_bits), and small ones
     * [0, 2^(shift - rem_bits)) for the upper limbs of wider shifts */
    uint64_t rem_elements[MAX_SHIFT + 1];
    uint32_t rem_bits;
    bool cautious; /* plain ranges share nothing, all are rounded outward: set when ranges that feed each other grew
                      without end */
} plan;

tacit_status plan_init(plan *p, arena *a, tacit_error *err) TACIT_MUST_CHECK;
void plan_start_pass(plan *p);
/* The table that serves this demand: from the pass before, or (first pass) one of its own. */
tacit_status plan_demand(plan *p, const demand *d, table_plan *out, tacit_error *err) TACIT_MUST_CHECK;
/* in: f's own best scales, in_scale or out_scale (`of_result`). Answers the one that it shares with others. */
int32_t plan_scale(plan *p, const func *f, bool of_result);
/* A table of exponentials with distances 0 .. last, `step` apart, for so many elements. Answers the last distance of
 * the one that serves all such demands, and for how many elements it is. */
int64_t plan_exponentials(plan *p, double step, bool shares, int64_t last, uint64_t *elements);
/* A remainder of `shift` bits for so many elements: adds to the statistics. */
void plan_remainder(plan *p, uint32_t shift, uint64_t elements);
/* A remainder of `shift` bits in two limbs of first and shift - first bits. */
static inline bool two_limbs_fit(uint32_t shift, uint32_t first) {
    return first < shift && shift - first <= first;
}
/* Elements whose lookups carry limbs for values outside. */
uint64_t plan_clamped(const plan *p);
/* Assigns tables to the demands of the pass. */
tacit_status plan_finish_pass(plan *p, bool *changed, tacit_error *err) TACIT_MUST_CHECK;

bool func_equal(const func *a, const func *b);
/* The real function of x / 2^in_scale: perhaps infinite or no number. */
double func_real(const func *f, int64_t x);
/* f at the integer x. */
int64_t func_value(const func *f, int64_t x);
/* Rows of the table, those of saturation included. */
uint64_t table_rows(const table_plan *t);
/* Column f's smallest and largest entry. */
void table_outputs(const table_plan *t, int64_t *lo, int64_t *hi);
#endif
