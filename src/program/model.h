/* program/model: the file m.tacit: public part (program, inputs and outputs with their scales) and secret weights.
 * Layout (docs/formats.md): "TACM", u16 version, var length + public part, var length + advice part, weights per
 * parameter tensor (u8 width 1, 2 or 4; little-endian two's complement), SHA-256 over all of it.
 * The public part (model_public) is what certificates carry and model digests bind. */
#ifndef PROGRAM_MODEL_H
#define PROGRAM_MODEL_H
#include "program/program.h"

enum { MODEL_VERSION = 1, MAX_IO = 64 };

typedef struct model_io {
    uint32_t tensor; /* TENSOR_INPUT or TENSOR_OUTPUT */
    int32_t scale;   /* real = integer / 2^scale */
} model_io;

/* What a verifier reads: program + io. */
typedef struct model_public {
    program program;
    uint32_t io_count; /* inputs, then outputs, in program order */
    model_io io[MAX_IO];
    uint8_t overflow; /* tacit_overflow */
    digest digest;    /* SHA-256("tacit public" tag block, bytes) */
} model_public;

/* Freestanding. bytes: program relation part (var length first), io list, overflow. */
tacit_status model_public_parse(model_public *out, const void *data, size_t size, arena *a,
                                tacit_error *err) TACIT_MUST_CHECK;
void model_public_write(const model_public *m, writer *w);

/* Hosted. Who holds a model's bytes: they are malloc'd, a mapped file, or somebody else's. */
typedef enum model_holder { MODEL_OWN, MODEL_MAPPED, MODEL_LENT } model_holder;
struct tacit_model {
    arena arena;
    model_public pub;
    struct narrow *weights;     /* per tensor of the program: of TENSOR_PARAM its values, in `bytes` if aligned there */
    const unsigned char *bytes; /* the file's bytes; names point into the arena */
    size_t size;
    model_holder holder;
};
/* From the file's bytes: copied; or read in place as long as the model lives. */
tacit_status model_parse(struct tacit_model **out, const void *data, size_t size, tacit_error *err) TACIT_MUST_CHECK;
tacit_status model_view(struct tacit_model **out, const void *data, size_t size, tacit_error *err) TACIT_MUST_CHECK;
/* program: bytes of builder_finish; weights[t] for every TENSOR_PARAM t. */
tacit_status model_make(struct tacit_model **out, const void *program, size_t program_size, const model_io *io,
                        uint32_t io_count, uint8_t overflow, const int32_t *const *weights,
                        tacit_error *err) TACIT_MUST_CHECK;
void model_free(struct tacit_model *m);
#endif
