#include "compile/formula.h"

double formula_value(const formula *f, double x) {
    double v[FORMULA_STEPS + 1];
    v[0] = x;
    for (uint32_t k = 0; k < f->count; k++) {
        const formula_step *s = &f->steps[k];
        v[k + 1] = s->f(v[s->a], v[s->b], s->p);
    }
    return v[f->count];
}

static bool step_equal(const formula_step *a, const formula_step *b) {
    bool equal = a->f == b->f && a->a == b->a && a->b == b->b;
    for (int i = 0; i < FORMULA_PARAMETERS; i++) equal = equal && a->p[i] == b->p[i];
    return equal;
}

bool formula_equal(const formula *a, const formula *b) {
    bool equal = a->count == b->count;
    for (uint32_t k = 0; equal && k < a->count; k++) equal = step_equal(&a->steps[k], &b->steps[k]);
    return equal;
}

double formula_relu(double a, double b, const double *p) {
    return (void)b, (void)p, a > 0 ? a : 0;
}
double formula_constant(double a, double b, const double *p) {
    return (void)a, (void)b, p[0];
}
double formula_add(double a, double b, const double *p) {
    return (void)p, a + b;
}
double formula_sub(double a, double b, const double *p) {
    return (void)p, a - b;
}
double formula_mul(double a, double b, const double *p) {
    return (void)p, a * b;
}
double formula_div(double a, double b, const double *p) {
    return (void)p, a / b;
}
double formula_neg(double a, double b, const double *p) {
    return (void)b, (void)p, -a;
}
