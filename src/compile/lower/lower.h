/* compile/lower/lower: from the float graph to relations.
 *
 * Every real tensor of the graph gets a value: an integer tensor of the program with a power-of-two scale. The result
 * of a linear operator is first a SUM (contractions + terms at some scale), not yet a tensor: further additions join
 * it, and only when somebody needs numbers is it rounded to 16 bits and looked up (rescale.h), together with the
 * activation that follows it, if there is one.
 *
 * The lowering runs several times: the first passes only find out which tables are asked for (plan.h), the last one
 * makes the program. It is a function of graph, ranges, options and plan alone. */
#ifndef COMPILE_LOWER_LOWER_H
#define COMPILE_LOWER_LOWER_H
#include "compile/lower/plan.h"
#include "compile/operator.h"
#include "program/builder.h"
#include "tacit/compile.h"

enum { MAX_SUM_PRODUCTS = 8, MAX_SUM_TERMS = 56, MAX_FREE_TERMS = 24 };

/* Sum of products and terms, at `scale`. lo, hi: what it can be by the intervals of its parts. */
typedef struct sum {
    shape shape; /* the constraint's axes; same elements in the same order as the graph's tensor */
    int32_t scale;
    uint32_t product_count, term_count;
    product products[MAX_SUM_PRODUCTS];
    linear_term terms[MAX_SUM_TERMS];
    __int128 lo, hi;
} sum;

/* integer = round(real * 2^scale), every element in [lo, hi] by the relations made so far. */
typedef struct value {
    uint32_t id;
    int32_t scale;
    int64_t lo, hi;
} value;

static inline void value_with_zero(value *v) {
    if (v->lo > 0) v->lo = 0;
    if (v->hi < 0) v->hi = 0;
}

typedef enum value_state { VALUE_NONE, VALUE_SUM, VALUE_READY } value_state;
typedef struct slot {
    value_state state;
    value v;
    sum *s;
} slot;

/* Its integers, or (NULL) what they are made of once the program stands: constant t times factor at `scale`. */
typedef struct param_list {
    struct param_list *next;
    uint32_t id;
    const int32_t *values;
    uint32_t t;
    double factor;
    int32_t scale, limit;
} param_list;

/* A parameter that a node asked for, for the next one that asks for the same (shared weights, steps of an RNN). */
typedef struct asked_param {
    struct asked_param *next;
    uint32_t t, bits;
    double factor;
    int32_t natural; /* the scale without a limit */
    value v;
} asked_param;

typedef struct used_name {
    struct used_name *next;
    const char *name;
} used_name;
enum { NAME_BUCKETS = 4096 };

#define NO_SCALE INT32_MIN
struct lowering {
    const graph *g;
    builder *b;
    arena *a;
    const tacit_compile_options *o;
    plan *plan;
    slot *slots;         /* per graph tensor */
    bool *wide;          /* per graph tensor: read by operators alone that take reals of 30 bits (wide.h) */
    int32_t *settled;    /* per graph tensor: scale to which its sum was rounded in the pass before; NO_SCALE */
    int32_t *most_scale; /* per graph tensor: finer numbers would not fit the softmax of their products; INT32_MAX */
    bool *feeds_pool;    /* per graph tensor: a MaxPool reads it, perhaps through views and sums */
    value *outputs;      /* per graph output: its program tensor, with scale and interval of the pass before */
    bool *output_done;
    bool outputs_changed;                 /* scale or interval of an output */
    double *largest;                      /* per graph tensor: a real constant's largest number, -1: not known yet */
    param_list *params;                   /* parameters of this pass */
    asked_param *asked;                   /* the real ones among them */
    uint64_t weight_count, product_count; /* multiplications */
    used_name **names;                    /* of this pass, NAME_BUCKETS lists */
    uint32_t zero;                        /* a committed 0, or NO_TENSOR */
};

int64_t activation_limit(const lowering *l);
/* The calibrated range of graph tensor t with headroom, 0 included. VALUE when no scale can hold it. */
tacit_status lower_range(const lowering *l, uint32_t t, double *lo, double *hi, tacit_error *err) TACIT_MUST_CHECK;

/* ---- values of graph tensors */
/* Tensor t as numbers: rounds a sum, makes a linear tensor of one without products that is not too wide; a constant is
 * a parameter of 16 bits (an integer one as it is). Integers have scale 0 and are never rounded or clamped. */
tacit_status lower_operand(lowering *l, uint32_t t, value *out, tacit_error *err) TACIT_MUST_CHECK;
/* The same for what is compared (maxima): a sum that is wider than two tables of activations, or of many terms, is
 * rounded, and stays so for its later users. */
tacit_status lower_narrow(lowering *l, uint32_t t, value *out, tacit_error *err) TACIT_MUST_CHECK;
/* The sum that t still is, where whoever asks may take it over: nobody else reads it. NULL otherwise. */
const sum *lower_pending(const lowering *l, uint32_t t);
/* Tensor t as a sum that may be added to: takes a pending one over when nobody else uses it. */
tacit_status lower_sum_of(lowering *l, uint32_t t, sum *out, tacit_error *err) TACIT_MUST_CHECK;
/* Bits of an operator's own constants (interpolation weights ..) where weights may have 8. */
enum { OPEN_BITS = 15 };
/* A constant as parameter times 2^-scale: bits 8 or 16, at most `max_scale`; `factor` multiplies the real values.
 * Integers: scale 0, as many bits as they need, factor 1 or -1. An open constant lies in the program instead. */
tacit_status lower_param(lowering *l, uint32_t t, double factor, uint32_t bits, int32_t max_scale, value *out,
                         tacit_error *err) TACIT_MUST_CHECK;
/* Integers q (kept, in [lo, hi]) that stand for constant t: a parameter of this interval, in the program if t is open.
 */
tacit_status lower_integers(lowering *l, uint32_t t, const int32_t *q, int64_t lo, int64_t hi, int32_t scale,
                            value *out, tacit_error *err) TACIT_MUST_CHECK;
/* Parameter `id` has these n integers. */
tacit_status lower_keep_param(lowering *l, uint32_t id, const int32_t *values, uint64_t n,
                              tacit_error *err) TACIT_MUST_CHECK;
/* The integers of all parameters that have none yet. */
tacit_status lower_param_values(const graph *g, param_list *params, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* The parameter of a model that has none: 0, and nothing reads it. A certificate commits to at least one number. */
tacit_status lower_placeholder(lowering *l, tacit_error *err) TACIT_MUST_CHECK;
/* lower_operand of an activation, lower_param of a constant (weights: options' bits). */
tacit_status lower_factor(lowering *l, uint32_t t, double factor, uint32_t bits, value *out,
                          tacit_error *err) TACIT_MUST_CHECK;

/* Input i of node n, the factor beside `other`. Own constants of 16 bits are no finer than what their product is
 * rounded to can show: the remainder then has 16 bits, one lookup; but 8 bits they have. */
tacit_status lower_weights(lowering *l, const gnode *n, uint32_t i, double factor, uint32_t bits, const value *other,
                           value *out, tacit_error *err) TACIT_MUST_CHECK;

/* The node's result. A sum is copied; a value of the same shape as the graph's tensor is ready. */
tacit_status lower_set_sum(lowering *l, uint32_t t, const sum *s, tacit_error *err) TACIT_MUST_CHECK;
tacit_status lower_set_value(lowering *l, uint32_t t, const value *v, tacit_error *err) TACIT_MUST_CHECK;

/* ---- sums */
void sum_start(sum *s, const shape *axes, int32_t scale);
/* coef * (A, B contracted); `summed` elements per result. */
tacit_status sum_product(lowering *l, sum *s, const value *a, const uint8_t *a_label, const value *b,
                         const uint8_t *b_label, int64_t coef, uint64_t summed, tacit_error *err) TACIT_MUST_CHECK;
/* coef * term, a tensor of the sum's shape. */
tacit_status sum_term(sum *s, uint32_t id, int64_t coef, int64_t lo, int64_t hi, tacit_error *err) TACIT_MUST_CHECK;
/* All coefficients times 2^bits; the scale follows. UNSUPPORTED beyond 2^40. */
tacit_status sum_raise(sum *s, int32_t bits, tacit_error *err) TACIT_MUST_CHECK;
/* sign * other, scales aligned. */
tacit_status sum_join(sum *s, const sum *other, int sign, tacit_error *err) TACIT_MUST_CHECK;
/* The sum times an integer over 2^scale; false (and nothing done) where its numbers would become too large. */
bool sum_times(sum *s, int64_t factor, int32_t scale);
/* A constant tensor (16 bits times a power of two, exact to the sum's scale or to 16 bits), read through `view`, which
 * makes it the sum's shape. */
typedef tacit_status (*param_view)(lowering *l, uint32_t id, const void *context, uint32_t *out, tacit_error *err);
tacit_status sum_constant(lowering *l, sum *s, uint32_t t, double factor, param_view view, const void *context,
                          tacit_error *err) TACIT_MUST_CHECK;

/* A name that no other tensor, constraint or lookup has: "<base><suffix>", numbered if need be. */
const char *lower_name(lowering *l, const char *base, const char *suffix);
static inline const char *tensor_name(const lowering *l, uint32_t t) {
    return l->g->tensors[t].name;
}

#endif
