#include "proof/constraint.h"
#include <string.h>
#include "sumcheck/early.h"
#include "poly/eq.h"
#include "program/tensor_eval.h"

/* ---------------------------------------------------------------- geometry of a contraction */
static void label_axes(contraction *j, const tensor *t, const uint8_t *labels, uint8_t *in) {
    for (uint32_t k = 0; k < t->shape.rank; k++) {
        in[labels[k]] = (uint8_t)(k + 1);
        j->dim[labels[k]] = t->shape.dim[k];
        if (labels[k] >= j->label_count) j->label_count = labels[k] + 1u;
    }
}

static void keep(contraction *j, uint8_t label) {
    j->kept[j->kept_count++] = label;
}

static void contraction_make(contraction *j, const program *p, const constraint *c, const product *pr) {
    memset(j, 0, sizeof *j);
    j->c = c;
    j->p = pr;
    j->label_count = c->shape.rank;
    label_axes(j, &p->tensors[pr->a], pr->a_label, j->in_a);
    label_axes(j, &p->tensors[pr->b], pr->b_label, j->in_b);
    for (uint8_t l = 0; l < c->shape.rank; l++) {
        j->tau_var[l] = shape_axis_var(&c->shape, l);
        if (contraction_batch(j, l)) keep(j, l);
    }
    for (uint8_t l = (uint8_t)c->shape.rank; l < j->label_count; l++) keep(j, l);
    for (uint32_t i = j->kept_count; i-- > 0;) {
        j->kept_var[j->kept[i]] = j->vars;
        j->vars += log2_ceil(j->dim[j->kept[i]]);
    }
}

_Static_assert(MAX_LOG_TENSOR <= 64, "points: all kept labels are in one factor or in the constraint");

/* The factor's flat point: kept labels from rho, the others from tau. */
static const ext *operand_point(session *s, const contraction *j, const tensor *t, const uint8_t *labels,
                                const ext *rho) {
    ext z[64];
    for (uint32_t k = 0; k < t->shape.rank; k++) {
        uint8_t l = labels[k];
        bool kept = l >= j->c->shape.rank || contraction_batch(j, l);
        const ext *from = kept ? rho + j->kept_var[l] : j->tau + j->tau_var[l];
        memcpy(z + shape_axis_var(&t->shape, k), from, log2_ceil(t->shape.dim[k]) * sizeof *z);
    }
    return session_point(s, z, shape_vars(&t->shape));
}

/* ---------------------------------------------------------------- operands, sent once each */
/* Where an operand's point comes from: per axis the first variable in tau, or KEPT + the first variable in rho. Two
 * operands of one tensor are one operand iff these agree; so the number of messages does not depend on challenges. */
enum { KEPT = 1 << 8, NO_VARIABLE = 1 << 9 };
typedef struct operand {
    uint32_t tensor;
    uint16_t from[MAX_RANK];
    hidden h;
} operand;

typedef struct step {
    session *s;
    const constraint_oracle *oracle;
    contraction *jobs;
    uint32_t job_count, operand_count;
    operand *operands;
} step;

static operand operand_of(const contraction *j, uint32_t id, const tensor *t, const uint8_t *labels) {
    operand o = {.tensor = id};
    for (uint32_t k = 0; k < t->shape.rank; k++) {
        uint8_t l = labels[k];
        if (log2_ceil(t->shape.dim[k]) == 0)
            o.from[k] = NO_VARIABLE;
        else if (l >= j->c->shape.rank || contraction_batch(j, l))
            o.from[k] = (uint16_t)(KEPT + j->kept_var[l]);
        else
            o.from[k] = (uint16_t)j->tau_var[l];
    }
    return o;
}

static const hidden *find_operand(const step *st, const operand *o) {
    for (uint32_t i = 0; i < st->operand_count; i++) {
        const operand *have = &st->operands[i];
        if (have->tensor == o->tensor && memcmp(have->from, o->from, sizeof o->from) == 0) return &have->h;
    }
    return NULL;
}

/* The hidden operand of a side: found, or sent under the triple's own cell and tied to its tensor by an equation. */
static tacit_status send_operand(step *st, uint32_t job, int side, uint32_t triple, const ext *rho, hidden *out) {
    session *s = st->s;
    const contraction *j = &st->jobs[job];
    uint32_t id = side ? j->p->b : j->p->a;
    const uint8_t *labels = side ? j->p->b_label : j->p->a_label;
    const tensor *t = &s->p->tensors[id];
    operand o = operand_of(j, id, t, labels);
    const hidden *have = find_operand(st, &o);
    if (have) {
        *out = *have;
        return TACIT_OK;
    }
    expr e = {EXT_ZERO, NULL, 0, 0};
    ext value = st->oracle ? st->oracle->operand(st->oracle->ctx, job, side) : EXT_ZERO;
    o.h = *out = session_hidden(s, TAG_OPERAND, value, (cell){side ? CELL_B : CELL_A, triple});
    st->operands[st->operand_count++] = o;
    TRY(session_evaluate(s, &e, id, operand_point(s, j, t, labels, rho), ext_neg(EXT_ONE)));
    hidden_add(s, &e, out, EXT_ONE);
    if (!RULE_OFF(OPERAND)) session_equation(s, &e);
    return session_status(s);
}

/* total += w * A~ B~: linear when a factor is public. */
static tacit_status add_product(step *st, uint32_t job, const ext *rho, ext w, expr *total) {
    session *s = st->s;
    const contraction *j = &st->jobs[job];
    bool public_a = session_public(s, j->p->a), public_b = session_public(s, j->p->b);
    if (!public_a && !public_b) {
        hidden u, v;
        uint32_t t = session_new_triple(s);
        TRY(send_operand(st, job, 0, t, rho, &u));
        TRY(send_operand(st, job, 1, t, rho, &v));
        hidden_product(s, total, &u, &v, t, w);
        return session_status(s);
    }
    uint32_t pub = public_a ? j->p->a : j->p->b, other = public_a ? j->p->b : j->p->a;
    const uint8_t *pub_labels = public_a ? j->p->a_label : j->p->b_label;
    const uint8_t *other_labels = public_a ? j->p->b_label : j->p->a_label;
    expr e = {EXT_ZERO, NULL, 0, 0};
    TRY(session_evaluate(s, &e, pub, operand_point(s, j, &s->p->tensors[pub], pub_labels, rho), w));
    return session_evaluate(s, total, other, operand_point(s, j, &s->p->tensors[other], other_labels, rho), e.constant);
}

/* ---------------------------------------------------------------- the step */
/* The constraint's linear part and constant at tau. */
static tacit_status affine(session *s, const constraint *c, const ext *tau, expr *e) {
    e->constant = ext_mul(ext_from_i64(c->constant), shape_indicator(&c->shape, tau));
    for (uint32_t i = 0; i < c->term_count; i++)
        TRY(session_evaluate(s, e, c->terms[i].tensor, tau, ext_from_i64(c->terms[i].coef)));
    return TACIT_OK;
}

/* Equations of constraints without a contraction; the affine parts of the others; their jobs. */
static tacit_status collect(step *st, const ext *tau, expr *affines, uint32_t *batched) {
    session *s = st->s;
    for (uint32_t i = 0; i < s->p->constraint_count; i++) {
        const constraint *c = &s->p->constraints[i];
        expr e = {EXT_ZERO, NULL, 0, 0};
        TRY(affine(s, c, tau, &e));
        if (c->product_count == 0) {
            if (!RULE_OFF(AFFINE)) session_equation(s, &e);
            continue;
        }
        affines[(*batched)++] = e;
        for (uint32_t k = 0; k < c->product_count; k++) {
            contraction *j = &st->jobs[st->job_count++];
            contraction_make(j, s->p, c, &c->products[k]);
            j->tau = tau;
            j->weight = ext_from_i64(c->products[k].coef);
        }
    }
    return session_status(s);
}

/* Weights 1, mu, mu^2, .. per constraint; the claim is minus the weighted affine parts. */
static void weigh(step *st, const expr *affines, uint32_t batched, expr *claim) {
    ext mu = transcript_challenge(st->s->ch, TAG_CONSTRAINT_WEIGHT), w = EXT_ONE;
    uint32_t job = 0;
    if (RULE_OFF(CONSTRAINT_MU)) mu = EXT_ONE;
    for (uint32_t i = 0; i < batched; i++) {
        expr_add(st->s, claim, &affines[i], ext_neg(w));
        for (const constraint *c = st->jobs[job].c; job < st->job_count && st->jobs[job].c == c; job++)
            st->jobs[job].weight = ext_mul(st->jobs[job].weight, w);
        w = ext_mul(w, mu);
    }
}

static ext final_weight(const contraction *j, const ext *rho, unsigned rounds) {
    ext w = ext_mul(j->weight, eq_late(rho, j->vars, rounds));
    for (uint32_t i = 0; i < j->kept_count; i++) {
        uint8_t l = j->kept[i];
        if (contraction_batch(j, l))
            w = ext_mul(w, eq_eval(j->tau + j->tau_var[l], rho + j->kept_var[l], log2_ceil(j->dim[l])));
    }
    return w;
}

static tacit_status prove_batch(step *st, const expr *affines, uint32_t batched) {
    session *s = st->s;
    expr claim = {EXT_ZERO, NULL, 0, 0}, total = claim;
    ext rho[64];
    unsigned rounds = 0;
    weigh(st, affines, batched, &claim);
    for (uint32_t i = 0; i < st->job_count; i++)
        if (st->jobs[i].vars > rounds) rounds = st->jobs[i].vars;
    if (st->oracle) TRY(st->oracle->begin(st->oracle->ctx, st->jobs, st->job_count));
    TRY(sumcheck_plain(s, TAG_CONSTRAINT_ROUND, rounds, 3, PADS_IN_X, &claim, st->oracle ? &st->oracle->rounds : NULL,
                       rho));
    for (uint32_t i = 0; i < st->job_count; i++)
        TRY(add_product(st, i, rho, final_weight(&st->jobs[i], rho, rounds), &total));
    expr_add(s, &total, &claim, ext_neg(EXT_ONE));
    if (!RULE_OFF(CONTRACTION)) session_equation(s, &total);
    return session_status(s);
}

tacit_status constraints_run(session *s, const constraint_oracle *oracle) {
    step st = {.s = s, .oracle = oracle};
    uint32_t products = 0, batched = 0;
    unsigned vars = 0;
    ext tau[64];
    if (s->p->constraint_count == 0) return TACIT_OK;
    for (uint32_t i = 0; i < s->p->constraint_count; i++) {
        unsigned v = shape_vars(&s->p->constraints[i].shape);
        products += s->p->constraints[i].product_count;
        if (v > vars) vars = v;
    }
    if (!RULE_OFF(TAU)) transcript_point(s->ch, TAG_TAU, tau, vars);
    BROKEN_ONLY(else memcpy(tau, broken_tau, sizeof tau);)
    const ext *point = session_point(s, tau, vars);
    st.jobs = ARENA_NEW(s->a, contraction, products + 1);
    st.operands = ARENA_NEW(s->a, operand, 2 * products + 1);
    expr *affines = ARENA_NEW(s->a, expr, s->p->constraint_count);
    if (!st.jobs || !st.operands || !affines) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    TRY(collect(&st, point, affines, &batched));
    return batched ? prove_batch(&st, affines, batched) : session_status(s);
}
