/* compile/compile: the public functions. Each reads like a table of contents:
 * import -> fold -> calibrate -> lower (scales, tables, relations) -> model -> report. */
#include "compile/calibrate.h"
#include "compile/fold.h"
#include "compile/indices.h"
#include "compile/lower/pass.h"
#include "compile/memory.h"
#include "compile/onnx/import.h"
#include "compile/options.h"
#include "compile/report.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- samples */
/* values[i] of graph input i, found by name or by place. */
static tacit_status order_samples(const graph *g, const tacit_samples *s, const double **values, tacit_error *err) {
    if (s->count == 0 && g->input_count > 0) return fail(err, TACIT_USAGE, "no samples to calibrate with");
    for (uint32_t i = 0; i < g->input_count; i++) {
        const char *name = g->tensors[g->inputs[i]].name;
        values[i] = !s->names && i < s->input_count ? s->values[i] : NULL;
        for (uint32_t k = 0; s->names && k < s->input_count; k++) {
            if (strcmp(s->names[k], name) == 0) values[i] = s->values[k];
        }
        if (!values[i]) return fail(err, TACIT_USAGE, "no samples for input \"%s\"", name);
    }
    return TACIT_OK;
}

/* Stand-ins for `check`, from a fixed sequence: reals in [-1, 1), rows of a table, 0 and 1 for other integers. */
enum { CHECK_SAMPLES = 2, MORE_ROWS = 1 << 15 };
static double invent(const gtensor *x, double real) {
    const double most = x->bounded ? x->most : 1;
    return x->type == ELEM_REAL ? real : floor((real + 1) / 2 * (most + 1));
}

static tacit_status invent_samples(const graph *g, arena *a, const double **values, tacit_error *err) {
    uint64_t state = 88172645463325252u; /* xorshift64, Marsaglia 2003 */
    for (uint32_t i = 0; i < g->input_count; i++) {
        uint64_t n = CHECK_SAMPLES * shape_count(&g->tensors[g->inputs[i]].shape);
        double *v = ARENA_NEW(a, double, n);
        if (!v) return fail(err, TACIT_RESOURCES, "no memory for samples");
        for (uint64_t k = 0; k < n; k++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            v[k] = invent(&g->tensors[g->inputs[i]], (double)(int64_t)(state >> 11) * 0x1p-52 - 1);
        }
        values[i] = v;
    }
    return TACIT_OK;
}

/* ---- the steps that all share */
typedef struct work {
    arena a;
    graph g;
    frame f;
    const double **values; /* per graph input: samples */
    lowered low;
} work;

static tacit_status read_graph(work *w, const char *path, const tacit_compile_options *o, tacit_error *err) {
    TRY(options_check(o, err));
    TRY(memory_reserve(&w->a, err));
    TRY(import_file(&w->g, &w->a, path, o, err));
    w->values = ARENA_ZNEW(&w->a, const double *, w->g.input_count + 1);
    return w->values ? TACIT_OK : fail(err, TACIT_RESOURCES, "no memory for the model's inputs");
}

static tacit_status check_io_count(const graph *g, tacit_error *err) {
    if (g->input_count + g->output_count > MAX_IO)
        return fail(err, TACIT_UNSUPPORTED, "more than 64 inputs and outputs together");
    return TACIT_OK;
}

static tacit_status make_model(struct tacit_model **out, const work *w, const tacit_compile_options *o,
                               tacit_error *err) {
    const graph *g = &w->g;
    model_io io[MAX_IO];
    const int32_t **weights = calloc(MAX_TENSORS, sizeof *weights);
    if (!weights) return fail(err, TACIT_RESOURCES, "no memory for the model");
    for (uint32_t i = 0; i < g->input_count; i++) io[i] = (model_io){w->low.inputs[i].id, w->low.inputs[i].scale};
    for (uint32_t k = 0; k < g->output_count; k++)
        io[g->input_count + k] = (model_io){w->low.outputs[k].id, w->low.outputs[k].scale};
    for (const param_list *p = w->low.params; p; p = p->next) weights[p->id] = p->values;
    tacit_status s = model_make(out, w->low.bytes, w->low.size, io, g->input_count + g->output_count,
                                (uint8_t)o->overflow, weights, err);
    free((void *)weights);
    return s;
}

/* Clamping takes a lookup and three committed values an element more. */
static bool clamps_cheaply(const tacit_compile_report *r, const lowered *l) {
    uint64_t extra = 4 * l->clamped, all = r->lookups + r->committed + 2 * r->table_rows;
    return extra <= (all - extra) / 4;
}

/* The program and its sizes, no weights yet. */
static tacit_status lower_as(work *w, const tacit_compile_options *o, tacit_compile_report *r, tacit_error *err) {
    program p;
    free(w->low.bytes);
    TRY(lower_graph(&w->g, o, &w->a, &w->low, err));
    size_t mark = arena_mark(&w->a);
    TRY(program_parse(&p, w->low.bytes, w->low.size, &w->a, err));
    report_sizes(&p, &w->low, r);
    arena_release(&w->a, mark);
    r->overflow = o->overflow;
    return TACIT_OK;
}

/* Clamped where that is cheap and does not make tables grow: those of an argmax's differences may, twentyfold. */
static tacit_status lower_as_is_cheaper(work *w, tacit_compile_options *o, tacit_compile_report *r, tacit_error *err) {
    size_t mark = arena_mark(&w->a);
    o->overflow = TACIT_SATURATE;
    TRY(lower_as(w, o, r, err));
    bool cheap = clamps_cheaply(r, &w->low);
    uint64_t rows = r->table_rows;
    arena_release(&w->a, mark);
    o->overflow = TACIT_REFUSE;
    TRY(lower_as(w, o, r, err));
    if (!cheap || rows > 2 * r->table_rows + MORE_ROWS) return TACIT_OK;
    arena_release(&w->a, mark);
    o->overflow = TACIT_SATURATE;
    return lower_as(w, o, r, err);
}

/* Lowered, made a model; values outside are treated as the options say or as is cheaper. */
static tacit_status lower_all(work *w, const tacit_compile_options *given, struct tacit_model **out,
                              tacit_compile_report *r, tacit_error *err) {
    tacit_compile_options o = *given;
    TRY(given->overflow == TACIT_OVERFLOW_AUTO ? lower_as_is_cheaper(w, &o, r, err) : lower_as(w, &o, r, err));
    size_t mark = arena_mark(&w->a);
    TRY(lower_param_values(&w->g, w->low.params, &w->a, err));
    TRY(make_model(out, w, &o, err));
    arena_release(&w->a, mark);
    return TACIT_OK;
}

/* Ranges of all tensors. */
static tacit_status calibrate_all(work *w, uint64_t samples, tacit_error *err) {
    TRY(check_io_count(&w->g, err));
    TRY(frame_make(&w->f, &w->g, &w->a, err));
    return calibrate(&w->g, &w->f, samples, w->values, err);
}

static void drop(work *w) {
    free(w->low.bytes);
    arena_unmap(&w->a);
}

/* ---- public */
static tacit_status prepare(work *w, const char *path, const tacit_compile_options *o, const tacit_samples *samples,
                            tacit_compile_report *r, tacit_error *err) {
    TRY(read_graph(w, path, o, err));
    report_operators(&w->g, r);
    TRY(fold_graph(&w->g, err));
    TRY(bound_indices(&w->g, err));
    TRY(order_samples(&w->g, samples, w->values, err));
    return calibrate_all(w, samples->count, err);
}

/* The layer whose error is largest for its range. */
static const char *worst_layer(const tacit_compile_report *r) {
    uint32_t worst = 0;
    double most = -1;
    for (uint32_t i = 0; i < r->layer_count; i++) {
        double share = r->layers[i].range > 0 ? r->layers[i].largest_error / r->layers[i].range : 0;
        if (share > most) most = share, worst = i;
    }
    return r->layer_count > 0 ? r->layers[worst].name : "";
}

static tacit_status misses(const tacit_compile_report *r, double tolerance, tacit_error *err) {
    char text[96];
    (void)snprintf(text, sizeof text, "largest error %.6g, beyond the tolerance of %.6g", r->largest_error, tolerance);
    return fail(err, TACIT_VALUE, "%s, with weights of %u bits; most is lost in \"%s\"", text, (uint64_t)r->weight_bits,
                worst_layer(r));
}

static bool serves(const tacit_compile_report *r, const tacit_compile_options *o) {
    if (o->tolerance > 0 && !(r->largest_error <= o->tolerance)) return false;
    return !o->keep_answers || r->top1_agree == r->answers || r->weight_bits == 16;
}

/* Once with the options' weights; where these do not serve, once more with 16 bits. */
static tacit_status compile_within(struct tacit_model **out, work *w, const tacit_compile_options *given,
                                   uint64_t samples, tacit_compile_report *r, tacit_error *err) {
    const tacit_compile_report start = *r;
    tacit_compile_options o = *given;
    for (size_t mark = arena_mark(&w->a);; arena_release(&w->a, mark)) {
        *r = start;
        r->headroom = o.headroom;
        r->weight_bits = o.weight_bits;
        TRY(lower_all(w, &o, out, r, err));
        TRY(report_fidelity(&w->g, *out, &w->low, &w->f, samples, w->values, o.headroom, r, err));
        if (serves(r, &o)) return TACIT_OK;
        if (o.weight_bits == 16) return misses(r, o.tolerance, err);
        model_free(*out);
        *out = NULL;
        o.weight_bits = 16;
    }
}

static tacit_status compile(struct tacit_model **out, const char *path, const tacit_compile_options *o,
                            const tacit_samples *samples, tacit_compile_report *r, tacit_error *err) {
    static const tacit_compile_report EMPTY;
    work w = {0};
    *r = EMPTY;
    tacit_status s = prepare(&w, path, o, samples, r, err);
    if (s == TACIT_OK) s = compile_within(out, &w, o, samples->count, r, err);
    drop(&w);
    return s;
}

tacit_status tacit_compile(tacit_model **out, const char *path, const tacit_compile_options *o,
                           const tacit_samples *samples, tacit_compile_report *report, tacit_error *err) {
    tacit_compile_report *r = report ? report : malloc(sizeof *r);
    if (err) *err = (tacit_error){0};
    *out = NULL;
    if (!r) return fail(err, TACIT_RESOURCES, "no memory for the report");
    tacit_status s = samples ? compile(out, path, o, samples, r, err) : fail(err, TACIT_USAGE, "no samples");
    if (s != TACIT_OK) {
        model_free(*out);
        *out = NULL;
    }
    if (!report) free(r);
    return s;
}

static tacit_status check(struct tacit_model **m, work *w, const char *path, const tacit_compile_options *o,
                          tacit_compile_report *r, tacit_error *found, tacit_error *err) {
    TRY(read_graph(w, path, o, err));
    report_operators(&w->g, r);
    if (fold_graph(&w->g, found) != TACIT_OK) return TACIT_OK;
    TRY(bound_indices(&w->g, err));
    TRY(invent_samples(&w->g, &w->a, w->values, err));
    if (calibrate_all(w, CHECK_SAMPLES, found) == TACIT_OK) (void)lower_all(w, o, m, r, found);
    return TACIT_OK;
}

tacit_status tacit_check_model(tacit_model **out, const char *path, const tacit_compile_options *o,
                               tacit_compile_report *report, tacit_error *err) {
    static const tacit_compile_report EMPTY;
    work w = {0};
    tacit_error found = {0};
    if (err) *err = (tacit_error){0};
    *out = NULL;
    *report = EMPTY;
    report->headroom = o->headroom;
    tacit_status s = check(out, &w, path, o, report, &found, err);
    if (s == TACIT_OK && err && found.status != TACIT_OK) *err = found;
    if (s != TACIT_OK || found.status != TACIT_OK) {
        model_free(*out);
        *out = NULL;
    }
    drop(&w);
    return s;
}

tacit_status tacit_check(const char *path, const tacit_compile_options *o, tacit_compile_report *report,
                         tacit_error *err) {
    tacit_model *m;
    tacit_status s = tacit_check_model(&m, path, o, report, err);
    model_free(m);
    return s;
}

static tacit_status list_inputs(const graph *g, tacit_io *ios, uint32_t capacity, uint32_t *count, char *names,
                                uint32_t names_size, tacit_error *err) {
    uint32_t used = 0;
    *count = g->input_count;
    if (g->input_count > capacity) return fail(err, TACIT_RESOURCES, "%u inputs", (uint64_t)g->input_count);
    for (uint32_t i = 0; i < g->input_count; i++) {
        const gtensor *t = &g->tensors[g->inputs[i]];
        size_t n = strlen(t->name) + 1;
        if (n > names_size - used) return fail(err, TACIT_RESOURCES, "no room for the names of the inputs");
        memcpy(names + used, t->name, n);
        ios[i] = (tacit_io){.name = names + used, .rank = t->shape.rank, .count = shape_count(&t->shape)};
        memcpy(ios[i].dim, t->shape.dim, sizeof ios[i].dim);
        used += (uint32_t)n;
    }
    return TACIT_OK;
}

tacit_status tacit_onnx_inputs(const char *path, const tacit_compile_options *o, tacit_io *ios, uint32_t capacity,
                               uint32_t *count, char *names, uint32_t names_size, tacit_error *err) {
    work w = {0};
    if (err) *err = (tacit_error){0};
    tacit_status s = read_graph(&w, path, o, err);
    if (s == TACIT_OK) s = list_inputs(&w.g, ios, capacity, count, names, names_size, err);
    drop(&w);
    return s;
}
