#include "compile/lower/activation.h"
#include "compile/functions.h"
#include "compile/lower/rescale.h"

bool activation_is(const gnode *n) {
    return n->formula != NULL;
}

func activation_func(const gnode *n) {
    const formula *f = n->formula;
    bool relu = f->count == 1 && f->steps[0].f == formula_relu;
    return (func){.kind = relu ? FUNC_RELU : FUNC_REAL, .formula = f, .out_scale = f->scale};
}

/* Output and formula, as function `name`. */
tacit_status activation_as(graph *g, gnode *n, const char *name, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    TRY(function_read(g, n, name, err));
    formula_result result = n->formula->result;
    bool real = result == RESULT_REAL || (result == RESULT_LIKE_INPUT && x->type == ELEM_REAL);
    if (x->type == ELEM_WHOLE && !real && !n->formula->whole) return unsupported(n, "on integers", err);
    set_output(g, n, real ? ELEM_REAL : ELEM_WHOLE, &x->shape);
    node_out(g, n, 0)->boolean = result == RESULT_BOOLEAN;
    return TACIT_OK;
}

tacit_status activation_infer(graph *g, gnode *n, tacit_error *err) {
    return activation_as(g, n, n->op, err);
}

tacit_status activation_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *x = node_in(f->g, n, 0), *y = node_out(f->g, n, 0);
    const formula *fn = n->formula;
    uint64_t count = shape_count(&y->shape);
    for (uint64_t i = 0; i < count; i++) {
        if (y->type == ELEM_REAL)
            f->real[n->out[0]][i] = formula_value(fn, frame_number(f, n->in[0], i));
        else if (x->type == ELEM_WHOLE && fn->whole)
            f->whole[n->out[0]][i] = fn->whole(frame_whole(f, n->in[0])[i], fn->steps[0].p);
        else
            f->whole[n->out[0]][i] = (int64_t)formula_value(fn, frame_number(f, n->in[0], i));
    }
    return TACIT_OK;
}

/* The input's rounding and the function share one lookup. When the input is numbers already, it is looked up again. */
tacit_status activation_lower(lowering *l, const gnode *n, tacit_error *err) {
    const func f = activation_func(n);
    sum again;
    if (l->slots[n->out[0]].state == VALUE_READY) return TACIT_OK; /* came with its input */
    slot *k = &l->slots[n->in[0]];
    if (k->state == VALUE_SUM) return rescale(l, k->s, n->in[0], &f, n->out[0], err);
    const value kept = k->v;
    sum_start(&again, &l->g->tensors[n->in[0]].shape, kept.scale);
    TRY(sum_term(&again, kept.id, 1, kept.lo, kept.hi, err));
    TRY(rescale(l, &again, n->in[0], &f, n->out[0], err));
    k->v = kept;
    return TACIT_OK;
}
