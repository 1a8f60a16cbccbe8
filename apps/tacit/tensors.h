/* tensors: the inputs and outputs of a model and memory for their values. */
#ifndef TACIT_APP_TENSORS_H
#define TACIT_APP_TENSORS_H
#include "report.h"
#include "tacit/model.h"

enum { IO_MAX = 64, SHAPE_TEXT_SIZE = 128 };

/* Inputs, then outputs; names live as long as the model. */
typedef struct io_list {
    size_t inputs, outputs;
    tacit_io io[IO_MAX];
} io_list;
TACIT_MUST_CHECK tacit_status io_list_of(io_list *out, const tacit_model *m, tacit_error *err);
void io_shape_text(char out[SHAPE_TEXT_SIZE], const tacit_io *io);
/* A table of names, shapes, scales and intervals. */
void io_list_report(report *r, const io_list *list);

/* One array a tensor. */
typedef struct int_arrays {
    size_t count;
    uint64_t size[IO_MAX];
    int64_t *x[IO_MAX];
} int_arrays;
TACIT_MUST_CHECK tacit_status int_arrays_init(int_arrays *out, const tacit_io *io, size_t count, tacit_error *err);
void int_arrays_free(int_arrays *a); /* wipes */

typedef struct real_arrays {
    size_t count;
    uint64_t size[IO_MAX];
    double *x[IO_MAX];
} real_arrays;
TACIT_MUST_CHECK tacit_status real_arrays_init(real_arrays *out, const tacit_io *io, size_t count, tacit_error *err);
void real_arrays_free(real_arrays *a); /* wipes */

#endif
