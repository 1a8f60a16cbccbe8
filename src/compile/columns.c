#include "compile/columns.h"
#include <math.h>
#include <string.h>

enum { LEAST_RATIO = 4 };

/* Do the constant's numbers differ by more than LEAST_RATIO? */
static bool differ(const gtensor *c) {
    double least = INFINITY, most = 0;
    for (uint64_t i = 0; i < shape_count(&c->shape); i++) {
        double v = fabs(c->real[i]);
        if (v > 0) least = fmin(least, v);
        most = fmax(most, v);
    }
    return most > LEAST_RATIO * least;
}

static bool fits(const graph *g, const gnode *n) {
    if (n->dead || strcmp(n->op, "Mul") != 0) return false;
    const gtensor *x = node_in(g, n, 0), *c = node_in(g, n, 1);
    bool alone = x->is_input && !x->is_output && x->uses == 1 && x->type == ELEM_REAL && x->shape.rank == 2;
    return alone && c->constant && c->type == ELEM_REAL && shape_count(&c->shape) == x->shape.dim[1] &&
           c->shape.rank > 0 && c->shape.dim[c->shape.rank - 1] == x->shape.dim[1] && c->shape.rank <= 2 && differ(c);
}

static tacit_status rewrite(graph *g, uint32_t k, tacit_error *err) {
    const char *name = name_copy(g->a, g->nodes[k].name, "/offset");
    uint32_t offset = 0;
    void *zeros, *in;
    if (!name) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    TRY(graph_alloc(g, &zeros, node_in(g, &g->nodes[k], 0)->shape.dim[1], sizeof(double), err));
    TRY(graph_alloc(g, &in, 3, sizeof(uint32_t), err));
    TRY(graph_add(g, name, &offset, err));
    gnode *n = &g->nodes[k];
    gtensor *t = &g->tensors[offset];
    t->known = t->constant = true;
    t->type = ELEM_REAL;
    t->shape = (shape){.rank = 1, .dim = {node_in(g, n, 0)->shape.dim[1]}};
    t->real = zeros;
    memcpy(in, (const uint32_t[3]){n->in[0], offset, n->in[1]}, 3 * sizeof(uint32_t));
    n->in = in;
    n->in_count = 3;
    n->op = "ScaledColumns";
    n->rule = operator_find(DOMAIN_TACIT, n->op);
    return n->rule ? TACIT_OK : fail(err, TACIT_INTERNAL, "no operator ScaledColumns");
}

tacit_status scale_columns(graph *g, tacit_error *err) {
    for (uint32_t k = 0; k < g->node_count; k++) {
        if (fits(g, &g->nodes[k])) TRY(rewrite(g, k, err));
    }
    return TACIT_OK;
}
