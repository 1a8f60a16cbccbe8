#include "compile/absorb.h"
#include "compile/memory.h"
#include "compile/onnx/attribute.h"
#include "compile/share.h"
#include <math.h>

typedef struct affine {
    uint32_t x, y, length; /* y = x * scale + shift along the last axis */
    double *scale, *shift;
} affine;

/* Quantising diag(scale) W to a number of bits may add at most so many times the noise that quantising W adds. */
#define MOST_NOISE 16.0

/* ---- what is a scale and a shift */
/* Element i of a constant that varies along the last axis at most; false if it is none. */
static bool along_last(const gtensor *c, uint32_t length) {
    uint64_t n = c->constant && c->type == ELEM_REAL ? shape_count(&c->shape) : 0;
    return n == 1 || (n == length && c->shape.dim[c->shape.rank - 1] == length);
}

static double number(const gtensor *c, uint32_t i) {
    return c->real[shape_count(&c->shape) == 1 ? 0 : i];
}

/* n, a Mul, Add or Sub of x and such a constant: the operand that is x, else NO_INDEX. */
static uint32_t varying(const graph *g, const gnode *n, uint32_t length) {
    for (uint32_t k = 0; n->in_count == 2 && k < 2; k++) {
        const gtensor *x = node_in(g, n, k), *y = node_out(g, n, 0);
        if (!x->constant && along_last(node_in(g, n, 1 - k), length) && shape_equal(&x->shape, &y->shape)) return k;
    }
    return NO_INDEX;
}

static void read_shift(const graph *g, affine *a) {
    const uint32_t user = graph_only_user(g, a->y);
    const gnode *n = user == NO_INDEX ? NULL : &g->nodes[user];
    if (!node_is(n, "Add") && !node_is(n, "Sub")) return;
    uint32_t k = varying(g, n, a->length);
    if (k == NO_INDEX) return;
    const gtensor *c = node_in(g, n, 1 - k);
    bool less = node_is(n, "Sub");
    for (uint32_t i = 0; i < a->length; i++) {
        if (less && k == 1) a->scale[i] = -a->scale[i];
        a->shift[i] = less && k == 0 ? -number(c, i) : number(c, i);
    }
    a->y = n->out[0];
}

static tacit_status read_affine(const graph *g, const gnode *n, affine *a, bool *found, tacit_error *err) {
    *found = false;
    if (!node_is(n, "Mul") || node_out(g, n, 0)->type != ELEM_REAL || node_out(g, n, 0)->shape.rank == 0)
        return TACIT_OK;
    const shape *s = &node_out(g, n, 0)->shape;
    *a = (affine){.y = n->out[0], .length = s->dim[s->rank - 1]};
    uint32_t k = varying(g, n, a->length);
    if (k == NO_INDEX) return TACIT_OK;
    a->x = n->in[k];
    a->scale = ARENA_NEW(g->a, double, a->length);
    a->shift = ARENA_ZNEW(g->a, double, a->length);
    if (!a->scale || !a->shift) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    for (uint32_t i = 0; i < a->length; i++) a->scale[i] = number(node_in(g, n, 1 - k), i);
    read_shift(g, a);
    *found = true;
    return TACIT_OK;
}

/* ---- who can take it */
/* A product with a matrix of weights that nobody else has. */
typedef struct taker {
    const gtensor *w;
    bool turned;  /* [outputs, length] */
    double alpha; /* of the product */
    uint32_t outputs;
} taker;

/* Is the noise of weights at the scale of their largest one bearable? x is taken to have mean square 1, as of a norm.
 */
static bool quiet(const affine *a, const taker *t) {
    double most = 0, scaled = 0, power = 0;
    for (uint64_t i = 0; i < shape_count(&t->w->shape); i++) {
        uint64_t row = t->turned ? i % a->length : i / t->outputs;
        most = fmax(most, fabs(t->w->real[i]));
        scaled = fmax(scaled, fabs(t->w->real[i] * a->scale[row]));
    }
    for (uint32_t i = 0; i < a->length; i++) power += a->scale[i] * a->scale[i] + a->shift[i] * a->shift[i];
    return scaled * scaled * a->length <= MOST_NOISE * most * most * power;
}

static bool read_taker(const graph *g, const gnode *n, uint32_t t, const affine *a, taker *out) {
    int64_t trans_a = 0, trans_b = 0;
    double beta = 1;
    tacit_error ignored = {0};
    bool matrix = node_is(n, "MatMul"), gemm = node_is(n, "Gemm");
    if (!(matrix || gemm) || n->in[0] != t || !constant_is_own(g, n->in[1])) return false;
    *out = (taker){.w = node_in(g, n, 1), .alpha = 1};
    if (out->w->shape.rank != 2) return false;
    if (gemm && (attribute_int(n, "transA", 0, &trans_a, &ignored) != TACIT_OK ||
                 attribute_int(n, "transB", 0, &trans_b, &ignored) != TACIT_OK ||
                 attribute_real(n, "alpha", 1, &out->alpha, &ignored) != TACIT_OK ||
                 attribute_real(n, "beta", 1, &beta, &ignored) != TACIT_OK || trans_a || beta != 1))
        return false;
    out->turned = trans_b != 0;
    out->outputs = out->w->shape.dim[!out->turned];
    if (out->w->shape.dim[out->turned] != a->length) return false;
    if (node_has_input(n, 2) && !along_last(node_in(g, n, 2), out->outputs)) return false;
    return quiet(a, out);
}

/* A view that leaves the last axis as it is. */
static bool passes(const graph *g, const gnode *n, uint32_t length) {
    const shape *s = &node_out(g, n, 0)->shape;
    int64_t perm[MAX_RANK] = {0};
    uint32_t count = 0;
    tacit_error ignored = {0};
    if (s->rank == 0 || s->dim[s->rank - 1] != length || node_out(g, n, 0)->is_output) return false;
    if (node_reshapes(n)) return true;
    int64_t axis;
    if (node_is(n, "Take")) return attribute_int(n, "axis", 0, &axis, &ignored) == TACIT_OK && axis + 1 < s->rank;
    bool turns = node_is(n, "Transpose") && attribute_ints(n, "perm", perm, MAX_RANK, &count, &ignored) == TACIT_OK;
    return turns && count > 0 && (perm[count - 1] == -1 || perm[count - 1] == count - 1);
}

/* Readers of t that can take `a`, and those that cannot (sums among them). */
typedef struct readers {
    uint32_t takers, sums, others;
} readers;

static readers readers_of(const graph *g, uint32_t t, const affine *a) {
    readers r = {.others = g->tensors[t].is_output};
    taker ignored;
    for (uint32_t k = 0; k < g->node_count; k++) {
        const gnode *n = &g->nodes[k];
        for (uint32_t i = 0; !n->dead && i < n->in_count; i++) {
            if (n->in[i] != t) continue;
            readers behind = {.others = 1};
            if (i == 0 && passes(g, n, a->length)) behind = readers_of(g, n->out[0], a);
            if (i == 0 && read_taker(g, n, t, a, &ignored))
                r.takers++;
            else if (behind.takers > 0 && behind.sums + behind.others == 0)
                r.takers++;
            else if (node_is(n, "Add") || node_is(n, "Sub"))
                r.sums++;
            else
                r.others++;
        }
    }
    return r;
}

/* ---- new weights */
static tacit_status take(graph *g, gnode *n, const affine *a, const taker *t, tacit_error *err) {
    double *w, *b;
    uint32_t *in = ARENA_NEW(g->a, uint32_t, 3);
    const double *old = t->w->real;
    const shape s = t->w->shape, row = {.rank = 1, .dim = {t->outputs}};
    if (!in) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    TRY(graph_new_constant(g, n->name, ".bias", &row, &in[2], &b, err));
    TRY(graph_new_constant(g, n->name, ".weights", &s, &in[1], &w, err));
    const gtensor *bias = node_has_input(n, 2) ? node_in(g, n, 2) : NULL;
    for (uint32_t j = 0; j < t->outputs; j++) b[j] = bias ? number(bias, j) : 0;
    for (uint64_t i = 0; i < shape_count(&s); i++) {
        uint64_t k = t->turned ? i % a->length : i / t->outputs, j = t->turned ? i / a->length : i % t->outputs;
        w[i] = old[i] * a->scale[k];
        b[j] += t->alpha * old[i] * a->shift[k];
    }
    memory_forget(old, shape_count(&s) * sizeof *old); /* nobody else has them */
    in[0] = n->in[0];
    n->in = in;
    n->in_count = 3;
    return TACIT_OK;
}

/* Readers of t, which had y's values, read x's instead (`from`; t itself behind a view). */
static tacit_status give(graph *g, uint32_t t, uint32_t from, const affine *a, tacit_error *err) {
    taker taken;
    for (uint32_t k = 0; k < g->node_count; k++) {
        gnode *n = &g->nodes[k];
        if (n->dead || n->in_count == 0 || n->in[0] != t) continue;
        if (read_taker(g, n, t, a, &taken)) {
            TRY(take(g, n, a, &taken, err));
            n->in[0] = from;
        } else if (passes(g, n, a->length)) {
            const readers behind = readers_of(g, n->out[0], a);
            if (behind.takers == 0 || behind.sums + behind.others > 0) continue;
            TRY(give(g, n->out[0], n->out[0], a, err));
            n->in[0] = from;
        }
    }
    return TACIT_OK;
}

tacit_status absorb_affine(graph *g, tacit_error *err) {
    for (uint32_t k = 0; k < g->node_count; k++) {
        affine a;
        bool found;
        size_t mark = arena_mark(g->a);
        TRY(read_affine(g, &g->nodes[k], &a, &found, err));
        const readers r = found ? readers_of(g, a.y, &a) : (readers){0};
        if (r.takers > 0 && r.sums <= 1 && r.others == 0)
            TRY(give(g, a.y, a.x, &a, err));
        else
            arena_release(g->a, mark);
    }
    return TACIT_OK;
}
