#include "shown.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "data.h"
#include "errors.h"

enum { VALUES_SHOWN = 64 };

static tacit_io io_of(const tacit_shown *s) {
    tacit_io io = {.name = s->name, .is_output = s->is_output, .rank = s->rank, .count = s->count, .scale = s->scale};
    for (uint32_t i = 0; i < s->rank && i < TACIT_MAX_RANK; i++) io.dim[i] = s->dim[i];
    return io;
}

static tacit_status differs(tacit_error *err, bool output, const char *path, const char *name, const char *what) {
    char clean[64];
    cli_clean(clean, sizeof clean, name, strlen(name));
    tacit_reject code = output ? TACIT_REJECT_OUTPUT : TACIT_REJECT_INPUT;
    tacit_status status =
        cli_fail(err, TACIT_REJECTED, "%.100s: %s '%s': %s", path, tacit_reject_text(code), clean, what);
    err->reject = code;
    return status;
}

/* round(x * 2^scale), half away from zero, as the prover does; false when it is no int64. */
static bool to_integer(double x, int32_t scale, int64_t *out) {
    double y = round(ldexp(x, scale));
    if (!(fabs(y) < 0x1p63)) return false;
    *out = (int64_t)y;
    return true;
}

static tacit_status compare_values(const tacit_shown *s, const array *a, const char *path, tacit_error *err) {
    bool exact = s->is_output && a->is_integer;
    char what[128];
    for (uint64_t i = 0; i < s->count; i++) {
        int64_t wanted = 0;
        bool known = true;
        if (exact) {
            wanted = a->integer[i];
        } else {
            known = to_integer(a->real[i], s->scale, &wanted);
        }
        if (known && wanted == s->values[i]) continue;
        /* A public value may be named; the file is the caller's own. */
        (void)snprintf(what, sizeof what, "element %" PRIu64 " is %" PRId64 ", not %s%" PRId64, i, s->values[i],
                       known ? "" : "beyond ", known ? wanted : INT64_MAX);
        return differs(err, s->is_output != 0, path, s->name, what);
    }
    return TACIT_OK;
}

/* The proof's inputs or outputs, in order. */
static size_t side_of(const tacit_verdict *v, bool outputs, tacit_io io[IO_MAX], const tacit_shown *shown[IO_MAX]) {
    size_t count = 0;
    for (uint32_t i = 0; i < v->shown_count && count < IO_MAX; i++) {
        if ((v->shown[i].is_output != 0) != outputs) continue;
        shown[count] = &v->shown[i];
        io[count++] = io_of(&v->shown[i]);
    }
    return count;
}

/* Leaves in the lists what the file has arrays for; all where it has none, or one that is not in the lists. */
static size_t named_in(const data_set *d, size_t count, tacit_io io[IO_MAX], const tacit_shown *shown[IO_MAX]) {
    size_t kept = 0;
    bool has[IO_MAX] = {false};
    for (size_t k = 0; k < d->count; k++) {
        size_t i = 0;
        while (i < count && strcmp(d->item[k].name, io[i].name) != 0) i++;
        if (i == count) return count;
        has[i] = true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!has[i]) continue;
        io[kept] = io[i];
        shown[kept++] = shown[i];
    }
    return kept > 0 ? kept : count;
}

static tacit_status compare_all(const tacit_verdict *v, bool outputs, const data_set *d, const char *path,
                                tacit_error *err) {
    tacit_io io[IO_MAX] = {{0}};
    const tacit_shown *shown[IO_MAX] = {NULL};
    size_t count = side_of(v, outputs, io, shown);
    if (!d->ordered) count = named_in(d, count, io, shown);
    data_samples s;
    CLI_TRY(data_single(&s, d, path, io, count, err));
    for (size_t i = 0; i < count; i++) {
        const array *a = NULL;
        CLI_TRY(data_find(&a, d, path, io, count, i, err));
        if (!shown[i]->is_public || shown[i]->values == NULL)
            return differs(err, outputs, path, shown[i]->name, "the proof keeps it private");
        CLI_TRY(compare_values(shown[i], a, path, err));
    }
    return TACIT_OK;
}

tacit_status shown_compare(const tacit_verdict *v, bool outputs, const char *path, tacit_error *err) {
    data_set d;
    CLI_TRY(data_read(&d, path, outputs ? "output_data" : "input_data", err));
    tacit_status status = compare_all(v, outputs, &d, path, err);
    data_set_free(&d);
    return status;
}

static void report_tensors(report *r, const tacit_verdict *v) {
    static const report_column column[] = {{"kind", -6}, {"name", -20}, {"shape", -18}, {"scale", 5}, {"public", 6}};
    report_table(r, "tensors", column, 5, IO_MAX);
    for (uint32_t i = 0; i < v->shown_count; i++) {
        const tacit_shown *s = &v->shown[i];
        tacit_io io = io_of(s);
        char shape[SHAPE_TEXT_SIZE];
        io_shape_text(shape, &io);
        report_row(r, (report_cell[]){REPORT_TEXT(s->is_output ? "output" : "input"), REPORT_TEXT(s->name),
                                      REPORT_TEXT(shape), REPORT_INTEGER(s->scale), REPORT_YES(s->is_public != 0)});
    }
    report_table_end(r);
}

void shown_report(report *r, const tacit_verdict *v) {
    static const report_column column[] = {{"tensor", -20}, {"index", 8}, {"integer", 14}, {"real", 14}};
    report_tensors(r, v);
    report_table(r, "values", column, 4, VALUES_SHOWN);
    /* Outputs first: they are what the reader asks for, and inputs may be many. */
    for (int side = 1; side >= 0; side--) {
        for (uint32_t t = 0; t < v->shown_count; t++) {
            const tacit_shown *s = &v->shown[t];
            if ((s->is_output != 0) != side || !s->is_public || s->values == NULL) continue;
            for (uint64_t i = 0; i < s->count; i++)
                report_row(r, (report_cell[]){REPORT_TEXT(s->name), REPORT_COUNT(i), REPORT_INTEGER(s->values[i]),
                                              REPORT_REAL(ldexp((double)s->values[i], -s->scale))});
        }
    }
    report_table_end(r);
}
