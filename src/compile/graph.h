/* compile/graph: the float graph, as read from ONNX: tensors with shapes, nodes in an order in which every input is
 * known before it is used. Everything lives in one arena and goes with it.
 *
 * Tensors and nodes are named by index: both arrays grow while operators are expanded, so a pointer into them is good
 * until the next one is added.
 *
 * Two element types: real (double; float16/32/64 in the file) and whole (int64; all integer and boolean types).
 * Shape data is whole and never becomes real. A tensor is a constant (initializer, or folded) or gets values when the
 * graph is run on a sample. After import every shape is static. */
#ifndef COMPILE_GRAPH_H
#define COMPILE_GRAPH_H
#include "compile/formula.h"
#include "program/program.h"
#include <string.h>

enum { MAX_NODES = 1 << 18, MAX_GRAPH_TENSORS = 1 << 20, MIN_OPSET = 7, MAX_OPSET = 24 };
#define NO_INDEX UINT32_MAX

typedef enum elem_type { ELEM_REAL, ELEM_WHOLE } elem_type;

typedef struct gtensor {
    const char *name;
    elem_type type;
    bool boolean;   /* whole, and every element is 0 or 1 */
    int32_t stored; /* ONNX's type, of integers for which it matters and is known; else 0 */
    bool known;     /* type and shape are known */
    bool constant;
    bool open; /* a constant that is the operator's, not the model's: lies in the program, no hidden parameter */
    bool is_input, is_output;
    shape shape;
    const double *real; /* of a constant, by type */
    const int64_t *whole;
    uint32_t same; /* of a constant: that holds the same numbers (compile/share), `turned`: transposed; or NO_INDEX */
    bool turned;
    uint32_t producer; /* node, or NO_INDEX */
    uint32_t uses;     /* by nodes that are not dead */
    uint32_t source;   /* the file's node that makes it (graph_source), or NO_INDEX */
    double lo, hi;     /* over the calibration samples */
    bool bounded;      /* never outside [least, most]: its range, instead of lo, hi and headroom */
    double least, most;
} gtensor;

typedef struct operator_rule operator_rule;

typedef struct gnode {
    const char *name; /* never empty */
    const char *op;
    const operator_rule *rule;
    const struct Onnx__NodeProto *proto; /* attributes: compile/onnx/attribute.h */
    bool internal;                       /* made by an expansion: opsets do not matter */
    const formula *formula;              /* of an operator that is a function of one number (its input 0); else NULL */
    uint32_t in_count, out_count;
    uint32_t *in, *out; /* tensors; NO_INDEX where an optional one is left out */
    bool dead;          /* folded or merged: neither run nor lowered */
} gnode;

typedef struct name_table {
    uint32_t *slot; /* tensor + 1 */
    uint32_t size;  /* power of two */
} name_table;

typedef struct graph {
    arena *a;
    uint32_t opset, batch; /* batch 0: the model's own */
    uint32_t tensor_count, tensor_capacity, node_count, node_capacity;
    gtensor *tensors;
    gnode *nodes;
    const gnode *file_nodes; /* as the file has them, before expansion; while the graph is folded */
    name_table names;
    uint32_t input_count, output_count;
    uint32_t *inputs, *outputs; /* tensors, in the file's order */
    const char **output_names;  /* an output may share its tensor with another */
    const char *folder;         /* of the file, for external data */
} graph;

/* Room for `tensors` tensors; more are made when needed. */
tacit_status graph_init(graph *g, arena *a, uint32_t tensors, tacit_error *err) TACIT_MUST_CHECK;
/* The tensor of that name, or NO_INDEX. */
uint32_t graph_find(const graph *g, const char *name);
/* A new tensor; the name must be new and outlive the graph. */
tacit_status graph_add(graph *g, const char *name, uint32_t *out, tacit_error *err) TACIT_MUST_CHECK;
/* Appends a copy of the node; its outputs know it as their producer. */
tacit_status graph_add_node(graph *g, const gnode *n, tacit_error *err) TACIT_MUST_CHECK;
void graph_count_uses(graph *g);
/* The one node that uses tensor t, once (uses are counted); NO_INDEX when there are more, or t is an output. */
uint32_t graph_only_user(const graph *g, uint32_t t);
/* The file's node, not expanded, that makes tensor t; NULL for inputs, constants and what expansions made. */
const gnode *graph_source(const graph *g, uint32_t t);
/* Arena memory or RESOURCES. */
tacit_status graph_alloc(graph *g, void **out, size_t count, size_t size, tacit_error *err) TACIT_MUST_CHECK;
/* A real constant "<base><suffix>" with a name of its own; its values are still to be filled in. */
tacit_status graph_new_constant(graph *g, const char *base, const char *suffix, const shape *s, uint32_t *t,
                                double **out, tacit_error *err) TACIT_MUST_CHECK;
/* A copy of at most MAX_NAME - 1 printable characters, `suffix` behind it. */
const char *name_copy(arena *a, const char *name, const char *suffix);

static inline bool node_has_input(const gnode *n, uint32_t i) {
    return i < n->in_count && n->in[i] != NO_INDEX;
}
/* There is such a node, neither folded nor merged, and this is its operator. */
static inline bool node_is(const gnode *n, const char *op) {
    return n && !n->dead && strcmp(n->op, op) == 0;
}
bool node_is_one_of(const gnode *n, const char *const *ops, size_t count);
/* Its result has the elements of input 0 in the same order: Reshape and its kin. */
bool node_reshapes(const gnode *n);
/* Every element of its result is an element of an input, or 0. */
bool node_moves(const gnode *n);
/* Input or output i; the table's counts make sure that it exists. */
static inline gtensor *node_in(const graph *g, const gnode *n, uint32_t i) {
    return &g->tensors[n->in[i]];
}
static inline gtensor *node_out(const graph *g, const gnode *n, uint32_t i) {
    return &g->tensors[n->out[i]];
}

/* UNSUPPORTED with the node's and operator's name and what about it. */
tacit_status unsupported(const gnode *n, const char *what, tacit_error *err);
/* SHAPE, likewise. */
tacit_status misshapen(const gnode *n, const char *what, tacit_error *err);

/* Sets shape and type of output 0. */
void set_output(graph *g, const gnode *n, elem_type type, const shape *s);
/* Of output 0, whose elements are 0 and 1. */
void set_output_boolean(graph *g, const gnode *n, const shape *s);
/* Of output 0: type of input 0. */
void set_output_like(graph *g, const gnode *n, const shape *s);
/* Of output k, if anybody asks for it. */
void set_output_at(graph *g, const gnode *n, uint32_t k, elem_type type, const shape *s);
/* Numpy broadcasting of two shapes; false if they do not fit. */
bool shape_broadcast(shape *out, const shape *a, const shape *b);
/* Row-major strides; stride 0 on axes of length 1 when read as an operand of `as` (broadcast, aligned on the right). */
void broadcast_strides(const shape *operand, const shape *as, uint64_t stride[MAX_RANK]);
#endif
