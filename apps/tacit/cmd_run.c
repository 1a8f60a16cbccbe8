/* tacit run: the integer model on inputs, and the float model beside it. */
#include "command.h"
#include <stdio.h>
#include <string.h>
#include "compile_flags.h"
#include "data.h"
#include "errors.h"
#include "interrupt.h"

enum { VALUES_SHOWN = 64 };

static const option_def options[] = {
    {"input", 'i', "FILE", false, "the inputs: npy, npz (several, by name) or JSON; required"},
    {"model", 0, "FILE", false, "the ONNX file: run it too and show both"},
    {"output", 'o', "FILE", false, "write the outputs as real numbers: .npy, .npz or .json"},
    OPTION_BATCH,
    OPTION_DIM,
    COMMON_OPTIONS,
};

/* Outputs of all samples, end to end: `io` has their shapes. */
typedef struct results {
    const io_list *list; /* of one sample */
    uint64_t samples;
    tacit_io io[IO_MAX];
    tacit_answers answers[IO_MAX]; /* of one sample */
    int_arrays ints;
    real_arrays reals, floats;
    uint64_t clipped, saturated;
    bool has_floats;
} results;

static void results_free(results *s) {
    int_arrays_free(&s->ints);
    real_arrays_free(&s->reals);
    real_arrays_free(&s->floats);
}

/* Samples are laid along the leading axis. Without the ONNX file, integers at scale 0 count as whole numbers. */
static tacit_status results_init(results *s, const io_list *list, uint64_t samples, tacit_error *err) {
    *s = (results){.list = list, .samples = samples};
    for (size_t o = 0; o < list->outputs; o++) {
        tacit_io *io = &s->io[o];
        *io = list->io[list->inputs + o];
        s->answers[o] = tacit_answers_of(io->rank, io->dim, io->scale == 0);
        if (io->rank == 0 && samples > 1) io->dim[io->rank++] = 1;
        if (io->rank > 0 && (uint64_t)io->dim[0] * samples > UINT32_MAX)
            return cli_fail(err, TACIT_RESOURCES, "%llu samples are too many", (unsigned long long)samples);
        if (io->rank > 0) io->dim[0] *= (uint32_t)samples;
        io->count *= samples;
    }
    CLI_TRY(int_arrays_init(&s->ints, s->io, list->outputs, err));
    return real_arrays_init(&s->reals, s->io, list->outputs, err);
}

static tacit_status run_sample(results *s, const tacit_model *m, const double *const *x, uint64_t sample,
                               tacit_error *err) {
    const tacit_io *outputs = s->list->io + s->list->inputs;
    int64_t *out[IO_MAX];
    uint64_t clipped = 0, saturated = 0;
    for (size_t o = 0; o < s->list->outputs; o++) out[o] = s->ints.x[o] + sample * outputs[o].count;
    CLI_TRY(data_run(m, s->list, x, out, &clipped, &saturated, err));
    s->clipped += clipped;
    s->saturated += saturated;
    for (size_t o = 0; o < s->list->outputs; o++)
        tacit_dequantise(&outputs[o], out[o], s->reals.x[o] + sample * outputs[o].count);
    return TACIT_OK;
}

static tacit_status float_sample(results *s, tacit_float_model *f, const double *const *x, uint64_t sample,
                                 tacit_error *err) {
    double *out[IO_MAX];
    for (size_t o = 0; o < s->list->outputs; o++)
        out[o] = s->floats.x[o] + sample * s->list->io[s->list->inputs + o].count;
    return tacit_float_answer(f, x, out, err);
}

/* f: NULL, or the float model, which runs too. */
static tacit_status run_samples(results *s, const tacit_model *m, tacit_float_model *f, const data_samples *d,
                                tacit_error *err) {
    for (uint64_t i = 0; i < s->samples; i++) {
        const double *x[IO_MAX] = {NULL};
        for (size_t k = 0; k < s->list->inputs; k++) x[k] = d->x[k] + i * s->list->io[k].count;
        tacit_status status = run_sample(s, m, x, i, err);
        if (status == TACIT_OK && f != NULL) status = float_sample(s, f, x, i, err);
        char where[32];
        (void)snprintf(where, sizeof where, "sample %llu", (unsigned long long)i);
        if (status != TACIT_OK && s->samples > 1) return cli_at(where, status, err);
        if (status != TACIT_OK) return status;
        if (interrupt_progress(NULL, "run", (double)(i + 1) / (double)s->samples) != 0)
            return cli_fail(err, TACIT_INTERRUPTED, "interrupted");
    }
    return TACIT_OK;
}

/* The float model writes as many outputs as the ONNX file has; its inputs show whether it is the same model. */
static tacit_status open_floats(tacit_float_model **f, const arguments *args, const io_list *list, tacit_error *err) {
    const char *onnx = options_value(args, "model", 0);
    if (onnx == NULL) return TACIT_OK;
    static compile_flags flags;
    static tacit_io io[IO_MAX];
    static char names[1 << 14];
    uint32_t count = 0;
    CLI_TRY(compile_flags_read(&flags, args, err));
    CLI_TRY(cli_at(onnx, tacit_onnx_inputs(onnx, &flags.options, io, IO_MAX, &count, names, sizeof names, err), err));
    bool same = count == list->inputs;
    for (uint32_t i = 0; i < count && same; i++)
        same = io[i].count == list->io[i].count && strcmp(io[i].name, list->io[i].name) == 0;
    if (!same)
        return cli_fail(err, TACIT_SHAPE,
                        "%s: its inputs are not those of %s; give the --batch and --dim it was compiled with", onnx,
                        args->file[0]);
    return cli_at(onnx, tacit_float_load(f, onnx, &flags.options, err), err);
}

static tacit_status run_both(results *s, const arguments *args, const tacit_model *m, const data_samples *x,
                             const char *input, tacit_error *err) {
    tacit_float_model *f = NULL;
    CLI_TRY(open_floats(&f, args, s->list, err));
    tacit_status status = TACIT_OK;
    if (f != NULL) status = real_arrays_init(&s->floats, s->io, s->list->outputs, err);
    s->has_floats = f != NULL;
    for (size_t o = 0; o < s->list->outputs && f != NULL; o++) {
        const tacit_io *io = &s->list->io[s->list->inputs + o];
        s->answers[o] = tacit_answers_of(io->rank, io->dim, tacit_float_whole(f, o));
    }
    if (status == TACIT_OK) status = cli_at(input, run_samples(s, m, f, x, err), err);
    interrupt_progress_end();
    tacit_float_free(f);
    return status;
}

/* The column of samples is left out where there is only one. */
static void report_values(report *r, const results *s) {
    static const report_column column[] = {{"sample", 6}, {"output", -20}, {"index", 8},      {"integer", 12},
                                           {"real", 14},  {"float", 14},   {"difference", 12}};
    const size_t skipped = s->samples == 1;
    report_table(r, "outputs", column + skipped, (s->has_floats ? 7 : 5) - skipped, VALUES_SHOWN);
    for (uint64_t i = 0; i < s->samples; i++) {
        for (size_t o = 0; o < s->list->outputs; o++) {
            const tacit_io *io = &s->list->io[s->list->inputs + o];
            for (uint64_t k = 0; k < io->count; k++) {
                uint64_t at = i * io->count + k;
                double real = s->reals.x[o][at], wanted = s->has_floats ? s->floats.x[o][at] : 0.0;
                const report_cell cell[] = {REPORT_COUNT(i),           REPORT_TEXT(io->name),
                                            REPORT_COUNT(k),           REPORT_INTEGER(s->ints.x[o][at]),
                                            REPORT_REAL(real),         REPORT_REAL(wanted),
                                            REPORT_REAL(real - wanted)};
                report_row(r, cell + skipped);
            }
        }
    }
    report_table_end(r);
}

static void report_answer(report *r, const results *s, uint64_t sample, size_t o, uint64_t row) {
    const tacit_answers *a = &s->answers[o];
    const tacit_io *io = &s->list->io[s->list->inputs + o];
    const double *mine = s->reals.x[o] + sample * io->count;
    const double *wanted = s->has_floats ? s->floats.x[o] + sample * io->count : mine;
    const report_cell cell[] = {REPORT_COUNT(sample),
                                REPORT_TEXT(io->name),
                                REPORT_COUNT(row),
                                REPORT_INTEGER(tacit_answer(a, mine, row)),
                                REPORT_INTEGER(tacit_answer(a, wanted, row)),
                                REPORT_REAL(tacit_answer_cosine(a, mine, wanted, row))};
    report_row(r, cell + (s->samples == 1));
}

/* Of every row of scores: which is the largest, and how near the two models are. */
static void report_answers(report *r, const results *s) {
    static const report_column column[] = {{"sample", 6},   {"output", -20},       {"row", 8},
                                           {"largest", 12}, {"float_largest", 14}, {"cosine", 12}};
    const size_t skipped = s->samples == 1;
    bool any = false;
    for (size_t o = 0; o < s->list->outputs; o++) any = any || s->answers[o].width > 1;
    if (!any) return;
    report_table(r, "answers", column + skipped, (s->has_floats ? 6 : 4) - skipped, VALUES_SHOWN);
    for (uint64_t i = 0; i < s->samples; i++)
        for (size_t o = 0; o < s->list->outputs; o++)
            for (uint64_t row = 0; s->answers[o].width > 1 && row < s->answers[o].rows; row++)
                report_answer(r, s, i, o, row);
    report_table_end(r);
}

static tacit_status write_results(report *r, const results *s, const char *path, tacit_error *err) {
    if (path == NULL) return TACIT_OK;
    staged_file f;
    CLI_TRY(data_stage(&f, path, s->io, (const double *const *)s->reals.x, s->list->outputs, err));
    CLI_TRY(disk_publish(&f, err));
    report_text(r, "output", path);
    return TACIT_OK;
}

static tacit_status run_on(report *r, const arguments *args, const tacit_model *m, const io_list *list,
                           const data_set *d, const char *input, tacit_error *err) {
    static results s;
    data_samples x;
    CLI_TRY(data_samples_of(&x, d, input, list->io, list->inputs, err));
    tacit_status status = results_init(&s, list, x.count, err);
    if (status == TACIT_OK) status = run_both(&s, args, m, &x, input, err);
    if (status == TACIT_OK) {
        if (s.samples > 1) report_count(r, "samples", s.samples);
        report_count(r, "clipped_inputs", s.clipped);
        report_count(r, "saturated", s.saturated);
        report_values(r, &s);
        report_answers(r, &s);
        status = write_results(r, &s, options_value(args, "output", 0), err);
    }
    results_free(&s);
    return status;
}

static tacit_status run_model(report *r, const arguments *args, const tacit_model *m, const char *input,
                              tacit_error *err) {
    const char *path = options_value(args, "output", 0);
    io_list list;
    data_set d;
    CLI_TRY(io_list_of(&list, m, err));
    if (path != NULL) CLI_TRY(data_can_write(path, list.outputs, err));
    CLI_TRY(data_read(&d, input, "input_data", err));
    tacit_status status = run_on(r, args, m, &list, &d, input, err);
    data_set_free(&d);
    return status;
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    const char *path = args->file[0], *input;
    CLI_TRY(options_need(&input, args, "input", err));
    CLI_TRY(disk_differ(input, options_value(args, "output", 0), err));
    tacit_model *m = NULL;
    CLI_TRY(cli_at(path, tacit_model_load(&m, path, err), err));
    report_text(r, "model", path);
    tacit_status status = run_model(r, args, m, input, err);
    tacit_model_free(m);
    return status;
}

const command cmd_run = {
    .name = "run",
    .summary = "run the integer model, and the float model beside it",
    .synopsis = "m.tacit --input FILE [--model model.onnx] [-o FILE] [--batch N] [--dim NAME=VALUE]... [--json]",
    .examples = "  tacit run m.tacit --input x.npy\n"
                "  tacit run m.tacit --input x.npy --model model.onnx -o y.npy\n",
    .options = options,
    .min_files = 1,
    .max_files = 1,
    .run = run,
};
