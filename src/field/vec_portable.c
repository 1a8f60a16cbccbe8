/* field/vec_portable: every kernel as its formula, element by element. The oracle for the other versions. */
#include "field/columns.h"
#include "field/vec.h"
#include <string.h>

static void p_gl_mul(gl *out, const gl *a, const gl *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = gl_mul(a[i], b[i]);
}

static void p_gl_scale(gl *out, const gl *a, gl s, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = gl_mul(a[i], s);
}

static void p_gl_add(gl *out, const gl *a, const gl *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = gl_add(a[i], b[i]);
}

static void p_from_i32(gl *out, const int32_t *a, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = gl_from_i64(a[i]);
}

static void p_add(extv out, extv a, extv b, size_t n) {
    for (size_t i = 0; i < n; i++) extv_set(out, i, ext_add(extv_get(a, i), extv_get(b, i)));
}

static void p_mul(extv out, extv a, extv b, size_t n) {
    for (size_t i = 0; i < n; i++) extv_set(out, i, ext_mul(extv_get(a, i), extv_get(b, i)));
}

static void p_scale(extv out, extv a, ext s, size_t n) {
    for (size_t i = 0; i < n; i++) extv_set(out, i, ext_mul(extv_get(a, i), s));
}

static void p_axpy(extv out, extv a, ext s, size_t n) {
    for (size_t i = 0; i < n; i++) extv_set(out, i, ext_add(extv_get(out, i), ext_mul(extv_get(a, i), s)));
}

static void p_axpy_gl(extv out, const gl *a, ext s, size_t n) {
    for (size_t i = 0; i < n; i++) extv_set(out, i, ext_add(extv_get(out, i), ext_scale(s, a[i])));
}

static void p_axpy_i32(extv out, const int32_t *a, ext s, size_t n) {
    for (size_t i = 0; i < n; i++) extv_set(out, i, ext_add(extv_get(out, i), ext_scale(s, gl_from_i64(a[i]))));
}

static void p_linear_i23(extv out, ext base, const ext *coef, const int32_t *const *x, size_t terms, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ext sum = base;
        for (size_t k = 0; k < terms; k++) sum = ext_add(sum, ext_scale(coef[k], gl_from_i64(x[k][i])));
        extv_set(out, i, sum);
    }
}

static void p_fold(extv out, extv a, ext r, size_t n) {
    for (size_t i = 0; i < n; i++) extv_set(out, i, ext_lerp(extv_get(a, 2 * i), extv_get(a, 2 * i + 1), r));
}

static void p_eq_step(extv out, ext z, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ext t = extv_get(out, i), upper = ext_mul(t, z);
        extv_set(out, n + i, upper);
        extv_set(out, i, ext_sub(t, upper));
    }
}

static ext p_dot(extv a, extv b, size_t n) {
    ext s = EXT_ZERO;
    for (size_t i = 0; i < n; i++) s = ext_add(s, ext_mul(extv_get(a, i), extv_get(b, i)));
    return s;
}

static ext p_dot_gl(extv a, const gl *b, size_t n) {
    ext s = EXT_ZERO;
    for (size_t i = 0; i < n; i++) s = ext_add(s, ext_scale(extv_get(a, i), b[i]));
    return s;
}

static ext p_dot_i32(extv a, const int32_t *b, size_t n) {
    ext s = EXT_ZERO;
    for (size_t i = 0; i < n; i++) s = ext_add(s, ext_scale(extv_get(a, i), gl_from_i64(b[i])));
    return s;
}

static ext p_dot_i16(extv a, const int16_t *b, size_t n) {
    ext s = EXT_ZERO;
    for (size_t i = 0; i < n; i++) s = ext_add(s, ext_scale(extv_get(a, i), gl_from_i64(b[i])));
    return s;
}

static ext p_dot_i8(extv a, const int8_t *b, size_t n) {
    ext s = EXT_ZERO;
    for (size_t i = 0; i < n; i++) s = ext_add(s, ext_scale(extv_get(a, i), gl_from_i64(b[i])));
    return s;
}

/* The linear polynomial through a[2i] (X = 0) and a[2i+1] (X = 1), at the nodes 0, 2, 3. */
typedef struct line_values {
    ext at0, at2, at3;
} line_values;

static line_values line_at(extv a, size_t i) {
    ext x = extv_get(a, 2 * i), y = extv_get(a, 2 * i + 1), step = ext_sub(y, x), two = ext_add(y, step);
    return (line_values){x, two, ext_add(two, step)};
}

static void p_round_prod2(ext out[2], extv f, extv g, size_t n) {
    out[0] = out[1] = EXT_ZERO;
    for (size_t i = 0; i < n; i++) {
        line_values u = line_at(f, i), v = line_at(g, i);
        out[0] = ext_add(out[0], ext_mul(u.at0, v.at0));
        out[1] = ext_add(out[1], ext_mul(u.at2, v.at2));
    }
}

static void p_round_prod2_deg3(ext out[3], extv f, extv g, size_t n) {
    out[0] = out[1] = out[2] = EXT_ZERO;
    for (size_t i = 0; i < n; i++) {
        line_values u = line_at(f, i), v = line_at(g, i);
        out[0] = ext_add(out[0], ext_mul(u.at0, v.at0));
        out[1] = ext_add(out[1], ext_mul(u.at2, v.at2));
        out[2] = ext_add(out[2], ext_mul(u.at3, v.at3));
    }
}

static void p_round_prod3(ext out[3], extv e, extv f, extv g, size_t n) {
    out[0] = out[1] = out[2] = EXT_ZERO;
    for (size_t i = 0; i < n; i++) {
        line_values t = line_at(e, i), u = line_at(f, i), v = line_at(g, i);
        out[0] = ext_add(out[0], ext_mul(t.at0, ext_mul(u.at0, v.at0)));
        out[1] = ext_add(out[1], ext_mul(t.at2, ext_mul(u.at2, v.at2)));
        out[2] = ext_add(out[2], ext_mul(t.at3, ext_mul(u.at3, v.at3)));
    }
}

/* out[0] += w (a d + b c) from the values at X = 0, out[1] += the same from the slopes (the coefficient of X^2). */
static void p_round_logup(ext out[2], extv eq, extv a, extv b, extv c, extv d, size_t n) {
    out[0] = out[1] = EXT_ZERO;
    for (size_t i = 0; i < n; i++) {
        ext w = extv_get(eq, i);
        ext a0 = extv_get(a, 2 * i), b0 = extv_get(b, 2 * i), c0 = extv_get(c, 2 * i), d0 = extv_get(d, 2 * i);
        ext a1 = ext_sub(extv_get(a, 2 * i + 1), a0), b1 = ext_sub(extv_get(b, 2 * i + 1), b0);
        ext c1 = ext_sub(extv_get(c, 2 * i + 1), c0), d1 = ext_sub(extv_get(d, 2 * i + 1), d0);
        out[0] = ext_add(out[0], ext_mul(w, ext_add(ext_mul(a0, d0), ext_mul(b0, c0))));
        out[1] = ext_add(out[1], ext_mul(w, ext_add(ext_mul(a1, d1), ext_mul(b1, c1))));
    }
}

static void p_round_logup_leaf(ext out[2], extv eq, extv c, extv d, ext mu, size_t n) {
    ext linear = EXT_ZERO, product = EXT_ZERO, slopes = EXT_ZERO;
    for (size_t i = 0; i < n; i++) {
        ext w = extv_get(eq, i), c0 = extv_get(c, 2 * i), d0 = extv_get(d, 2 * i);
        ext c1 = ext_sub(extv_get(c, 2 * i + 1), c0), d1 = ext_sub(extv_get(d, 2 * i + 1), d0);
        linear = ext_add(linear, ext_mul(w, ext_add(c0, d0)));
        product = ext_add(product, ext_mul(w, ext_mul(c0, d0)));
        slopes = ext_add(slopes, ext_mul(w, ext_mul(c1, d1)));
    }
    out[0] = ext_add(linear, ext_mul(mu, product));
    out[1] = ext_mul(mu, slopes);
}

/* Parent i goes to the even or the odd array, place i / 2. */
static void set_parent(extv even, extv odd, size_t i, ext v) {
    extv_set((i & 1) != 0 ? odd : even, i / 2, v);
}

static void p_logup_up(extv ne, extv no, extv de, extv dod, extv a_n, extv b_n, extv a_d, extv b_d, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ext an = extv_get(a_n, i), bn = extv_get(b_n, i), ad = extv_get(a_d, i), bd = extv_get(b_d, i);
        set_parent(ne, no, i, ext_add(ext_mul(an, bd), ext_mul(bn, ad)));
        set_parent(de, dod, i, ext_mul(ad, bd));
    }
}

static void p_logup_up_leaf(extv ne, extv no, extv de, extv dod, extv a_d, extv b_d, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ext ad = extv_get(a_d, i), bd = extv_get(b_d, i);
        set_parent(ne, no, i, ext_add(ad, bd));
        set_parent(de, dod, i, ext_mul(ad, bd));
    }
}

static void p_byte_products(int32_t out[BYTE_LANES][BYTE_OUTPUTS], const uint8_t *bytes, const int8_t *weights,
                            size_t quads) {
    memset(out, 0, sizeof(int32_t) * BYTE_LANES * BYTE_OUTPUTS);
    for (size_t q = 0; q < quads; q++, bytes += 4 * BYTE_OUTPUTS, weights += 4 * BYTE_LANES)
        for (size_t l = 0; l < BYTE_LANES; l++)
            for (size_t o = 0; o < 4 * BYTE_OUTPUTS; o++) out[l][o / 4] += bytes[o] * weights[4 * l + o % 4];
}

const vec_kernels vec_portable = {
    .name = "portable",
    .gl_mul = p_gl_mul,
    .gl_scale = p_gl_scale,
    .gl_add = p_gl_add,
    .from_i32 = p_from_i32,
    .add = p_add,
    .mul = p_mul,
    .scale = p_scale,
    .axpy = p_axpy,
    .axpy_gl = p_axpy_gl,
    .axpy_i32 = p_axpy_i32,
    .linear_i23 = p_linear_i23,
    .fold = p_fold,
    .eq_step = p_eq_step,
    .dot = p_dot,
    .dot_gl = p_dot_gl,
    .dot_i32 = p_dot_i32,
    .dot_i16 = p_dot_i16,
    .dot_i8 = p_dot_i8,
    .byte_products = p_byte_products,
    .column_sums_i32 = columns_portable_i32,
    .column_sums_i16 = columns_portable_i16,
    .column_sums_i8 = columns_portable_i8,
    .round_prod2 = p_round_prod2,
    .round_prod2_deg3 = p_round_prod2_deg3,
    .round_prod3 = p_round_prod3,
    .round_logup = p_round_logup,
    .round_logup_leaf = p_round_logup_leaf,
    .logup_up = p_logup_up,
    .logup_up_leaf = p_logup_up_leaf,
};
