#include "compile/onnx/import.h"
#include "base/file.h"
#include "compile/memory.h"
#include "compile/onnx/data.h"
#include "compile/onnx/external.h"
#include "compile/onnx/order.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ONNX_FILE ((size_t)1 << 31) /* a protobuf message is no larger */

static void *unpack_alloc(void *a, size_t size) {
    return arena_alloc(a, size > 0 ? size : 1, 1);
}
static void unpack_free(void *a, void *p) {
    (void)a, (void)p;
}

/* A model of ai.onnx.ml operators alone names no version of the others. */
static int64_t opset_of(const Onnx__ModelProto *m) {
    int64_t version = 0;
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const char *domain = m->opset_import[i]->domain;
        if (!domain || domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0) return m->opset_import[i]->version;
        if (strcmp(domain, "ai.onnx.ml") == 0) version = MAX_OPSET;
    }
    return version;
}

static tacit_status unpack(const char *path, arena *a, const Onnx__GraphProto **out, uint32_t *opset,
                           tacit_error *err) {
    ProtobufCAllocator allocator = {unpack_alloc, unpack_free, a};
    unsigned char *data = NULL;
    size_t size = 0;
    TRY(file_read(path, MAX_ONNX_FILE, &data, &size, err));
    const Onnx__ModelProto *m = onnx__model_proto__unpack(&allocator, size, data);
    free(data);
    if (!m || !m->graph) return fail(err, TACIT_MALFORMED, "\"%s\" is not an ONNX model", path);
    int64_t version = opset_of(m);
    if (version < MIN_OPSET || version > MAX_OPSET)
        return fail(err, TACIT_UNSUPPORTED, "\"%s\": opset %d (7 to 24 are supported)", path, version);
    *opset = (uint32_t)version;
    *out = m->graph;
    return TACIT_OK;
}

/* Tensors of the file, and two more per node for what folding adds. */
static tacit_status start(graph *g, arena *a, const Onnx__GraphProto *p, tacit_error *err) {
    size_t count = p->n_initializer + p->n_input;
    if (p->n_node > MAX_NODES) return fail(err, TACIT_UNSUPPORTED, "the model has %u nodes", (uint64_t)p->n_node);
    for (size_t i = 0; i < p->n_node; i++) count += p->node[i]->n_output + 2;
    if (count > 1u << 24) return fail(err, TACIT_UNSUPPORTED, "the model has %u tensors", (uint64_t)count);
    return graph_init(g, a, (uint32_t)count, err);
}

static tacit_status add_named(graph *g, const char *name, const char *what, uint32_t *t, tacit_error *err) {
    if (!name || name[0] == '\0') return fail(err, TACIT_MALFORMED, "%s without a name", what);
    return graph_add(g, name, t, err);
}

static tacit_status add_initializers(graph *g, const Onnx__GraphProto *p, tacit_error *err) {
    if (p->n_sparse_initializer > 0) return fail(err, TACIT_UNSUPPORTED, "sparse initializers");
    for (size_t i = 0; i < p->n_initializer; i++) {
        uint32_t t;
        TRY(add_named(g, p->initializer[i]->name, "initializer", &t, err));
        TRY(data_load(g, p->initializer[i], &g->tensors[t], err));
        if (p->initializer[i]->has_raw_data)
            memory_forget(p->initializer[i]->raw_data.data, p->initializer[i]->raw_data.len);
    }
    return TACIT_OK;
}

/* The value of dimension k of an input: given in the file, by name in the options, or by the batch. */
static tacit_status dimension(const graph *g, const gtensor *t, const Onnx__TensorShapeProto__Dimension *d, uint32_t k,
                              const tacit_compile_options *o, uint32_t *out, tacit_error *err) {
    bool fixed = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && d->dim_value != 0;
    const char *name =
        d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && d->dim_param ? d->dim_param : "";
    int64_t v = fixed ? d->dim_value : 0;
    for (uint32_t i = 0; !fixed && i < o->dim_count; i++) {
        if (strcmp(o->dim_names[i], name) == 0) v = o->dim_values[i];
    }
    if (k == 0 && g->batch > 0 && (v == 0 || v == 1)) v = g->batch;
    if (k == 0 && v == 0) v = 1; /* a free leading axis is the batch: one input */
    if (v == 0)
        return fail(err, TACIT_UNSUPPORTED, "input \"%s\": dimension %u (\"%s\") is free; give it a value", t->name,
                    (uint64_t)k, name);
    if (v < 0 || v > INT32_MAX) return fail(err, TACIT_MALFORMED, "input \"%s\": bad dimension", t->name);
    *out = (uint32_t)v;
    return TACIT_OK;
}

static tacit_status input_type(const graph *g, gtensor *t, const Onnx__ValueInfoProto *v,
                               const tacit_compile_options *o, tacit_error *err) {
    const Onnx__TypeProto__Tensor *type =
        v->type && v->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? v->type->tensor_type : NULL;
    if (!type || !type->shape) return fail(err, TACIT_UNSUPPORTED, "input \"%s\" has no shape", t->name);
    t->stored = type->elem_type;
    t->boolean = type->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    if (!data_elem_type(type->elem_type, &t->type))
        return fail(err, TACIT_UNSUPPORTED, "input \"%s\": data type %d", t->name, (int64_t)type->elem_type);
    if (type->shape->n_dim > MAX_RANK) return fail(err, TACIT_UNSUPPORTED, "input \"%s\": too many axes", t->name);
    uint64_t count = 1;
    t->shape.rank = (uint32_t)type->shape->n_dim;
    for (uint32_t k = 0; k < t->shape.rank; k++) {
        TRY(dimension(g, t, type->shape->dim[k], k, o, &t->shape.dim[k], err));
        count *= t->shape.dim[k];
        if (count > INT32_MAX) return fail(err, TACIT_UNSUPPORTED, "input \"%s\" is too large", t->name);
    }
    t->known = t->is_input = true;
    return TACIT_OK;
}

static tacit_status add_inputs(graph *g, const Onnx__GraphProto *p, const tacit_compile_options *o, tacit_error *err) {
    void *list;
    TRY(graph_alloc(g, &list, p->n_input + 1, sizeof(uint32_t), err));
    g->inputs = list;
    for (size_t i = 0; i < p->n_input; i++) {
        const Onnx__ValueInfoProto *v = p->input[i];
        uint32_t t = v->name ? graph_find(g, v->name) : NO_INDEX;
        if (t != NO_INDEX && g->tensors[t].constant) continue; /* an initializer with a default: a constant */
        TRY(add_named(g, v->name, "input", &t, err));
        TRY(input_type(g, &g->tensors[t], v, o, err));
        g->inputs[g->input_count++] = t;
    }
    return TACIT_OK;
}

static tacit_status node_name(graph *g, gnode *n, size_t i, tacit_error *err) {
    const char *given = n->proto->name;
    char number[32];
    (void)snprintf(number, sizeof number, "_%zu", i);
    n->name = given && given[0] != '\0' ? name_copy(g->a, given, "") : name_copy(g->a, n->op, number);
    return n->name ? TACIT_OK : fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
}

/* Output k of node i; one that is left out before others gets a name that nothing uses. */
static tacit_status add_output(graph *g, gnode *n, size_t i, size_t k, tacit_error *err) {
    const char *given = n->proto->output[k];
    char number[48];
    (void)snprintf(number, sizeof number, ":%zu:%zu", i, k);
    if (!given || given[0] == '\0') given = name_copy(g->a, n->name, number);
    if (!given) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    TRY(graph_add(g, given, &n->out[k], err));
    g->tensors[n->out[k]].producer = (uint32_t)i;
    return TACIT_OK;
}

/* Node i with its outputs as new tensors; its inputs are found when all outputs are known. */
static tacit_status add_node(graph *g, size_t i, const Onnx__NodeProto *p, tacit_error *err) {
    gnode *n = &g->nodes[i];
    void *in, *out;
    *n = (gnode){.proto = p, .op = p->op_type ? p->op_type : "", .in_count = (uint32_t)p->n_input};
    TRY(node_name(g, n, i, err));
    TRY(graph_alloc(g, &in, p->n_input + 1, sizeof(uint32_t), err));
    TRY(graph_alloc(g, &out, p->n_output + 1, sizeof(uint32_t), err));
    n->in = in, n->out = out;
    for (size_t k = 0; k < p->n_output; k++) {
        if (p->output[k] && p->output[k][0] != '\0') n->out_count = (uint32_t)k + 1;
    }
    if (n->out_count == 0) return fail(err, TACIT_MALFORMED, "node \"%s\" has no output", n->name);
    for (size_t k = 0; k < n->out_count; k++) TRY(add_output(g, n, i, k, err));
    return TACIT_OK;
}

static tacit_status connect(graph *g, gnode *n, tacit_error *err) {
    for (uint32_t k = 0; k < n->in_count; k++) {
        const char *name = n->proto->input[k];
        n->in[k] = NO_INDEX;
        if (!name || name[0] == '\0') continue;
        n->in[k] = graph_find(g, name);
        if (n->in[k] == NO_INDEX)
            return fail(err, TACIT_MALFORMED, "node \"%s\" (%s): input \"%s\" does not exist", n->name, n->op, name);
    }
    while (n->in_count > 0 && n->in[n->in_count - 1] == NO_INDEX) n->in_count--;
    return TACIT_OK;
}

static tacit_status add_nodes(graph *g, const Onnx__GraphProto *p, tacit_error *err) {
    void *nodes;
    TRY(graph_alloc(g, &nodes, p->n_node + 1, sizeof(gnode), err));
    g->nodes = nodes;
    g->node_count = (uint32_t)p->n_node;
    for (size_t i = 0; i < p->n_node; i++) TRY(add_node(g, i, p->node[i], err));
    for (size_t i = 0; i < p->n_node; i++) TRY(connect(g, &g->nodes[i], err));
    return TACIT_OK;
}

static tacit_status add_outputs(graph *g, const Onnx__GraphProto *p, tacit_error *err) {
    void *list, *names;
    TRY(graph_alloc(g, &list, p->n_output + 1, sizeof(uint32_t), err));
    TRY(graph_alloc(g, &names, p->n_output + 1, sizeof(char *), err));
    g->outputs = list, g->output_names = names;
    if (p->n_output == 0) return fail(err, TACIT_MALFORMED, "the model has no output");
    for (size_t i = 0; i < p->n_output; i++) {
        const char *name = p->output[i]->name;
        uint32_t t = name ? graph_find(g, name) : NO_INDEX;
        if (t == NO_INDEX) return fail(err, TACIT_MALFORMED, "output \"%s\" does not exist", name ? name : "");
        g->tensors[t].is_output = true;
        g->outputs[g->output_count] = t;
        g->output_names[g->output_count++] = g->tensors[t].name;
    }
    return TACIT_OK;
}

tacit_status import_file(graph *g, arena *a, const char *path, const tacit_compile_options *o, tacit_error *err) {
    const Onnx__GraphProto *p = NULL;
    uint32_t opset = 0;
    TRY(unpack(path, a, &p, &opset, err));
    TRY(start(g, a, p, err));
    g->opset = opset;
    g->batch = o->batch;
    g->folder = external_folder(path, a);
    TRY(add_initializers(g, p, err));
    TRY(add_inputs(g, p, o, err));
    TRY(add_nodes(g, p, err));
    TRY(add_outputs(g, p, err));
    return order_nodes(g, err);
}
