#include <string.h>
#include "base/threads.h"
#include "poly/eq.h"
#include "proof/fold.h"
#include "proof/steps_prove.h"
#include "sumcheck/products.h"

typedef struct constraint_state {
    const trace *t;
    arena *a;
    tacit_error *err;
    product_set set;
} constraint_state;

static tacit_status zero_table(constraint_state *s, unsigned vars, extv *out) {
    *out = extv_zero(s->a, (size_t)1 << vars);
    return extv_ok(*out) ? TACIT_OK : fail(s->err, TACIT_RESOURCES, "prover: arena too small for a contraction");
}

/* A factor folded at tau over the labels that are not kept; out is zero. */
static tacit_status fold_factor(const constraint_state *s, const contraction *j, int side, extv out, arena *scratch,
                                tacit_error *err) {
    uint32_t id = side ? j->p->b : j->p->a;
    const uint8_t *labels = side ? j->p->b_label : j->p->a_label;
    const tensor *x = &s->t->p->tensors[id];
    axis_role roles[MAX_RANK];
    for (uint32_t k = 0; k < x->shape.rank; k++) {
        uint8_t l = labels[k];
        bool kept = l >= j->c->shape.rank || contraction_batch(j, l);
        roles[k].z = kept ? NULL : j->tau + j->tau_var[l];
        roles[k].stride = kept ? UINT64_C(1) << j->kept_var[l] : 0;
    }
    return tensor_fold(out, s->t, id, roles, EXT_ONE, scratch, err);
}

/* Factor i % 2 of contraction i / 2. */
typedef struct factor_job {
    const constraint_state *s;
    const contraction *jobs;
} factor_job;
static tacit_status factor_piece(void *ctx, size_t i, arena *scratch, tacit_error *err) {
    const factor_job *j = ctx;
    return fold_factor(j->s, &j->jobs[i / 2], i % 2, j->s->set.products[i / 2].now[i % 2], scratch, err);
}

/* Of many contractions threads take whole factors, each with scratch of its own. */
static tacit_status fold_factors(constraint_state *s, const contraction *jobs, uint32_t count) {
    factor_job j = {s, jobs};
    if (count >= 2 * threads_max()) return par_scratch(2 * (size_t)count, factor_piece, &j, s->a, s->err);
    for (uint32_t i = 0; i < 2 * count; i++) TRY(factor_piece(&j, i, s->a, s->err));
    return TACIT_OK;
}

/* eq(tau_b, .) on the batch labels, constant on the summed ones (the lowest variables). */
static tacit_status batch_table(constraint_state *s, const contraction *j, extv *out) {
    ext z[64];
    unsigned low = j->vars, vars = 0;
    for (uint32_t i = j->kept_count; i-- > 0;) {
        uint8_t l = j->kept[i];
        unsigned n = log2_ceil(j->dim[l]);
        if (!contraction_batch(j, l)) continue;
        if (j->kept_var[l] < low) low = j->kept_var[l];
        memcpy(z + vars, j->tau + j->tau_var[l], n * sizeof *z);
        vars += n;
    }
    TRY(zero_table(s, j->vars, out));
    size_t mark = arena_mark(s->a), rows = (size_t)1 << vars, inner = (size_t)1 << (j->vars - vars);
    extv eq = extv_new(s->a, rows);
    if (!extv_ok(eq)) return fail(s->err, TACIT_RESOURCES, "prover: arena too small for a contraction");
    par_eq_table(eq, z, vars, EXT_ONE);
    for (int c = 0; c < EXT_DEG; c++)
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < inner; i++) out->c[c][r * inner + i] = eq.c[c][r];
    arena_release(s->a, mark);
    return TACIT_OK;
}

static tacit_status begin(void *ctx, const contraction *jobs, uint32_t count) {
    constraint_state *s = ctx;
    s->set = (product_set){.degree = 3, .count = count, .products = ARENA_ZNEW(s->a, product_tables, count)};
    if (!s->set.products) return fail(s->err, TACIT_RESOURCES, "prover: arena too small");
    for (uint32_t i = 0; i < count; i++) {
        product_tables *p = &s->set.products[i];
        p->coef = jobs[i].weight;
        p->vars = jobs[i].vars;
        p->factors = 2;
        for (int side = 0; side < 2; side++) TRY(zero_table(s, jobs[i].vars, &p->now[side]));
        for (uint8_t l = 0; l < jobs[i].c->shape.rank; l++)
            if (contraction_batch(&jobs[i], l) && jobs[i].dim[l] > 1) p->factors = 3;
        if (p->factors == 3) TRY(batch_table(s, &jobs[i], &p->now[2]));
        TRY(product_ready(p, s->a, s->err));
    }
    return fold_factors(s, jobs, count);
}

static ext operand(void *ctx, uint32_t job, int side) {
    const constraint_state *s = ctx;
    return product_end(&s->set.products[job], (unsigned)side);
}

tacit_status constraint_prover(constraint_oracle *o, const trace *t, arena *a, tacit_error *err) {
    constraint_state *s = ARENA_ZNEW(a, constraint_state, 1);
    if (!s) return fail(err, TACIT_RESOURCES, "prover: arena too small");
    s->t = t;
    s->a = a;
    s->err = err;
    *o = (constraint_oracle){s, begin, {&s->set, products_round, products_bind}, operand};
    return TACIT_OK;
}
