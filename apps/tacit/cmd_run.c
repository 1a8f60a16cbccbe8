/* tacit run: the integer model on one input, and the float model beside it. */
#include "command.h"
#include <string.h>
#include "compile_flags.h"
#include "data.h"
#include "errors.h"

enum { VALUES_SHOWN = 64 };

static const option_def options[] = {
    {"input", 'i', "FILE", false, "the inputs: npy, npz (several, by name) or JSON; required"},
    {"model", 0, "FILE", false, "the ONNX file: run it too and show both"},
    {"output", 'o', "FILE", false, "write the outputs as real numbers: .npy, .npz or .json"},
    OPTION_BATCH,
    OPTION_DIM,
    COMMON_OPTIONS,
};

typedef struct results {
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

static tacit_status run_integers(results *s, const tacit_model *m, const io_list *list, const double *const *x,
                                 tacit_error *err) {
    const tacit_io *outputs = list->io + list->inputs;
    CLI_TRY(int_arrays_init(&s->ints, outputs, list->outputs, err));
    CLI_TRY(real_arrays_init(&s->reals, outputs, list->outputs, err));
    int_arrays inputs = {0};
    CLI_TRY(data_quantise(&inputs, m, list, x, &s->clipped, err));
    tacit_status status = tacit_run(m, (const int64_t *const *)inputs.x, s->ints.x, &s->saturated, err);
    int_arrays_free(&inputs);
    if (status != TACIT_OK) return status;
    for (size_t i = 0; i < list->outputs; i++) tacit_dequantise(&outputs[i], s->ints.x[i], s->reals.x[i]);
    return TACIT_OK;
}

/* The float model writes as many outputs as the ONNX file has; its inputs show whether it is the same model. */
static tacit_status run_floats(results *s, const arguments *args, const io_list *list, const double *const *x,
                               tacit_error *err) {
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
    CLI_TRY(real_arrays_init(&s->floats, list->io + list->inputs, list->outputs, err));
    s->has_floats = true;
    return cli_at(onnx, tacit_float_run(onnx, &flags.options, x, s->floats.x, err), err);
}

static void report_results(report *r, const results *s, const io_list *list) {
    static const report_column column[] = {{"output", -20}, {"index", 8},  {"integer", 12},
                                           {"real", 14},    {"float", 14}, {"difference", 12}};
    report_count(r, "clipped_inputs", s->clipped);
    report_count(r, "saturated", s->saturated);
    report_table(r, "outputs", column, s->has_floats ? 6 : 4, VALUES_SHOWN);
    for (size_t o = 0; o < list->outputs; o++) {
        for (uint64_t i = 0; i < s->ints.size[o]; i++) {
            double real = s->reals.x[o][i], wanted = s->has_floats ? s->floats.x[o][i] : 0.0;
            report_row(r, (report_cell[]){REPORT_TEXT(list->io[list->inputs + o].name), REPORT_COUNT(i),
                                          REPORT_INTEGER(s->ints.x[o][i]), REPORT_REAL(real), REPORT_REAL(wanted),
                                          REPORT_REAL(real - wanted)});
        }
    }
    report_table_end(r);
}

static tacit_status write_results(report *r, const results *s, const io_list *list, const char *path,
                                  tacit_error *err) {
    if (path == NULL) return TACIT_OK;
    staged_file f;
    CLI_TRY(data_stage(&f, path, list->io + list->inputs, (const double *const *)s->reals.x, list->outputs, err));
    CLI_TRY(disk_publish(&f, err));
    report_text(r, "output", path);
    return TACIT_OK;
}

static tacit_status run_model(report *r, const arguments *args, const tacit_model *m, const char *input,
                              tacit_error *err) {
    const char *path = options_value(args, "output", 0);
    io_list list;
    data_set d;
    data_samples x;
    CLI_TRY(io_list_of(&list, m, err));
    if (path != NULL) CLI_TRY(data_can_write(path, list.outputs, err));
    CLI_TRY(data_read(&d, input, "input_data", err));
    results s = {0};
    tacit_status status = data_single(&x, &d, input, list.io, list.inputs, err);
    if (status == TACIT_OK) status = cli_at(input, run_integers(&s, m, &list, x.x, err), err);
    if (status == TACIT_OK) status = run_floats(&s, args, &list, x.x, err);
    data_set_free(&d);
    if (status == TACIT_OK) {
        report_results(r, &s, &list);
        status = write_results(r, &s, &list, path, err);
    }
    results_free(&s);
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
