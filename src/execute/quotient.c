/* execute/quotient: steps whose divisor, root or sign is itself computed (program.h states what each computes). One
 * thread: they serve rows rather than elements. */
#include "execute/contract.h"
#include "execute/run.h"

static int64_t floor_divide(int64_t a, int64_t b) {
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

/* The largest r >= 0 with r r <= v. */
static int64_t floor_root(int64_t v) {
    int64_t r = 0;
    for (int64_t bit = (int64_t)1 << 31; bit > 0; bit >>= 1) {
        if (r + bit <= 3037000499 && (r + bit) * (r + bit) <= v) r += bit;
    }
    return r;
}

/* c b of every index: what the product or the term of y is for y = 1, negated. */
static tacit_status divisors(run *r, const constraint *c, uint32_t y, int64_t **out) {
    uint64_t n = shape_count(&c->shape);
    int64_t *b = *out = ARENA_ZNEW(r->a, int64_t, n);
    if (!b) return full(r->err);
    for (uint32_t k = 0; k < c->term_count; k++) {
        for (uint64_t i = 0; i < n && c->terms[k].tensor == y; i++) b[i] = -c->terms[k].coef;
    }
    for (uint32_t k = 0; k < c->product_count; k++) {
        const product *q = &c->products[k];
        if (q->a != y && q->b != y) continue;
        for (uint64_t i = 0; i < n; i++) r->t->values[y][i] = 1;
        TRY(need(r, q->a == y ? q->b : q->a));
        TRY(contract(b, r->t, c, q, r->a, r->err));
        for (uint64_t i = 0; i < n; i++) b[i] = (int64_t)(0 - (uint64_t)b[i]);
    }
    return TACIT_OK;
}

tacit_status quotient(run *r, const advice *x) {
    const constraint *c = &r->p->constraints[x->relation];
    uint64_t n = shape_count(&c->shape);
    targets skip = {.factors = true};
    int64_t *rest, *b = NULL;
    bool bad = false;
    add_target(&skip, x->y);
    add_target(&skip, x->rem);
    add_target(&skip, x->r_high);
    TRY(rest_of(r, c, &skip, &rest));
    if (x->kind == ADVICE_DIVIDE) TRY(divisors(r, c, x->y, &b));
    for (uint64_t i = 0; i < n; i++) {
        bool possible = b ? b[i] > 0 : rest[i] >= 0;
        int64_t y = !possible ? 0 : b ? floor_divide(rest[i], b[i]) : floor_root(rest[i]);
        bad |= !possible | !put(&r->p->tensors[x->y], &r->t->values[x->y][i], y);
    }
    r->known[x->y] = true;
    return bad ? overflow(r, x->y) : TACIT_OK;
}

tacit_status sign(run *r, const advice *x) {
    uint64_t n = shape_count(&r->p->tensors[x->y].shape);
    int64_t *b = ARENA_NEW(r->a, int64_t, n);
    bool good = true;
    if (!b) return full(r->err);
    TRY(need(r, x->flag));
    trace_values(r->t, x->flag, b);
    for (uint64_t i = 0; i < n; i++) {
        r->t->values[x->rem][i] = b[i] < 0 ? -1 : 1;
        good = put(&r->p->tensors[x->y], &r->t->values[x->y][i], b[i] < 0 ? -b[i] : b[i]) && good;
    }
    know(r, x->y);
    know(r, x->rem);
    return good ? TACIT_OK : overflow(r, x->y);
}
