/* program/model_file: m.tacit in memory and on disk (layout: program/model.h). Hosted. */
#define _GNU_SOURCE
#include "program/model.h"
#include "base/file.h"
#include "base/narrow.h"
#include "program/print.h"
#include "tacit/model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Address space for a parsed program and its weights; less if the system grants less. */
#define MODEL_MEMORY ((size_t)32 << 30)
#define MODEL_MEMORY_LEAST ((size_t)64 << 20)
#define MAX_MODEL_FILE ((size_t)8 << 30)

#define BAD(...) fail(err, TACIT_MALFORMED, __VA_ARGS__)
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weights are read where they lie");
static const char MAGIC[4] = {'T', 'A', 'C', 'M'};

static tacit_status new_model(struct tacit_model **out, tacit_error *err) {
    *out = calloc(1, sizeof **out);
    if (!*out) return fail(err, TACIT_RESOURCES, "no memory for a model");
    for (size_t size = MODEL_MEMORY; size >= MODEL_MEMORY_LEAST; size /= 2) {
        tacit_error ignored = {0};
        if (arena_map(&(*out)->arena, size, &ignored) == TACIT_OK) return TACIT_OK;
    }
    free(*out);
    *out = NULL;
    return fail(err, TACIT_RESOURCES, "no memory for a model");
}

static void wipe(void *p, size_t n) {
    if (p) memset(p, 0, n);
    __asm__ volatile("" : : "r"(p) : "memory");
}

static void release(const struct tacit_model *m) {
    if (m->holder == MODEL_OWN) {
        unsigned char *own = (unsigned char *)(uintptr_t)m->bytes;
        wipe(own, m->size);
        free(own);
    }
    if (m->holder == MODEL_MAPPED) file_unmap(m->bytes, m->size);
}

void model_free(struct tacit_model *m) {
    if (!m) return;
    arena_unmap(&m->arena);
    release(m);
    free(m);
}

/* ---- weights: width, then little-endian two's complement */
static unsigned width_of(narrow v, uint64_t n) {
    int32_t lo, hi;
    narrow_extent(v, n, &lo, &hi);
    return narrow_bytes(lo, hi);
}

static void write_weights(writer *w, const int32_t *v, uint64_t n) {
    unsigned width = width_of(narrow_i32(v), n);
    write_u8(w, (uint8_t)width);
    for (uint64_t i = 0; i < n; i++) {
        if (width == 1)
            write_u8(w, (uint8_t)v[i]);
        else if (width == 2)
            write_u16(w, (uint16_t)v[i]);
        else
            write_u32(w, (uint32_t)v[i]);
    }
}

/* The first element outside [lo, hi]. */
static uint64_t first_outside(narrow v, int64_t lo, int64_t hi) {
    uint64_t i = 0;
    while (narrow_get(v, i) >= lo && narrow_get(v, i) <= hi) i++;
    return i;
}

/* Where the file does not align them, a copy in the arena. */
static tacit_status place_weights(struct tacit_model *m, narrow *v, const tensor *x, const unsigned char *p, uint64_t n,
                                  tacit_error *err) {
    v->data = p;
    if ((uintptr_t)p % v->bytes == 0) return TACIT_OK;
    v->data = ARENA_NEW(&m->arena, unsigned char, n * v->bytes);
    if (!v->data) return fail(err, TACIT_RESOURCES, "no memory for the weights \"%s\"", x->name);
    memcpy((void *)(uintptr_t)v->data, p, n * v->bytes);
    return TACIT_OK;
}

static tacit_status read_weights(struct tacit_model *m, uint32_t t, reader *r, tacit_error *err) {
    const tensor *x = &m->pub.program.tensors[t];
    uint64_t n = shape_count(&x->shape);
    unsigned width = read_u8(r);
    if (r->bad || (width != 1 && width != 2 && width != 4) || n > (r->size - r->at) / width)
        return BAD("model: weights \"%s\" are cut off", x->name);
    const unsigned char *p = read_bytes(r, (size_t)(n * width));
    narrow v = {NULL, width};
    int32_t lo, hi;
    TRY(place_weights(m, &v, x, p, n, err));
    narrow_extent(v, n, &lo, &hi);
    if (lo < x->lo || hi > x->hi)
        return fail(err, TACIT_VALUE, "model: weight %u of \"%s\" is outside its interval",
                    first_outside(v, x->lo, x->hi), x->name);
    if (width != narrow_bytes(lo, hi)) return BAD("model: weights \"%s\" are not in their shortest form", x->name);
    m->weights[t] = v;
    return TACIT_OK;
}

/* ---- parsing */
/* Relations and advice as one string, as program_parse wants them. */
static tacit_status parse_program(struct tacit_model *m, const unsigned char *pub, size_t pub_size,
                                  const unsigned char *advice_data, size_t advice_size, tacit_error *err) {
    reader r = reader_of(pub, pub_size);
    size_t n = (size_t)read_var(&r);
    const unsigned char *relations = read_bytes(&r, n);
    const digest before = m->pub.program.digest;
    unsigned char *all = malloc(n + advice_size + 1);
    if (!all || !relations) {
        free(all);
        return fail(err, TACIT_RESOURCES, "no memory for a model");
    }
    memcpy(all, relations, n);
    memcpy(all + n, advice_data, advice_size);
    tacit_status s = program_parse(&m->pub.program, all, n + advice_size, &m->arena, err);
    free(all);
    if (s == TACIT_OK && memcmp(before.b, m->pub.program.digest.b, 32) != 0) return BAD("model: its advice part");
    return s;
}

static tacit_status parse_parts(struct tacit_model *m, tacit_error *err) {
    reader r = reader_of(m->bytes, m->size - 32);
    const unsigned char *magic = read_bytes(&r, 4);
    if (!magic || memcmp(magic, MAGIC, 4) != 0) return BAD("not a model file");
    uint16_t version = read_u16(&r);
    if (version != MODEL_VERSION)
        return fail(err, TACIT_VERSION, "model: format version %u, this program reads %u", (uint64_t)version,
                    (uint64_t)MODEL_VERSION);
    const digest sum = sha256_of(m->bytes, m->size - 32);
    if (memcmp(sum.b, m->bytes + m->size - 32, 32) != 0) return BAD("model: damaged (its checksum is wrong)");
    size_t pub_size = (size_t)read_var(&r);
    const unsigned char *pub = read_bytes(&r, pub_size);
    size_t advice_size = (size_t)read_var(&r);
    const unsigned char *advice_data = read_bytes(&r, advice_size);
    if (!pub || !advice_data) return BAD("model: truncated");
    TRY(model_public_parse(&m->pub, pub, pub_size, &m->arena, err));
    TRY(parse_program(m, pub, pub_size, advice_data, advice_size, err));
    m->weights = ARENA_ZNEW(&m->arena, narrow, m->pub.program.tensor_count + 1);
    if (!m->weights) return fail(err, TACIT_RESOURCES, "no memory for a model");
    for (uint32_t t = 0; t < m->pub.program.tensor_count; t++) {
        if (m->pub.program.tensors[t].kind == TENSOR_PARAM) TRY(read_weights(m, t, &r, err));
    }
    return r.at == r.size && !r.bad ? TACIT_OK : BAD("model: bytes after its end");
}

/* Takes over `bytes` as their holder says, whatever comes of it. */
static tacit_status adopt(struct tacit_model **out, const unsigned char *bytes, size_t size, model_holder holder,
                          tacit_error *err) {
    struct tacit_model *m = NULL, held = {.bytes = bytes, .size = size, .holder = holder};
    *out = NULL;
    tacit_status s = new_model(&m, err);
    if (s != TACIT_OK) {
        release(&held);
        return s;
    }
    m->bytes = bytes;
    m->size = size;
    m->holder = holder;
    s = size < 38 ? BAD("not a model file") : parse_parts(m, err);
    if (s == TACIT_OK)
        *out = m;
    else
        model_free(m);
    return s;
}

tacit_status model_parse(struct tacit_model **out, const void *data, size_t size, tacit_error *err) {
    unsigned char *copy = malloc(size + 1);
    *out = NULL;
    if (!copy) return fail(err, TACIT_RESOURCES, "no memory for a model");
    if (size > 0) memcpy(copy, data, size);
    return adopt(out, copy, size, MODEL_OWN, err);
}

tacit_status model_view(struct tacit_model **out, const void *data, size_t size, tacit_error *err) {
    return adopt(out, data, size, MODEL_LENT, err);
}

/* ---- making */
/* Everything but the checksum; m->pub.program was parsed from `bytes`. */
static void write_parts(const struct tacit_model *m, const unsigned char *bytes, size_t size,
                        const int32_t *const *weights, writer *w) {
    writer measure = {0}, relations = {0};
    model_public_write(&m->pub, &measure);
    program_write(&m->pub.program, false, &relations);
    write_bytes(w, MAGIC, 4);
    write_u16(w, MODEL_VERSION);
    write_var(w, measure.at);
    model_public_write(&m->pub, w);
    write_var(w, size - relations.at);
    write_bytes(w, bytes + relations.at, size - relations.at);
    for (uint32_t t = 0; t < m->pub.program.tensor_count; t++) {
        const tensor *x = &m->pub.program.tensors[t];
        if (x->kind == TENSOR_PARAM) write_weights(w, weights[t], shape_count(&x->shape));
    }
}

static tacit_status make_bytes(const struct tacit_model *m, const void *data, size_t data_size,
                               const int32_t *const *weights, unsigned char **bytes, size_t *size, tacit_error *err) {
    writer w = {0};
    for (uint32_t t = 0; t < m->pub.program.tensor_count; t++) {
        if (m->pub.program.tensors[t].kind == TENSOR_PARAM && !weights[t])
            return fail(err, TACIT_INTERNAL, "no weights for \"%s\"", m->pub.program.tensors[t].name);
    }
    write_parts(m, data, data_size, weights, &w);
    *size = w.at + 32;
    *bytes = malloc(*size);
    if (!*bytes) return fail(err, TACIT_RESOURCES, "no memory for a model");
    w = (writer){*bytes, *size, 0};
    write_parts(m, data, data_size, weights, &w);
    const digest sum = sha256_of(*bytes, w.at);
    write_bytes(&w, sum.b, 32);
    return TACIT_OK;
}

tacit_status model_make(struct tacit_model **out, const void *program_bytes, size_t program_size, const model_io *io,
                        uint32_t io_count, uint8_t overflow, const int32_t *const *weights, tacit_error *err) {
    struct tacit_model *m;
    unsigned char *bytes = NULL;
    size_t size = 0;
    *out = NULL;
    if (io_count > MAX_IO) return fail(err, TACIT_UNSUPPORTED, "more than 64 inputs and outputs");
    TRY(new_model(&m, err));
    tacit_status s = program_parse(&m->pub.program, program_bytes, program_size, &m->arena, err);
    m->pub.io_count = io_count;
    m->pub.overflow = overflow;
    memcpy(m->pub.io, io, io_count * sizeof *io);
    if (s == TACIT_OK) s = make_bytes(m, program_bytes, program_size, weights, &bytes, &size, err);
    model_free(m);
    return s == TACIT_OK ? adopt(out, bytes, size, MODEL_OWN, err) : s;
}

/* ---- disk */
tacit_status tacit_model_load(tacit_model **out, const char *path, tacit_error *err) {
    const unsigned char *data;
    size_t size;
    if (err) *err = (tacit_error){0};
    *out = NULL;
    sha256_select(NULL);
    TRY(file_map(path, MAX_MODEL_FILE, &data, &size, err));
    return adopt(out, data, size, MODEL_MAPPED, err);
}

tacit_status tacit_model_save(const tacit_model *m, const char *path, tacit_error *err) {
    if (err) *err = (tacit_error){0};
    return file_replace(path, m->bytes, m->size, true, err);
}

/* ---- questions */
void tacit_model_free(tacit_model *m) {
    model_free(m);
}
size_t tacit_model_io_count(const tacit_model *m) {
    return m->pub.io_count;
}
tacit_overflow tacit_model_overflow(const tacit_model *m) {
    return (tacit_overflow)m->pub.overflow;
}

tacit_io tacit_model_io(const tacit_model *m, size_t i) {
    if (i >= m->pub.io_count) return (tacit_io){0};
    const tensor *t = &m->pub.program.tensors[m->pub.io[i].tensor];
    tacit_io io = {.name = t->name,
                   .is_output = t->kind == TENSOR_OUTPUT,
                   .rank = t->shape.rank,
                   .count = shape_count(&t->shape),
                   .scale = m->pub.io[i].scale,
                   .lo = t->lo,
                   .hi = t->hi};
    memcpy(io.dim, t->shape.dim, sizeof io.dim);
    return io;
}

uint64_t tacit_model_weight_count(const tacit_model *m) {
    uint64_t n = 0;
    for (uint32_t t = 0; t < m->pub.program.tensor_count; t++) {
        if (m->pub.program.tensors[t].kind == TENSOR_PARAM) n += shape_count(&m->pub.program.tensors[t].shape);
    }
    return n;
}

void tacit_model_print(const tacit_model *m, void (*put)(void *ctx, const char *text), void *ctx) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f) return;
    program_print(f, &m->pub.program);
    if (fclose(f) == 0 && text) put(ctx, text);
    free(text);
}
