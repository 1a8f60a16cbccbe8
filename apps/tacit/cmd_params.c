/* tacit params: every term of the soundness error, in bits. */
#include "command.h"
#include "errors.h"
#include "file_kind.h"
#include "disk.h"
#include "tacit/params.h"

enum { MAX_TERMS = 4096 };

static const option_def options[] = {COMMON_OPTIONS};

static tacit_status report_terms(report *r, const file_bytes *b, tacit_error *err) {
    static tacit_error_term term[MAX_TERMS];
    static const report_column column[] = {{"challenge", -32}, {"count", 6}, {"bits", 9}, {"formula", -48}};
    size_t count = 0;
    double total = 0, worst = 0;
    unsigned security = 0;
    CLI_TRY(tacit_params(b->data, b->size, term, MAX_TERMS, &count, &total, &worst, &security, err));
    report_count(r, "security_target", security);
    report_table(r, "terms", column, 4, SIZE_MAX);
    for (size_t i = 0; i < count && i < MAX_TERMS; i++)
        report_row(r, (report_cell[]){REPORT_TEXT(term[i].name), REPORT_COUNT(term[i].count), REPORT_REAL(term[i].bits),
                                      REPORT_TEXT(term[i].formula)});
    report_table_end(r);
    report_real(r, "worst_bits", worst);
    report_real(r, "total_bits", total);
    return TACIT_OK;
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    const char *path = args->file[0];
    file_kind kind;
    CLI_TRY(file_kind_of(&kind, path, err));
    if (kind == KIND_MODEL)
        return cli_fail(err, TACIT_UNSUPPORTED,
                        "%s: a model has no parameters before it is committed; give its certificate", path);
    file_bytes b;
    CLI_TRY(disk_read(&b, path, FILE_MAX_CERTIFICATE, err));
    report_text(r, "certificate", path);
    tacit_status status = cli_at(path, report_terms(r, &b, err), err);
    disk_wipe(&b);
    return status;
}

const command cmd_params = {
    .name = "params",
    .summary = "every term of the soundness error of a certificate's proofs, in bits",
    .synopsis = "m.cert [--json]",
    .examples = "  tacit params m.cert\n",
    .options = options,
    .min_files = 1,
    .max_files = 1,
    .run = run,
};
