#include "compile/onnx/data.h"
#include "compile/memory.h"
#include "compile/onnx/external.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CONSTANT_ELEMENTS = 1 << 30 };

/* One line per ONNX data type: bytes in raw form, element type, the typed field that holds it otherwise. */
typedef enum field { FIELD_FLOAT, FIELD_DOUBLE, FIELD_INT32, FIELD_INT64, FIELD_UINT64 } field;
typedef struct data_type {
    int32_t type;
    uint32_t bytes;
    elem_type elem;
    bool is_signed;
    field field;
} data_type;

#define T(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name
static const data_type TYPES[] = {
    {T(FLOAT), 4, ELEM_REAL, true, FIELD_FLOAT},   {T(DOUBLE), 8, ELEM_REAL, true, FIELD_DOUBLE},
    {T(FLOAT16), 2, ELEM_REAL, true, FIELD_INT32}, {T(BFLOAT16), 2, ELEM_REAL, true, FIELD_INT32},
    {T(INT8), 1, ELEM_WHOLE, true, FIELD_INT32},   {T(UINT8), 1, ELEM_WHOLE, false, FIELD_INT32},
    {T(INT16), 2, ELEM_WHOLE, true, FIELD_INT32},  {T(UINT16), 2, ELEM_WHOLE, false, FIELD_INT32},
    {T(INT32), 4, ELEM_WHOLE, true, FIELD_INT32},  {T(UINT32), 4, ELEM_WHOLE, false, FIELD_UINT64},
    {T(INT64), 8, ELEM_WHOLE, true, FIELD_INT64},  {T(UINT64), 8, ELEM_WHOLE, false, FIELD_UINT64},
    {T(BOOL), 1, ELEM_WHOLE, false, FIELD_INT32},
};
#undef T

static const data_type *find_type(int32_t type) {
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (TYPES[i].type == type) return &TYPES[i];
    }
    return NULL;
}

bool data_elem_type(int32_t type, elem_type *out) {
    const data_type *d = find_type(type);
    if (d) *out = d->elem;
    return d != NULL;
}

static double real_of_bits(const data_type *d, uint64_t bits) {
    if (d->type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE) {
        double v;
        memcpy(&v, &bits, sizeof v);
        return v;
    }
    if (d->type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16) {
        int exponent = (int)(bits >> 10 & 31);
        double fraction = (double)(bits & 1023), sign = bits >> 15 & 1 ? -1.0 : 1.0;
        if (exponent == 31) return sign * (fraction > 0 ? NAN : INFINITY);
        return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25));
    }
    uint32_t word = (uint32_t)(d->type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16 ? bits << 16 : bits);
    float v;
    memcpy(&v, &word, sizeof v);
    return (double)v;
}

static uint64_t raw_bits(const unsigned char *p, uint32_t bytes) {
    uint64_t v = 0;
    for (uint32_t i = bytes; i-- > 0;) v = v << 8 | p[i];
    return v;
}

static int64_t whole_of_bits(const data_type *d, uint64_t bits) {
    if (d->is_signed && d->bytes < 8 && bits >> (8 * d->bytes - 1) & 1) bits |= UINT64_MAX << (8 * d->bytes);
    return (int64_t)bits;
}

/* The typed field: how many entries, and entry i as bits (float and double as their own bits). */
static size_t field_count(const Onnx__TensorProto *p, field f) {
    switch (f) {
    case FIELD_FLOAT:
        return p->n_float_data;
    case FIELD_DOUBLE:
        return p->n_double_data;
    case FIELD_INT32:
        return p->n_int32_data;
    case FIELD_INT64:
        return p->n_int64_data;
    case FIELD_UINT64:
        return p->n_uint64_data;
    }
    return 0;
}
static uint64_t field_bits(const Onnx__TensorProto *p, field f, size_t i) {
    uint64_t bits = 0;
    switch (f) {
    case FIELD_FLOAT:
        memcpy(&bits, &p->float_data[i], 4);
        break;
    case FIELD_DOUBLE:
        memcpy(&bits, &p->double_data[i], 8);
        break;
    case FIELD_INT32:
        bits = (uint64_t)(int64_t)p->int32_data[i];
        break;
    case FIELD_INT64:
        bits = (uint64_t)p->int64_data[i];
        break;
    case FIELD_UINT64:
        bits = p->uint64_data[i];
        break;
    }
    return bits;
}

static tacit_status load_shape(const Onnx__TensorProto *p, gtensor *t, uint64_t *count, tacit_error *err) {
    if (p->n_dims > MAX_RANK) return fail(err, TACIT_UNSUPPORTED, "tensor \"%s\" has too many axes", t->name);
    t->shape.rank = (uint32_t)p->n_dims;
    *count = 1;
    for (uint32_t k = 0; k < t->shape.rank; k++) {
        if (p->dims[k] < 0 || p->dims[k] > MAX_CONSTANT_ELEMENTS)
            return fail(err, TACIT_MALFORMED, "tensor \"%s\": bad dimension", t->name);
        t->shape.dim[k] = (uint32_t)p->dims[k];
        *count *= t->shape.dim[k];
        if (*count > MAX_CONSTANT_ELEMENTS) return fail(err, TACIT_MALFORMED, "tensor \"%s\" is too large", t->name);
    }
    return TACIT_OK;
}

/* Decimal number of an external_data entry. */
static tacit_status entry_number(const gtensor *t, const char *text, uint64_t *out, tacit_error *err) {
    char *end = NULL;
    *out = text && text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (!end || *end != '\0') return fail(err, TACIT_MALFORMED, "tensor \"%s\": bad external data", t->name);
    return TACIT_OK;
}

static tacit_status load_external(graph *g, const Onnx__TensorProto *p, const gtensor *t, size_t size,
                                  const unsigned char **raw, tacit_error *err) {
    const char *location = "";
    uint64_t offset = 0, length = size;
    for (size_t i = 0; i < p->n_external_data; i++) {
        const Onnx__StringStringEntryProto *e = p->external_data[i];
        if (!e->key || !e->value) continue;
        if (strcmp(e->key, "location") == 0) location = e->value;
        if (strcmp(e->key, "offset") == 0) TRY(entry_number(t, e->value, &offset, err));
        if (strcmp(e->key, "length") == 0) TRY(entry_number(t, e->value, &length, err));
    }
    if (length != size) return fail(err, TACIT_MALFORMED, "tensor \"%s\": external data has another size", t->name);
    if (!g->folder) return fail(err, TACIT_UNSUPPORTED, "tensor \"%s\": external data without a folder", t->name);
    unsigned char *data;
    TRY(external_read(g->folder, location, offset, size, g->a, &data, err));
    *raw = data;
    return TACIT_OK;
}

/* Little-endian elements, or NULL when the typed field holds them. */
static tacit_status load_raw(graph *g, const Onnx__TensorProto *p, const data_type *d, const gtensor *t, size_t count,
                             const unsigned char **raw, tacit_error *err) {
    *raw = NULL;
    if (p->has_data_location && p->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return load_external(g, p, t, count * d->bytes, raw, err);
    size_t present = p->has_raw_data ? p->raw_data.len : field_count(p, d->field) * d->bytes;
    if (present != count * d->bytes)
        return fail(err, TACIT_MALFORMED, "tensor \"%s\": %u bytes of data for %u elements", t->name, (uint64_t)present,
                    (uint64_t)count);
    if (p->has_raw_data) *raw = p->raw_data.data;
    return TACIT_OK;
}

static tacit_status convert_floats(const unsigned char *raw, uint64_t count, const gtensor *t, double *out,
                                   tacit_error *err) {
    for (uint64_t i = 0; i < count; i++) {
        uint32_t word = (uint32_t)raw_bits(raw + 4 * i, 4);
        float v;
        memcpy(&v, &word, sizeof v);
        out[i] = (double)v;
        if (isnan(out[i])) return fail(err, TACIT_VALUE, "tensor \"%s\": element %u is not a number", t->name, i);
    }
    return TACIT_OK;
}

static tacit_status convert(const Onnx__TensorProto *p, const data_type *d, const unsigned char *raw, uint64_t count,
                            const gtensor *t, void *out, tacit_error *err) {
    double *real = out;
    int64_t *whole = out;
    if (raw && d->type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT) return convert_floats(raw, count, t, real, err);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = raw ? raw_bits(raw + i * d->bytes, d->bytes) : field_bits(p, d->field, i);
        if (d->elem == ELEM_REAL) {
            real[i] = real_of_bits(d, bits);
            if (isnan(real[i])) /* infinity is what masks are made of */
                return fail(err, TACIT_VALUE, "tensor \"%s\": element %u is not a number", t->name, (uint64_t)i);
        } else {
            whole[i] = whole_of_bits(d, bits);
            if (!d->is_signed && whole[i] < 0)
                return fail(err, TACIT_UNSUPPORTED, "tensor \"%s\": element %u is too large", t->name, (uint64_t)i);
        }
    }
    return TACIT_OK;
}

tacit_status data_load(graph *g, const Onnx__TensorProto *p, gtensor *t, tacit_error *err) {
    const data_type *d = find_type(p->has_data_type ? p->data_type : 0);
    const unsigned char *raw = NULL;
    uint64_t count = 0;
    void *values = NULL;
    if (!d) return fail(err, TACIT_UNSUPPORTED, "tensor \"%s\": data type %d", t->name, (int64_t)p->data_type);
    TRY(load_shape(p, t, &count, err));
    TRY(load_raw(g, p, d, t, count, &raw, err));
    TRY(graph_alloc(g, &values, count + 1, sizeof(double), err));
    TRY(convert(p, d, raw, count, t, values, err));
    if (raw && !p->has_raw_data) memory_forget(raw, count * d->bytes); /* from another file */
    t->type = d->elem;
    t->stored = d->type;
    t->boolean = d->type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    t->constant = t->known = true;
    if (d->elem == ELEM_REAL)
        t->real = values;
    else
        t->whole = values;
    return TACIT_OK;
}
