/* compile/lower/divide: division by a number that is itself computed, exact.
 *
 *     2 num + b = 2 b y + rem      0 <= rem, 0 <= 2 b - 1 - rem, both in limbs
 *
 * y = floor(num / b + 1/2), the only integer for which both hold; b > 0 follows from them. */
#ifndef COMPILE_LOWER_DIVIDE_H
#define COMPILE_LOWER_DIVIDE_H
#include "compile/lower/lower.h"

/* num, without pending scale, over the shape of the result. Divisor: `unit` times b, a tensor that broadcasts to that
 * shape with 0 < b <= b.hi on honest runs, or (b.id NO_TENSOR) the number `unit` alone. */
typedef struct division {
    const sum *num;
    int64_t constant; /* added to num */
    value b;
    int64_t unit;
    bool truncate; /* y = floor(num / b) instead: num = b y + rem */
} division;

/* The committed quotient; the caller gives it an interval. */
tacit_status divide_make(lowering *l, const char *name, const division *d, uint32_t *y,
                         tacit_error *err) TACIT_MUST_CHECK;
/* t = factor * a / b, b positive, one inverse per element of b (broadcast over a): a product that is rounded later.
 * least: what b is never below, as a real; 0: 1/64 of its least calibrated value. */
tacit_status divide_rows(lowering *l, const gnode *n, double factor, double least, tacit_error *err) TACIT_MUST_CHECK;

/* Internal Quotient(a, b), b computed. */
tacit_status div_lower(lowering *l, const gnode *n, tacit_error *err);
/* Internal QuotientByRow(a, b): a * factor / b. Attributes: factor, least (above), most: the result is in [0, most]. */
tacit_status row_quotient_infer(graph *g, gnode *n, tacit_error *err);
tacit_status row_quotient_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status row_quotient_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
