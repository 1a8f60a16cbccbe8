/* compile/expand: an ONNX operator as a small graph of simpler ones.
 *
 * An expansion calls ex_node once per simpler node; shapes are known and constants are folded at once, so what it made
 * can be looked at with ex_tensor. Tensors are indices; after the first failure (kept in the expansion) every call
 * answers NO_INDEX and does nothing, so an expansion reads like a formula and nobody checks in between. Attributes are
 * given before the node that gets them. Nodes made here may themselves be expanded. Internal operators (domain
 * "tacit", e.g. Truncate) exist for expansions only. */
#ifndef COMPILE_EXPAND_H
#define COMPILE_EXPAND_H
#include "compile/operator.h"

struct Onnx__AttributeProto;

enum { MAX_EX_ATTRIBUTES = 12 };

struct expansion {
    graph *g;
    gnode n;    /* the operator that is expanded (a copy: the node array may move) */
    void *fold; /* of compile/fold */
    tacit_status status;
    tacit_error *err;
    uint32_t attribute_count;
    struct Onnx__AttributeProto *attributes[MAX_EX_ATTRIBUTES]; /* for the next node */
};

/* Input i of the operator, NO_INDEX when it is left out. */
static inline uint32_t ex_in(const expansion *x, uint32_t i) {
    return node_has_input(&x->n, i) ? x->n.in[i] : NO_INDEX;
}
/* Shape, type and constant values of a tensor; a scalar real 0 after a failure. Good until the next call. */
const gtensor *ex_tensor(const expansion *x, uint32_t t);
static inline const shape *ex_shape(const expansion *x, uint32_t t) {
    return &ex_tensor(x, t)->shape;
}

/* Attributes of the next node. */
void ex_int(expansion *x, const char *name, int64_t v);
void ex_float(expansion *x, const char *name, double v); /* kept as float */
void ex_ints(expansion *x, const char *name, uint32_t count, const int64_t *v);
void ex_text(expansion *x, const char *name, const char *text); /* not copied */

/* All attributes of the operator itself. */
void ex_same_attributes(expansion *x);

/* A node with one result, which is answered. `op` is not copied: a text of the program's own. */
uint32_t ex_node(expansion *x, const char *op, uint32_t count, const uint32_t *in);
#define EX(x, op, ...)                                                                                                 \
    ex_node(x, op, (uint32_t)(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)), (uint32_t[]){__VA_ARGS__})
/* The same with out_count results. */
void ex_nodes(expansion *x, const char *op, uint32_t count, const uint32_t *in, uint32_t out_count, uint32_t *out);

/* The node once more (attributes and other inputs as they are) with another first input. */
uint32_t ex_like(expansion *x, const gnode *n, uint32_t first);

/* Constants (values are copied). */
uint32_t ex_real(expansion *x, double v); /* a scalar */
uint32_t ex_whole(expansion *x, int64_t v);
uint32_t ex_reals(expansion *x, const shape *s, const double *values);
uint32_t ex_wholes(expansion *x, const shape *s, const int64_t *values);
/* Rank 1, for axes, shapes, starts ... */
uint32_t ex_list(expansion *x, uint32_t count, const int64_t *values);
/* The constant is part of what the operator is (interpolation weights, 1/n, an index mask): it lies in the program,
 * public and exact to its bits, instead of being a hidden parameter. Answers t. */
uint32_t ex_open(expansion *x, uint32_t t);
/* Scratch for constants: zeroed, lives as long as the graph; NULL after a failure. */
double *ex_new_reals(expansion *x, uint64_t count);
int64_t *ex_new_wholes(expansion *x, uint64_t count);

/* Tensor t is the operator's output k. Does nothing if nobody uses that output. */
void ex_result(expansion *x, uint32_t k, uint32_t t);
static inline bool ex_wanted(const expansion *x, uint32_t k) {
    return k < x->n.out_count && x->n.out[k] != NO_INDEX;
}
/* Remembers the first failure; answers x->status. */
tacit_status ex_fail(expansion *x, tacit_status s);
#endif
