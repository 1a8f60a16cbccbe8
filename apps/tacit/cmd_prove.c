/* tacit prove: a proof that the committed model gives these outputs on this input. */
#include "command.h"
#include <stdio.h>
#include <string.h>
#include "data.h"
#include "errors.h"
#include "interrupt.h"
#include "tacit/prove.h"

enum { MAX_CONTEXT = 65535 };

static const option_def options[] = {
    {"key", 0, "FILE", false, "the secret key; required"},
    {"input", 'i', "FILE", false, "the inputs: npy, npz (several, by name) or JSON; required"},
    {"show", 0, "NAME", true, "make this input or output public; \"input\": all inputs (default: inputs are private)"},
    {"hide", 0, "NAME", true, "keep this input or output private; \"output\": all outputs (default: they are public)"},
    {"context", 0, "TEXT", false, "bind the proof to this text (a nonce, a purpose)"},
    {"proof", 'o', "FILE", false, "the proof; required"},
    {"output", 0, "FILE", false, "write the outputs as real numbers: .npy, .npz or .json"},
    COMMON_OPTIONS,
};

/* Bits of the tensors that `name` means: the one of that name, or a whole side for "input" and "output". */
static uint64_t named(const io_list *list, const char *name) {
    uint64_t bits = 0, inputs = 0, outputs = 0;
    for (size_t i = 0; i < list->inputs + list->outputs; i++) {
        uint64_t bit = (uint64_t)1 << i;
        if (strcmp(list->io[i].name, name) == 0) bits |= bit;
        *(i < list->inputs ? &inputs : &outputs) |= bit;
    }
    if (bits != 0) return bits;
    if (strcmp(name, "input") == 0) return inputs;
    if (strcmp(name, "output") == 0) return outputs;
    return 0;
}

static tacit_status collect(uint64_t *bits, const arguments *args, const char *option, const io_list *list,
                            tacit_error *err) {
    const char *name;
    *bits = 0;
    for (size_t i = 0; (name = options_value(args, option, i)) != NULL; i++) {
        uint64_t found = named(list, name);
        if (found == 0) {
            char first[64], last[64];
            const char *out = list->io[list->inputs + list->outputs - 1].name;
            cli_clean(first, sizeof first, list->io[0].name, strlen(list->io[0].name));
            cli_clean(last, sizeof last, out, strlen(out));
            return cli_fail(err, TACIT_USAGE, "--%s %.60s: no such input or output; there are '%s' .. '%s'", option,
                            name, first, last);
        }
        *bits |= found;
    }
    return TACIT_OK;
}

static tacit_status read_visibility(tacit_prove_options *o, const arguments *args, const io_list *list,
                                    tacit_error *err) {
    uint64_t show, hide;
    if (list->inputs + list->outputs == 0) return cli_fail(err, TACIT_MALFORMED, "the model has no inputs or outputs");
    CLI_TRY(collect(&show, args, "show", list, err));
    CLI_TRY(collect(&hide, args, "hide", list, err));
    for (size_t i = 0; i < list->inputs + list->outputs; i++)
        if ((show & hide) >> i & 1)
            return cli_fail(err, TACIT_USAGE, "--show and --hide both name '%.60s'; choose one", list->io[i].name);
    o->show = list->inputs < 64 ? show & (((uint64_t)1 << list->inputs) - 1) : show;
    o->hide = list->inputs < 64 ? hide >> list->inputs : 0;
    return TACIT_OK;
}

static void report_visibility(report *r, const tacit_prove_options *o, const io_list *list) {
    static const report_column column[] = {{"kind", -6}, {"name", -20}, {"public", 6}};
    report_table(r, "tensors", column, 3, IO_MAX);
    for (size_t i = 0; i < list->inputs + list->outputs; i++) {
        bool shown = i < list->inputs ? (o->show >> i & 1) != 0 : (o->hide >> (i - list->inputs) & 1) == 0;
        report_row(r, (report_cell[]){REPORT_TEXT(i < list->inputs ? "input" : "output"), REPORT_TEXT(list->io[i].name),
                                      REPORT_YES(shown)});
    }
    report_table_end(r);
}

/* Everything prove needs to know; what is allocated is freed by job_free. */
typedef struct job {
    const char *key_path, *input, *proof_path, *output_path;
    tacit_key *key;
    io_list list;
    tacit_prove_options options;
    int_arrays inputs, outputs;
    uint64_t clipped;
    uint8_t *proof;
    size_t proof_size;
    tacit_prove_report cost;
} job;

static void job_free(job *j) {
    int_arrays_free(&j->inputs);
    int_arrays_free(&j->outputs);
    tacit_key_close(j->key);
    tacit_free(j->proof);
}

static tacit_status read_job(job *j, const arguments *args, tacit_error *err) {
    CLI_TRY(options_need(&j->key_path, args, "key", err));
    CLI_TRY(options_need(&j->input, args, "input", err));
    CLI_TRY(options_need(&j->proof_path, args, "proof", err));
    j->output_path = options_value(args, "output", 0);
    const char *context = options_value(args, "context", 0);
    size_t size = context != NULL ? strlen(context) : 0;
    if (size > MAX_CONTEXT) return cli_fail(err, TACIT_USAGE, "--context: more than %d bytes", MAX_CONTEXT);
    j->options =
        (tacit_prove_options){.context = context, .context_size = (uint32_t)size, .progress = interrupt_progress};
    const char *const written[] = {j->proof_path, j->output_path};
    for (size_t i = 0; i < 2; i++) {
        CLI_TRY(disk_differ(j->key_path, written[i], err));
        CLI_TRY(disk_differ(j->input, written[i], err));
    }
    CLI_TRY(disk_differ(j->proof_path, j->output_path, err));
    return disk_can_write(j->proof_path, err);
}

static tacit_status read_inputs(job *j, const tacit_model *m, tacit_error *err) {
    data_set d;
    data_samples x;
    CLI_TRY(data_read(&d, j->input, "input_data", err));
    tacit_status status = data_single(&x, &d, j->input, j->list.io, j->list.inputs, err);
    if (status == TACIT_OK)
        status = cli_at(j->input, data_quantise(&j->inputs, m, &j->list, x.x, &j->clipped, err), err);
    data_set_free(&d);
    return status;
}

static tacit_status open_key(job *j, const arguments *args, tacit_error *err) {
    CLI_TRY(cli_at(j->key_path, tacit_key_open(&j->key, j->key_path, err), err));
    const tacit_model *m = tacit_key_model(j->key);
    CLI_TRY(cli_at(j->key_path, io_list_of(&j->list, m, err), err));
    CLI_TRY(read_visibility(&j->options, args, &j->list, err));
    if (j->output_path != NULL) CLI_TRY(data_can_write(j->output_path, j->list.outputs, err));
    CLI_TRY(read_inputs(j, m, err));
    return int_arrays_init(&j->outputs, j->list.io + j->list.inputs, j->list.outputs, err);
}

/* Printed before the work starts. */
static tacit_status report_need(report *r, const job *j, tacit_error *err) {
    tacit_cost cost;
    CLI_TRY(tacit_estimate(tacit_key_model(j->key), NULL, &cost, err));
    report_bytes(r, "memory_needed", cost.prove_memory);
    return TACIT_OK;
}

static tacit_status make_proof(job *j, tacit_error *err) {
    interrupt_hold();
    tacit_status status = tacit_prove(j->key, (const int64_t *const *)j->inputs.x, j->outputs.x, &j->options, &j->proof,
                                      &j->proof_size, &j->cost, err);
    tacit_error late = {0};
    tacit_status signalled = interrupt_release(&late);
    if (status != TACIT_OK) return cli_at(j->key_path, status, err);
    if (signalled != TACIT_OK) *err = late;
    return signalled;
}

static tacit_status stage_outputs(staged_file *s, const job *j, tacit_error *err) {
    const tacit_io *io = j->list.io + j->list.inputs;
    real_arrays reals;
    CLI_TRY(real_arrays_init(&reals, io, j->list.outputs, err));
    for (size_t i = 0; i < j->list.outputs; i++) tacit_dequantise(&io[i], j->outputs.x[i], reals.x[i]);
    tacit_status status = data_stage(s, j->output_path, io, (const double *const *)reals.x, j->list.outputs, err);
    real_arrays_free(&reals);
    return status;
}

/* Both files are complete on the disk before either gets its name. */
static tacit_status write_files(const job *j, tacit_error *err) {
    staged_file proof, outputs = {.temp = ""};
    CLI_TRY(disk_stage(&proof, j->proof_path, j->proof, j->proof_size, err));
    tacit_status status = j->output_path != NULL ? stage_outputs(&outputs, j, err) : TACIT_OK;
    if (status == TACIT_OK) status = disk_publish(&outputs, err);
    if (status == TACIT_OK) status = disk_publish(&proof, err);
    disk_discard(&outputs);
    disk_discard(&proof);
    return status;
}

static void report_job(report *r, const job *j) {
    report_visibility(r, &j->options, &j->list);
    report_text(r, "proof", j->proof_path);
    report_bytes(r, "proof_size", j->proof_size);
    if (j->output_path != NULL) report_text(r, "output", j->output_path);
    report_real(r, "prove_seconds", j->cost.seconds);
    static const report_column column[] = {{"step", -32}, {"seconds", 10}};
    report_table(r, "steps", column, 2, SIZE_MAX);
    for (size_t i = 0; i < 10; i++) {
        if (j->cost.step_names[i] == NULL) continue;
        report_row(r, (report_cell[]){REPORT_TEXT(j->cost.step_names[i]), REPORT_REAL(j->cost.step_seconds[i])});
    }
    report_table_end(r);
    report_bytes(r, "peak_memory", j->cost.peak_memory);
    report_count(r, "attempts", j->cost.attempts);
    report_count(r, "clipped_inputs", j->clipped);
    report_count(r, "saturated", j->cost.saturated);
    report_count(r, "openings_left", tacit_key_budget(j->key));
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    static job j;
    tacit_status status = read_job(&j, args, err);
    if (status == TACIT_OK) status = open_key(&j, args, err);
    if (status == TACIT_OK) status = report_need(r, &j, err);
    if (status == TACIT_OK) status = make_proof(&j, err);
    if (status == TACIT_OK) status = write_files(&j, err);
    if (status == TACIT_OK) report_job(r, &j);
    job_free(&j);
    return status;
}

const command cmd_prove = {
    .name = "prove",
    .summary = "prove that the committed model gives these outputs on this input",
    .synopsis = "--key m.key --input FILE -o FILE [--show NAME]... [--hide NAME]... [--context TEXT]\n"
                "       [--output FILE] [--json]",
    .examples = "  tacit prove --key m.key --input x.npy -o x.tacit-proof\n"
                "  tacit prove --key m.key --input x.npy --show input --context \"order 17\" -o x.tacit-proof\n"
                "  tacit prove --key m.key --input x.npz --show mask --hide logits -o x.tacit-proof --output y.npy\n",
    .options = options,
    .min_files = 0,
    .max_files = 0,
    .run = run,
};
