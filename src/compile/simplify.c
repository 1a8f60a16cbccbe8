#include "compile/simplify.h"
#include "compile/absorb.h"
#include "compile/columns.h"
#include "compile/factors.h"
#include "compile/fuse.h"
#include "compile/lower/activation.h"
#include "compile/merge.h"
#include "compile/share.h"
#include <string.h>

static bool is(const gnode *n, const char *op) {
    return !n->dead && strcmp(n->op, op) == 0;
}

/* Users of the node's output use its input. */
static void bypass(graph *g, gnode *n) {
    uint32_t from = n->out[0], to = n->in[0];
    for (uint32_t k = 0; k < g->node_count; k++) {
        for (uint32_t i = 0; i < g->nodes[k].in_count; i++) {
            if (g->nodes[k].in[i] == from) g->nodes[k].in[i] = to;
        }
    }
    for (uint32_t i = 0; i < g->output_count; i++) {
        if (g->outputs[i] == from) g->outputs[i] = to;
    }
    if (g->tensors[from].is_output) g->tensors[to].is_output = true;
    g->tensors[to].uses += g->tensors[from].uses - (g->tensors[to].uses > 0);
    n->dead = true;
}

/* The one activation that uses tensor t and nothing else does; NULL if there is none. */
static gnode *only_activation(const graph *g, uint32_t t) {
    for (uint32_t k = 0; k < g->node_count && g->tensors[t].uses == 1 && !g->tensors[t].is_output; k++) {
        gnode *n = &g->nodes[k];
        if (!n->dead && n->in_count > 0 && n->in[0] == t) return activation_is(n) && n->formula->monotone ? n : NULL;
    }
    return NULL;
}

/* x -> pool -> t -> f -> y becomes x -> f -> t -> pool -> y, where f is monotone. f then shares the
 * lookup that rounds x, and relu's outputs need a smaller table of differences. */
static void swap_pool(graph *g, gnode *pool, gnode *f) {
    uint32_t x = pool->in[0], t = pool->out[0], y = f->out[0];
    g->tensors[t].shape = g->tensors[x].shape;
    f->in[0] = x, f->out[0] = t;
    pool->in[0] = t, pool->out[0] = y;
    const gnode kept = *pool;
    *pool = *f;
    *f = kept;
    g->tensors[t].producer = (uint32_t)(pool - g->nodes);
    g->tensors[y].producer = (uint32_t)(f - g->nodes);
}

/* Nodes whose results nobody uses. */
static void drop_unused(graph *g) {
    for (uint32_t k = g->node_count; k-- > 0;) {
        gnode *n = &g->nodes[k];
        bool used = n->dead;
        for (uint32_t i = 0; i < n->out_count; i++) {
            if (n->out[i] != NO_INDEX) used = used || node_out(g, n, i)->uses > 0 || node_out(g, n, i)->is_output;
        }
        n->dead = n->dead || !used;
        for (uint32_t i = 0; i < n->in_count && !used; i++) {
            if (n->in[i] != NO_INDEX) node_in(g, n, i)->uses--;
        }
    }
}

tacit_status simplify_graph(graph *g, tacit_error *err) {
    for (uint32_t k = 0; k < g->node_count; k++) {
        gnode *n = &g->nodes[k];
        bool same = is(n, "Identity") || is(n, "Dropout") ||
                    (is(n, "Cast") && !n->formula && node_in(g, n, 0)->type == node_out(g, n, 0)->type);
        if (same) bypass(g, n);
    }
    graph_count_uses(g);
    TRY(scale_columns(g, err));
    TRY(merge_affine(g, bypass, err));
    graph_count_uses(g);
    TRY(carry_factors(g, bypass, err));
    graph_count_uses(g);
    TRY(fuse_functions(g, err));
    graph_count_uses(g);
    for (uint32_t k = 0; k < g->node_count; k++) {
        gnode *f = is(&g->nodes[k], "MaxPool") ? only_activation(g, g->nodes[k].out[0]) : NULL;
        if (f) swap_pool(g, &g->nodes[k], f);
    }
    drop_unused(g);
    TRY(share_constants(g, err));
    TRY(absorb_affine(g, err));
    graph_count_uses(g);
    drop_unused(g);
    return TACIT_OK;
}
