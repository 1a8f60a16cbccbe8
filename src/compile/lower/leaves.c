#include "compile/lower/bins.h"
#include "compile/lower/bits.h"
#include "compile/lower/trees.h"
#include "compile/lower/views.h"
#include "compile/quantise.h"
#include <math.h>

/* Splits and leaves of each tree follow one another: leaf i + tree[i] is left of split i, the next one right of it. */
typedef struct leaves {
    uint32_t batch, n, classes;
    const int64_t *tree;
    const double *weight; /* [leaves, classes] */
    const double *start;  /* [classes] */
    uint64_t rows;
} leaves;

static tacit_status read(const graph *g, const gnode *n, leaves *q, tacit_error *err) {
    const gtensor *v = node_in(g, n, 0), *w = node_in(g, n, 1), *t = node_in(g, n, 2), *start = node_in(g, n, 3);
    if (v->shape.rank != 2 || w->shape.rank != 2 || !w->constant || w->type != ELEM_REAL || !t->constant ||
        shape_count(&t->shape) != v->shape.dim[1] || !start->constant || start->type != ELEM_REAL ||
        shape_count(&start->shape) != w->shape.dim[1])
        return fail(err, TACIT_INTERNAL, "leaves without their weights");
    *q = (leaves){.batch = v->shape.dim[0],
                  .n = v->shape.dim[1],
                  .classes = w->shape.dim[1],
                  .tree = t->whole,
                  .weight = w->real,
                  .start = start->real,
                  .rows = w->shape.dim[0]};
    for (uint32_t i = 0; i < q->n; i++) {
        if (t->whole[i] < 0 || (uint64_t)t->whole[i] + i + 1 >= q->rows)
            return fail(err, TACIT_INTERNAL, "fewer leaves than splits");
    }
    return TACIT_OK;
}

tacit_status leaves_infer(graph *g, gnode *n, tacit_error *err) {
    leaves q = {0};
    TRY(read(g, n, &q, err));
    const shape s = {.rank = 2, .dim = {q.batch, q.classes}};
    set_output(g, n, ELEM_REAL, &s);
    return TACIT_OK;
}

static uint64_t left_leaf(const leaves *q, uint32_t split, uint32_t c) {
    return ((uint64_t)split + (uint64_t)q->tree[split]) * q->classes + c;
}

tacit_status leaves_eval(frame *f, const gnode *n, tacit_error *err) {
    leaves q = {0};
    TRY(read(f->g, n, &q, err));
    for (uint64_t i = 0; i < (uint64_t)q.batch * q.classes; i++) {
        const int64_t *v = frame_whole(f, n->in[0]) + i / q.classes * q.n;
        uint32_t c = (uint32_t)(i % q.classes);
        double acc = q.start[c];
        for (uint32_t k = 0; k < q.n; k++) {
            uint64_t at = left_leaf(&q, k, c);
            if (v[k]) acc += q.weight[at + q.classes] - q.weight[at];
        }
        f->real[n->out[0]][i] = acc;
    }
    return TACIT_OK;
}

/* Differences of the weights' integers: of a leaf and the one before. The more trees, the more bits: their roundings
 * add up. */
static tacit_status differences(lowering *l, const gnode *n, const leaves *q, value *out, tacit_error *err) {
    const shape s = {.rank = 2, .dim = {q->n, q->classes}};
    const uint32_t bits = 15 + (log2_ceil((uint64_t)q->tree[q->n - 1] + 1) + 1) / 2;
    const int64_t limit = ((int64_t)1 << bits) - 1;
    const double most = largest_magnitude(q->weight, q->rows * q->classes, 1);
    if (!scale_exists(most, limit)) return unsupported(n, "weights that are too large", err);
    const int32_t scale = scale_for(most, limit);
    int64_t *d = ARENA_NEW(l->a, int64_t, shape_count(&s));
    if (!d) return fail(err, TACIT_RESOURCES, "no memory for the weights of leaves");
    for (uint64_t i = 0; i < shape_count(&s); i++) {
        uint64_t at = left_leaf(q, (uint32_t)(i / q->classes), (uint32_t)(i % q->classes));
        d[i] = quantise_one(q->weight[at + q->classes], scale, limit) - quantise_one(q->weight[at], scale, limit);
    }
    TRY(lower_hidden(l, lower_name(l, tensor_name(l, n->out[0]), ".weights"), &s, d, bits + 1, true, out, err));
    out->scale = scale;
    return TACIT_OK;
}

/* + start, exact to the scale of the sum. */
static tacit_status add_start(lowering *l, const gnode *n, const leaves *q, sum *s, tacit_error *err) {
    const int64_t limit = (1 << 30) - 1;
    const shape row = {.rank = 1, .dim = {q->classes}};
    int64_t *v = ARENA_NEW(l->a, int64_t, q->classes), most = 1;
    value start;
    if (!v) return fail(err, TACIT_RESOURCES, "no memory for the weights of leaves");
    if (ldexp(largest_magnitude(q->start, q->classes, 1), s->scale) > (double)limit)
        return unsupported(n, "a constant that is too large beside the weights", err);
    for (uint32_t c = 0; c < q->classes; c++) {
        v[c] = quantise_one(q->start[c], s->scale, limit);
        most = v[c] > most ? v[c] : -v[c] > most ? -v[c] : most;
    }
    const char *name = lower_name(l, tensor_name(l, n->out[0]), ".start");
    TRY(lower_hidden(l, name, &row, v, bits_for(most), true, &start, err));
    TRY(view_broadcast(l, start.id, &s->shape, &start.id, err));
    return sum_term(s, start.id, 1, start.lo, start.hi, err);
}

tacit_status leaves_lower(lowering *l, const gnode *n, tacit_error *err) {
    static const uint8_t V_LABEL[MAX_RANK] = {0, 2}, W_LABEL[MAX_RANK] = {2, 1};
    leaves q = {0};
    value v, w;
    sum s;
    TRY(read(l->g, n, &q, err));
    TRY(lower_operand(l, n->in[0], &v, err));
    TRY(differences(l, n, &q, &w, err));
    const shape out = {.rank = 2, .dim = {q.batch, q.classes}};
    sum_start(&s, &out, w.scale);
    TRY(sum_product(l, &s, &v, V_LABEL, &w, W_LABEL, 1, q.n, err));
    int64_t trees = q.tree[q.n - 1] + 1; /* each adds the difference of two of its weights */
    s.lo = (__int128)trees * w.lo, s.hi = (__int128)trees * w.hi;
    TRY(add_start(l, n, &q, &s, err));
    return lower_set_sum(l, n->out[0], &s, err);
}
