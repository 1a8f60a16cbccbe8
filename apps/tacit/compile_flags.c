#include "compile_flags.h"
#include <string.h>
#include "errors.h"

static tacit_status read_dims(compile_flags *f, const arguments *args, tacit_error *err) {
    const char *text;
    for (uint32_t i = 0; (text = options_value(args, "dim", i)) != NULL; i++) {
        const char *equals = strchr(text, '=');
        uint64_t value = 0;
        if (equals == NULL || equals == text || !options_parse_u64(&value, equals + 1) || value == 0 ||
            value > UINT32_MAX)
            return cli_fail(err, TACIT_USAGE, "--dim %s: must be NAME=VALUE with a value above 0", text);
        size_t length = (size_t)(equals - text);
        if (i == MAX_DIMS || length >= DIM_NAME_SIZE)
            return cli_fail(err, TACIT_USAGE, "--dim %.100s: too many, or the name is too long", text);
        memcpy(f->dim_text[i], text, length);
        f->dim_text[i][length] = '\0';
        f->dim_name[i] = f->dim_text[i];
        f->dim_value[i] = (uint32_t)value;
        f->options.dim_count = i + 1;
    }
    f->options.dim_names = f->dim_name;
    f->options.dim_values = f->dim_value;
    return TACIT_OK;
}

static tacit_status read_overflow(compile_flags *f, const arguments *args, tacit_error *err) {
    const char *text = options_value(args, "overflow", 0);
    if (text == NULL) return TACIT_OK;
    if (strcmp(text, "saturate") == 0) {
        f->options.overflow = TACIT_SATURATE;
    } else if (strcmp(text, "refuse") == 0) {
        f->options.overflow = TACIT_REFUSE;
    } else if (strcmp(text, "auto") == 0) {
        f->options.overflow = TACIT_OVERFLOW_AUTO;
    } else {
        return cli_fail(err, TACIT_USAGE, "--overflow %s: must be auto, saturate or refuse", text);
    }
    return TACIT_OK;
}

tacit_status compile_flags_read(compile_flags *f, const arguments *args, tacit_error *err) {
    memset(f, 0, sizeof *f);
    tacit_compile_defaults(&f->options);
    uint64_t weights = f->options.weight_bits, activations = f->options.activation_bits, batch = f->options.batch;
    CLI_TRY(options_u64(&weights, args, "weights", 8, 16, err));
    if (weights != 8 && weights != 16)
        return cli_fail(err, TACIT_USAGE, "--weights %s: must be 8 or 16", options_value(args, "weights", 0));
    CLI_TRY(options_u64(&activations, args, "activations", 8, 16, err));
    CLI_TRY(options_u64(&batch, args, "batch", 1, 1u << 20, err));
    CLI_TRY(options_real(&f->options.headroom, args, "headroom", 1.0, 1024.0, err));
    CLI_TRY(options_real(&f->options.tolerance, args, "tolerance", 0.0, 1e30, err));
    f->options.weight_bits = (uint32_t)weights;
    f->options.activation_bits = (uint32_t)activations;
    f->options.batch = (uint32_t)batch;
    CLI_TRY(read_overflow(f, args, err));
    return read_dims(f, args, err);
}
