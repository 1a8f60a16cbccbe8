#include "compile/factors.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
#include <math.h>

#define LEAST 0x1p-40
#define MOST 0x1p40

/* n is x times a positive number; *x its index. */
static bool by_number(const graph *g, const gnode *n, uint32_t *x, double *v) {
    if (!node_is(n, "Mul")) return false;
    *x = node_in(g, n, 0)->constant ? 1 : 0;
    const gtensor *c = node_in(g, n, 1 - *x), *t = node_in(g, n, *x);
    bool one = c->constant && !t->constant && t->type == ELEM_REAL && shape_count(&c->shape) == 1;
    *v = one ? c->real[0] : 0;
    return one && *v > 0 && isfinite(*v) && shape_equal(&t->shape, &node_out(g, n, 0)->shape);
}

/* Its logarithm has a scale of its own. */
static bool takes_factor(const graph *g, const gnode *n, uint32_t t) {
    bool logs =
        n->out_count > 1 && n->out[1] != NO_INDEX && (node_out(g, n, 1)->uses > 0 || node_out(g, n, 1)->is_output);
    return n->in[0] == t && !logs;
}

/* The exponentials that tensor t ends in, every step on the way being linear in t and read by the next alone. */
static gnode *exponential_of(graph *g, uint32_t t) {
    static const char *const MOVES[] = {"Transpose", "Slice", "Take"};
    double v;
    uint32_t x;
    for (uint32_t k = graph_only_user(g, t); k != NO_INDEX; k = graph_only_user(g, t)) {
        gnode *n = &g->nodes[k];
        if (node_is(n, "RowExp") || node_is(n, "RowSoftmax")) return takes_factor(g, n, t) ? n : NULL;
        bool moves = node_reshapes(n) || node_is_one_of(n, MOVES, sizeof MOVES / sizeof MOVES[0]);
        bool products = node_is(n, "MatMul") || node_is(n, "Contract");
        if (!(moves && n->in[0] == t) && !products && !by_number(g, n, &x, &v)) return NULL;
        t = n->out[0];
    }
    return NULL;
}

static tacit_status set_factor(graph *g, gnode *n, double factor, tacit_error *err) {
    void *node, *list, *attribute;
    TRY(graph_alloc(g, &node, 1, sizeof(Onnx__NodeProto), err));
    TRY(graph_alloc(g, &list, 1, sizeof(Onnx__AttributeProto *), err));
    TRY(graph_alloc(g, &attribute, 1, sizeof(Onnx__AttributeProto), err));
    Onnx__NodeProto *p = node;
    Onnx__AttributeProto *a = attribute;
    *p = *n->proto;
    onnx__attribute_proto__init(a);
    a->name = (char *)(uintptr_t) "factor";
    a->has_type = a->has_f = true;
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    a->f = (float)factor;
    p->attribute = list;
    p->attribute[0] = a;
    p->n_attribute = 1; /* they have no other */
    n->proto = p;
    return TACIT_OK;
}

tacit_status carry_factors(graph *g, void (*bypass)(graph *g, gnode *n), tacit_error *err) {
    for (uint32_t k = 0; k < g->node_count; k++) {
        gnode *n = &g->nodes[k];
        uint32_t x;
        double v, before;
        if (!by_number(g, n, &x, &v)) continue;
        gnode *to = exponential_of(g, n->out[0]);
        if (!to) continue;
        TRY(attribute_real(to, "factor", 1, &before, err));
        if (!(before * v > LEAST && before * v < MOST)) continue;
        TRY(set_factor(g, to, before * v, err));
        n->in[0] = n->in[x];
        bypass(g, n);
    }
    return TACIT_OK;
}
