/* compile/lower/bins: where numbers lie among hidden thresholds.
 *
 * Per feature f the thresholds T_1 <= .. <= T_m cut [lo, hi] into (T_j, T_(j+1)], T_0 = lo - 1, T_(m+1) = hi. The
 * parameters are the gaps g_k = T_k - T_(k-1) >= 0: whoever commits to them cannot make the thresholds descend. u_k = 1
 * when x > T_k, a descending row:
 *     x - lo - sum_k u_k g_k >= 0             x > T_j, j the last with u_j = 1
 *     lo - 1 + g_1 + sum_k u_k g_(k+1) - x >= 0     x <= T_(j+1) */
#ifndef COMPILE_LOWER_BINS_H
#define COMPILE_LOWER_BINS_H
#include "compile/lower/lower.h"

/* A threshold of a feature; place: which u it is, filled in. Equal ones share a place. */
typedef struct threshold {
    uint32_t feature, place;
    int64_t at; /* clamped to [lo - 1, hi] */
} threshold;

/* x: [B, F]. *bits: the committed u [B, places]. */
tacit_status lower_bins(lowering *l, const char *name, const value *x, threshold *t, uint32_t count, uint32_t *bits,
                        tacit_error *err) TACIT_MUST_CHECK;
/* Integers of `bits` bits (at most 30), perhaps with a sign, as hidden parameters: one of 16 bits where that is enough,
 * else two and their sum. */
tacit_status lower_hidden(lowering *l, const char *name, const shape *s, const int64_t *values, uint32_t bits,
                          bool negative, value *out, tacit_error *err) TACIT_MUST_CHECK;
#endif
