/* tacit params: every term of the soundness error, in bits. */
#include "command.h"
#include "errors.h"
#include "file_kind.h"
#include "disk.h"
#include "tacit/params.h"

enum { MAX_TERMS = 4096 };

static const option_def options[] = {
    {"proofs", 0, "N", false, "of a model: how many proofs its certificate is to last for (default 100)"},
    COMMON_OPTIONS,
};

/* b: a certificate's bytes; or m: a model, and how many proofs its certificate would be for. */
static tacit_status report_terms(report *r, const file_bytes *b, const tacit_model *m, uint64_t proofs,
                                 tacit_error *err) {
    static tacit_error_term term[MAX_TERMS];
    static const report_column column[] = {{"challenge", -32}, {"count", 6}, {"bits", 9}, {"formula", -48}};
    size_t count = 0;
    double total = 0, worst = 0;
    unsigned security = 0;
    if (m != NULL)
        CLI_TRY(tacit_params_model(m, proofs, term, MAX_TERMS, &count, &total, &worst, &security, err));
    else
        CLI_TRY(tacit_params(b->data, b->size, term, MAX_TERMS, &count, &total, &worst, &security, err));
    report_count(r, "security_target", security);
    report_text(r, "regime", "unique decoding; no conjecture, no grinding");
    report_table(r, "terms", column, 4, SIZE_MAX);
    for (size_t i = 0; i < count && i < MAX_TERMS; i++)
        report_row(r, (report_cell[]){REPORT_TEXT(term[i].name), REPORT_COUNT(term[i].count), REPORT_REAL(term[i].bits),
                                      REPORT_TEXT(term[i].formula)});
    report_table_end(r);
    report_real(r, "worst_bits", worst);
    report_real(r, "total_bits", total);
    return TACIT_OK;
}

static tacit_status model_terms(report *r, const char *path, uint64_t proofs, tacit_error *err) {
    tacit_model *m;
    CLI_TRY(cli_at(path, tacit_model_load(&m, path, err), err));
    report_text(r, "model", path);
    report_count(r, "proofs", proofs);
    tacit_status status = cli_at(path, report_terms(r, NULL, m, proofs, err), err);
    tacit_model_free(m);
    return status;
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    const char *path = args->file[0];
    file_kind kind;
    uint64_t proofs = 100;
    CLI_TRY(options_u64(&proofs, args, "proofs", 1, (uint64_t)1 << 32, err));
    CLI_TRY(file_kind_of(&kind, path, err));
    if (kind == KIND_MODEL) return model_terms(r, path, proofs, err);
    file_bytes b;
    CLI_TRY(disk_read(&b, path, FILE_MAX_CERTIFICATE, err));
    report_text(r, "certificate", path);
    tacit_status status = cli_at(path, report_terms(r, &b, NULL, 0, err), err);
    disk_wipe(&b);
    return status;
}

const command cmd_params = {
    .name = "params",
    .summary = "every term of the soundness error of a model's proofs, in bits",
    .synopsis = "m.cert | m.tacit [--proofs N] [--json]",
    .examples = "  tacit params m.cert\n  tacit params m.tacit --proofs 1000\n",
    .options = options,
    .min_files = 1,
    .max_files = 1,
    .run = run,
};
