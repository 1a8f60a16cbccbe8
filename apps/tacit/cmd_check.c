/* tacit check: which operators work and what a proof will cost, before anything runs. */
#include "command.h"
#include "compile_flags.h"
#include "compile_report.h"
#include "errors.h"

static const option_def options[] = {OPTION_DIM, OPTION_BATCH, OPTION_WEIGHTS, COMMON_OPTIONS};

/* Of the model with default scales, for the default number of proofs. */
static tacit_status report_cost(report *r, const tacit_model *m, tacit_error *err) {
    tacit_cost cost;
    CLI_TRY(tacit_estimate(m, NULL, &cost, err));
    cost_report(r, &cost);
    return TACIT_OK;
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    const char *path = args->file[0];
    static compile_flags flags;
    static tacit_compile_report found;
    CLI_TRY(compile_flags_read(&flags, args, err));
    tacit_model *m;
    CLI_TRY(cli_at(path, tacit_check_model(&m, path, &flags.options, &found, err), err));
    report_text(r, "model", path);
    compile_report_operators(r, &found);
    compile_report_sizes(r, &found);
    tacit_status costs = m ? report_cost(r, m, err) : TACIT_OK;
    tacit_model_free(m);
    CLI_TRY(cli_at(path, costs, err));
    report_yes(r, "supported", err->status == TACIT_OK);
    /* The library's text names the first node that does not work, or the limit that the model meets. */
    return err->status == TACIT_OK ? TACIT_OK : cli_at(path, err->status, err);
}

const command cmd_check = {
    .name = "check",
    .summary = "which operators of an ONNX model work, and what a proof will cost",
    .synopsis = "model.onnx [--dim NAME=VALUE]... [--batch N] [--weights 8|16] [--json]",
    .examples = "  tacit check model.onnx\n"
                "  tacit check transformer.onnx --dim sequence=128 --batch 1\n",
    .options = options,
    .min_files = 1,
    .max_files = 1,
    .run = run,
};
