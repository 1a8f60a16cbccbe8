#include "compile/expand/branch.h"
#include "compile/onnx/attribute.h"
#include "compile/onnx/data.h"
#include <string.h>

enum { MAX_BRANCH_NAMES = 4096, MAX_NODE_TENSORS = 64 };

/* Names of the branch; those it does not have are the graph's around it. */
typedef struct scope {
    uint32_t count;
    const char *name[MAX_BRANCH_NAMES];
    uint32_t tensor[MAX_BRANCH_NAMES];
} scope;

static tacit_status add(scope *s, const gnode *n, const char *name, uint32_t t, tacit_error *err) {
    if (!name || name[0] == '\0') return TACIT_OK;
    if (s->count == MAX_BRANCH_NAMES) return unsupported(n, "a branch with so many tensors", err);
    s->name[s->count] = name;
    s->tensor[s->count++] = t;
    return TACIT_OK;
}

static tacit_status find(const expansion *x, const scope *s, const gnode *n, const char *name, uint32_t *out,
                         tacit_error *err) {
    *out = NO_INDEX;
    if (!name || name[0] == '\0') return TACIT_OK;
    for (uint32_t i = s->count; i-- > 0;) {
        if (strcmp(s->name[i], name) != 0) continue;
        *out = s->tensor[i];
        return TACIT_OK;
    }
    *out = graph_find(x->g, name);
    return ex_tensor(x, *out)->known && *out != NO_INDEX ? TACIT_OK
                                                         : misshapen(n, "its branch reads an unknown tensor", err);
}

static tacit_status add_constants(expansion *x, scope *s, const gnode *n, const Onnx__GraphProto *p, tacit_error *err) {
    for (size_t i = 0; i < p->n_initializer; i++) {
        gtensor k = {.name = n->name};
        TRY(data_load(x->g, p->initializer[i], &k, err));
        uint32_t t = k.type == ELEM_REAL ? ex_reals(x, &k.shape, k.real) : ex_wholes(x, &k.shape, k.whole);
        if (t == NO_INDEX) return x->status;
        x->g->tensors[t].boolean = k.boolean;
        TRY(add(s, n, p->initializer[i]->name, t, err));
    }
    return TACIT_OK;
}

static tacit_status add_node(expansion *x, scope *s, const gnode *n, const Onnx__NodeProto *p, tacit_error *err) {
    uint32_t in[MAX_NODE_TENSORS], out[MAX_NODE_TENSORS];
    bool known_domain = !p->domain || p->domain[0] == '\0' || strcmp(p->domain, "ai.onnx") == 0;
    if (!p->op_type || !known_domain || p->n_input > MAX_NODE_TENSORS || p->n_output > MAX_NODE_TENSORS ||
        p->n_attribute > MAX_EX_ATTRIBUTES)
        return unsupported(n, "a node of its branch", err);
    for (size_t i = 0; i < p->n_input; i++) TRY(find(x, s, n, p->input[i], &in[i], err));
    for (size_t i = 0; i < p->n_attribute; i++) x->attributes[x->attribute_count++] = p->attribute[i];
    ex_nodes(x, p->op_type, (uint32_t)p->n_input, in, (uint32_t)p->n_output, out);
    if (x->status != TACIT_OK) return x->status;
    for (size_t i = 0; i < p->n_output; i++) TRY(add(s, n, p->output[i], out[i], err));
    return TACIT_OK;
}

tacit_status if_expand(expansion *x, const gnode *n, tacit_error *err) {
    const gtensor *condition = ex_tensor(x, n->in[0]);
    if (!condition->constant || condition->type != ELEM_WHOLE || shape_count(&condition->shape) != 1)
        return unsupported(n, "a condition that is not constant: both branches would be in the proof", err);
    const Onnx__GraphProto *p = attribute_graph(n, condition->whole[0] ? "then_branch" : "else_branch");
    if (!p || p->n_output != n->out_count) return misshapen(n, "its branch has other outputs", err);
    void *s = NULL;
    TRY(graph_alloc(x->g, &s, 1, sizeof(scope), err));
    TRY(add_constants(x, s, n, p, err));
    for (size_t i = 0; i < p->n_node; i++) TRY(add_node(x, s, n, p->node[i], err));
    for (uint32_t k = 0; k < n->out_count; k++) {
        uint32_t t;
        TRY(find(x, s, n, p->output[k]->name, &t, err));
        ex_result(x, k, t);
    }
    return x->status;
}
