#include "compile/make.h"
#include "compile/operator.h"
#include "onnx.pb-c.h"

static tacit_status no_memory(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
}

/* ---- tensors */
tacit_status make_tensor(graph *g, uint32_t t, const shape *s, uint32_t *out, tacit_error *err) {
    const char *name = name_copy(g->a, g->tensors[t].name, ".part");
    while (name && graph_find(g, name) != NO_INDEX) name = name_copy(g->a, name, "_");
    if (!name) return no_memory(err);
    TRY(graph_add(g, name, out, err));
    gtensor *x = &g->tensors[*out];
    *x = g->tensors[t];
    x->name = name;
    x->shape = *s;
    x->producer = x->same = NO_INDEX;
    x->is_input = x->is_output = false;
    return TACIT_OK;
}

tacit_status make_cut(graph *g, uint32_t t, const box *b, uint32_t *out, tacit_error *err) {
    void *values;
    if (box_is_whole(b)) return *out = t, TACIT_OK;
    TRY(graph_alloc(g, &values, shape_count(&b->shape) + 1, sizeof(double), err));
    TRY(make_tensor(g, t, &b->shape, out, err));
    const gtensor *from = &g->tensors[t];
    gtensor *x = &g->tensors[*out];
    for (uint64_t i = 0; i < shape_count(&b->shape); i++) {
        uint64_t rest = i, step = 1, at = 0;
        for (uint32_t k = b->shape.rank; k-- > 0; step *= from->shape.dim[k]) {
            at += box_place(b, k, (uint32_t)(rest % b->shape.dim[k])) * step;
            rest /= b->shape.dim[k];
        }
        if (x->type == ELEM_REAL)
            ((double *)values)[i] = from->real[at];
        else
            ((int64_t *)values)[i] = from->whole[at];
    }
    x->real = x->type == ELEM_REAL ? values : NULL;
    x->whole = x->type == ELEM_WHOLE ? values : NULL;
    return TACIT_OK;
}

/* ---- nodes */
static const Onnx__NodeProto *with_axis(graph *g, int64_t axis, tacit_status *status, tacit_error *err) {
    struct {
        Onnx__NodeProto node;
        Onnx__AttributeProto axis, *list[1];
    } * p;
    void *memory;
    *status = graph_alloc(g, &memory, 1, sizeof *p, err);
    if (*status != TACIT_OK) return NULL;
    p = memory;
    onnx__node_proto__init(&p->node);
    onnx__attribute_proto__init(&p->axis);
    p->axis.name = (char *)(uintptr_t) "axis";
    p->axis.has_type = p->axis.has_i = true;
    p->axis.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    p->axis.i = axis;
    p->list[0] = &p->axis;
    p->node.attribute = p->list;
    p->node.n_attribute = axis == NO_AXIS ? 0 : 1;
    return &p->node;
}

tacit_status make_node(graph *g, const gnode *like, operator_domain domain, const char *op, const uint32_t *in,
                       uint32_t in_count, int64_t axis, uint32_t out, tacit_error *err) {
    void *ids;
    tacit_status s;
    gnode n = {.name = like->name, .op = op, .rule = operator_find(domain, op), .internal = true};
    TRY(graph_alloc(g, &ids, in_count + 1u, sizeof(uint32_t), err));
    n.proto = with_axis(g, axis, &s, err);
    TRY(s);
    n.in = ids;
    n.in_count = in_count;
    n.out = n.in + in_count;
    n.out_count = 1;
    memcpy(n.in, in, in_count * sizeof *in);
    n.out[0] = out;
    return graph_add_node(g, &n, err);
}

tacit_status make_wholes(graph *g, uint32_t like, uint32_t count, int64_t **values, uint32_t *out, tacit_error *err) {
    void *list;
    TRY(graph_alloc(g, &list, count + 1u, sizeof(int64_t), err));
    TRY(make_tensor(g, like, &(shape){.rank = 1, .dim = {count}}, out, err));
    gtensor *x = &g->tensors[*out];
    x->type = ELEM_WHOLE;
    x->constant = true;
    x->boolean = x->bounded = false;
    x->stored = 0;
    x->real = NULL;
    x->whole = *values = list;
    return TACIT_OK;
}

tacit_status make_take(graph *g, const gnode *like, uint32_t axis, const uint32_t *places, uint32_t count, uint32_t *t,
                       tacit_error *err) {
    uint32_t in[2] = {*t, NO_INDEX}, out;
    int64_t *list;
    shape s = g->tensors[*t].shape;
    s.dim[axis] = count;
    TRY(make_wholes(g, *t, count, &list, &in[1], err));
    for (uint32_t i = 0; i < count; i++) list[i] = places[i];
    TRY(make_tensor(g, *t, &s, &out, err));
    TRY(make_node(g, like, DOMAIN_TACIT, "Take", in, 2, axis, out, err));
    *t = out;
    return TACIT_OK;
}
