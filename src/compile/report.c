#include "compile/report.h"
#include "compile/memory.h"
#include "compile/quantise.h"
#include "execute/execute.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_OPERATORS = 64, MAX_LAYERS = 256 };

void report_operators(const graph *g, tacit_compile_report *r) {
    for (uint32_t k = 0; k < g->node_count; k++) {
        const char *op = g->nodes[k].op;
        uint32_t i = 0;
        while (i < r->operator_count && strncmp(r->operators[i].name, op, sizeof r->operators[i].name - 1) != 0) i++;
        if (i == MAX_OPERATORS) continue;
        if (i == r->operator_count) {
            (void)snprintf(r->operators[i].name, sizeof r->operators[i].name, "%s", op);
            r->operators[i].supported = operator_find(DOMAIN_ONNX, op) || operator_find(DOMAIN_ML, op);
            r->operator_count++;
        }
        r->operators[i].count++;
    }
}

void report_sizes(const program *p, const lowered *l, tacit_compile_report *r) {
    r->committed = r->lookups = r->table_rows = 0;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].kind == TENSOR_COMMITTED) r->committed += shape_count(&p->tensors[i].shape);
    }
    for (uint32_t i = 0; i < p->lookup_count; i++)
        r->lookups += shape_count(&p->tensors[p->lookups[i].columns[0]].shape);
    for (uint32_t i = 0; i < p->table_count; i++) r->table_rows += p->tables[i].rows;
    r->weights = l->weight_count;
    r->multiplications = l->product_count;
}

/* ---- fidelity */
typedef struct comparison {
    const graph *g;
    const struct tacit_model *m;
    const lowered *l;
    const frame *f;
    tacit_compile_report *r;
    trace t;
    int64_t *ints;                 /* of the largest tensor */
    uint32_t layer_of[MAX_LAYERS]; /* graph tensor */
    double error_sum;
    uint64_t error_count;
} comparison;

static uint64_t largest_tensor(const graph *g) {
    uint64_t n = 1;
    for (uint32_t t = 0; t < g->tensor_count; t++) {
        uint64_t m = g->tensors[t].known ? shape_count(&g->tensors[t].shape) : 0;
        if (m > n) n = m;
    }
    return n;
}

/* Layers: graph tensors that are numbers in the program and no constants, in order. */
static void list_layers(comparison *c, double headroom) {
    tacit_compile_report *r = c->r;
    for (uint32_t t = 0; t < c->g->tensor_count && r->layer_count < MAX_LAYERS; t++) {
        const gtensor *x = &c->g->tensors[t];
        const slot *s = &c->l->slots[t];
        if (x->constant || s->state != VALUE_READY) continue;
        if (c->m->pub.program.tensors[s->v.id].kind == TENSOR_CONSTANT) continue; /* only parts of it are used */
        uint32_t i = r->layer_count++;
        c->layer_of[i] = t;
        (void)snprintf(r->layers[i].name, sizeof r->layers[i].name, "%s", x->name);
        r->layers[i].range = fmax(fabs(x->lo), fabs(x->hi));
        double held = ldexp((double)(s->v.hi > -s->v.lo ? s->v.hi : -s->v.lo), -s->v.scale);
        r->layers[i].headroom = r->layers[i].range > 0 ? held / r->layers[i].range : headroom;
    }
}

static tacit_status set_inputs(comparison *c, const double *const *inputs, tacit_error *err) {
    for (uint32_t i = 0; i < c->g->input_count; i++) {
        const value *v = &c->l->inputs[i];
        uint64_t n = shape_count(&c->g->tensors[c->g->inputs[i]].shape);
        for (uint64_t k = 0; k < n; k++) c->ints[k] = quantise_one(inputs[i][k], v->scale, INT32_MAX);
        TRY(trace_set(&c->t, v->id, c->ints, err));
    }
    return TACIT_OK;
}

static double layer_error(comparison *c, uint32_t t, const value *v) {
    uint64_t n = shape_count(&c->g->tensors[t].shape);
    double worst = 0;
    const double unit = ldexp(1, -v->scale);
    trace_values(&c->t, v->id, c->ints);
    for (uint64_t k = 0; k < n; k++) {
        double e = fabs((double)c->ints[k] * unit - frame_number(c->f, t, k));
        worst = e > worst ? e : worst;
    }
    return worst;
}

/* One output of one sample: errors and, of the model's first output, in how many rows both give the same answer. */
static void compare_output(comparison *c, uint32_t k, double *mine, double *real) {
    const uint32_t t = c->g->outputs[k];
    const gtensor *x = &c->g->tensors[t];
    trace_values(&c->t, c->l->outputs[k].id, c->ints);
    for (uint64_t i = 0; i < shape_count(&x->shape); i++) {
        real[i] = frame_number(c->f, t, i);
        mine[i] = ldexp((double)c->ints[i], -c->l->outputs[k].scale);
        double e = fabs(mine[i] - real[i]);
        c->r->largest_error = fmax(c->r->largest_error, e);
        c->error_sum += e;
        c->error_count++;
    }
    if (k > 0) return;
    const tacit_answers a = tacit_answers_of(x->shape.rank, x->shape.dim, x->type == ELEM_WHOLE);
    for (uint64_t row = 0; row < a.rows; row++)
        c->r->top1_agree += tacit_answer(&a, mine, row) == tacit_answer(&a, real, row);
    c->r->answers += a.rows;
}

static tacit_status compare_outputs(comparison *c, arena *a, tacit_error *err) {
    for (uint32_t k = 0; k < c->g->output_count; k++) {
        uint64_t n = shape_count(&c->g->tensors[c->g->outputs[k]].shape);
        double *both = ARENA_NEW(a, double, 2 * n);
        if (!both) return fail(err, TACIT_RESOURCES, "no memory to compare outputs");
        compare_output(c, k, both, both + n);
    }
    c->r->samples += c->g->batch > 1 ? c->g->batch : 1;
    return TACIT_OK;
}

/* A tensor of the float run, beside the integers. */
static void compare_layer(void *context, const frame *f, uint32_t t) {
    comparison *c = context;
    (void)f;
    for (uint32_t i = 0; i < c->r->layer_count; i++) {
        if (c->layer_of[i] != t) continue;
        double e = layer_error(c, t, &c->l->slots[t].v);
        c->r->layers[i].largest_error = fmax(c->r->layers[i].largest_error, e);
    }
}

static tacit_status compare_sample(comparison *c, frame *f, const double *const *inputs, tacit_error *err) {
    TRY(set_inputs(c, inputs, err));
    TRY(execute(&c->t, f->scratch, NULL, err));
    TRY(frame_run(f, inputs, compare_layer, c, err));
    return compare_outputs(c, f->scratch, err);
}

/* Of the integer run beside the float one. */
static uint64_t trace_bytes(const program *p) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        const tensor *t = &p->tensors[i];
        bool own = t->kind != TENSOR_LINEAR && t->kind != TENSOR_VIEW && t->kind != TENSOR_PARAM;
        n += own ? sizeof(int32_t) * shape_count(&t->shape) : 0;
    }
    return n;
}

tacit_status report_fidelity(const graph *g, const struct tacit_model *m, const lowered *l, frame *f, uint64_t samples,
                             const double *const *values, double headroom, tacit_compile_report *r, tacit_error *err) {
    comparison *c = ARENA_ZNEW(f->scratch, comparison, 1);
    const double **inputs = ARENA_NEW(f->scratch, const double *, g->input_count + 1);
    if (!c || !inputs) return fail(err, TACIT_RESOURCES, "no memory to compare");
    TRY(memory_fits(f->scratch->used + trace_bytes(&m->pub.program) + 8 * largest_tensor(g), "comparing the models",
                    err));
    *c = (comparison){.g = g, .m = m, .l = l, .f = f, .r = r};
    c->ints = ARENA_NEW(f->scratch, int64_t, largest_tensor(g));
    if (!c->ints) return fail(err, TACIT_RESOURCES, "no memory to compare");
    TRY(trace_make(&c->t, &m->pub.program, m->weights, f->scratch, err));
    list_layers(c, headroom);
    for (uint64_t s = 0; s < samples; s++) {
        size_t mark = arena_mark(f->scratch);
        sample_inputs(g, s, values, inputs);
        TRY(compare_sample(c, f, inputs, err));
        arena_release(f->scratch, mark);
    }
    r->mean_error = c->error_count > 0 ? c->error_sum / (double)c->error_count : 0;
    return TACIT_OK;
}
