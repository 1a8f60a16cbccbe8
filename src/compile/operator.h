/* compile/operator: what the compiler knows about one ONNX operator. The table is in lower/operators.c; each family has
 * a file in lower/ with its three functions. */
#ifndef COMPILE_OPERATOR_H
#define COMPILE_OPERATOR_H
#include "compile/graph.h"

typedef struct lowering lowering;

/* Values of all tensors for one sample. Constants lie in the graph. */
typedef struct frame {
    const graph *g;
    double **real;
    int64_t **whole;
    arena *scratch; /* released after every node */
} frame;

static inline const double *frame_real(const frame *f, uint32_t t) {
    return f->g->tensors[t].constant ? f->g->tensors[t].real : f->real[t];
}
static inline const int64_t *frame_whole(const frame *f, uint32_t t) {
    return f->g->tensors[t].constant ? f->g->tensors[t].whole : f->whole[t];
}

/* Element i, an integer as a real (exact below 2^53: for ranges and reports). */
static inline double frame_number(const frame *f, uint32_t t, uint64_t i) {
    return f->g->tensors[t].type == ELEM_REAL ? frame_real(f, t)[i] : (double)frame_whole(f, t)[i];
}

/* All elements as reals, integers (exact below 2^53) in scratch; NULL without memory. */
static inline const double *frame_numbers(const frame *f, uint32_t t) {
    const gtensor *x = &f->g->tensors[t];
    if (x->type == ELEM_REAL) return frame_real(f, t);
    uint64_t n = shape_count(&x->shape);
    double *v = ARENA_NEW(f->scratch, double, n + 1);
    for (uint64_t i = 0; v && i < n; i++) v[i] = frame_number(f, t, i);
    return v;
}

/* Sets type and shape of every output from the inputs (all known); refuses attributes and shapes that do not work. */
typedef tacit_status (*operator_infer)(graph *g, gnode *n, tacit_error *err);
/* Values of the outputs (their arrays exist) from those of the inputs. Also folds constants. */
typedef tacit_status (*operator_eval)(frame *f, const gnode *n, tacit_error *err);
/* The integer relations. NULL: only ever on constants. */
typedef tacit_status (*operator_lower)(lowering *l, const gnode *n, tacit_error *err);
/* Replaces the node by simpler ones (compile/expand.h). Answers its own error or x->status. */
typedef struct expansion expansion;
typedef tacit_status (*operator_expand)(expansion *x, const gnode *n, tacit_error *err);

typedef enum operator_domain {
    DOMAIN_ONNX,
    DOMAIN_ML,   /* ai.onnx.ml: its opset is not checked */
    DOMAIN_TACIT /* internal: made by expansions only */
} operator_domain;

enum { LAST_OPSET = 22 };
struct operator_rule {
    const char *name;
    operator_domain domain;
    uint8_t since, until; /* opsets; LAST_OPSET: to MAX_OPSET, since 23 and 24 added types and operators only */
    uint8_t min_in, max_in, max_out;
    bool is_static;         /* the result depends on shapes only: folded even when inputs are not constant */
    bool on_whole;          /* `lower` works on integers too (reals always); an expansion is not asked */
    const char *attributes; /* allowed ones, separated by blanks */
    operator_infer infer;   /* infer, eval and perhaps lower; or only expand */
    operator_eval eval;
    operator_lower lower;
    operator_expand expand;
};

/* NULL if the table has no such operator in that domain. */
const operator_rule *operator_find(operator_domain domain, const char *name);
#endif
