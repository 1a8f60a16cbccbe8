#define _GNU_SOURCE
#include "onnx_build.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *take(onnx_build *m, size_t size) {
    size = (size + 15) & ~(size_t)15;
    assert(m->used + size <= BUILD_MEMORY);
    void *p = m->memory + m->used;
    m->used += size;
    return memset(p, 0, size);
}

static char *text(onnx_build *m, const char *s, size_t n) {
    char *p = take(m, n + 1);
    memcpy(p, s, n);
    return p;
}

onnx_build *build_start(int64_t opset) {
    onnx_build *m = calloc(1, sizeof *m);
    assert(m);
    onnx__model_proto__init(&m->model);
    onnx__graph_proto__init(&m->graph);
    onnx__operator_set_id_proto__init(&m->opset);
    m->opset.has_version = 1;
    m->opset.version = opset;
    m->opsets[0] = &m->opset;
    m->model.has_ir_version = 1;
    m->model.ir_version = 8;
    m->model.n_opset_import = 1;
    m->model.opset_import = m->opsets;
    m->model.graph = &m->graph;
    m->graph.name = text(m, "test", 4);
    m->graph.node = m->nodes;
    m->graph.initializer = m->initializers;
    m->graph.input = m->inputs;
    m->graph.output = m->outputs;
    return m;
}

static Onnx__ValueInfoProto *value_info(onnx_build *m, const char *name) {
    Onnx__ValueInfoProto *v = take(m, sizeof *v);
    onnx__value_info_proto__init(v);
    v->name = text(m, name, strlen(name));
    return v;
}

void build_input(onnx_build *m, const char *name, shape s) {
    Onnx__ValueInfoProto *v = value_info(m, name);
    Onnx__TypeProto *type = take(m, sizeof *type);
    Onnx__TypeProto__Tensor *t = take(m, sizeof *t);
    Onnx__TensorShapeProto *dims = take(m, sizeof *dims);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(t);
    onnx__tensor_shape_proto__init(dims);
    dims->n_dim = s.rank;
    dims->dim = take(m, (s.rank + 1) * sizeof *dims->dim);
    for (uint32_t k = 0; k < s.rank; k++) {
        dims->dim[k] = take(m, sizeof **dims->dim);
        onnx__tensor_shape_proto__dimension__init(dims->dim[k]);
        dims->dim[k]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dims->dim[k]->dim_value = s.dim[k];
    }
    t->has_elem_type = 1;
    t->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    t->shape = dims;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = t;
    v->type = type;
    m->input_shape[m->graph.n_input] = s;
    m->inputs[m->graph.n_input++] = v;
}

static void set_whole(onnx_build *m, int32_t type, int64_t lo, int64_t hi) {
    size_t i = m->graph.n_input - 1;
    m->inputs[i]->type->tensor_type->elem_type = type;
    m->input_lo[i] = lo;
    m->input_hi[i] = hi;
}

void build_input_whole(onnx_build *m, const char *name, shape s, int64_t lo, int64_t hi) {
    assert(lo < hi);
    build_input(m, name, s);
    set_whole(m, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, lo, hi);
}

void build_input_boolean(onnx_build *m, const char *name, shape s) {
    build_input(m, name, s);
    set_whole(m, ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, 0, 1);
}

void build_output(onnx_build *m, const char *name) {
    m->outputs[m->graph.n_output++] = value_info(m, name);
}

static Onnx__TensorProto *tensor_proto(onnx_build *m, const char *name, const shape *s, int32_t type) {
    Onnx__TensorProto *t = take(m, sizeof *t);
    onnx__tensor_proto__init(t);
    t->name = text(m, name, strlen(name));
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = s->rank;
    t->dims = take(m, (s->rank + 1) * sizeof(int64_t));
    for (uint32_t k = 0; k < s->rank; k++) t->dims[k] = s->dim[k];
    m->initializers[m->graph.n_initializer++] = t;
    return t;
}

Onnx__TensorProto *build_real(onnx_build *m, const char *name, shape s, const double *values) {
    Onnx__TensorProto *t = tensor_proto(m, name, &s, ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE);
    t->n_double_data = shape_count(&s);
    t->double_data = take(m, (t->n_double_data + 1) * sizeof(double));
    if (t->n_double_data > 0) memcpy(t->double_data, values, t->n_double_data * sizeof(double));
    return t;
}

Onnx__TensorProto *build_whole(onnx_build *m, const char *name, uint32_t count, const int64_t *values) {
    const shape s = {.rank = 1, .dim = {count}};
    Onnx__TensorProto *t = tensor_proto(m, name, &s, ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    t->has_raw_data = 1;
    t->raw_data.len = count * sizeof(int64_t);
    t->raw_data.data = take(m, t->raw_data.len + 1);
    memcpy(t->raw_data.data, values, t->raw_data.len);
    return t;
}

/* INT64 as int64_data, all others as int32_data: how ONNX stores small integers. */
Onnx__TensorProto *build_wholes(onnx_build *m, const char *name, shape s, int32_t type, const int64_t *values) {
    Onnx__TensorProto *t = tensor_proto(m, name, &s, type);
    size_t n = shape_count(&s);
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64) {
        t->n_int64_data = n;
        t->int64_data = take(m, (n + 1) * sizeof(int64_t));
        memcpy(t->int64_data, values, n * sizeof(int64_t));
        return t;
    }
    t->n_int32_data = n;
    t->int32_data = take(m, (n + 1) * sizeof(int32_t));
    for (size_t i = 0; i < n; i++) t->int32_data[i] = (int32_t)values[i];
    return t;
}

static char **names(onnx_build *m, const char *list, size_t *count) {
    char **out = take(m, BUILD_LIST * sizeof *out);
    for (const char *p = list; *p != '\0';) {
        size_t n = strcspn(p, " ");
        out[(*count)++] = n == 1 && *p == '-' ? text(m, "", 0) : text(m, p, n);
        p += n + (p[n] == ' ');
    }
    return out;
}

void build_node(onnx_build *m, const char *op, const char *inputs, const char *outputs) {
    Onnx__NodeProto *n = take(m, sizeof *n);
    onnx__node_proto__init(n);
    n->op_type = text(m, op, strlen(op));
    n->input = names(m, inputs, &n->n_input);
    n->output = names(m, outputs, &n->n_output);
    n->attribute = take(m, BUILD_LIST * sizeof *n->attribute);
    m->nodes[m->graph.n_node++] = n;
}

static Onnx__AttributeProto *attribute(onnx_build *m, const char *name, Onnx__AttributeProto__AttributeType type) {
    Onnx__NodeProto *n = m->nodes[m->graph.n_node - 1];
    Onnx__AttributeProto *p = take(m, sizeof *p);
    onnx__attribute_proto__init(p);
    p->name = text(m, name, strlen(name));
    p->has_type = 1;
    p->type = type;
    n->attribute[n->n_attribute++] = p;
    return p;
}

void build_int(onnx_build *m, const char *name, int64_t v) {
    Onnx__AttributeProto *p = attribute(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    p->has_i = 1;
    p->i = v;
}

void build_float(onnx_build *m, const char *name, double v) {
    Onnx__AttributeProto *p = attribute(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    p->has_f = 1;
    p->f = (float)v;
}

void build_text(onnx_build *m, const char *name, const char *value) {
    Onnx__AttributeProto *p = attribute(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    p->has_s = 1;
    p->s.len = strlen(value);
    p->s.data = (uint8_t *)text(m, value, p->s.len);
}

void build_ints(onnx_build *m, const char *name, uint32_t count, const int64_t *v) {
    Onnx__AttributeProto *p = attribute(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    p->n_ints = count;
    p->ints = take(m, (count + 1) * sizeof(int64_t));
    memcpy(p->ints, v, count * sizeof(int64_t));
}

void build_branch(onnx_build *m, const char *name, const char *op, const char *inputs, const char *constant,
                  double value) {
    Onnx__AttributeProto *p = attribute(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH);
    size_t node = m->graph.n_node, initializer = m->graph.n_initializer;
    Onnx__GraphProto *g = take(m, sizeof *g);
    onnx__graph_proto__init(g);
    g->name = text(m, name, strlen(name));
    build_node(m, op, inputs, "branch_out"); /* made as if it were the graph's, then moved */
    (void)build_real(m, constant, (shape){.rank = 0}, &value);
    g->node = take(m, sizeof *g->node);
    g->node[g->n_node++] = m->nodes[node];
    g->initializer = take(m, sizeof *g->initializer);
    g->initializer[g->n_initializer++] = m->initializers[initializer];
    g->output = take(m, sizeof *g->output);
    g->output[g->n_output++] = value_info(m, "branch_out");
    m->graph.n_node = node;
    m->graph.n_initializer = initializer;
    p->g = g;
}

void build_floats(onnx_build *m, const char *name, uint32_t count, const double *v) {
    Onnx__AttributeProto *p = attribute(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS);
    p->n_floats = count;
    p->floats = take(m, (count + 1) * sizeof(float));
    for (uint32_t i = 0; i < count; i++) p->floats[i] = (float)v[i];
}

void build_texts(onnx_build *m, const char *name, uint32_t count, const char *const *v) {
    Onnx__AttributeProto *p = attribute(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS);
    p->n_strings = count;
    p->strings = take(m, (count + 1) * sizeof *p->strings);
    for (uint32_t i = 0; i < count; i++)
        p->strings[i] = (ProtobufCBinaryData){strlen(v[i]), (uint8_t *)text(m, v[i], strlen(v[i]))};
}

void build_ml(onnx_build *m) {
    m->nodes[m->graph.n_node - 1]->domain = text(m, "ai.onnx.ml", strlen("ai.onnx.ml"));
}

const char *build_write(onnx_build *m) {
    size_t size = onnx__model_proto__get_packed_size(&m->model);
    unsigned char *data = malloc(size + 1);
    (void)snprintf(m->path, sizeof m->path, "/tmp/tacit-test-XXXXXX");
    int fd = mkstemp(m->path);
    assert(data && fd >= 0);
    onnx__model_proto__pack(&m->model, data);
    ssize_t n = write(fd, data, size);
    assert(n == (ssize_t)size);
    (void)n;
    (void)close(fd);
    free(data);
    return m->path;
}

void build_end(onnx_build *m) {
    if (m->path[0] != '\0') (void)unlink(m->path);
    free(m);
}
