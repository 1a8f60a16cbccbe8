/* program/model: the public part of a model. Freestanding: certificates carry it. */
#include "program/model.h"

enum { MAX_IO_SCALE = 64 };

#define BAD(...) fail(err, TACIT_MALFORMED, __VA_ARGS__)

/* Inputs, then outputs, each in program order and complete. */
static tacit_status check_io(const model_public *m, tacit_error *err) {
    uint32_t at = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t t = 0; t < m->program.tensor_count; t++) {
            if (m->program.tensors[t].kind != (pass == 0 ? TENSOR_INPUT : TENSOR_OUTPUT)) continue;
            if (at < m->io_count && m->io[at].tensor != t) return BAD("model: its list of inputs and outputs");
            at++;
        }
    }
    return at == m->io_count ? TACIT_OK : BAD("model: its list of inputs and outputs");
}

static digest public_digest(const void *data, size_t size) {
    static const char tag[] = "tacit public";
    unsigned char block[64] = {0};
    sha256 h;
    for (unsigned i = 0; i + 1 < sizeof tag; i++) block[i] = (unsigned char)tag[i];
    sha256_init(&h);
    sha256_update(&h, block, sizeof block);
    sha256_update(&h, data, size);
    return sha256_final(&h);
}

static tacit_status read_io(model_public *out, reader *r, tacit_error *err) {
    uint64_t count = read_var(r);
    if (count > MAX_IO) return BAD("model: too many inputs and outputs");
    out->io_count = (uint32_t)count;
    for (uint32_t i = 0; i < out->io_count; i++) {
        uint64_t t = read_var(r);
        int64_t scale = read_svar(r);
        if (t >= out->program.tensor_count || scale < -MAX_IO_SCALE || scale > MAX_IO_SCALE)
            return BAD("model: input or output %u", (uint64_t)i);
        out->io[i] = (model_io){(uint32_t)t, (int32_t)scale};
    }
    out->overflow = read_u8(r);
    if (r->bad || out->overflow > 1 || r->at != r->size) return BAD("model: the end of its public part");
    return TACIT_OK;
}

tacit_status model_public_parse(model_public *out, const void *data, size_t size, arena *a, tacit_error *err) {
    reader r = reader_of(data, size);
    uint64_t length = read_var(&r);
    const unsigned char *relations = length <= size ? read_bytes(&r, (size_t)length) : 0;
    if (!relations) return BAD("model: truncated");
    TRY(program_parse_with(&out->program, relations, (size_t)length, NULL, a, err));
    TRY(read_io(out, &r, err));
    out->digest = public_digest(data, size);
    return check_io(out, err);
}

void model_public_write(const model_public *m, writer *w) {
    writer measure = {0};
    program_write(&m->program, false, &measure);
    write_var(w, measure.at);
    program_write(&m->program, false, w);
    write_var(w, m->io_count);
    for (uint32_t i = 0; i < m->io_count; i++) {
        write_var(w, m->io[i].tensor);
        write_svar(w, m->io[i].scale);
    }
    write_u8(w, m->overflow);
}
