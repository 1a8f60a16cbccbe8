/* compile_flags: the options that say how an ONNX file is read; check, compile and run share them. */
#ifndef TACIT_APP_COMPILE_FLAGS_H
#define TACIT_APP_COMPILE_FLAGS_H
#include "options.h"
#include "tacit/compile.h"

enum { MAX_DIMS = 32, DIM_NAME_SIZE = 128 };

/* `options` points into the struct itself: do not copy it. */
typedef struct compile_flags {
    tacit_compile_options options;
    uint32_t dim_value[MAX_DIMS];
    const char *dim_name[MAX_DIMS];
    char dim_text[MAX_DIMS][DIM_NAME_SIZE];
} compile_flags;

#define OPTION_BATCH                                                                                                   \
    { "batch", 0, "N", false, "inputs in one proof: the leading axis (default: the model's own)" }
#define OPTION_DIM                                                                                                     \
    { "dim", 0, "NAME=VALUE", true, "fix a dynamic dimension; once for each" }
#define OPTION_WEIGHTS                                                                                                 \
    { "weights", 0, "8|16", false, "bits of a weight (default 8; compile: 16 where 8 change an answer)" }

/* Defaults and what the command line says of --batch, --dim, --weights, --activations, --overflow, --headroom,
 * --tolerance. */
TACIT_MUST_CHECK tacit_status compile_flags_read(compile_flags *f, const arguments *args, tacit_error *err);

#endif
