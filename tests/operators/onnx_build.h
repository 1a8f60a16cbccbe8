/* tests/operators/onnx_build: small ONNX models, made in the test itself. */
#ifndef TESTS_ONNX_BUILD_H
#define TESTS_ONNX_BUILD_H
#include "onnx.pb-c.h"
#include "program/program.h"

enum { BUILD_LIST = 32, BUILD_MEMORY = 1 << 20 };

typedef struct onnx_build {
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset, *opsets[1];
    Onnx__NodeProto *nodes[BUILD_LIST];
    Onnx__TensorProto *initializers[BUILD_LIST];
    Onnx__ValueInfoProto *inputs[BUILD_LIST], *outputs[BUILD_LIST];
    shape input_shape[BUILD_LIST];
    int64_t input_lo[BUILD_LIST], input_hi[BUILD_LIST]; /* of integer inputs; 0, 0: reals */
    unsigned char memory[BUILD_MEMORY];
    size_t used;
    char path[64];
} onnx_build;

onnx_build *build_start(int64_t opset);
void build_input(onnx_build *m, const char *name, shape s);
/* Integers (int64), or booleans, from lo to hi (0 to 1). */
void build_input_whole(onnx_build *m, const char *name, shape s, int64_t lo, int64_t hi);
void build_input_boolean(onnx_build *m, const char *name, shape s);
void build_output(onnx_build *m, const char *name);
Onnx__TensorProto *build_real(onnx_build *m, const char *name, shape s, const double *values);
Onnx__TensorProto *build_whole(onnx_build *m, const char *name, uint32_t count, const int64_t *values);
/* The same with a shape; type: of ONNX (INT64, BOOL, INT32, UINT8 ...). */
Onnx__TensorProto *build_wholes(onnx_build *m, const char *name, shape s, int32_t type, const int64_t *values);
/* Names separated by blanks; "-" is an input that is left out. */
void build_node(onnx_build *m, const char *op, const char *inputs, const char *outputs);
/* Attributes of the last node. */
void build_int(onnx_build *m, const char *name, int64_t v);
void build_float(onnx_build *m, const char *name, double v);
void build_text(onnx_build *m, const char *name, const char *text);
void build_ints(onnx_build *m, const char *name, uint32_t count, const int64_t *v);
/* A graph of one node, which may read a constant of its own and the graph's tensors. */
void build_branch(onnx_build *m, const char *name, const char *op, const char *inputs, const char *constant,
                  double value);
void build_floats(onnx_build *m, const char *name, uint32_t count, const double *v);
void build_texts(onnx_build *m, const char *name, uint32_t count, const char *const *v);
/* The last node is of ai.onnx.ml. */
void build_ml(onnx_build *m);
/* Writes the model to a temporary file. */
const char *build_write(onnx_build *m);
void build_end(onnx_build *m);

#define INTS(m, name, ...)                                                                                             \
    build_ints(m, name, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})
#endif
