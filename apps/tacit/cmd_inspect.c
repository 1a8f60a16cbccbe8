/* tacit inspect: what is in a file. Of a key only public facts, of a data file only names and shapes. */
#include "command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "data.h"
#include "errors.h"
#include "file_kind.h"
#include "tacit/params.h"
#include "tacit/prove.h"
#include "tacit/verify.h"

enum { LINE_SIZE = 400 };

static const option_def options[] = {
    {"program", 0, NULL, false, "of a model: also every tensor and relation"},
    COMMON_OPTIONS,
};

/* Gathers text into lines and reports each as a row. */
typedef struct line_printer {
    report *r;
    size_t at;
    char line[LINE_SIZE];
} line_printer;

static void put_line(line_printer *p) {
    p->line[p->at] = '\0';
    if (p->at > 0) report_row(p->r, (report_cell[]){REPORT_TEXT(p->line)});
    p->at = 0;
}

static void put_text(void *ctx, const char *text) {
    line_printer *p = ctx;
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            put_line(p);
        } else if (p->at + 1 < LINE_SIZE) {
            p->line[p->at++] = *text;
        }
    }
}

static tacit_status report_model(report *r, const tacit_model *m, bool program, tacit_error *err) {
    io_list list;
    CLI_TRY(io_list_of(&list, m, err));
    report_count(r, "weights", tacit_model_weight_count(m));
    report_text(r, "overflow", tacit_model_overflow(m) == TACIT_REFUSE ? "refuse" : "saturate");
    io_list_report(r, &list);
    if (!program) return TACIT_OK;
    static const report_column column[] = {{"line", -1}};
    static line_printer p;
    p = (line_printer){.r = r};
    report_table(r, "program", column, 1, SIZE_MAX);
    tacit_model_print(m, put_text, &p);
    put_line(&p);
    report_table_end(r);
    return TACIT_OK;
}

static tacit_status inspect_model(report *r, const char *path, bool program, tacit_error *err) {
    tacit_model *m = NULL;
    CLI_TRY(tacit_model_load(&m, path, err));
    tacit_status status = report_model(r, m, program, err);
    tacit_model_free(m);
    return status;
}

static tacit_status inspect_key(report *r, const char *path, bool program, tacit_error *err) {
    tacit_key *k = NULL;
    CLI_TRY(tacit_key_open(&k, path, err));
    report_count(r, "openings_left", tacit_key_budget(k));
    tacit_status status = report_model(r, tacit_key_model(k), program, err);
    tacit_key_close(k);
    return status;
}

/* Without a proof nothing is verified but the certificate's own range proof; that is enough to trust its digests. */
static tacit_status report_certificate(report *r, const file_bytes *b, tacit_error *err) {
    size_t size = tacit_verify_scratch(b->data, b->size);
    void *scratch = malloc(size > 0 ? size : 1);
    if (scratch == NULL) return cli_fail(err, TACIT_RESOURCES, "no memory for %zu bytes", size);
    tacit_verdict v = {0};
    tacit_status status = tacit_verify_certificate(b->data, b->size, scratch, size, &v, err);
    if (status == TACIT_OK) {
        report_hex(r, "model_digest", v.model, 32);
        report_hex(r, "certificate_digest", v.certificate, 32);
        report_hex(r, "program_digest", v.program, 32);
        report_count(r, "security_bits", v.security);
        report_bytes(r, "verify_memory", size);
        report_yes(r, "range_proof_verified", true);
    }
    free(scratch);
    return status;
}

static tacit_status inspect_certificate(report *r, const char *path, tacit_error *err) {
    file_bytes b;
    CLI_TRY(disk_read(&b, path, FILE_MAX_CERTIFICATE, err));
    tacit_status status = report_certificate(r, &b, err);
    disk_wipe(&b);
    return status;
}

static tacit_status inspect_data(report *r, const char *path, tacit_error *err) {
    data_set d;
    tacit_status status = data_read(&d, path, "input_data", err);
    if (status == TACIT_MALFORMED) {
        tacit_error second = {0};
        if (data_read(&d, path, "output_data", &second) == TACIT_OK) status = TACIT_OK;
    }
    if (status != TACIT_OK) return status;
    static const report_column column[] = {{"name", -20}, {"shape", -24}, {"elements", 12}, {"integer", 7}};
    report_table(r, "arrays", column, 4, SIZE_MAX);
    for (size_t i = 0; i < d.count; i++) {
        const array *a = &d.item[i];
        char shape[SHAPE_TEXT_SIZE];
        array_shape_text(shape, sizeof shape, a->dim, a->rank);
        report_row(r, (report_cell[]){REPORT_TEXT(a->name), REPORT_TEXT(shape), REPORT_COUNT(a->count),
                                      REPORT_YES(a->is_integer)});
    }
    report_table_end(r);
    data_set_free(&d);
    return TACIT_OK;
}

static tacit_status inspect_kind(report *r, file_kind kind, const char *path, bool program, tacit_error *err) {
    static const char *const name[] = {"unknown", "model", "certificate", "key", "proof", "data"};
    if (kind != KIND_UNKNOWN) report_text(r, "kind", name[kind]);
    switch (kind) {
    case KIND_MODEL:
        return inspect_model(r, path, program, err);
    case KIND_CERTIFICATE:
        return inspect_certificate(r, path, err);
    case KIND_KEY:
        return inspect_key(r, path, program, err);
    case KIND_PROOF:
        report_note(r, "`tacit verify --cert m.cert` shows what the proof says and whether it is true.");
        return TACIT_OK;
    case KIND_DATA:
        return inspect_data(r, path, err);
    case KIND_UNKNOWN:
        break;
    }
    return cli_fail(err, TACIT_MALFORMED, "%s: neither a model, certificate, key, proof nor data file", path);
}

/* The library itself knows a certificate best. */
static tacit_status ask_library(file_kind *kind, const char *path, tacit_error *err) {
    file_bytes b;
    if (*kind != KIND_UNKNOWN) return TACIT_OK;
    CLI_TRY(disk_read(&b, path, FILE_MAX_CERTIFICATE, err));
    if (tacit_verify_scratch(b.data, b.size) > 0) *kind = KIND_CERTIFICATE;
    disk_wipe(&b);
    return TACIT_OK;
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    const char *path = args->file[0];
    file_kind kind;
    uint64_t size;
    CLI_TRY(file_kind_of(&kind, path, err));
    CLI_TRY(ask_library(&kind, path, err));
    CLI_TRY(disk_size(&size, path, err));
    report_text(r, "file", path);
    report_bytes(r, "size", size);
    return cli_at(path, inspect_kind(r, kind, path, options_has(args, "program"), err), err);
}

const command cmd_inspect = {
    .name = "inspect",
    .summary = "what is in a file: model, certificate, key (public facts only), proof or data",
    .synopsis = "FILE [--program] [--json]",
    .examples = "  tacit inspect m.cert\n"
                "  tacit inspect m.tacit --program\n",
    .options = options,
    .min_files = 1,
    .max_files = 1,
    .run = run,
};
