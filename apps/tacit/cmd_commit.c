/* tacit commit: publish a certificate of the model, keep a key. */
#include <string.h>
#include "command.h"
#include "compile_report.h"
#include "errors.h"
#include "disk.h"
#include "interrupt.h"
#include "tacit/certificate.h"

static const option_def options[] = {
    {"output", 'o', "FILE", false, "the certificate, to be published; required"},
    {"key", 0, "FILE", false, "the secret key, never overwritten; required"},
    {"proofs", 0, "N", false, "how many proofs the key must last for (default 100)"},
    {"open-weights", 0, NULL, false, "the weights are no secret: all who have the model get the same digest"},
    {"columns", 0, "auto|stored|computed", false,
     "keep the encoded columns in the key (large, commits slower) or compute them in each proof"},
    COMMON_OPTIONS,
};

static tacit_status read_columns(const arguments *args, tacit_commit_options *o, tacit_error *err) {
    static const char *const names[] = {"auto", "stored", "computed"};
    const char *given = options_value(args, "columns", 0);
    for (int i = 0; given && i < 3; i++)
        if (strcmp(given, names[i]) == 0) {
            o->columns = i;
            return TACIT_OK;
        }
    if (!given) return TACIT_OK;
    return cli_fail(err, TACIT_USAGE, "--columns: not \"%s\" but auto, stored or computed", given);
}

static tacit_status commit_model(report *r, const tacit_model *m, const char *cert, const char *key,
                                 const tacit_commit_options *o, tacit_error *err) {
    tacit_cost cost;
    CLI_TRY(tacit_estimate(m, o, &cost, err));
    report_count(r, "weights", tacit_model_weight_count(m));
    report_count(r, "proofs", o->proofs);
    cost_report(r, &cost);
    report_flush(r);
    uint8_t digest[32];
    interrupt_hold();
    tacit_status status = tacit_commit(m, o, cert, key, digest, err);
    tacit_error late = {0};
    /* A signal after the last step comes too late: both files are whole. */
    if (interrupt_release(&late) != TACIT_OK && status == TACIT_OK) report_note(r, "(the signal came too late)");
    if (status != TACIT_OK) return status;
    report_hex(r, "model_digest", digest, sizeof digest);
    report_text(r, "certificate", cert);
    report_file_size(r, "certificate_size", cert);
    report_text(r, "key", key);
    report_file_size(r, "key_size", key);
    if (o->open_weights)
        report_note(
            r, "The weights are open: whoever has the model can make this certificate. The key is for this machine.");
    else
        report_note(
            r, "Publish the certificate and the digest. Keep the key secret, on this machine, and do not copy it.");
    return TACIT_OK;
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    const char *path = args->file[0], *cert, *key;
    tacit_commit_options o = {
        .proofs = 100, .progress = interrupt_progress, .open_weights = options_has(args, "open-weights")};
    CLI_TRY(options_need(&cert, args, "output", err));
    CLI_TRY(options_need(&key, args, "key", err));
    CLI_TRY(options_u64(&o.proofs, args, "proofs", 1, (uint64_t)1 << 32, err));
    CLI_TRY(read_columns(args, &o, err));
    CLI_TRY(disk_differ(cert, key, err));
    CLI_TRY(disk_differ(path, cert, err));
    CLI_TRY(disk_can_replace(cert, err));
    CLI_TRY(disk_can_replace(key, err));
    uint64_t size;
    tacit_error none = {0};
    if (disk_size(&size, key, &none) == TACIT_OK)
        return cli_fail(err, TACIT_IO, "%s: exists, and a key is never overwritten; name another file", key);
    tacit_model *m = NULL;
    CLI_TRY(cli_at(path, tacit_model_load(&m, path, err), err));
    tacit_status status = commit_model(r, m, cert, key, &o, err);
    tacit_model_free(m);
    return status;
}

const command cmd_commit = {
    .name = "commit",
    .summary = "make a model's public certificate and its secret key",
    .synopsis = "m.tacit -o m.cert --key m.key [--proofs N] [--open-weights] [--columns HOW] [--json]",
    .examples = "  tacit commit m.tacit -o m.cert --key m.key\n"
                "  tacit commit m.tacit -o m.cert --key m.key --proofs 1000\n"
                "  tacit commit public.tacit -o m.cert --key m.key --open-weights\n",
    .options = options,
    .min_files = 1,
    .max_files = 1,
    .run = run,
};
