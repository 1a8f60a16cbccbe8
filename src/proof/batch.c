#include "proof/batch.h"
#include <string.h>
#include "sumcheck/early.h"
#include "poly/eq.h"

uint32_t plan_cells(const plan *p, cell_array array) {
    return array == CELL_PAD ? p->pads : p->triples;
}

/* ---------------------------------------------------------------- one equation of all */
/* Every equation in list order, weights 1, mu, mu^2, .. */
static void weigh_all(session *s, expr *whole) {
    ext mu = RULE_ELSE(BATCH_WEIGHT, broken_batch_weight, transcript_challenge(s->ch, TAG_BATCH_WEIGHT)), w = EXT_ONE;
    if (RULE_OFF(BATCH_MU)) mu = EXT_ONE;
    for (uint32_t i = 0; i < s->equation_count; i++, w = ext_mul(w, mu)) expr_add(s, whole, &s->equations[i], w);
    for (uint32_t i = 0; !RULE_OFF(COPIES) && i < s->copy_count; i++, w = ext_mul(w, mu)) {
        const copy_rule *c = &s->copies[i];
        expr_add_term(s, whole, (term){.coef = w, .kind = TERM_CELL, .array = c->copy.array, .index = c->copy.index});
        expr_add_term(
            s, whole,
            (term){.coef = ext_neg(w), .kind = TERM_CELL, .array = c->original.array, .index = c->original.index});
    }
    for (int i = 0; i < 3; i++, w = ext_mul(w, mu)) expr_add(s, whole, &s->zero[i], w);
}

/* cells += coef * eq(z, i) over the first `count` indices; the table doubles variable by variable in `tab`. */
static void add_eq(ext *cells, uint32_t count, const ext *z, ext coef, ext *tab) {
    unsigned vars = log2_ceil(count);
    eq_table(tab, z, vars);
    for (uint32_t i = 0; i < count; i++) cells[i] = ext_add(cells[i], ext_mul(coef, tab[i]));
}

/* One more term of the functional; terms of one tensor at one point in the arena are one, if no other comes between. */
static void add_mle(functional *f, term *terms, uint32_t *last, const term *t) {
    term *have = &terms[last[t->index]];
    if (last[t->index] < f->count && have->index == t->index && have->z == t->z) {
        have->coef = ext_add(have->coef, t->coef);
        return;
    }
    last[t->index] = f->count;
    terms[f->count++] = *t;
}

static tacit_status split(session *s, const expr *whole, functional *f) {
    uint32_t most = s->plan.pads > s->plan.triples ? s->plan.pads : s->plan.triples;
    term *terms = ARENA_NEW(s->a, term, whole->count + 1);
    uint32_t tensors = 0;
    for (uint32_t i = 0; i < whole->count; i++)
        if (whole->terms[i].kind == TERM_MLE && whole->terms[i].index >= tensors) tensors = whole->terms[i].index + 1;
    uint32_t *last = ARENA_ZNEW(s->a, uint32_t, tensors + 1);
    ext *tab = ARENA_NEW(s->a, ext, 2 * (size_t)most + 2);
    memset(f, 0, sizeof *f);
    for (int k = 0; k < CELL_ARRAYS; k++) {
        f->cells[k] = ARENA_ZNEW(s->a, ext, plan_cells(&s->plan, (cell_array)k) + 1);
        if (!f->cells[k]) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    }
    if (!terms || !last || !tab) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    for (uint32_t i = 0; i < whole->count; i++) {
        const term *t = &whole->terms[i];
        if (t->kind == TERM_MLE)
            add_mle(f, terms, last, t);
        else if (t->kind == TERM_CELL)
            f->cells[t->array][t->index] = ext_add(f->cells[t->array][t->index], t->coef);
        else if (t->kind == TERM_EMLE)
            add_eq(f->cells[t->array], s->plan.triples, t->z, t->coef, tab);
        else
            return fail(s->err, TACIT_INTERNAL, "step 6: a view or sigma term is left");
    }
    f->terms = terms;
    return TACIT_OK;
}

/* ---------------------------------------------------------------- the functional at rho */
/* The strips of an object at rho: low lane bits and columns are a strip's own, the other lane bits are fixed. */
typedef struct object_point {
    ext rho[MAX_STRIPS][64]; /* a <= 30, k <= 16 */
    strip_point strip[MAX_STRIPS];
    layout_point all;
} object_point;

static tacit_status point_of(session *s, object_point *p, const layout *l, const geometry_object *o, const ext *rho) {
    lane_strip strips[MAX_STRIPS];
    uint32_t count = geometry_strips(o->lanes, strips);
    for (uint32_t i = 0; i < count; i++) {
        unsigned k = strips[i].k, fixed = o->k - k;
        memcpy(p->rho[i], rho, k * sizeof *rho);
        memcpy(p->rho[i] + k, rho + o->k, o->a * sizeof *rho);
        ext weight = eq_index(rho + k, fixed, strips[i].first >> k);
        p->strip[i] = (strip_point){p->rho[i], k + o->a, weight};
    }
    return layout_point_make(&p->all, l, p->strip, s->a, s->err);
}

/* MLE at rho of the weights of an E array: its coordinate arrays lie in blocks of their own, with weight theta^j. */
static tacit_status cells_at(session *s, const placement *place, cell_array array, const ext *cells,
                             const object_point *at, ext *out) {
    const layout *l = &place->x;
    size_t mark = arena_mark(s->a);
    uint32_t first = place->array_item[array];
    unsigned most = 0;
    *out = EXT_ZERO;
    if (l->first[first] == l->first[first + 1]) return TACIT_OK;
    most = l->blocks[l->order[l->first[first]]].log;
    ext *tab = ARENA_NEW(s->a, ext, (size_t)1 << most);
    if (!tab) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    for (int j = 0; j < EXT_DEG; j++) {
        for (uint32_t i = l->first[first + (uint32_t)j]; i < l->first[first + (uint32_t)j + 1]; i++) {
            const block *b = &l->blocks[l->order[i]];
            ext sum = EXT_ZERO;
            eq_table(tab, at->rho[b->strip], b->log);
            for (uint32_t c = 0; c < UINT32_C(1) << b->log; c++)
                sum = ext_add(sum, ext_mul(cells[b->offset[0] + c], tab[c]));
            *out = ext_add(*out, ext_mul(ext_theta(j), ext_mul(at->all.places[l->order[i]], sum)));
        }
    }
    arena_release(s->a, mark);
    return TACIT_OK;
}

static tacit_status coefficients(session *s, const placement *place, const geometry *g, const functional *f,
                                 const ext *rho, batch_final *out) {
    unsigned rounds = geometry_rounds(g);
    size_t mark = arena_mark(s->a);
    object_point *at = ARENA_NEW(s->a, object_point, g->object_count);
    if (!at) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    memset(out->coef, 0, sizeof out->coef);
    for (uint32_t o = 0; o + 1 < g->object_count; o++)
        TRY(point_of(s, &at[o], o ? place->certificates[o - 1] : &place->x, &g->object[o], rho));
    for (uint32_t i = 0; i < f->count; i++) {
        const term *t = &f->terms[i];
        uint32_t o = place->object_of[t->index];
        ext w = layout_eval(&at[o].all, place->item_of[t->index], t->z);
        out->coef[o] = ext_add(out->coef[o], ext_mul(t->coef, w));
    }
    for (int k = 0; k < CELL_ARRAYS; k++) {
        ext w;
        TRY(cells_at(s, place, (cell_array)k, f->cells[k], &at[0], &w));
        out->coef[0] = ext_add(out->coef[0], w);
    }
    arena_release(s->a, mark);
    for (uint32_t o = 0; o + 1 < g->object_count; o++)
        if (!RULE_OFF(PHI)) out->coef[o] = ext_mul(out->coef[o], eq_late(rho, g->object[o].a + g->object[o].k, rounds));
    return TACIT_OK;
}

/* The last running claim is k0 + <sigma, U>. */
static tacit_status last_claim(session *s, const expr *claim, batch_final *out) {
    ext *u = ARENA_ZNEW(s->a, ext, s->sigmas + 1);
    if (!u) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    for (uint32_t i = 0; i < claim->count; i++) {
        const term *t = &claim->terms[i];
        if (t->kind != TERM_SIGMA) return fail(s->err, TACIT_INTERNAL, "step 6: a term is left in the claim");
        u[t->index] = ext_add(u[t->index], t->coef);
    }
    out->k0 = claim->constant;
    out->u = u;
    out->u_count = s->sigmas;
    return TACIT_OK;
}

tacit_status batch_run(session *s, const placement *place, const geometry *g, const batch_oracle *oracle,
                       batch_final *out) {
    expr whole = {EXT_ZERO, NULL, 0, 0}, claim = whole;
    functional f;
    ext rho[64]; /* a <= 30, k <= 16 */
    unsigned rounds = geometry_rounds(g);
    weigh_all(s, &whole);
    TRY(session_status(s));
    TRY(split(s, &whole, &f));
    claim.constant = ext_neg(whole.constant);
    if (oracle) TRY(oracle->begin(oracle->ctx, &f));
    TRY(sumcheck_plain(s, TAG_BATCH_ROUND, rounds, 2, PADS_IN_SIGMA, &claim, oracle ? &oracle->rounds : NULL, rho));
    out->rho = session_point(s, rho, rounds);
    TRY(coefficients(s, place, g, &f, out->rho, out));
    return last_claim(s, &claim, out);
}
