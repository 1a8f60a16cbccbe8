/* tacit compile: from ONNX and samples to an integer program and its weights. */
#include "command.h"
#include "compile_flags.h"
#include "compile_report.h"
#include "data.h"
#include "errors.h"
#include "fidelity.h"
#include "interrupt.h"

enum { NAMES_SIZE = 1 << 14 };

static const option_def options[] = {
    {"calibrate", 0, "FILE", false, "samples of the inputs: npz (named), npy or JSON; required"},
    {"output", 'o', "FILE", false, "the compiled model; required"},
    {"test", 0, "FILE", false, "compare float and integer model on this file; with \"label\", count right answers"},
    OPTION_WEIGHTS,
    {"activations", 0, "BITS", false, "bits of an intermediate value, 8 to 16 (default 16)"},
    {"tolerance", 0, "E", false, "largest error an output may have on the samples (default: any)"},
    {"overflow", 0, "auto|saturate|refuse", false, "values outside the calibrated range: clamp or turn away"},
    {"headroom", 0, "X", false, "widen the calibrated range by this factor (default 1.5)"},
    OPTION_BATCH,
    OPTION_DIM,
    COMMON_OPTIONS,
};

typedef struct plan {
    const char *onnx, *samples, *out, *test;
    compile_flags flags;
    tacit_compile_report found;
} plan;

static tacit_status read_plan(plan *p, const arguments *args, tacit_error *err) {
    p->onnx = args->file[0];
    p->test = options_value(args, "test", 0);
    CLI_TRY(options_need(&p->samples, args, "calibrate", err));
    CLI_TRY(options_need(&p->out, args, "output", err));
    CLI_TRY(compile_flags_read(&p->flags, args, err));
    p->flags.options.keep_answers = !options_has(args, "weights");
    CLI_TRY(disk_differ(p->onnx, p->out, err));
    CLI_TRY(disk_differ(p->samples, p->out, err));
    return disk_can_replace(p->out, err);
}

static tacit_status compile_samples(tacit_model **m, plan *p, const data_set *d, tacit_error *err) {
    static tacit_io io[IO_MAX];
    static char text[NAMES_SIZE];
    uint32_t count = 0;
    CLI_TRY(cli_at(p->onnx, tacit_onnx_inputs(p->onnx, &p->flags.options, io, IO_MAX, &count, text, sizeof text, err),
                   err));
    data_samples s;
    CLI_TRY(data_samples_of(&s, d, p->samples, io, count, err));
    const char *names[IO_MAX];
    for (uint32_t i = 0; i < count; i++) names[i] = io[i].name;
    tacit_samples samples = {.count = s.count, .input_count = count, .names = names, .values = s.x};
    return cli_at(p->onnx, tacit_compile(m, p->onnx, &p->flags.options, &samples, &p->found, err), err);
}

static tacit_status calibrate(tacit_model **m, plan *p, tacit_error *err) {
    data_set d;
    CLI_TRY(data_read(&d, p->samples, "input_data", err));
    tacit_status status = compile_samples(m, p, &d, err);
    data_set_free(&d);
    return status;
}

static tacit_status save(const tacit_model *m, const char *path, tacit_error *err) {
    interrupt_hold();
    tacit_status status = cli_at(path, tacit_model_save(m, path, err), err);
    tacit_error late = {0};
    tacit_status signalled = interrupt_release(&late);
    if (status != TACIT_OK || signalled == TACIT_OK) return status;
    *err = late;
    return signalled;
}

static tacit_status finish(report *r, const plan *p, const tacit_model *m, tacit_error *err) {
    report_text(r, "model", p->onnx);
    compile_report_operators(r, &p->found);
    compile_report_fidelity(r, &p->found);
    compile_report_sizes(r, &p->found);
    if (p->test != NULL) CLI_TRY(fidelity_report(r, m, p->onnx, &p->flags.options, p->test, err));
    tacit_cost cost;
    CLI_TRY(tacit_estimate(m, NULL, &cost, err));
    cost_report(r, &cost);
    CLI_TRY(save(m, p->out, err));
    report_text(r, "output", p->out);
    report_file_size(r, "output_size", p->out);
    return TACIT_OK;
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    static plan p;
    CLI_TRY(read_plan(&p, args, err));
    tacit_model *m = NULL;
    tacit_status status = calibrate(&m, &p, err);
    if (status == TACIT_OK) status = finish(r, &p, m, err);
    tacit_model_free(m);
    return status;
}

const command cmd_compile = {
    .name = "compile",
    .summary = "turn an ONNX model into an integer program and its weights",
    .synopsis =
        "model.onnx --calibrate FILE -o m.tacit [--test FILE] [--weights 8|16] [--activations BITS]\n"
        "       [--tolerance E] [--overflow auto|saturate|refuse] [--headroom X] [--batch N] [--dim NAME=VALUE]...\n"
        "       [--json]",
    .examples = "  tacit compile model.onnx --calibrate samples.npz -o m.tacit\n"
                "  tacit compile model.onnx --calibrate samples.npz --test test.npz --weights 16 -o m.tacit\n",
    .options = options,
    .min_files = 1,
    .max_files = 1,
    .run = run,
};
