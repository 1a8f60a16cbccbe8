/* The parameters of a trace as a model has them: arrays of their own, `least` bytes an element or what they need. */
#ifndef TESTS_NARROW_PARAMS_H
#define TESTS_NARROW_PARAMS_H
#include <stdlib.h>
#include "execute/execute.h"

static inline void narrow_params(trace *t, arena *a, unsigned least) {
    narrow *weights = ARENA_ZNEW(a, narrow, t->p->tensor_count);
    for (uint32_t i = 0; i < t->p->tensor_count; i++) {
        const tensor *x = &t->p->tensors[i];
        if (x->kind != TENSOR_PARAM) continue;
        uint64_t n = shape_count(&x->shape);
        unsigned bytes = narrow_bytes(x->lo, x->hi) > least ? narrow_bytes(x->lo, x->hi) : least;
        void *to = ARENA_NEW(a, int32_t, n);
        narrow_copy(trace_atom(t, i), n, to, bytes);
        weights[i] = (narrow){to, bytes};
    }
    for (uint32_t i = 0; i < t->p->tensor_count; i++)
        if (t->p->tensors[i].kind == TENSOR_PARAM) t->values[i] = NULL;
    t->weights = weights;
}
#endif
