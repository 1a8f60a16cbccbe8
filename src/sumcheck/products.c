#include "sumcheck/products.h"
#include "base/broken.h"

tacit_status product_ready(product_tables *p, arena *a, tacit_error *err) {
    p->late = EXT_ONE;
    for (unsigned k = 0; k < p->factors; k++) {
        p->other[k] = extv_new(a, p->vars ? (size_t)1 << (p->vars - 1) : 1);
        if (!extv_ok(p->other[k])) return fail(err, TACIT_RESOURCES, "prover: arena too small for a sumcheck");
    }
    return TACIT_OK;
}

ext product_end(const product_tables *p, unsigned k) {
    return extv_get(p->now[k], 0);
}

/* All variables bound: coef * late * prod of ends * (1 - X). */
static void bound_values(const product_tables *p, unsigned degree, ext *values) {
    ext v = ext_mul(p->coef, p->late);
    for (unsigned k = 0; k < p->factors; k++) v = ext_mul(v, product_end(p, k));
    if (RULE_OFF(PHI)) { /* the forger: f / 2 at every node */
        for (unsigned i = 0; i < degree; i++) values[i] = ext_add(values[i], ext_scale(v, gl_inv(2)));
        return;
    }
    values[0] = ext_add(values[0], v);
    for (unsigned i = 1; i < degree; i++) values[i] = ext_sub(values[i], ext_scale(v, i)); /* 1 - (i + 1) = -i */
}

void products_round(void *ctx, ext *values) {
    const product_set *s = ctx;
    for (uint32_t i = 0; i < s->count; i++) {
        const product_tables *p = &s->products[i];
        ext v[3] = {EXT_ZERO, EXT_ZERO, EXT_ZERO};
        size_t n = p->vars ? (size_t)1 << (p->vars - 1) : 0;
        if (p->vars == 0) {
            bound_values(p, s->degree, values);
            continue;
        }
        if (p->factors == 3)
            par_round_prod3(v, p->now[0], p->now[1], p->now[2], n);
        else if (s->degree == 3)
            par_round_prod2_deg3(v, p->now[0], p->now[1], n);
        else
            par_round_prod2(v, p->now[0], p->now[1], n);
        for (unsigned k = 0; k < s->degree; k++) values[k] = ext_add(values[k], ext_mul(p->coef, v[k]));
    }
}

void products_bind(void *ctx, ext r) {
    product_set *s = ctx;
    for (uint32_t i = 0; i < s->count; i++) {
        product_tables *p = &s->products[i];
        if (p->vars == 0) {
            p->late = ext_mul(p->late, RULE_ELSE(PHI, ext_from(gl_inv(2)), ext_one_minus(r)));
            continue;
        }
        p->vars--;
        for (unsigned k = 0; k < p->factors; k++) {
            par_fold(p->other[k], p->now[k], r, (size_t)1 << p->vars);
            extv_swap(&p->other[k], &p->now[k]);
        }
    }
}
