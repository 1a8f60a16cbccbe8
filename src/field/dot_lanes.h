/* field/dot_lanes: inner products of a vector of E with 32-bit integers that stay integers. */
#ifndef FIELD_DOT_LANES_H
#define FIELD_DOT_LANES_H
#include "field/ext_lanes.h"

/* sum a b = sum a (b + 2^31) - 2^31 sum a, where b + 2^31 has 32 bits: half of the partial products remain. Sums of
 * partial products with the halves of a and of their high halves (as in `products`), and of a and its high halves. */
typedef struct sum_i32 {
    vl low, low_high, high, high_high, a, a_high;
} sum_i32;

static inline sum_i32 sum_i32_add(sum_i32 s, vl a, vl b) {
    vl a_high = vl_high(a), low = vl_mul32(a, b), high = vl_mul32(a_high, b);
    return (sum_i32){vl_add(s.low, low),   vl_add(s.low_high, vl_high(low)),
                     vl_add(s.high, high), vl_add(s.high_high, vl_high(high)),
                     vl_add(s.a, a),       vl_add(s.a_high, a_high)};
}

/* After n <= 2^18 steps every limb is at most 2 n 2^32 <= 2^51, as split_wide asks; 2^31 times the second sum would not
 * be, so the two are reduced one by one. */
static gl sum_i32_total(sum_i32 s) {
    vl x0 = vl_sub(s.low, vl_shl(s.low_high, 32));
    vl x1 = vl_add(s.low_high, vl_sub(s.high, vl_shl(s.high_high, 32)));
    vl product = split_canonical((split){vl_sub(x0, s.high_high), vl_add(x1, s.high_high)});
    vl sum = split_canonical((split){vl_sub(s.a, vl_shl(s.a_high, 32)), s.a_high});
    gl p[VL], a[VL], r = 0;
    vl_store(p, product);
    vl_store(a, sum);
    for (int k = 0; k < VL; k++) r = gl_add(r, gl_sub(p[k], gl_mul(a[k], (gl)1 << 31)));
    return r;
}

static ext v_dot_i32(extv a, const int32_t *b, size_t n) {
    ext total = EXT_ZERO;
    size_t i = 0;
    while (i + VL <= n) {
        vl zero = vl_zero();
        sum_i32 s[EXT_DEG];
        for (int j = 0; j < EXT_DEG; j++) s[j] = (sum_i32){zero, zero, zero, zero, zero, zero};
        for (size_t end = block_end(i, n); i < end; i += VL) {
            vl shifted = vl_add(vl_load_i32(b + i), vl_set(UINT64_C(1) << 31));
            for (int j = 0; j < EXT_DEG; j++) s[j] = sum_i32_add(s[j], vl_load(a.c[j] + i), shifted);
        }
        for (int j = 0; j < EXT_DEG; j++) total.c[j] = gl_add(total.c[j], sum_i32_total(s[j]));
    }
    return ext_add(total, vec_portable.dot_i32(extv_at(a, i), b + i, n - i));
}
#endif
