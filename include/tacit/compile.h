/* tacit/compile.h: from ONNX to an integer program. */
#ifndef TACIT_COMPILE_H
#define TACIT_COMPILE_H
#include <stdint.h>
#include "tacit/model.h"
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Samples for calibration: one entry per model input, `count` samples each laid end to end in row-major order. */
typedef struct tacit_samples {
    uint64_t count;
    uint32_t input_count;
    const char *const *names;    /* NULL: in the model's order */
    const double *const *values; /* per input: count * elements of one sample */
} tacit_samples;

typedef struct tacit_compile_options {
    uint32_t weight_bits;     /* 8 or 16 (default 8) */
    uint32_t activation_bits; /* 8 .. 16 (default 16) */
    /* default AUTO: SATURATE where that costs at most a quarter more and tables stay short, else REFUSE, with tables
     * that are wider than calibration asks for as far as it costs next to nothing */
    tacit_overflow overflow;
    double headroom; /* calibrated range is widened by this factor (default 1.5) */
    uint32_t batch;  /* inputs in one proof: the leading (batch) axis, default 0 = the model's own */
    /* fixed values of named dynamic dimensions */
    uint32_t dim_count;
    const char *const *dim_names;
    const uint32_t *dim_values;
    /* Largest error that an output may have on the samples, in its own unit; 0: any. Where weight_bits do not reach it,
     * 16 are taken; where these do not, VALUE names the layer that loses most. */
    double tolerance;
    /* Not 0: where weight_bits change an answer (top1_agree below) on the samples, 16 are taken. */
    int keep_answers;
} tacit_compile_options;
void tacit_compile_defaults(tacit_compile_options *o);

typedef struct tacit_operator_count {
    char name[48];
    uint32_t count;
    int supported;
} tacit_operator_count;

/* What `compile` and `check` print. */
typedef struct tacit_compile_report {
    uint32_t operator_count;
    tacit_operator_count operators[64];
    uint64_t weights, committed, lookups, table_rows, multiplications; /* of one proof */
    uint64_t samples;
    uint32_t weight_bits; /* that were taken */
    tacit_overflow overflow;
    /* over all calibration samples and output elements, in units of the real output */
    double largest_error, mean_error;
    uint64_t top1_agree, answers; /* of the first output: rows where both models answer the same, and all rows */
    double headroom;
    uint32_t layer_count;
    struct {
        char name[64];
        double largest_error, range; /* error and largest magnitude of the layer's real output */
        double headroom;             /* integer range over calibrated range */
    } layers[256];
} tacit_compile_report;

/* path: an .onnx file (opset 7 to 24). Unsupported operators, attributes, types: UNSUPPORTED naming node and operator.
 * samples may be NULL only for tacit_check. The returned model is freed by the caller. */
TACIT_MUST_CHECK tacit_status tacit_compile(tacit_model **out, const char *path, const tacit_compile_options *o,
                                            const tacit_samples *samples, tacit_compile_report *report,
                                            tacit_error *err);
/* Everything that can be said before calibration: which operators work (report->operators), sizes with default scales.
 * Answers OK even when operators are unsupported (supported == 0); `err` then names the first such node. */
TACIT_MUST_CHECK tacit_status tacit_check(const char *path, const tacit_compile_options *o,
                                          tacit_compile_report *report, tacit_error *err);
/* The same; *out, freed by the caller, is the model with default scales that the sizes are those of (for
 * tacit_estimate), NULL if there is none. */
TACIT_MUST_CHECK tacit_status tacit_check_model(tacit_model **out, const char *path, const tacit_compile_options *o,
                                                tacit_compile_report *report, tacit_error *err);
/* The float model, for fidelity and `run`: read once, freed by the caller. */
typedef struct tacit_float_model tacit_float_model;
TACIT_MUST_CHECK tacit_status tacit_float_load(tacit_float_model **out, const char *path,
                                               const tacit_compile_options *o, tacit_error *err);
void tacit_float_free(tacit_float_model *m); /* NULL is allowed */
/* Not 0: the output's type is an integer or a truth value. */
int tacit_float_whole(const tacit_float_model *m, size_t output);
/* One input set: inputs[i], outputs[i] are arrays of tacit_io counts. */
TACIT_MUST_CHECK tacit_status tacit_float_answer(tacit_float_model *m, const double *const *inputs,
                                                 double *const *outputs, tacit_error *err);
/* All of the above, for one input set. */
TACIT_MUST_CHECK tacit_status tacit_float_run(const char *path, const tacit_compile_options *o,
                                              const double *const *inputs, double *const *outputs, tacit_error *err);
/* Number of inputs and shapes of the ONNX file after --dim and batch: for reading calibration data. */
TACIT_MUST_CHECK tacit_status tacit_onnx_inputs(const char *path, const tacit_compile_options *o, tacit_io *ios,
                                                uint32_t capacity, uint32_t *count, char *names, uint32_t names_size,
                                                tacit_error *err);
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
