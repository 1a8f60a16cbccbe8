#include "compile/onnx/order.h"

/* Depth-first walk without recursion: `cursor` is the next input to look at, `place` 0 unseen, 1 open, 2 done. */
typedef struct walk {
    graph *g;
    uint32_t *stack, *cursor, *order;
    uint8_t *state;
    uint32_t depth, done;
} walk;

static void open_node(walk *w, uint32_t node) {
    w->state[node] = 1;
    w->cursor[node] = 0;
    w->stack[w->depth++] = node;
}

/* The node on top: opens a producer that it waits for, or is done. */
static tacit_status step(walk *w, tacit_error *err) {
    uint32_t node = w->stack[w->depth - 1];
    const gnode *n = &w->g->nodes[node];
    while (w->cursor[node] < n->in_count) {
        uint32_t t = n->in[w->cursor[node]++];
        uint32_t from = t == NO_INDEX ? NO_INDEX : w->g->tensors[t].producer;
        if (from == NO_INDEX || w->state[from] == 2) continue;
        if (w->state[from] == 1)
            return fail(err, TACIT_MALFORMED, "node \"%s\" (%s) depends on itself", n->name, n->op);
        open_node(w, from);
        return TACIT_OK;
    }
    w->state[node] = 2;
    w->order[w->done++] = node;
    w->depth--;
    return TACIT_OK;
}

tacit_status order_nodes(graph *g, tacit_error *err) {
    uint32_t n = g->node_count;
    walk w = {.g = g,
              .stack = ARENA_NEW(g->a, uint32_t, n + 1),
              .cursor = ARENA_NEW(g->a, uint32_t, n + 1),
              .order = ARENA_NEW(g->a, uint32_t, n + 1),
              .state = ARENA_ZNEW(g->a, uint8_t, n + 1)};
    gnode *sorted = ARENA_NEW(g->a, gnode, n + 1);
    if (!w.stack || !w.cursor || !w.order || !w.state || !sorted)
        return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    for (uint32_t i = 0; i < n; i++) {
        if (w.state[i] == 0) open_node(&w, i);
        while (w.depth > 0) TRY(step(&w, err));
    }
    for (uint32_t i = 0; i < n; i++) {
        sorted[i] = g->nodes[w.order[i]];
        for (uint32_t k = 0; k < sorted[i].out_count; k++) {
            if (sorted[i].out[k] != NO_INDEX) g->tensors[sorted[i].out[k]].producer = i;
        }
    }
    g->nodes = sorted;
    return TACIT_OK;
}
