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

/* Sets type and shape of every output from the inputs (all known); refuses attributes and shapes that do not work. */
typedef tacit_status (*operator_infer)(graph *g, gnode *n, tacit_error *err);
/* Values of the outputs (their arrays exist) from those of the inputs. Also folds constants. */
typedef tacit_status (*operator_eval)(frame *f, const gnode *n, tacit_error *err);
/* The integer relations. NULL: only ever on constants. */
typedef tacit_status (*operator_lower)(lowering *l, const gnode *n, tacit_error *err);

struct operator_rule {
    const char *name;
    uint8_t since, until; /* opsets */
    uint8_t min_in, max_in, max_out;
    bool is_static;         /* the result depends on shapes only: folded even when inputs are not constant */
    const char *attributes; /* allowed ones, separated by blanks */
    operator_infer infer;
    operator_eval eval;
    operator_lower lower;
};

/* NULL if the table has no such operator. */
const operator_rule *operator_find(const char *name);
#endif
