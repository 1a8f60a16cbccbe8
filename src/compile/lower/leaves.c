#include "compile/lower/bits.h"
#include "compile/lower/trees.h"
#include "compile/quantise.h"
#include <math.h>

/* Splits and leaves of each tree follow one another: leaf i + tree[i] is left of split i, the next one right of it. */
typedef struct leaves {
    uint32_t batch, n, classes;
    const int64_t *tree;
    const double *weight; /* [leaves, classes] */
    uint64_t rows;
} leaves;

static tacit_status read(const graph *g, const gnode *n, leaves *q, tacit_error *err) {
    const gtensor *v = node_in(g, n, 0), *w = node_in(g, n, 1), *t = node_in(g, n, 2);
    if (v->shape.rank != 2 || w->shape.rank != 2 || !w->constant || w->type != ELEM_REAL || !t->constant ||
        shape_count(&t->shape) != v->shape.dim[1])
        return fail(err, TACIT_INTERNAL, "leaves without their weights");
    *q = (leaves){.batch = v->shape.dim[0],
                  .n = v->shape.dim[1],
                  .classes = w->shape.dim[1],
                  .tree = t->whole,
                  .weight = w->real,
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
        double acc = 0;
        for (uint32_t k = 0; k < q.n; k++) {
            uint64_t at = left_leaf(&q, k, c);
            if (v[k]) acc += q.weight[at + q.classes] - q.weight[at];
        }
        f->real[n->out[0]][i] = acc;
    }
    return TACIT_OK;
}

/* Differences of the weights' integers: of a leaf and the one before. */
static tacit_status differences(lowering *l, const gnode *n, const leaves *q, value *out, tacit_error *err) {
    enum { LIMIT = 32767 };
    const shape s = {.rank = 2, .dim = {q->n, q->classes}};
    double most = largest_magnitude(q->weight, q->rows * q->classes, 1);
    if (!scale_exists(most, LIMIT)) return unsupported(n, "weights that are too large", err);
    *out = (value){.scale = scale_for(most, LIMIT), .lo = -2 * LIMIT, .hi = 2 * LIMIT};
    int32_t *d = ARENA_NEW(l->a, int32_t, shape_count(&s));
    if (!d) return fail(err, TACIT_RESOURCES, "no memory for the weights of leaves");
    for (uint64_t i = 0; i < shape_count(&s); i++) {
        uint64_t at = left_leaf(q, (uint32_t)(i / q->classes), (uint32_t)(i % q->classes));
        d[i] = (int32_t)(quantise_one(q->weight[at + q->classes], out->scale, LIMIT) -
                         quantise_one(q->weight[at], out->scale, LIMIT));
    }
    const char *name = lower_name(l, tensor_name(l, n->out[0]), ".weights");
    out->id = builder_external(l->b, TENSOR_PARAM, name, &s, out->lo, out->hi);
    return lower_keep_param(l, out->id, d, shape_count(&s), err);
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
    return lower_set_sum(l, n->out[0], &s, err);
}
