/* data: data files against a model's inputs and outputs.
 *
 * Which array belongs to which tensor: JSON by order, npz by name, a lone array to a lone tensor. An array fits a
 * tensor of shape (b, d1, ..) as (b, d1, ..): one sample; (S * b, d1, ..) and (S, b, d1, ..): S samples; (d1, ..) when
 * b = 1; a flat JSON list of any multiple of its count. */
#ifndef TACIT_APP_DATA_H
#define TACIT_APP_DATA_H
#include "array.h"
#include "disk.h"
#include "tensors.h"

/* Read by content (npy, npz, JSON), not by name. json_key: "input_data" or "output_data". */
TACIT_MUST_CHECK tacit_status data_read(data_set *d, const char *path, const char *json_key, tacit_error *err);
/* The array for io[i], or SHAPE naming the tensor and what the file has. */
TACIT_MUST_CHECK tacit_status data_find(const array **out, const data_set *d, const char *path, const tacit_io *io,
                                        size_t count, size_t i, tacit_error *err);

typedef struct data_samples {
    uint64_t count;
    const double *x[IO_MAX]; /* per tensor, samples end to end; they lie in the data set */
} data_samples;
/* All inputs; SHAPE when an array does not fit (naming both shapes) or when their numbers of samples differ. */
TACIT_MUST_CHECK tacit_status data_samples_of(data_samples *out, const data_set *d, const char *path,
                                              const tacit_io *io, size_t count, tacit_error *err);
/* The same, and exactly one sample. */
TACIT_MUST_CHECK tacit_status data_single(data_samples *out, const data_set *d, const char *path, const tacit_io *io,
                                          size_t count, tacit_error *err);
/* Integers of one sample of all inputs; *clipped: how many lay outside the calibrated range (they saturate). */
TACIT_MUST_CHECK tacit_status data_quantise(int_arrays *out, const tacit_model *m, const io_list *list,
                                            const double *const *x, uint64_t *clipped, tacit_error *err);
/* The integer model on one sample; clipped as above, saturated as of tacit_run. */
TACIT_MUST_CHECK tacit_status data_run(const tacit_model *m, const io_list *list, const double *const *x,
                                       int64_t *const *out, uint64_t *clipped, uint64_t *saturated, tacit_error *err);

/* .npy (one tensor), .npz or .json by the path's ending; USAGE otherwise. Call before work starts. */
TACIT_MUST_CHECK tacit_status data_can_write(const char *path, size_t tensors, tacit_error *err);
TACIT_MUST_CHECK tacit_status data_stage(staged_file *s, const char *path, const tacit_io *io, const double *const *x,
                                         size_t count, tacit_error *err);

#endif
