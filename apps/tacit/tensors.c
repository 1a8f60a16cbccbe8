#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tensors.h"
#include <stdlib.h>
#include <string.h>
#include "array.h"
#include "errors.h"

tacit_status io_list_of(io_list *out, const tacit_model *m, tacit_error *err) {
    *out = (io_list){0};
    size_t count = tacit_model_io_count(m);
    if (count > IO_MAX)
        return cli_fail(err, TACIT_UNSUPPORTED, "%zu inputs and outputs; at most %d can be used", count, IO_MAX);
    for (size_t i = 0; i < count; i++) {
        out->io[i] = tacit_model_io(m, i);
        if (out->io[i].is_output) {
            out->outputs++;
        } else {
            out->inputs++;
        }
    }
    return TACIT_OK;
}

void io_shape_text(char out[SHAPE_TEXT_SIZE], const tacit_io *io) {
    uint64_t dim[TACIT_MAX_RANK];
    for (uint32_t i = 0; i < io->rank; i++) dim[i] = io->dim[i];
    array_shape_text(out, SHAPE_TEXT_SIZE, dim, io->rank);
}

void io_list_report(report *r, const io_list *list) {
    static const report_column column[] = {{"kind", -6}, {"name", -20},  {"shape", -18},
                                           {"scale", 5}, {"lowest", 12}, {"highest", 12}};
    report_table(r, "tensors", column, 6, IO_MAX);
    for (size_t i = 0; i < list->inputs + list->outputs; i++) {
        const tacit_io *io = &list->io[i];
        char shape[SHAPE_TEXT_SIZE];
        io_shape_text(shape, io);
        report_row(r, (report_cell[]){REPORT_TEXT(io->is_output ? "output" : "input"), REPORT_TEXT(io->name),
                                      REPORT_TEXT(shape), REPORT_INTEGER(io->scale), REPORT_INTEGER(io->lo),
                                      REPORT_INTEGER(io->hi)});
    }
    report_table_end(r);
}

/* calloc(0) may be NULL, which would look like a lack of memory. */
static size_t slots(uint64_t count) {
    return count > 0 ? (size_t)count : 1;
}

tacit_status int_arrays_init(int_arrays *out, const tacit_io *io, size_t count, tacit_error *err) {
    *out = (int_arrays){.count = count};
    for (size_t i = 0; i < count; i++) {
        out->size[i] = io[i].count;
        out->x[i] = calloc(slots(io[i].count), sizeof *out->x[i]);
        if (out->x[i] == NULL) {
            int_arrays_free(out);
            return cli_fail(err, TACIT_RESOURCES, "no memory for the values of '%.100s'", io[i].name);
        }
    }
    return TACIT_OK;
}

void int_arrays_free(int_arrays *a) {
    for (size_t i = 0; i < a->count; i++) {
        if (a->x[i] != NULL) explicit_bzero(a->x[i], (size_t)a->size[i] * sizeof *a->x[i]);
        free(a->x[i]);
    }
    *a = (int_arrays){0};
}

tacit_status real_arrays_init(real_arrays *out, const tacit_io *io, size_t count, tacit_error *err) {
    *out = (real_arrays){.count = count};
    for (size_t i = 0; i < count; i++) {
        out->size[i] = io[i].count;
        out->x[i] = calloc(slots(io[i].count), sizeof *out->x[i]);
        if (out->x[i] == NULL) {
            real_arrays_free(out);
            return cli_fail(err, TACIT_RESOURCES, "no memory for the values of '%.100s'", io[i].name);
        }
    }
    return TACIT_OK;
}

void real_arrays_free(real_arrays *a) {
    for (size_t i = 0; i < a->count; i++) {
        if (a->x[i] != NULL) explicit_bzero(a->x[i], (size_t)a->size[i] * sizeof *a->x[i]);
        free(a->x[i]);
    }
    *a = (real_arrays){0};
}
