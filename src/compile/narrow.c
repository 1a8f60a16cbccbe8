#include "compile/narrow.h"
#include "compile/narrow_plan.h"
#include "compile/make.h"
#include <stdlib.h>

static tacit_status no_memory(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
}

/* ---- selections */
static int compare_places(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Places of the whole tensor, which lie in b, as places of b; *same: these are all of b as they are. */
static tacit_status inside(graph *g, const box *b, uint32_t axis, const uint32_t *at, uint32_t count,
                           const uint32_t **out, bool *same, tacit_error *err) {
    uint32_t *list = ARENA_NEW(g->a, uint32_t, count + 1);
    const uint32_t length = b->shape.dim[axis], *from = b->at[axis];
    if (!list) return no_memory(err);
    *same = count == length;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *found = from ? bsearch(&at[i], from, length, sizeof *from, compare_places) : NULL;
        if (from && !found) return fail(err, TACIT_INTERNAL, "a place that is needed is not made");
        list[i] = found ? (uint32_t)(found - from) : at[i];
        *same = *same && list[i] == i;
    }
    *out = list;
    return TACIT_OK;
}

/* The part b of tensor t, from what is made of it. */
static tacit_status cut(graph *g, const gnode *like, part *from, const box *b, uint32_t *out, tacit_error *err) {
    void *made;
    for (const cutting *c = from->cuttings; c; c = c->next) {
        if (box_equal(&c->b, b)) return *out = c->tensor, TACIT_OK;
    }
    *out = from->tensor;
    for (uint32_t k = 0; k < b->shape.rank; k++) {
        const selection all = {.to = {0, 1, 2, 3, 4, 5, 6, 7}};
        uint32_t count;
        bool same;
        const uint32_t *at = selection_places(g, &all, k, b, &count);
        if (!at) return no_memory(err);
        TRY(inside(g, &from->b, k, at, count, &at, &same, err));
        if (!same) TRY(make_take(g, like, k, at, count, out, err));
    }
    TRY(graph_alloc(g, &made, 1, sizeof(cutting), err));
    *(cutting *)made = (cutting){.b = *b, .tensor = *out, .next = from->cuttings};
    from->cuttings = made;
    return TACIT_OK;
}

/* The output `from` is t. */
static void replace_output(graph *g, uint32_t from, uint32_t t) {
    for (uint32_t k = 0; k < g->output_count; k++) {
        if (g->outputs[k] == from) g->outputs[k] = t;
    }
    g->tensors[t].is_output = g->tensors[t].is_output || g->tensors[from].is_output;
    g->tensors[from].is_output = false;
}

/* Selection n for part p: of what is made of its input. */
static tacit_status narrow_selection(graph *g, const gnode *n, const selection *s, part *p, tacit_error *err) {
    const need *a = &p->needs[0];
    const uint32_t rank = node_in(g, n, 0)->shape.rank;
    uint32_t t = a->of->tensor;
    bool drops = false;
    for (uint32_t k = 0; k < rank; k++) {
        uint32_t count;
        bool same;
        const uint32_t *at = selection_places(g, s, k, &p->b, &count);
        if (!at) return no_memory(err);
        TRY(inside(g, &a->of->b, k, at, count, &at, &same, err));
        if (!same) TRY(make_take(g, n, k, at, count, &t, err));
        drops = drops || s->to[k] == NO_INDEX;
    }
    const bool whole = box_is_whole(&p->b);
    p->tensor = drops && whole ? n->out[0] : t;
    if (!drops && whole) replace_output(g, n->out[0], t);
    if (!drops) return TACIT_OK;
    uint32_t in[2] = {t, NO_INDEX};
    int64_t *dim;
    if (!whole) TRY(make_tensor(g, n->out[0], &p->b.shape, &p->tensor, err));
    TRY(make_wholes(g, n->out[0], p->b.shape.rank, &dim, &in[1], err));
    for (uint32_t k = 0; k < p->b.shape.rank; k++) dim[k] = p->b.shape.dim[k];
    return make_node(g, n, DOMAIN_ONNX, "Reshape", in, 2, NO_AXIS, p->tensor, err);
}

/* ---- rebuilding */
static tacit_status read_input(graph *g, const gnode *n, part *p, uint32_t i, uint32_t *out, tacit_error *err) {
    need *a = &p->needs[i];
    *out = n->in[i];
    if (n->in[i] == NO_INDEX) return TACIT_OK;
    if (!a->of) return make_cut(g, n->in[i], &a->b, out, err);
    return cut(g, n, a->of, &a->b, out, err);
}

/* A mask that leaves nothing out, as the causal one of the last position. */
static bool masks_nothing(const gtensor *mask) {
    const uint64_t n = shape_count(&mask->shape);
    uint64_t i = 0;
    while (mask->constant && i < n && !(mask->type == ELEM_REAL ? mask->real[i] != 0 : mask->whole[i] != 0)) i++;
    return mask->constant && i == n;
}

/* The inputs' parts fit each other. */
static tacit_status check_part(graph *g, gnode *n, const part *p, tacit_error *err) {
    if (n->formula || node_reshapes(n) || node_is(n, "Expand"))
        return TACIT_OK; /* nothing to infer, or by a constant */
    TRY(n->rule->infer(g, n, err));
    if (n->out_count > 1 || shape_equal(&node_out(g, n, 0)->shape, &p->b.shape)) return TACIT_OK;
    return fail(err, TACIT_INTERNAL, "node \"%s\" (%s): the part of its result that is needed", n->name, n->op);
}

/* Node n once more, for part p. */
static tacit_status narrow_node(graph *g, const gnode *n, part *p, tacit_error *err) {
    void *ids;
    gnode made = *n;
    TRY(graph_alloc(g, &ids, n->in_count + n->out_count + 1u, sizeof(uint32_t), err));
    made.in = ids;
    made.out = made.in + n->in_count;
    memcpy(made.out, n->out, n->out_count * sizeof *n->out);
    for (uint32_t i = 0; i < n->in_count; i++) TRY(read_input(g, n, p, i, &made.in[i], err));
    if (node_is(n, "RowSoftmax") && n->in_count == 2 && masks_nothing(node_in(g, &made, 1))) made.in_count = 1;
    if (!box_is_whole(&p->b)) TRY(make_tensor(g, n->out[0], &p->b.shape, &made.out[0], err));
    p->tensor = made.out[0];
    TRY(check_part(g, &made, p, err));
    return graph_add_node(g, &made, err);
}

/* Nothing of what the part is made from has changed. */
static bool is_as_it_was(const gnode *n, const part *p) {
    bool same = box_is_whole(&p->b);
    for (uint32_t i = 0; same && i < n->in_count; i++) {
        const need *a = &p->needs[i];
        same = n->in[i] == NO_INDEX || !a->of || a->of->tensor == n->in[i];
    }
    return same;
}

/* The first result that anybody asks for. */
static part *parts_of(const narrowing *w, const gnode *n) {
    uint32_t i = 0;
    while (i < n->out_count && n->out[i] == NO_INDEX) i++;
    return n->dead || i == n->out_count ? NULL : w->parts[n->out[i]];
}

static tacit_status narrow_one(narrowing *w, const gnode *n, tacit_error *err) {
    graph *g = w->g;
    part *p = parts_of(w, n);
    if (!p || is_as_it_was(n, p) || n->out_count > 1) {
        for (uint32_t i = 0; p && i < n->out_count; i++) {
            if (n->out[i] != NO_INDEX) w->parts[n->out[i]]->tensor = n->out[i];
        }
    }
    if (!p || is_as_it_was(n, p)) return graph_add_node(g, n, err);
    bool made = n->out_count > 1;
    for (; p; p = p->next) {
        selection s;
        bool selects;
        TRY(selection_read(g, n, &s, &selects, err));
        TRY(selects ? narrow_selection(g, n, &s, p, err) : narrow_node(g, n, p, err));
        made = made || p->tensor == n->out[0];
    }
    if (!made) node_out(g, n, 0)->known = false;
    return TACIT_OK;
}

static tacit_status rebuild(narrowing *w, tacit_error *err) {
    graph *g = w->g;
    const gnode *nodes = g->nodes;
    const uint32_t count = g->node_count;
    g->nodes = NULL;
    g->node_count = g->node_capacity = 0;
    for (uint32_t k = 0; k < count; k++) TRY(narrow_one(w, &nodes[k], err));
    graph_count_uses(g);
    return TACIT_OK;
}

tacit_status narrow_graph(graph *g, tacit_error *err) {
    void *asked, *parts, *kept, *whole;
    bool less;
    const size_t mark = arena_mark(g->a);
    TRY(graph_alloc(g, &asked, g->tensor_count + 1u, sizeof(need *), err));
    TRY(graph_alloc(g, &parts, g->tensor_count + 1u, sizeof(part *), err));
    TRY(graph_alloc(g, &kept, g->node_count + 1u, sizeof(bool), err));
    TRY(graph_alloc(g, &whole, g->tensor_count + 1u, sizeof(bool), err));
    narrowing w = {.g = g, .asked = asked, .parts = parts, .kept = kept, .whole = whole};
    TRY(narrow_plan(&w, &less, err));
    if (less) return rebuild(&w, err);
    arena_release(g->a, mark);
    return TACIT_OK;
}
