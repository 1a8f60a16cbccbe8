#include "compile/simplify.h"
#include "compile/absorb.h"
#include "compile/columns.h"
#include "compile/factors.h"
#include "compile/fuse.h"
#include "compile/lower/activation.h"
#include "compile/merge.h"
#include "compile/narrow.h"
#include "compile/share.h"
#include "compile/strips.h"

/* Users of the node's output use its input i. */
static void bypass_to(graph *g, gnode *n, uint32_t i) {
    uint32_t from = n->out[0], to = n->in[i];
    for (uint32_t k = 0; k < g->node_count; k++) {
        for (uint32_t j = 0; j < g->nodes[k].in_count; j++) {
            if (g->nodes[k].in[j] == from) g->nodes[k].in[j] = to;
        }
    }
    for (uint32_t k = 0; k < g->output_count; k++) {
        if (g->outputs[k] == from) g->outputs[k] = to;
    }
    if (g->tensors[from].is_output) g->tensors[to].is_output = true;
    g->tensors[to].uses += g->tensors[from].uses - (g->tensors[to].uses > 0);
    n->dead = true;
}

static void bypass(graph *g, gnode *n) {
    bypass_to(g, n, 0);
}

/* Of a Where whose condition is the same number everywhere: the input that it answers. */
static uint32_t chosen_input(const graph *g, const gnode *n) {
    const gtensor *c = node_in(g, n, 0);
    uint64_t count = c->constant && c->type == ELEM_WHOLE ? shape_count(&c->shape) : 0;
    for (uint64_t i = 1; i < count; i++) {
        if ((c->whole[i] != 0) != (c->whole[0] != 0)) return NO_INDEX;
    }
    return count == 0 ? NO_INDEX : c->whole[0] != 0 ? 1 : 2;
}

/* One number, v. */
static bool is_number(const gtensor *t, double v) {
    return t->constant && t->type == ELEM_REAL && shape_count(&t->shape) == 1 && !(t->real[0] < v) && !(t->real[0] > v);
}

/* Of x * 1, x + 0, x - 0: x. */
static uint32_t neutral_input(const graph *g, const gnode *n) {
    const bool times = node_is(n, "Mul"), less = node_is(n, "Sub"), plus = node_is(n, "Add") || less;
    for (uint32_t k = 0; (times || plus) && k < (less ? 1 : 2); k++) {
        if (!node_in(g, n, k)->constant && is_number(node_in(g, n, 1 - k), times ? 1 : 0)) return k;
    }
    return NO_INDEX;
}

/* Does the node's result have the same elements in the same places as its first input? */
static bool changes_nothing(const graph *g, const gnode *n) {
    if (node_is(n, "Identity") || node_is(n, "Dropout")) return true;
    if (node_is(n, "Cast")) return !n->formula && node_in(g, n, 0)->type == node_out(g, n, 0)->type;
    if (!node_reshapes(n) && !node_is(n, "Expand")) return false;
    return shape_equal(&node_in(g, n, 0)->shape, &node_out(g, n, 0)->shape);
}

/* The input that the node answers as it is, or NO_INDEX. */
static uint32_t kept_input(const graph *g, const gnode *n) {
    if (changes_nothing(g, n)) return 0;
    uint32_t k = node_is(n, "Where") ? chosen_input(g, n) : neutral_input(g, n);
    if (k == NO_INDEX || node_in(g, n, k)->constant) return NO_INDEX;
    return shape_equal(&node_in(g, n, k)->shape, &node_out(g, n, 0)->shape) ? k : NO_INDEX;
}

/* The one activation that uses tensor t and nothing else does; NULL if there is none. */
static gnode *only_activation(const graph *g, uint32_t t) {
    const uint32_t user = graph_only_user(g, t);
    gnode *n = user == NO_INDEX ? NULL : &g->nodes[user];
    return n && n->in[0] == t && activation_is(n) && n->formula->monotone ? n : NULL;
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
    bool cut;
    for (uint32_t k = 0; k < g->node_count; k++) {
        gnode *n = &g->nodes[k];
        uint32_t kept = kept_input(g, n);
        if (kept != NO_INDEX) bypass_to(g, n, kept);
    }
    graph_count_uses(g);
    drop_unused(g); /* what was replaced as a whole reads nothing any more */
    TRY(narrow_graph(g, err));
    TRY(cut_strips(g, &cut, err));
    if (cut) TRY(narrow_graph(g, err));
    TRY(scale_columns(g, err));
    TRY(merge_affine(g, bypass, err));
    graph_count_uses(g);
    TRY(carry_factors(g, bypass, err));
    graph_count_uses(g);
    TRY(fuse_functions(g, err));
    graph_count_uses(g);
    for (uint32_t k = 0; k < g->node_count; k++) {
        gnode *f = node_is(&g->nodes[k], "MaxPool") ? only_activation(g, g->nodes[k].out[0]) : NULL;
        if (f) swap_pool(g, &g->nodes[k], f);
    }
    drop_unused(g);
    TRY(share_constants(g, err));
    TRY(absorb_affine(g, err));
    graph_count_uses(g);
    drop_unused(g);
    return TACIT_OK;
}
