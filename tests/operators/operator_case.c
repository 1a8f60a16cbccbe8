#include "operator_case.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_IN = 4, TRIES = 6 };

static uint64_t state = 0x9E3779B97F4A7C15u;

double noise(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (double)(int64_t)(state >> 11) * 0x1p-52 - 1;
}

const double *noise_list(double *out, uint64_t count, double scale) {
    for (uint64_t i = 0; i < count; i++) out[i] = noise() * scale;
    return out;
}

static void no_error(tacit_status s, const tacit_error *err, const char *what) {
    if (s != TACIT_OK) fail_msg("%s: %s: %s", what, tacit_status_name(s), err->text);
}

static uint64_t io_total(const tacit_model *m, int outputs) {
    uint64_t n = 0;
    for (size_t i = 0; i < tacit_model_io_count(m); i++) {
        const tacit_io io = tacit_model_io(m, i);
        n += io.is_output == outputs ? io.count : 0;
    }
    return n;
}

/* ---- samples: per input, CASE_SAMPLES end to end */
typedef struct samples {
    uint32_t inputs;
    uint64_t count[MAX_IN];
    double *values[MAX_IN];
} samples;

static samples make_samples(const onnx_build *m, double spread) {
    samples s = {.inputs = (uint32_t)m->graph.n_input};
    for (uint32_t i = 0; i < s.inputs; i++) {
        s.count[i] = shape_count(&m->input_shape[i]);
        s.values[i] = malloc(CASE_SAMPLES * s.count[i] * sizeof(double));
        noise_list(s.values[i], CASE_SAMPLES * s.count[i], spread);
        double lo = (double)m->input_lo[i], width = (double)(m->input_hi[i] - m->input_lo[i] + 1);
        for (uint64_t k = 0; width > 1 && k < CASE_SAMPLES * s.count[i]; k++)
            s.values[i][k] = lo + floor((noise() + 1) / 2 * width);
    }
    return s;
}

static void sample_at(const samples *s, uint32_t k, const double **in) {
    for (uint32_t i = 0; i < s->inputs; i++) in[i] = s->values[i] + k * s->count[i];
}

static void free_samples(samples *s) {
    for (uint32_t i = 0; i < s->inputs; i++) free(s->values[i]);
}

static tacit_model *compile_samples(const char *path, const tacit_compile_options *o, const samples *s) {
    const tacit_samples given = {CASE_SAMPLES, s->inputs, NULL, (const double *const *)s->values};
    static tacit_compile_report report;
    tacit_model *m;
    tacit_error err = {0};
    no_error(tacit_compile(&m, path, o, &given, &report, &err), &err, "compile");
    return m;
}

tacit_model *compile_case(const char *path, const tacit_compile_options *o, uint64_t count, const double *values) {
    const tacit_samples given = {count, 1, NULL, &values};
    tacit_model *m;
    tacit_error err = {0};
    no_error(tacit_compile(&m, path, o, &given, NULL, &err), &err, "compile");
    return m;
}

tacit_model *compile_noise(onnx_build *m, const tacit_compile_options *o, uint64_t elements) {
    double *values = malloc(CASE_SAMPLES * elements * sizeof *values);
    noise_list(values, CASE_SAMPLES * elements, 1);
    tacit_model *model = compile_case(build_write(m), o, CASE_SAMPLES, values);
    free(values);
    build_end(m);
    return model;
}

uint64_t count_lookups(const tacit_model *m) {
    const program *p = &m->pub.program;
    uint64_t count = 0;
    for (uint32_t i = 0; i < p->lookup_count; i++) count += shape_count(&p->tensors[p->lookups[i].columns[0]].shape);
    return count;
}

/* ---- numbers */
static void close_to(const double *got, const double *want, uint64_t n, double tolerance, const char *what) {
    double largest = 0;
    for (uint64_t i = 0; i < n; i++) largest = fmax(largest, fabs(want[i]));
    for (uint64_t i = 0; i < n; i++) {
        if (!(fabs(got[i] - want[i]) <= tolerance * (1 + largest)))
            fail_msg("%s: element %u is %g, not %g", what, (unsigned)i, got[i], want[i]);
    }
}

/* Outputs end to end. */
static void run_floats(const char *path, const tacit_compile_options *o, const tacit_model *m, const double *const *in,
                       double *out) {
    double *outs[MAX_IO];
    uint32_t count = 0;
    tacit_error err = {0};
    for (size_t i = 0; i < tacit_model_io_count(m); i++) {
        const tacit_io io = tacit_model_io(m, i);
        if (!io.is_output) continue;
        outs[count++] = out;
        out += io.count;
    }
    no_error(tacit_float_run(path, o, in, outs, &err), &err, "float run");
}

static void run_integers(const tacit_model *m, const double *const *in, double *out) {
    int64_t *ins[MAX_IO], *outs[MAX_IO];
    uint32_t in_count = 0, out_count = 0;
    tacit_error err = {0};
    for (size_t i = 0; i < tacit_model_io_count(m); i++) {
        const tacit_io io = tacit_model_io(m, i);
        int64_t *v = malloc(io.count * sizeof *v);
        if (io.is_output) {
            outs[out_count++] = v;
            continue;
        }
        no_error(tacit_quantise(m, i, in[in_count], v, NULL, &err), &err, "quantise");
        ins[in_count++] = v;
    }
    no_error(tacit_run(m, (const int64_t *const *)ins, outs, NULL, &err), &err, "run");
    for (uint32_t k = 0; k < out_count; k++) {
        const tacit_io io = tacit_model_io(m, in_count + k);
        tacit_dequantise(&io, outs[k], out);
        out += io.count;
        free(outs[k]);
    }
    for (uint32_t k = 0; k < in_count; k++) free(ins[k]);
}

/* ---- relations */
void trace_case(const tacit_model *m, const int64_t *const *inputs, trace *t, arena *a, uint64_t *saturated) {
    tacit_error err = {0};
    const program *p = &m->pub.program;
    uint32_t in = 0;
    no_error(arena_map(a, (size_t)1 << 30, &err), &err, "arena");
    no_error(trace_make(t, p, NULL, a, &err), &err, "trace");
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].kind == TENSOR_PARAM)
            narrow_read(m->weights[i], shape_count(&p->tensors[i].shape), t->values[i]);
        if (p->tensors[i].kind == TENSOR_INPUT) no_error(trace_set(t, i, inputs[in++], &err), &err, "input");
    }
    no_error(execute(t, a, saturated, &err), &err, "execute");
    no_error(trace_count(t, a, &err), &err, "count");
}

static bool advised(const tensor *t) {
    return t->kind == TENSOR_COMMITTED || t->kind == TENSOR_OUTPUT;
}

static void change_values(trace *t, arena *a) {
    for (uint32_t i = 0; i < t->p->tensor_count; i++) {
        const tensor *x = &t->p->tensors[i];
        uint64_t n = advised(x) ? shape_count(&x->shape) : 0;
        for (uint64_t k = 0; k < TRIES && n > 0; k++) {
            uint64_t at = k < n ? (k * 7919) % n : 0;
            int32_t step = k % 2 == 0 ? 1 : -1;
            t->values[i][at] += step;
            if (trace_violated(t, a) == UINT32_MAX)
                fail_msg("\"%s\"[%u] changed by %d: nothing is violated", x->name, (unsigned)at, (int)step);
            t->values[i][at] -= step;
        }
    }
}

/* Puts another row of the table in place of element `at`, as far as the columns are advice. */
static bool put_row(trace *t, const lookup *l, uint32_t row, uint64_t at, int32_t *kept) {
    const table *tab = &t->p->tables[l->table];
    bool changed = false;
    for (uint32_t c = 0; c < tab->width; c++) {
        kept[c] = advised(&t->p->tensors[l->columns[c]]) ? t->values[l->columns[c]][at] : 0;
    }
    for (uint32_t c = 0; c < tab->width; c++) { /* a tensor may be in two columns */
        if (advised(&t->p->tensors[l->columns[c]]))
            t->values[l->columns[c]][at] = (int32_t)table_value(&tab->columns[c], row);
    }
    for (uint32_t c = 0; c < tab->width; c++)
        changed = changed || (advised(&t->p->tensors[l->columns[c]]) && t->values[l->columns[c]][at] != kept[c]);
    return changed;
}

static void restore_row(trace *t, const lookup *l, uint64_t at, const int32_t *kept) {
    for (uint32_t c = t->p->tables[l->table].width; c-- > 0;) {
        if (advised(&t->p->tensors[l->columns[c]])) t->values[l->columns[c]][at] = kept[c];
    }
}

static void change_rows(trace *t, arena *a) {
    for (uint32_t i = 0; i < t->p->lookup_count; i++) {
        const lookup *l = &t->p->lookups[i];
        const table *tab = &t->p->tables[l->table];
        uint64_t n = shape_count(&t->p->tensors[l->columns[0]].shape);
        for (uint32_t k = 0; k < TRIES && !tab->gather; k++) { /* a gather's rows are changed element by element */
            int32_t kept[MAX_TABLE_WIDTH];
            uint64_t at = k * 7919u % n;
            bool changed = put_row(t, l, (uint32_t)((k * 2654435761u) % tab->rows), at, kept);
            if (changed && trace_violated(t, a) == UINT32_MAX)
                fail_msg("lookup \"%s\"[%u]: another row violates nothing", l->name, (unsigned)at);
            restore_row(t, l, at, kept);
        }
    }
}

void tamper_case(trace *t, arena *a) {
    uint32_t first = trace_violated(t, a);
    if (first != UINT32_MAX) fail_msg("relation %u does not hold on honest values", (unsigned)first);
    change_values(t, a);
    change_rows(t, a);
    assert_int_equal(trace_violated(t, a), UINT32_MAX);
}

static void check_relations(const tacit_model *m, const double *const *in) {
    int64_t *ints[MAX_IN];
    uint32_t count = 0;
    tacit_error err = {0};
    trace t;
    arena a;
    for (size_t i = 0; i < tacit_model_io_count(m) && !tacit_model_io(m, i).is_output; i++) {
        ints[i] = malloc(tacit_model_io(m, i).count * sizeof(int64_t));
        no_error(tacit_quantise(m, i, in[i], ints[i], NULL, &err), &err, "quantise");
        count++;
    }
    trace_case(m, (const int64_t *const *)ints, &t, &a, NULL);
    tamper_case(&t, &a);
    deletion_case(&t, &a);
    arena_unmap(&a);
    for (uint32_t i = 0; i < count; i++) free(ints[i]);
}

/* ---- the whole */
static void check_numbers(const char *path, const samples *s, tacit_overflow overflow, reference ref,
                          const void *context, double tolerance) {
    tacit_compile_options o;
    double *got = malloc(CASE_ELEMENTS * sizeof *got), *want = malloc(CASE_ELEMENTS * sizeof *want);
    tacit_compile_defaults(&o);
    o.weight_bits = 16;
    o.activation_bits = 16;
    o.overflow = overflow;
    tacit_model *m = compile_samples(path, &o, s);
    uint64_t n = io_total(m, 1);
    assert_true(n <= CASE_ELEMENTS);
    for (uint32_t k = 0; k < CASE_SAMPLES; k++) {
        const double *in[MAX_IN];
        sample_at(s, k, in);
        ref(in, want, context);
        run_floats(path, &o, m, in, got);
        close_to(got, want, n, 1e-6, "float model"); /* attributes are 32-bit floats */
        run_integers(m, in, got);
        close_to(got, want, n, tolerance, overflow == TACIT_REFUSE ? "integers, refuse" : "integers, saturate");
    }
    tacit_model_free(m);
    free(got);
    free(want);
}

static void check_advice(const char *path, const samples *s, tacit_overflow overflow) {
    tacit_compile_options o;
    const double *in[MAX_IN];
    tacit_compile_defaults(&o);
    o.weight_bits = 8;
    o.activation_bits = 8;
    o.overflow = overflow;
    tacit_model *m = compile_samples(path, &o, s);
    sample_at(s, 0, in);
    check_relations(m, in);
    tacit_model_free(m);
}

void check_case(onnx_build *m, reference ref, const void *context, double tolerance, double spread) {
    const char *path = build_write(m);
    samples s = make_samples(m, spread);
    for (int overflow = TACIT_SATURATE; overflow <= TACIT_REFUSE; overflow++) {
        check_numbers(path, &s, (tacit_overflow)overflow, ref, context, tolerance);
        check_advice(path, &s, (tacit_overflow)overflow);
    }
    free_samples(&s);
    build_end(m);
}

void refuse_case(onnx_build *m, tacit_status status, const char *part) {
    const char *path = build_write(m);
    samples s = make_samples(m, 1);
    const tacit_samples given = {CASE_SAMPLES, s.inputs, NULL, (const double *const *)s.values};
    tacit_compile_options o;
    tacit_model *model = NULL;
    tacit_error err = {0};
    tacit_compile_defaults(&o);
    tacit_status got = tacit_compile(&model, path, &o, &given, NULL, &err);
    assert_null(model);
    if (got != status || !strstr(err.text, part))
        fail_msg("%s: \"%s\", expected %s with \"%s\"", tacit_status_name(got), err.text, tacit_status_name(status),
                 part);
    free_samples(&s);
    build_end(m);
}
