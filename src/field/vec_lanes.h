/* field/vec_lanes: the kernels, VL elements at a time, the rest by the portable ones. The text of vec_avx2.c and
 * vec_avx512.c. Arithmetic and its bounds: field/gl_lanes.h and field/ext_lanes.h. */
#ifndef FIELD_VEC_LANES_H
#define FIELD_VEC_LANES_H
#include "field/columns_lanes.h"
#include "field/columns_narrow_lanes.h"
#include "field/dot_lanes.h"
#include "field/ext_lanes.h"

/* ---- element-wise ---- */

static void v_gl_mul(gl *out, const gl *a, const gl *b, size_t n) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) vl_store(out + i, vl_gl_mul(vl_load(a + i), vl_load(b + i)));
    vec_portable.gl_mul(out + i, a + i, b + i, n - i);
}

static void v_gl_scale(gl *out, const gl *a, gl s, size_t n) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) vl_store(out + i, vl_gl_mul(vl_load(a + i), vl_set(s)));
    vec_portable.gl_scale(out + i, a + i, s, n - i);
}

static void v_gl_add(gl *out, const gl *a, const gl *b, size_t n) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) vl_store(out + i, vl_gl_add(vl_load(a + i), vl_load(b + i)));
    vec_portable.gl_add(out + i, a + i, b + i, n - i);
}

static void v_from_i32(gl *out, const int32_t *a, size_t n) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        vl_store(out + i, vl_gl_from_signed(vl_load_i32(a + i)));
    }
    vec_portable.from_i32(out + i, a + i, n - i);
}

static void v_add(extv out, extv a, extv b, size_t n) {
    for (int j = 0; j < EXT_DEG; j++) v_gl_add(out.c[j], a.c[j], b.c[j], n);
}

static void v_mul(extv out, extv a, extv b, size_t n) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) el_store(out, i, el_mul(el_load(a, i), el_load(b, i)));
    vec_portable.mul(extv_at(out, i), extv_at(a, i), extv_at(b, i), n - i);
}

static void v_scale(extv out, extv a, ext s, size_t n) {
    ematrix m = ematrix_of(s);
    size_t i = 0;
    for (; i + VL <= n; i += VL) el_store(out, i, el_scale(&m, el_load(a, i)));
    vec_portable.scale(extv_at(out, i), extv_at(a, i), s, n - i);
}

static void v_axpy(extv out, extv a, ext s, size_t n) {
    ematrix m = ematrix_of(s);
    size_t i = 0;
    for (; i + VL <= n; i += VL) el_store(out, i, el_axpy(&m, el_load(a, i), el_load(out, i)));
    vec_portable.axpy(extv_at(out, i), extv_at(a, i), s, n - i);
}

/* out[i..i+VL) += s x with x in F. */
static inline void axpy_one(extv out, size_t i, const factor s[EXT_DEG], vl x) {
    factor f = factor_of(x);
    for (int j = 0; j < EXT_DEG; j++) {
        split sum = split_add(products_split(products_of(s[j], f)), split_of(vl_load(out.c[j] + i)));
        vl_store(out.c[j] + i, split_canonical(sum));
    }
}

static void v_axpy_gl(extv out, const gl *a, ext s, size_t n) {
    factor f[EXT_DEG];
    for (int j = 0; j < EXT_DEG; j++) f[j] = factor_set(s.c[j]);
    size_t i = 0;
    for (; i + VL <= n; i += VL) axpy_one(out, i, f, vl_load(a + i));
    vec_portable.axpy_gl(extv_at(out, i), a + i, s, n - i);
}

/* s a = s (a + 2^31) - 2^31 s: the shifted a has 32 bits, so half of the partial products remain. */
static void v_axpy_i32(extv out, const int32_t *a, ext s, size_t n) {
    factor f[EXT_DEG];
    split back[EXT_DEG];
    for (int j = 0; j < EXT_DEG; j++) {
        f[j] = factor_set(s.c[j]);
        back[j] = split_of(vl_set(gl_neg(gl_mul(s.c[j], (gl)1 << 31))));
    }
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        vl x = vl_add(vl_load_i32(a + i), vl_set(UINT64_C(1) << 31));
        for (int j = 0; j < EXT_DEG; j++) {
            vl lo = vl_mul32(x, f[j].lo), hi = vl_mul32(x, f[j].hi);
            split p = {vl_sub(vl_low(lo), vl_high(hi)), vl_add(vl_high(lo), vl_add(vl_low(hi), vl_high(hi)))};
            p = split_add(split_add(p, back[j]), split_of(vl_load(out.c[j] + i)));
            vl_store(out.c[j] + i, split_canonical(p));
        }
    }
    vec_portable.axpy_i32(extv_at(out, i), a + i, s, n - i);
}

/* x + 2^22 has 23 bits, so its products with the halves of a coefficient add up without carries. */
static void v_linear_i23(extv out, ext base, const ext *coef, const int32_t *const *x, size_t terms, size_t n) {
    factor f[VEC_TERMS][EXT_DEG];
    split start[EXT_DEG];
    for (size_t k = 0; k < terms; k++) {
        base = ext_sub(base, ext_scale(coef[k], (gl)1 << 22));
        for (int j = 0; j < EXT_DEG; j++) f[k][j] = factor_set(coef[k].c[j]);
    }
    for (int j = 0; j < EXT_DEG; j++) start[j] = split_of(vl_set(base.c[j]));
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        split s[EXT_DEG];
        for (int j = 0; j < EXT_DEG; j++) s[j] = start[j];
        for (size_t k = 0; k < terms; k++) {
            vl v = vl_add(vl_load_i32(x[k] + i), vl_set(UINT64_C(1) << 22));
            for (int j = 0; j < EXT_DEG; j++)
                s[j] = split_add(s[j], (split){vl_mul32(v, f[k][j].lo), vl_mul32(v, f[k][j].hi)});
        }
        for (int j = 0; j < EXT_DEG; j++) vl_store(out.c[j] + i, split_canonical(s[j]));
    }
    for (; i < n; i++) {
        ext sum = base;
        for (size_t k = 0; k < terms; k++) sum = ext_add(sum, ext_scale(coef[k], (gl)((int64_t)x[k][i] + (1 << 22))));
        extv_set(out, i, sum);
    }
}

static void v_fold(extv out, extv a, ext r, size_t n) {
    ematrix m = ematrix_of(r);
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        pair_l p = pair_l_load(a, i);
        el_store(out, i, el_reorder(el_axpy(&m, el_sub(p.odd, p.even), p.even)));
    }
    vec_portable.fold(extv_at(out, i), extv_at(a, 2 * i), r, n - i);
}

static void v_eq_step(extv out, ext z, size_t n) {
    ematrix m = ematrix_of(z);
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        el t = el_load(out, i), upper = el_scale(&m, t);
        el_store(out, n + i, upper);
        el_store(out, i, el_sub(t, upper));
    }
    for (; i < n; i++) {
        ext t = extv_get(out, i), upper = ext_mul(t, z);
        extv_set(out, n + i, upper);
        extv_set(out, i, ext_sub(t, upper));
    }
}

/* ---- inner products ---- */

static ext v_dot(extv a, extv b, size_t n) {
    ext total = EXT_ZERO;
    size_t i = 0;
    while (i + VL <= n) {
        esum s = esum_zero();
        for (size_t end = block_end(i, n); i < end; i += VL)
            s = esum_mac(s, efactor_of(el_load(a, i)), efactor_of(el_load(b, i)));
        total = ext_add(total, esum_total(s));
    }
    return ext_add(total, vec_portable.dot(extv_at(a, i), extv_at(b, i), n - i));
}

static ext v_dot_gl(extv a, const gl *b, size_t n) {
    ext total = EXT_ZERO;
    size_t i = 0;
    while (i + VL <= n) {
        products s[EXT_DEG];
        for (int j = 0; j < EXT_DEG; j++) s[j] = esum_zero().power[0];
        for (size_t end = block_end(i, n); i < end; i += VL) {
            factor f = factor_of(vl_load(b + i));
            for (int j = 0; j < EXT_DEG; j++) s[j] = products_mac(s[j], factor_of(vl_load(a.c[j] + i)), f);
        }
        el sum;
        for (int j = 0; j < EXT_DEG; j++) sum.c[j] = split_canonical(products_split(s[j]));
        total = ext_add(total, el_total(sum));
    }
    return ext_add(total, vec_portable.dot_gl(extv_at(a, i), b + i, n - i));
}

/* ---- sumcheck rounds ---- */

/* Values at X = 0, 2 and 3 of VL linear polynomials. */
typedef struct line_l {
    efactor at0, at2, at3;
} line_l;

static inline line_l line_l_load(extv a, size_t i) {
    pair_l p = pair_l_load(a, i);
    el step = el_sub(p.odd, p.even), at2 = el_add_wide(p.odd, step);
    return (line_l){efactor_of(p.even), efactor_of(at2), efactor_of(el_add_wide(at2, step))};
}

static void add_all(ext *out, const ext *more, int count) {
    for (int k = 0; k < count; k++) out[k] = ext_add(out[k], more[k]);
}

static void v_round_prod2(ext out[2], extv f, extv g, size_t n) {
    out[0] = out[1] = EXT_ZERO;
    size_t i = 0;
    while (i + VL <= n) {
        esum at0 = esum_zero(), at2 = esum_zero();
        for (size_t end = block_end(i, n); i < end; i += VL) {
            line_l u = line_l_load(f, i), v = line_l_load(g, i);
            at0 = esum_mac(at0, u.at0, v.at0);
            at2 = esum_mac(at2, u.at2, v.at2);
        }
        add_all(out, (ext[]){esum_total(at0), esum_total(at2)}, 2);
    }
    ext rest[2];
    vec_portable.round_prod2(rest, extv_at(f, 2 * i), extv_at(g, 2 * i), n - i);
    add_all(out, rest, 2);
}

static void v_round_prod2_deg3(ext out[3], extv f, extv g, size_t n) {
    out[0] = out[1] = out[2] = EXT_ZERO;
    size_t i = 0;
    while (i + VL <= n) {
        esum at0 = esum_zero(), at2 = esum_zero(), at3 = esum_zero();
        for (size_t end = block_end(i, n); i < end; i += VL) {
            line_l u = line_l_load(f, i), v = line_l_load(g, i);
            at0 = esum_mac(at0, u.at0, v.at0);
            at2 = esum_mac(at2, u.at2, v.at2);
            at3 = esum_mac(at3, u.at3, v.at3);
        }
        add_all(out, (ext[]){esum_total(at0), esum_total(at2), esum_total(at3)}, 3);
    }
    ext rest[3];
    vec_portable.round_prod2_deg3(rest, extv_at(f, 2 * i), extv_at(g, 2 * i), n - i);
    add_all(out, rest, 3);
}

/* s + x y w: the inner product is reduced to wide lanes first. */
static inline esum esum_mac3(esum s, efactor x, efactor y, efactor w) {
    return esum_mac(s, efactor_of(esplit_wide(esum_split(esum_mul(x, y)))), w);
}

static void v_round_prod3(ext out[3], extv e, extv f, extv g, size_t n) {
    out[0] = out[1] = out[2] = EXT_ZERO;
    size_t i = 0;
    while (i + VL <= n) {
        esum at0 = esum_zero(), at2 = esum_zero(), at3 = esum_zero();
        for (size_t end = block_end(i, n); i < end; i += VL) {
            line_l t = line_l_load(e, i), u = line_l_load(f, i), v = line_l_load(g, i);
            at0 = esum_mac3(at0, u.at0, v.at0, t.at0);
            at2 = esum_mac3(at2, u.at2, v.at2, t.at2);
            at3 = esum_mac3(at3, u.at3, v.at3, t.at3);
        }
        add_all(out, (ext[]){esum_total(at0), esum_total(at2), esum_total(at3)}, 3);
    }
    ext rest[3];
    vec_portable.round_prod3(rest, extv_at(e, 2 * i), extv_at(f, 2 * i), extv_at(g, 2 * i), n - i);
    add_all(out, rest, 3);
}

/* ---- LogUp ---- */

/* a d + b c, wide. */
static inline el cross(el a, el b, el c, el d) {
    esum s = esum_mul(efactor_of(a), efactor_of(d));
    return esplit_wide(esum_split(esum_mac(s, efactor_of(b), efactor_of(c))));
}

static void v_round_logup(ext out[2], extv eq, extv a, extv b, extv c, extv d, size_t n) {
    out[0] = out[1] = EXT_ZERO;
    size_t i = 0;
    while (i + VL <= n) {
        esum values = esum_zero(), slopes = esum_zero();
        for (size_t end = block_end(i, n); i < end; i += VL) {
            efactor w = efactor_of(el_reorder(el_load(eq, i)));
            pair_l x = pair_l_load(a, i), y = pair_l_load(b, i), u = pair_l_load(c, i), v = pair_l_load(d, i);
            values = esum_mac(values, w, efactor_of(cross(x.even, y.even, u.even, v.even)));
            el slope =
                cross(el_sub(x.odd, x.even), el_sub(y.odd, y.even), el_sub(u.odd, u.even), el_sub(v.odd, v.even));
            slopes = esum_mac(slopes, w, efactor_of(slope));
        }
        add_all(out, (ext[]){esum_total(values), esum_total(slopes)}, 2);
    }
    ext rest[2];
    vec_portable.round_logup(rest, extv_at(eq, i), extv_at(a, 2 * i), extv_at(b, 2 * i), extv_at(c, 2 * i),
                             extv_at(d, 2 * i), n - i);
    add_all(out, rest, 2);
}

static void v_round_logup_leaf(ext out[2], extv eq, extv c, extv d, ext mu, size_t n) {
    out[0] = out[1] = EXT_ZERO;
    size_t i = 0;
    ematrix by_mu = ematrix_of(mu);
    while (i + VL <= n) {
        esum values = esum_zero(), slopes = esum_zero();
        for (size_t end = block_end(i, n); i < end; i += VL) {
            efactor w = efactor_of(el_reorder(el_load(eq, i)));
            pair_l u = pair_l_load(c, i), v = pair_l_load(d, i);
            /* c + d + mu c d = c + d (1 + mu c) */
            el product = el_mul_wide(u.even, v.even), sum = el_add(u.even, v.even);
            values = esum_mac(values, w, efactor_of(el_axpy(&by_mu, product, sum)));
            el slope = el_mul_wide(el_sub(u.odd, u.even), el_sub(v.odd, v.even));
            slopes = esum_mac(slopes, w, efactor_of(slope));
        }
        add_all(out, (ext[]){esum_total(values), ext_mul(mu, esum_total(slopes))}, 2);
    }
    ext rest[2];
    vec_portable.round_logup_leaf(rest, extv_at(eq, i), extv_at(c, 2 * i), extv_at(d, 2 * i), mu, n - i);
    add_all(out, rest, 2);
}

static void v_logup_up(extv ne, extv no, extv de, extv dod, extv a_n, extv b_n, extv a_d, extv b_d, size_t n) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        efactor x = efactor_of(el_load(a_d, i)), y = efactor_of(el_load(b_d, i));
        esum sum = esum_mul(efactor_of(el_load(a_n, i)), y);
        sum = esum_mac(sum, efactor_of(el_load(b_n, i)), x);
        pair_l_store(ne, no, i, esplit_canonical(esum_split(sum)));
        pair_l_store(de, dod, i, esplit_canonical(esum_split(esum_mul(x, y))));
    }
    vec_portable.logup_up(extv_at(ne, i / 2), extv_at(no, i / 2), extv_at(de, i / 2), extv_at(dod, i / 2),
                          extv_at(a_n, i), extv_at(b_n, i), extv_at(a_d, i), extv_at(b_d, i), n - i);
}

static void v_logup_up_leaf(extv ne, extv no, extv de, extv dod, extv a_d, extv b_d, size_t n) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        el x = el_load(a_d, i), y = el_load(b_d, i);
        pair_l_store(ne, no, i, el_add(x, y));
        pair_l_store(de, dod, i, el_mul(x, y));
    }
    vec_portable.logup_up_leaf(extv_at(ne, i / 2), extv_at(no, i / 2), extv_at(de, i / 2), extv_at(dod, i / 2),
                               extv_at(a_d, i), extv_at(b_d, i), n - i);
}

/* The entries of a vec_kernels. */
#define VEC_LANES_KERNELS                                                                                              \
    .gl_mul = v_gl_mul, .gl_scale = v_gl_scale, .gl_add = v_gl_add, .from_i32 = v_from_i32, .add = v_add,              \
    .mul = v_mul, .scale = v_scale, .axpy = v_axpy, .axpy_gl = v_axpy_gl, .axpy_i32 = v_axpy_i32,                      \
    .linear_i23 = v_linear_i23, .fold = v_fold, .eq_step = v_eq_step, .dot = v_dot, .dot_gl = v_dot_gl,                \
    .dot_i32 = v_dot_i32, .column_sums_i32 = v_column_sums, .column_sums_i16 = v_column_sums_i16,                      \
    .column_sums_i8 = v_column_sums_i8, .round_prod2 = v_round_prod2, .round_prod2_deg3 = v_round_prod2_deg3,          \
    .round_prod3 = v_round_prod3, .round_logup = v_round_logup, .round_logup_leaf = v_round_logup_leaf,                \
    .logup_up = v_logup_up, .logup_up_leaf = v_logup_up_leaf
#endif
