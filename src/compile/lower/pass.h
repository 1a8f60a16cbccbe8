/* compile/lower/pass: the whole graph, as often as it takes until the plan stands still. */
#ifndef COMPILE_LOWER_PASS_H
#define COMPILE_LOWER_PASS_H
#include "compile/lower/lower.h"

/* What the last pass made. Everything but `bytes` lies in the arena. */
typedef struct lowered {
    unsigned char *bytes; /* of the program, malloc'd by the builder: the caller frees them */
    size_t size;
    const slot *slots;    /* per graph tensor */
    const value *outputs; /* per graph output */
    const value *inputs;  /* per graph input */
    param_list *params;   /* lower_param_values completes them */
    uint64_t weight_count, product_count;
    uint64_t clamped; /* elements with limbs for values outside */
} lowered;

tacit_status lower_graph(const graph *g, const tacit_compile_options *o, arena *a, lowered *out,
                         tacit_error *err) TACIT_MUST_CHECK;
#endif
