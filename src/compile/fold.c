#include "compile/fold.h"
#include "compile/onnx/attribute.h"
#include "compile/simplify.h"
#include "onnx.pb-c.h"
#include <math.h>
#include <string.h>

static tacit_status check_node(const graph *g, gnode *n, tacit_error *err) {
    const char *domain = n->proto->domain;
    bool own = !domain || domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0;
    n->rule = own ? operator_find(n->op) : NULL;
    if (!n->rule) return unsupported(n, "operator is not supported", err);
    if (g->opset < n->rule->since || g->opset > n->rule->until)
        return unsupported(n, "not supported in this model's opset", err);
    if (n->in_count < n->rule->min_in || n->in_count > n->rule->max_in)
        return misshapen(n, "wrong number of inputs", err);
    for (uint32_t i = 0; i < n->rule->min_in; i++) {
        if (n->in[i] == NO_INDEX) return misshapen(n, "a required input is missing", err);
    }
    return attribute_check(n, n->rule->attributes, err);
}

/* Outputs beyond the first few must not be used by anyone. */
static tacit_status check_outputs(const graph *g, const gnode *n, tacit_error *err) {
    for (uint32_t k = n->rule->max_out; k < n->out_count; k++) {
        if (n->out[k] == NO_INDEX) continue;
        const gtensor *t = node_out(g, n, k);
        if (t->uses > 0 || t->is_output) return unsupported(n, "its further outputs are not supported", err);
    }
    return TACIT_OK;
}

static bool all_constant(const graph *g, const gnode *n) {
    for (uint32_t i = 0; i < n->in_count; i++) {
        if (n->in[i] != NO_INDEX && !g->tensors[n->in[i]].constant) return false;
    }
    return true;
}

static tacit_status check_finite(const gtensor *t, tacit_error *err) {
    uint64_t n = t->type == ELEM_REAL ? shape_count(&t->shape) : 0;
    for (uint64_t i = 0; i < n; i++) {
        if (!isfinite(t->real[i]))
            return fail(err, TACIT_VALUE, "tensor \"%s\": element %u is not a finite number", t->name, i);
    }
    return TACIT_OK;
}

/* The node's output becomes a constant. */
static tacit_status fold_node(graph *g, frame *f, gnode *n, tacit_error *err) {
    gtensor *t = node_out(g, n, 0);
    void *values;
    TRY(graph_alloc(g, &values, shape_count(&t->shape) + 1, sizeof(double), err));
    f->real[n->out[0]] = values;
    f->whole[n->out[0]] = values;
    size_t mark = arena_mark(g->a);
    TRY(n->rule->eval(f, n, err));
    arena_release(g->a, mark);
    if (t->type == ELEM_REAL)
        t->real = values;
    else
        t->whole = values;
    t->constant = true;
    n->dead = true;
    return check_finite(t, err);
}

static tacit_status infer_node(graph *g, frame *f, gnode *n, tacit_error *err) {
    for (uint32_t i = 0; i < n->in_count; i++) {
        if (n->in[i] != NO_INDEX && !node_in(g, n, i)->known) return unsupported(n, "an input has no shape", err);
    }
    TRY(n->rule->infer(g, n, err));
    gtensor *t = node_out(g, n, 0);
    uint64_t count = 1;
    for (uint32_t k = 0; k < t->shape.rank; k++) {
        count *= t->shape.dim[k];
        if (count > INT32_MAX) return misshapen(n, "its output is too large", err);
    }
    if (all_constant(g, n) || n->rule->is_static) return fold_node(g, f, n, err);
    if (count == 0) return misshapen(n, "its output is empty", err);
    if (t->type != ELEM_REAL || !n->rule->lower) return unsupported(n, "supported on constants only", err);
    return TACIT_OK;
}

static tacit_status check_batch(const graph *g, tacit_error *err) {
    for (uint32_t i = 0; i < g->output_count && g->batch > 1; i++) {
        const gtensor *t = &g->tensors[g->outputs[i]];
        if (t->shape.rank == 0 || t->shape.dim[0] != g->batch)
            return fail(err, TACIT_UNSUPPORTED, "output \"%s\" does not follow the batch of %u", g->output_names[i],
                        (uint64_t)g->batch);
    }
    return TACIT_OK;
}

tacit_status fold_graph(graph *g, tacit_error *err) {
    void *real, *whole;
    TRY(graph_alloc(g, &real, g->tensor_capacity + 1, sizeof(double *), err));
    TRY(graph_alloc(g, &whole, g->tensor_capacity + 1, sizeof(int64_t *), err));
    frame f = {.g = g, .real = real, .whole = whole, .scratch = g->a};
    graph_count_uses(g);
    for (uint32_t k = 0; k < g->node_count; k++) {
        gnode *n = &g->nodes[k];
        TRY(check_node(g, n, err));
        TRY(check_outputs(g, n, err));
        TRY(infer_node(g, &f, n, err));
    }
    TRY(check_batch(g, err));
    return simplify_graph(g, err);
}
