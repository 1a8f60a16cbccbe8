/* tacit/model.h: a compiled model: the integer program (public) and its weights (secret). */
#ifndef TACIT_MODEL_H
#define TACIT_MODEL_H
#include <stddef.h>
#include <stdint.h>
#include "tacit/status.h"
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define TACIT_MAX_RANK 8

typedef struct tacit_model tacit_model;

/* One input or output of the model. A real number x is the integer round(x * 2^scale); the interval is what the model
 * accepts (inputs) or can answer (outputs). */
typedef struct tacit_io {
    const char *name; /* as in the ONNX file */
    int is_output;
    uint32_t rank;
    uint32_t dim[TACIT_MAX_RANK];
    uint64_t count; /* elements */
    int32_t scale;
    int64_t lo, hi;
} tacit_io;

/* What happens to values outside the calibrated range: clamped, as a part of what is proved, or the input is turned
 * away before a proof is made. TACIT_OVERFLOW_AUTO: for compilation only. */
typedef enum tacit_overflow { TACIT_SATURATE = 0, TACIT_REFUSE = 1, TACIT_OVERFLOW_AUTO = 2 } tacit_overflow;

/* The file stays mapped, weights are read where they lie: replace it (as tacit_model_save does), but do not change it
 * while the model is open. */
TACIT_MUST_CHECK tacit_status tacit_model_load(tacit_model **out, const char *path, tacit_error *err);
/* Writes a temporary file beside `path`, syncs and renames it: an existing file is replaced whole or not at all. */
TACIT_MUST_CHECK tacit_status tacit_model_save(const tacit_model *m, const char *path, tacit_error *err);
void tacit_model_free(tacit_model *m); /* wipes the weights; NULL is allowed */

/* Inputs first, then outputs, in the ONNX file's order. */
size_t tacit_model_io_count(const tacit_model *m);
tacit_io tacit_model_io(const tacit_model *m, size_t i);
uint64_t tacit_model_weight_count(const tacit_model *m);
tacit_overflow tacit_model_overflow(const tacit_model *m);

/* Integers from reals for one input or output (round half away from zero). NaN, infinity: VALUE. Outside the interval:
 * clipped and counted in *clipped when the model saturates, OVERFLOW otherwise (naming tensor and flat index). */
TACIT_MUST_CHECK tacit_status tacit_quantise(const tacit_model *m, size_t io, const double *x, int64_t *out,
                                             uint64_t *clipped, tacit_error *err);
void tacit_dequantise(const tacit_io *io, const int64_t *x, double *out);

/* What an output answers: `rows` rows of `width` scores each, in order; whole: every number is an answer of its own.
 * Scores lie along the last axis of (N, classes) and of (N, tokens, classes), along axis 1 of (N, classes, H, W);
 * axes of 1 at the end do not count. The k-th score of a row lies inner * k behind its first. */
typedef struct tacit_answers {
    uint64_t rows, width, inner;
    int whole;
} tacit_answers;
tacit_answers tacit_answers_of(uint32_t rank, const uint32_t *dim, int whole);
/* The place of the largest score of a row (the first of equals); of a lone score, whether it is above 1/2; of a whole
 * number, itself. */
int64_t tacit_answer(const tacit_answers *a, const double *x, uint64_t row);
/* Of a row in x and in y: 1 is the same direction. */
double tacit_answer_cosine(const tacit_answers *a, const double *x, const double *y, uint64_t row);

/* The integer model: inputs[i], outputs[i] are arrays of tacit_io counts, in io order (inputs and outputs apart).
 * *saturated counts elements that were clamped inside the network. */
TACIT_MUST_CHECK tacit_status tacit_run(const tacit_model *m, const int64_t *const *inputs, int64_t *const *outputs,
                                        uint64_t *saturated, tacit_error *err);

/* One relation or tensor a line; what `tacit inspect` prints. put may be called many times. */
void tacit_model_print(const tacit_model *m, void (*put)(void *ctx, const char *text), void *ctx);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
