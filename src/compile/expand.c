#include "compile/expand.h"
#include "compile/fold.h"
#include "onnx.pb-c.h"
#include <stdio.h>
#include <string.h>

static const gtensor NOTHING = {.name = "", .known = true};

tacit_status ex_fail(expansion *x, tacit_status s) {
    if (x->status == TACIT_OK) x->status = s;
    return x->status;
}

const gtensor *ex_tensor(const expansion *x, uint32_t t) {
    return t < x->g->tensor_count ? &x->g->tensors[t] : &NOTHING;
}

static void *allocate(expansion *x, size_t count, size_t size) {
    void *p = NULL;
    if (x->status == TACIT_OK) (void)ex_fail(x, graph_alloc(x->g, &p, count > 0 ? count : 1, size, x->err));
    return p;
}

double *ex_new_reals(expansion *x, uint64_t count) {
    return allocate(x, count, sizeof(double));
}
int64_t *ex_new_wholes(expansion *x, uint64_t count) {
    return allocate(x, count, sizeof(int64_t));
}

/* ---- attributes */
static Onnx__AttributeProto *attribute(expansion *x, const char *name, Onnx__AttributeProto__AttributeType type) {
    Onnx__AttributeProto *p = allocate(x, 1, sizeof *p);
    if (!p) return NULL;
    if (x->attribute_count == MAX_EX_ATTRIBUTES) {
        (void)ex_fail(x, fail(x->err, TACIT_INTERNAL, "too many attributes in an expansion"));
        return NULL;
    }
    onnx__attribute_proto__init(p);
    p->name = (char *)(uintptr_t)name;
    p->has_type = true;
    p->type = type;
    x->attributes[x->attribute_count++] = p;
    return p;
}

void ex_int(expansion *x, const char *name, int64_t v) {
    Onnx__AttributeProto *p = attribute(x, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (p) p->has_i = true, p->i = v;
}

void ex_float(expansion *x, const char *name, double v) {
    Onnx__AttributeProto *p = attribute(x, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (p) p->has_f = true, p->f = (float)v;
}

void ex_ints(expansion *x, const char *name, uint32_t count, const int64_t *v) {
    Onnx__AttributeProto *p = attribute(x, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    int64_t *copy = p ? ex_new_wholes(x, count) : NULL;
    if (!copy) return;
    memcpy(copy, v, count * sizeof *v);
    p->n_ints = count;
    p->ints = copy;
}

void ex_text(expansion *x, const char *name, const char *text) {
    Onnx__AttributeProto *p = attribute(x, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    if (!p) return;
    p->has_s = true;
    p->s = (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
}

void ex_same_attributes(expansion *x) {
    const Onnx__NodeProto *p = x->n.proto;
    for (size_t i = 0; i < p->n_attribute && x->attribute_count < MAX_EX_ATTRIBUTES; i++)
        x->attributes[x->attribute_count++] = p->attribute[i];
}

/* ---- tensors */
/* A new tensor named after the operator. */
static uint32_t new_tensor(expansion *x, const char *what) {
    char suffix[64];
    uint32_t t = NO_INDEX;
    (void)snprintf(suffix, sizeof suffix, "/%.24s.%u", what, (unsigned)x->g->tensor_count);
    const char *name = name_copy(x->g->a, x->n.name, suffix);
    while (name && graph_find(x->g, name) != NO_INDEX) name = name_copy(x->g->a, name, "_");
    if (!name)
        return (void)ex_fail(x, fail(x->err, TACIT_RESOURCES, "the model needs more memory than is set aside")), t;
    return ex_fail(x, graph_add(x->g, name, &t, x->err)) == TACIT_OK ? t : NO_INDEX;
}

static uint32_t constant(expansion *x, elem_type type, const shape *s, const void *values) {
    void *copy = allocate(x, shape_count(s), sizeof(double));
    uint32_t t = copy ? new_tensor(x, "const") : NO_INDEX;
    if (t == NO_INDEX) return t;
    if (shape_count(s) > 0) memcpy(copy, values, shape_count(s) * sizeof(double));
    gtensor *k = &x->g->tensors[t];
    k->type = type;
    k->known = k->constant = true;
    k->shape = *s;
    if (type == ELEM_REAL)
        k->real = copy;
    else
        k->whole = copy;
    return t;
}

uint32_t ex_reals(expansion *x, const shape *s, const double *values) {
    return constant(x, ELEM_REAL, s, values);
}
uint32_t ex_wholes(expansion *x, const shape *s, const int64_t *values) {
    return constant(x, ELEM_WHOLE, s, values);
}
uint32_t ex_real(expansion *x, double v) {
    return ex_reals(x, &(shape){.rank = 0}, &v);
}
uint32_t ex_whole(expansion *x, int64_t v) {
    return ex_wholes(x, &(shape){.rank = 0}, &v);
}
uint32_t ex_list(expansion *x, uint32_t count, const int64_t *values) {
    return ex_wholes(x, &(shape){.rank = 1, .dim = {count}}, values);
}

uint32_t ex_open(expansion *x, uint32_t t) {
    if (x->status == TACIT_OK && t < x->g->tensor_count) x->g->tensors[t].open = true;
    return t;
}

/* ---- nodes */
static const struct Onnx__NodeProto *make_proto(expansion *x) {
    Onnx__NodeProto *p = allocate(x, 1, sizeof *p);
    void *list = allocate(x, x->attribute_count, sizeof(Onnx__AttributeProto *));
    if (!p || !list) return NULL;
    onnx__node_proto__init(p);
    if (x->attribute_count > 0) memcpy(list, x->attributes, x->attribute_count * sizeof(Onnx__AttributeProto *));
    p->n_attribute = x->attribute_count;
    p->attribute = list;
    return p;
}

static void add_node(expansion *x, const char *op, uint32_t count, const uint32_t *in, uint32_t out_count,
                     const uint32_t *out) {
    char suffix[64];
    uint32_t *ids = allocate(x, count + out_count, sizeof *ids);
    (void)snprintf(suffix, sizeof suffix, "/%.24s", op);
    gnode n = {.name = name_copy(x->g->a, x->n.name, suffix),
               .op = op,
               .proto = make_proto(x),
               .internal = true,
               .in_count = count,
               .out_count = out_count,
               .in = ids,
               .out = ids ? ids + count : NULL};
    x->attribute_count = 0;
    if (!n.proto || !ids) return;
    if (!n.name) {
        (void)ex_fail(x, fail(x->err, TACIT_RESOURCES, "the model needs more memory than is set aside"));
        return;
    }
    memcpy(n.in, in, count * sizeof *in);
    memcpy(n.out, out, out_count * sizeof *out);
    while (n.in_count > 0 && n.in[n.in_count - 1] == NO_INDEX) n.in_count--;
    (void)ex_fail(x, fold_node(x->fold, &n, x->err));
}

void ex_nodes(expansion *x, const char *op, uint32_t count, const uint32_t *in, uint32_t out_count, uint32_t *out) {
    for (uint32_t k = 0; k < out_count; k++) out[k] = x->status == TACIT_OK ? new_tensor(x, op) : NO_INDEX;
    if (x->status == TACIT_OK) add_node(x, op, count, in, out_count, out);
}

uint32_t ex_node(expansion *x, const char *op, uint32_t count, const uint32_t *in) {
    uint32_t t;
    ex_nodes(x, op, count, in, 1, &t);
    return x->status == TACIT_OK ? t : NO_INDEX;
}

uint32_t ex_like(expansion *x, const gnode *n, uint32_t first) {
    gnode like = *n;
    uint32_t out = x->status == TACIT_OK ? new_tensor(x, n->op) : NO_INDEX;
    uint32_t *ids = allocate(x, n->in_count + 1, sizeof *ids);
    if (!ids) return NO_INDEX;
    memcpy(ids, n->in, n->in_count * sizeof *ids);
    ids[0] = first;
    ids[n->in_count] = out;
    like.in = ids;
    like.out = ids + n->in_count;
    like.out_count = 1;
    return ex_fail(x, fold_node(x->fold, &like, x->err)) == TACIT_OK ? out : NO_INDEX;
}

void ex_result(expansion *x, uint32_t k, uint32_t t) {
    if (x->status == TACIT_OK && ex_wanted(x, k)) add_node(x, "Identity", 1, &t, 1, &x->n.out[k]);
}
