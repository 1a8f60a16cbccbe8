#include "compile/strips.h"
#include "compile/make.h"

enum { MOST_STRIPS = 8, LEAST_ROWS = 32, LEAST_SAVED = 1 << 14 }; /* rows of a strip; elements for each cut */

typedef struct strip {
    uint32_t first, rows, columns; /* columns 0 .. columns - 1 */
} strip;

static bool left_out(const gtensor *mask, uint64_t i) {
    return mask->type == ELEM_REAL ? mask->real[i] > 0.5 : mask->whole[i] != 0;
}

/* For each row the columns up to the last one that the mask keeps; false if a row keeps none. */
static bool row_ends(const gtensor *mask, const shape *s, uint32_t *ends) {
    const uint32_t rows = s->dim[s->rank - 2], columns = s->dim[s->rank - 1], rank = mask->shape.rank;
    if (rank < 2 || mask->shape.dim[rank - 2] != rows || mask->shape.dim[rank - 1] != columns) return false;
    for (uint64_t r = 0; r < shape_count(&mask->shape) / columns; r++) {
        uint32_t end = columns;
        while (end > 0 && left_out(mask, r * columns + end - 1)) end--;
        if (end == 0) return false;
        if (end > ends[r % rows]) ends[r % rows] = end;
    }
    return true;
}

/* Scores that nobody else reads, of a product whose rows and columns can be computed apart. */
static bool are_scores(const graph *g, uint32_t t) {
    while (g->tensors[t].uses == 1 && !g->tensors[t].is_output && g->tensors[t].producer != NO_INDEX) {
        const gnode *n = &g->nodes[g->tensors[t].producer];
        if (node_is(n, "MatMul")) return node_in(g, n, 0)->shape.rank > 1 && node_in(g, n, 1)->shape.rank > 1;
        if (!node_is(n, "Mul") && !node_is(n, "Add") && !node_is(n, "Sub")) return false;
        const uint32_t x = node_in(g, n, 0)->constant ? 1 : 0;
        if (!node_in(g, n, 1 - x)->constant) return false;
        t = n->in[x];
    }
    return false;
}

/* Equal strips of all rows; the elements of one matrix that they leave. */
static uint64_t make_strips(strip *strips, uint32_t count, uint32_t rows, const uint32_t *ends) {
    uint64_t left = 0;
    for (uint32_t k = 0; k < count; k++) {
        strip *p = &strips[k];
        *p = (strip){.first = rows * k / count};
        p->rows = rows * (k + 1) / count - p->first;
        for (uint32_t r = p->first; r < p->first + p->rows; r++)
            p->columns = ends[r] > p->columns ? ends[r] : p->columns;
        left += (uint64_t)p->rows * p->columns;
    }
    return left;
}

/* The strips of a softmax, as many as pay for the relations that each has of its own; their number, or 0 where it stays
 * one. */
static tacit_status find_strips(graph *g, const gnode *n, strip strips[MOST_STRIPS], uint32_t *count,
                                tacit_error *err) {
    *count = 0;
    if (!node_is(n, "RowSoftmax") || n->in_count < 2 || !node_in(g, n, 1)->constant) return TACIT_OK;
    const shape *s = &node_out(g, n, 0)->shape;
    if (s->rank < 2 || !are_scores(g, n->in[0])) return TACIT_OK;
    const uint32_t rows = s->dim[s->rank - 2];
    const uint64_t all = (uint64_t)rows * s->dim[s->rank - 1], matrices = shape_count(s) / all;
    uint32_t *ends = ARENA_ZNEW(g->a, uint32_t, rows + 1);
    if (!ends) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    if (!row_ends(node_in(g, n, 1), s, ends)) return TACIT_OK;
    for (uint32_t k = MOST_STRIPS; k > 1 && *count == 0; k /= 2) {
        const uint64_t left = rows / k >= LEAST_ROWS ? make_strips(strips, k, rows, ends) : all;
        if (4 * left <= 3 * all && (all - left) * matrices >= (k - 1) * (uint64_t)LEAST_SAVED) *count = k;
    }
    return TACIT_OK;
}

/* Of a tensor [.., rows or 1, columns or 1]: the strip's part. */
static tacit_status part_box(graph *g, const shape *s, const strip *p, box *b, tacit_error *err) {
    const uint32_t row = s->rank - 2, column = s->rank - 1, most = s->dim[row] + s->dim[column];
    uint32_t *at = ARENA_NEW(g->a, uint32_t, most + 1);
    if (!at) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    *b = box_whole(s);
    for (uint32_t i = 0; i < most; i++) at[i] = i;
    TRY(box_take(g->a, b, row, s->dim[row], at + p->first, p->rows, err));
    return box_take(g->a, b, column, s->dim[column], at, p->columns, err);
}

/* The strip's columns, zeros behind them. */
static tacit_status pad(graph *g, const gnode *n, uint32_t t, uint32_t columns, uint32_t *out, tacit_error *err) {
    shape s = g->tensors[t].shape;
    uint32_t in[2] = {t, NO_INDEX};
    int64_t *map;
    const uint32_t had = s.dim[s.rank - 1];
    *out = t;
    if (had == columns) return TACIT_OK;
    TRY(make_wholes(g, t, columns, &map, &in[1], err));
    for (uint32_t i = 0; i < columns; i++) map[i] = i < had ? (int64_t)i : -1;
    s.dim[s.rank - 1] = columns;
    TRY(make_tensor(g, t, &s, out, err));
    return make_node(g, n, DOMAIN_TACIT, "Pick", in, 2, s.rank - 1, *out, err);
}

static tacit_status softmax_strip(graph *g, const gnode *n, const strip *p, uint32_t *out, tacit_error *err) {
    const shape s = node_out(g, n, 0)->shape;
    box b;
    gnode made = *n;
    void *ids;
    TRY(graph_alloc(g, &ids, 3, sizeof(uint32_t), err));
    made.in = ids;
    made.out = made.in + 2;
    made.in[0] = n->in[0];
    TRY(part_box(g, &s, p, &b, err));
    for (uint32_t k = s.rank - 2; k < s.rank; k++) {
        if (b.at[k]) TRY(make_take(g, n, k, b.at[k], b.shape.dim[k], &made.in[0], err));
    }
    TRY(make_tensor(g, n->out[0], &b.shape, &made.out[0], err));
    TRY(part_box(g, &node_in(g, n, 1)->shape, p, &b, err));
    TRY(make_cut(g, n->in[1], &b, &made.in[1], err));
    TRY(graph_add_node(g, &made, err));
    return pad(g, n, made.out[0], s.dim[s.rank - 1], out, err);
}

static tacit_status cut_softmax(graph *g, const gnode *n, const strip *strips, uint32_t count, tacit_error *err) {
    uint32_t parts[MOST_STRIPS];
    for (uint32_t k = 0; k < count; k++) TRY(softmax_strip(g, n, &strips[k], &parts[k], err));
    const int64_t axis = node_out(g, n, 0)->shape.rank - 2;
    return make_node(g, n, DOMAIN_ONNX, "Concat", parts, count, axis, n->out[0], err);
}

tacit_status cut_strips(graph *g, bool *cut, tacit_error *err) {
    const gnode *nodes = g->nodes;
    const uint32_t count = g->node_count;
    void *memory;
    *cut = false;
    TRY(graph_alloc(g, &memory, count + 1u, sizeof(strip[MOST_STRIPS]) + sizeof(uint32_t), err));
    strip(*strips)[MOST_STRIPS] = memory;
    uint32_t *counts = (uint32_t *)(strips + count);
    for (uint32_t k = 0; k < count; k++) {
        TRY(find_strips(g, &nodes[k], strips[k], &counts[k], err));
        *cut = *cut || counts[k] > 0;
    }
    if (!*cut) return TACIT_OK;
    g->nodes = NULL;
    g->node_count = g->node_capacity = 0;
    for (uint32_t k = 0; k < count; k++)
        TRY(counts[k] > 0 ? cut_softmax(g, &nodes[k], strips[k], counts[k], err) : graph_add_node(g, &nodes[k], err));
    graph_count_uses(g);
    return TACIT_OK;
}
