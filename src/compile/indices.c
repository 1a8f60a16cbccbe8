#include "compile/indices.h"

static void lessen(uint32_t *rows, uint32_t of) {
    if (of != 0 && (*rows == 0 || of < *rows)) *rows = of;
}

tacit_status bound_indices(graph *g, tacit_error *err) {
    size_t mark = arena_mark(g->a);
    uint32_t *rows = ARENA_ZNEW(g->a, uint32_t, g->tensor_count + 1); /* of the smallest table, 0: none */
    if (!rows) return fail(err, TACIT_RESOURCES, "no memory for the inputs' ranges");
    for (uint32_t k = g->node_count; k-- > 0;) {
        const gnode *n = &g->nodes[k];
        if (node_is(n, "GatherRows")) lessen(&rows[n->in[1]], node_in(g, n, 0)->shape.dim[0]);
        if (node_reshapes(n)) lessen(&rows[n->in[0]], rows[n->out[0]]);
    }
    for (uint32_t t = 0; t < g->tensor_count; t++) {
        gtensor *x = &g->tensors[t];
        if (!x->is_input || x->type != ELEM_WHOLE || rows[t] == 0) continue;
        x->bounded = true;
        x->least = 0;
        x->most = rows[t] - 1;
    }
    arena_release(g->a, mark);
    return TACIT_OK;
}
