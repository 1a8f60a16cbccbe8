#include "compile/fold.h"
#include "compile/expand.h"
#include "compile/expand/norms.h"
#include "compile/onnx/attribute.h"
#include "compile/simplify.h"
#include "onnx.pb-c.h"
#include <math.h>
#include <string.h>

enum { MAX_DEPTH = 16 }; /* of expansions in expansions */

struct folding {
    graph *g;
    frame f;
    uint32_t room; /* tensors that the frame has room for */
    uint32_t depth;
};

static operator_domain domain_of(const char *domain) {
    return domain && strcmp(domain, "ai.onnx.ml") == 0 ? DOMAIN_ML : DOMAIN_ONNX;
}

/* An expansion may name any operator of the table. */
static const operator_rule *find_rule(const gnode *n) {
    const char *domain = n->proto->domain;
    bool known = !domain || domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0 || domain_of(domain) == DOMAIN_ML;
    const operator_rule *rule = known ? operator_find(domain_of(domain), n->op) : NULL;
    return rule || !n->internal ? rule : operator_find(DOMAIN_TACIT, n->op);
}

static tacit_status check_node(const graph *g, gnode *n, tacit_error *err) {
    n->rule = find_rule(n);
    if (!n->rule) return unsupported(n, "operator is not supported", err);
    bool any_opset = n->internal || n->rule->domain == DOMAIN_ML;
    if (!any_opset && (g->opset < n->rule->since || (g->opset > n->rule->until && n->rule->until < LAST_OPSET)))
        return unsupported(n, "not supported in this model's opset", err);
    if (n->in_count < n->rule->min_in || n->in_count > n->rule->max_in)
        return misshapen(n, "wrong number of inputs", err);
    for (uint32_t i = 0; i < n->rule->min_in; i++) {
        if (n->in[i] == NO_INDEX && n->rule->max_in < UINT8_MAX)
            return misshapen(n, "a required input is missing", err);
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

/* Infinity is a number that masks are made of; whoever lowers it refuses it. */
static tacit_status check_numbers(const gtensor *t, tacit_error *err) {
    uint64_t n = t->type == ELEM_REAL ? shape_count(&t->shape) : 0;
    for (uint64_t i = 0; i < n; i++) {
        if (isnan(t->real[i])) return fail(err, TACIT_VALUE, "tensor \"%s\": element %u is not a number", t->name, i);
    }
    return TACIT_OK;
}

/* ---- constants */
static tacit_status make_room(folding *w, tacit_error *err) {
    void *real, *whole;
    if (w->room >= w->g->tensor_count) return TACIT_OK;
    w->room = w->g->tensor_capacity;
    TRY(graph_alloc(w->g, &real, w->room, sizeof(double *), err));
    TRY(graph_alloc(w->g, &whole, w->room, sizeof(int64_t *), err));
    w->f.real = real, w->f.whole = whole; /* what lay there is of use while one node is evaluated only */
    return TACIT_OK;
}

/* The node's outputs become constants. */
static tacit_status make_constant(folding *w, const gnode *n, tacit_error *err) {
    graph *g = w->g;
    TRY(make_room(w, err));
    for (uint32_t k = 0; k < n->out_count; k++) {
        void *values;
        if (n->out[k] == NO_INDEX) continue;
        TRY(graph_alloc(g, &values, shape_count(&node_out(g, n, k)->shape) + 1, sizeof(double), err));
        w->f.real[n->out[k]] = values;
        w->f.whole[n->out[k]] = values;
    }
    size_t mark = arena_mark(g->a);
    TRY(n->rule->eval(&w->f, n, err));
    arena_release(g->a, mark);
    for (uint32_t k = 0; k < n->out_count; k++) {
        if (n->out[k] == NO_INDEX) continue;
        gtensor *t = node_out(g, n, k);
        t->real = t->type == ELEM_REAL ? w->f.real[n->out[k]] : NULL;
        t->whole = t->type == ELEM_WHOLE ? w->f.whole[n->out[k]] : NULL;
        t->constant = true;
        TRY(check_numbers(t, err));
    }
    return TACIT_OK;
}

/* ---- one node */
static tacit_status check_sizes(const graph *g, const gnode *n, bool may_be_empty, tacit_error *err) {
    for (uint32_t k = 0; k < n->out_count; k++) {
        uint64_t count = 1;
        if (n->out[k] == NO_INDEX) continue;
        const shape *s = &node_out(g, n, k)->shape;
        for (uint32_t i = 0; i < s->rank; i++) {
            count *= s->dim[i];
            if (count > INT32_MAX) return misshapen(n, "its output is too large", err);
        }
        if (count == 0 && !may_be_empty) return misshapen(n, "its output is empty", err);
    }
    return TACIT_OK;
}

/* Integers at run time: some lowerings know reals only. */
static tacit_status check_lowering(const graph *g, const gnode *n, tacit_error *err) {
    if (!n->rule->lower) return unsupported(n, "supported on constants only", err);
    bool whole = node_out(g, n, 0)->type == ELEM_WHOLE;
    for (uint32_t i = 0; i < n->in_count; i++) {
        if (n->in[i] != NO_INDEX && !node_in(g, n, i)->constant) whole = whole || node_in(g, n, i)->type == ELEM_WHOLE;
    }
    return whole && !n->rule->on_whole ? unsupported(n, "on integers that are not constant", err) : TACIT_OK;
}

static tacit_status expand(folding *w, const gnode *n, tacit_error *err) {
    if (w->depth == MAX_DEPTH)
        return fail(err, TACIT_INTERNAL, "node \"%s\" (%s): expands without end", n->name, n->op);
    expansion x = {.g = w->g, .n = *n, .fold = w, .err = err};
    w->depth++;
    tacit_status s = n->rule->expand(&x, &x.n, err);
    w->depth--;
    if (s != TACIT_OK) return s;
    if (x.status != TACIT_OK) return x.status;
    for (uint32_t k = 0; k < n->out_count; k++) {
        if (n->out[k] != NO_INDEX && !node_out(w->g, n, k)->known)
            return unsupported(n, "one of its outputs is not supported", err);
    }
    return TACIT_OK;
}

/* A result of no elements: a constant, whatever it is made of (what a rotary embedding leaves as it is, for example).
 */
static bool is_nothing(const graph *g, const gnode *n) {
    bool one = n->out_count == 1 && n->out[0] != NO_INDEX;
    return one && shape_count(&node_out(g, n, 0)->shape) == 0 && !node_out(g, n, 0)->is_output;
}

static tacit_status make_nothing(graph *g, const gnode *n, tacit_error *err) {
    gtensor *t = node_out(g, n, 0);
    void *values;
    TRY(graph_alloc(g, &values, 1, sizeof(double), err));
    t->real = t->type == ELEM_REAL ? values : NULL;
    t->whole = t->type == ELEM_WHOLE ? values : NULL;
    t->constant = true;
    return TACIT_OK;
}

tacit_status fold_node(folding *w, gnode *n, tacit_error *err) {
    graph *g = w->g;
    TRY(check_node(g, n, err));
    TRY(check_outputs(g, n, err));
    for (uint32_t i = 0; i < n->in_count; i++) {
        if (n->in[i] != NO_INDEX && !node_in(g, n, i)->known) return unsupported(n, "an input has no shape", err);
    }
    if (n->rule->expand) return expand(w, n, err);
    TRY(n->rule->infer(g, n, err));
    bool folds = n->rule->is_static || all_constant(g, n);
    TRY(check_sizes(g, n, folds || is_nothing(g, n), err));
    if (folds) return make_constant(w, n, err);
    if (is_nothing(g, n)) return make_nothing(g, n, err);
    TRY(check_lowering(g, n, err));
    return graph_add_node(g, n, err);
}

/* A node of the file: perhaps the end of a form that is known as a whole. */
static tacit_status fold_file_node(folding *w, gnode *n, tacit_error *err) {
    expansion x = {.g = w->g, .n = *n, .fold = w, .err = err};
    bool known = norm_match(&x, &x.n);
    if (x.status != TACIT_OK) return x.status;
    return known ? TACIT_OK : fold_node(w, n, err);
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
    gnode *nodes = g->nodes;
    uint32_t count = g->node_count;
    folding w = {.g = g, .f = {.g = g, .scratch = g->a}};
    graph_count_uses(g);
    g->file_nodes = nodes;
    for (uint32_t k = 0; k < count; k++) {
        for (uint32_t i = 0; i < nodes[k].out_count; i++) {
            if (nodes[k].out[i] != NO_INDEX) node_out(g, &nodes[k], i)->source = k;
        }
    }
    g->nodes = NULL;
    g->node_count = g->node_capacity = 0;
    for (uint32_t k = 0; k < count; k++) TRY(fold_file_node(&w, &nodes[k], err));
    g->file_nodes = NULL;
    TRY(check_batch(g, err));
    return simplify_graph(g, err);
}
