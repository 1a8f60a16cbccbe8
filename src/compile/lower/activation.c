#include "compile/lower/activation.h"
#include "compile/lower/rescale.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

static double real_relu(double x, const double *p) {
    return (void)p, x > 0 ? x : 0;
}
static double real_sigmoid(double x, const double *p) {
    return (void)p, 1 / (1 + exp(-x));
}
static double real_tanh(double x, const double *p) {
    return (void)p, tanh(x);
}
static double real_clip(double x, const double *p) {
    return fmin(fmax(x, p[0]), p[1]);
}

/* out_scale: INT32_MIN is x's own. */
typedef struct activation {
    const char *op;
    func_kind kind;
    double (*real)(double x, const double *parameter);
    int32_t out_scale;
} activation;

static const activation ACTIVATIONS[] = {
    {"Relu", FUNC_RELU, real_relu, INT32_MIN},
    {"Sigmoid", FUNC_REAL, real_sigmoid, 15},
    {"Tanh", FUNC_REAL, real_tanh, 15},
    {"Clip", FUNC_REAL, real_clip, INT32_MIN},
};

static const activation *find(const gnode *n) {
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof ACTIVATIONS[0]; i++) {
        if (strcmp(ACTIVATIONS[i].op, n->op) == 0) return &ACTIVATIONS[i];
    }
    return NULL;
}

bool activation_is(const gnode *n) {
    return find(n) != NULL;
}

/* Clip's bounds: attributes before opset 11, then constant inputs. */
static tacit_status clip_bounds(const graph *g, const gnode *n, double bound[2], tacit_error *err) {
    static const char *const NAMES[2] = {"min", "max"};
    static const double FREE[2] = {-(double)3.402823466e38, (double)3.402823466e38};
    for (uint32_t i = 0; i < 2; i++) {
        TRY(attribute_real(n, NAMES[i], FREE[i], &bound[i], err));
        if (!node_has_input(n, i + 1)) continue;
        const gtensor *t = node_in(g, n, i + 1);
        if (!t->constant || t->type != ELEM_REAL || shape_count(&t->shape) != 1)
            return unsupported(n, "bounds must be constant numbers", err);
        bound[i] = t->real[0];
    }
    return bound[0] <= bound[1] ? TACIT_OK : unsupported(n, "min is larger than max", err);
}

tacit_status activation_func(const graph *g, const gnode *n, func *out, tacit_error *err) {
    const activation *a = find(n);
    if (!a) return fail(err, TACIT_INTERNAL, "\"%s\" is no activation", n->op);
    *out = (func){.kind = a->kind, .real = a->real, .out_scale = a->out_scale};
    return strcmp(n->op, "Clip") == 0 ? clip_bounds(g, n, out->parameter, err) : TACIT_OK;
}

tacit_status activation_infer(graph *g, gnode *n, tacit_error *err) {
    func f;
    const gtensor *x = node_in(g, n, 0);
    if (x->type != ELEM_REAL) return unsupported(n, "on integers", err);
    set_output(g, n, x->type, &x->shape);
    return activation_func(g, n, &f, err);
}

tacit_status activation_eval(frame *f, const gnode *n, tacit_error *err) {
    func fn;
    TRY(activation_func(f->g, n, &fn, err));
    const double *x = frame_real(f, n->in[0]);
    double *y = f->real[n->out[0]];
    uint64_t count = shape_count(&node_out(f->g, n, 0)->shape);
    for (uint64_t i = 0; i < count; i++) y[i] = fn.real(x[i], fn.parameter);
    return TACIT_OK;
}

/* The input's rounding and the function share one lookup. When the input is numbers already, it is looked up again. */
tacit_status activation_lower(lowering *l, const gnode *n, tacit_error *err) {
    func f;
    sum again;
    if (l->slots[n->out[0]].state == VALUE_READY) return TACIT_OK; /* came with its input */
    TRY(activation_func(l->g, n, &f, err));
    slot *k = &l->slots[n->in[0]];
    if (k->state == VALUE_SUM) return rescale(l, k->s, n->in[0], &f, n->out[0], err);
    const value kept = k->v;
    sum_start(&again, &l->g->tensors[n->in[0]].shape, kept.scale);
    TRY(sum_term(&again, kept.id, 1, kept.lo, kept.hi, err));
    TRY(rescale(l, &again, n->in[0], &f, n->out[0], err));
    k->v = kept;
    return TACIT_OK;
}
