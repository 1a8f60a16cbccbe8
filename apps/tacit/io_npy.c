#include "io_npy.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "errors.h"

static const unsigned char MAGIC[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
enum { ALIGN = 64, MAX_HEADER = 1 << 16 };

typedef struct npy_header {
    char kind; /* f, i, u or b */
    unsigned width;
    bool big_endian, fortran;
    bool has_descr, has_order, has_shape;
} npy_header;

/* The dictionary's text; reading past its end yields '\0'. */
typedef struct cursor {
    const char *at, *end;
} cursor;

bool npy_is(const unsigned char *data, size_t size) {
    return size >= sizeof MAGIC && memcmp(data, MAGIC, sizeof MAGIC) == 0;
}

static char peek(const cursor *c) {
    return c->at < c->end ? *c->at : '\0';
}

static void skip_blanks(cursor *c) {
    while (peek(c) == ' ' || peek(c) == '\n' || peek(c) == '\t' || peek(c) == '\r') c->at++;
}

static bool take(cursor *c, char expected) {
    skip_blanks(c);
    if (peek(c) != expected) return false;
    c->at++;
    return true;
}

static bool take_word(cursor *c, const char *word) {
    skip_blanks(c);
    size_t length = strlen(word);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) return false;
    c->at += length;
    return true;
}

/* A Python string without escapes. */
static bool take_string(cursor *c, char *out, size_t size) {
    skip_blanks(c);
    char quote = peek(c);
    if (quote != '\'' && quote != '"') return false;
    c->at++;
    size_t n = 0;
    for (; peek(c) != quote; c->at++) {
        if (c->at >= c->end || *c->at == '\\' || n + 1 >= size) return false;
        out[n++] = *c->at;
    }
    out[n] = '\0';
    c->at++;
    return true;
}

static bool take_number(cursor *c, uint64_t *out) {
    skip_blanks(c);
    if (peek(c) < '0' || peek(c) > '9') return false;
    uint64_t v = 0;
    for (; peek(c) >= '0' && peek(c) <= '9'; c->at++)
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(*c->at - '0'), &v))
            return false;
    *out = v;
    return true;
}

static tacit_status read_descr(npy_header *h, cursor *c, tacit_error *err) {
    char text[16];
    if (!take_string(c, text, sizeof text))
        return cli_fail(err, TACIT_SHAPE, "its type is not a plain number type; save it as float32");
    const char *t = text;
    char order = '|';
    if (*t == '<' || *t == '>' || *t == '|' || *t == '=') order = *t++;
    static const char *const known[] = {"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(t, known[i]) != 0) continue;
        h->kind = t[0];
        h->width = (unsigned)(t[1] - '0');
        h->big_endian = order == '>';
        /* '|' says that order does not matter, which is only true of single bytes. */
        if (order == '|' && h->width > 1) break;
        return TACIT_OK;
    }
    char clean[sizeof text];
    cli_clean(clean, sizeof clean, text, strlen(text));
    return cli_fail(err, TACIT_SHAPE, "type '%s' is not read; save it as float32, float64, an integer or bool", clean);
}

static tacit_status read_shape(array *a, cursor *c, tacit_error *err) {
    a->rank = 0;
    if (!take(c, '(')) return cli_fail(err, TACIT_MALFORMED, "npy header: 'shape' is not a tuple");
    while (!take(c, ')')) {
        uint64_t n;
        if (!take_number(c, &n)) return cli_fail(err, TACIT_MALFORMED, "npy header: 'shape' is not a tuple of sizes");
        if (a->rank == ARRAY_MAX_RANK)
            return cli_fail(err, TACIT_SHAPE, "more than %d axes; reshape it", ARRAY_MAX_RANK);
        a->dim[a->rank++] = n;
        bool comma = take(c, ',');
        skip_blanks(c);
        /* (3) is a number in Python, not a tuple. */
        if (!comma && (peek(c) != ')' || a->rank == 1))
            return cli_fail(err, TACIT_MALFORMED, "npy header: 'shape' is not a tuple of sizes");
    }
    return TACIT_OK;
}

static tacit_status read_entry(npy_header *h, array *a, cursor *c, tacit_error *err) {
    char key[24];
    if (!take_string(c, key, sizeof key) || !take(c, ':'))
        return cli_fail(err, TACIT_MALFORMED, "npy header: not a dictionary");
    bool *seen = strcmp(key, "descr") == 0           ? &h->has_descr
                 : strcmp(key, "fortran_order") == 0 ? &h->has_order
                 : strcmp(key, "shape") == 0         ? &h->has_shape
                                                     : NULL;
    if (seen == NULL || *seen) return cli_fail(err, TACIT_MALFORMED, "npy header: an unknown or repeated key");
    *seen = true;
    if (seen == &h->has_descr) return read_descr(h, c, err);
    if (seen == &h->has_shape) return read_shape(a, c, err);
    h->fortran = take_word(c, "True");
    if (!h->fortran && !take_word(c, "False"))
        return cli_fail(err, TACIT_MALFORMED, "npy header: 'fortran_order' is neither True nor False");
    return TACIT_OK;
}

static tacit_status read_header(npy_header *h, array *a, cursor *c, tacit_error *err) {
    *h = (npy_header){0};
    if (!take(c, '{')) return cli_fail(err, TACIT_MALFORMED, "npy header: not a dictionary");
    while (!take(c, '}')) {
        CLI_TRY(read_entry(h, a, c, err));
        bool comma = take(c, ',');
        skip_blanks(c);
        if (!comma && peek(c) != '}') return cli_fail(err, TACIT_MALFORMED, "npy header: not a dictionary");
    }
    skip_blanks(c);
    if (c->at != c->end) return cli_fail(err, TACIT_MALFORMED, "npy header: text after the dictionary");
    if (!h->has_descr || !h->has_order || !h->has_shape)
        return cli_fail(err, TACIT_MALFORMED, "npy header: 'descr', 'fortran_order' or 'shape' is missing");
    return TACIT_OK;
}

/* The element's bits, low byte first. */
static uint64_t load_bits(const unsigned char *p, const npy_header *h) {
    uint64_t v = 0;
    for (unsigned i = 0; i < h->width; i++) v = v << 8 | p[h->big_endian ? i : h->width - 1 - i];
    return v;
}

static int64_t sign_extend(uint64_t v, unsigned width) {
    unsigned shift = 64 - 8 * width;
    int64_t out;
    v <<= shift;
    memcpy(&out, &v, sizeof out);
    return out >> shift; /* gcc and clang shift arithmetically */
}

static double load_float(uint64_t bits, unsigned width) {
    if (width == 4) {
        float f;
        uint32_t low = (uint32_t)bits;
        memcpy(&f, &low, sizeof f);
        return (double)f;
    }
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static tacit_status store_element(array *a, uint64_t to, const unsigned char *p, const npy_header *h,
                                  tacit_error *err) {
    uint64_t bits = load_bits(p, h);
    if (h->kind == 'f') {
        a->real[to] = load_float(bits, h->width);
        if (isfinite(a->real[to])) return TACIT_OK;
        return cli_fail(err, TACIT_VALUE, "element %llu is %s; only finite numbers can be used", (unsigned long long)to,
                        isnan(a->real[to]) ? "NaN" : "infinite");
    }
    if (h->kind == 'i') {
        a->integer[to] = sign_extend(bits, h->width);
    } else if (bits > INT64_MAX) {
        return cli_fail(err, TACIT_VALUE, "element %llu is above 2^63 - 1", (unsigned long long)to);
    } else {
        a->integer[to] = h->kind == 'b' ? bits != 0 : (int64_t)bits;
    }
    a->real[to] = (double)a->integer[to];
    return TACIT_OK;
}

/* Element i of the file goes to row-major place `to`; in Fortran order the first axis runs fastest. */
static tacit_status read_elements(array *a, const unsigned char *data, const npy_header *h, tacit_error *err) {
    uint64_t index[ARRAY_MAX_RANK] = {0}, stride[ARRAY_MAX_RANK];
    uint64_t next = 1;
    for (uint32_t k = a->rank; k-- > 0; next *= a->dim[k]) stride[k] = next;
    uint64_t to = 0;
    for (uint64_t i = 0; i < a->count; i++) {
        CLI_TRY(store_element(a, h->fortran ? to : i, data + (size_t)i * h->width, h, err));
        for (uint32_t k = 0; h->fortran && k < a->rank; k++) {
            to += stride[k];
            if (++index[k] < a->dim[k]) break;
            to -= stride[k] * a->dim[k];
            index[k] = 0;
        }
    }
    return TACIT_OK;
}

/* The dictionary's place in the file. */
static tacit_status find_header(cursor *c, const unsigned char *data, size_t size, tacit_error *err) {
    if (!npy_is(data, size)) return cli_fail(err, TACIT_MALFORMED, "not an npy file");
    if (size < 10) return cli_fail(err, TACIT_MALFORMED, "npy file ends in its header");
    if (data[6] < 1 || data[6] > 3 || data[7] != 0)
        return cli_fail(err, TACIT_VERSION, "npy format %u.%u is not known; save it again with numpy.save", data[6],
                        data[7]);
    size_t start = data[6] == 1 ? 10 : 12;
    if (size < start) return cli_fail(err, TACIT_MALFORMED, "npy file ends in its header");
    size_t length = data[8] | (size_t)data[9] << 8;
    if (data[6] > 1) length |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
    if (length > MAX_HEADER || length > size - start)
        return cli_fail(err, TACIT_MALFORMED, "npy file ends in its header");
    *c = (cursor){(const char *)data + start, (const char *)data + start + length};
    return TACIT_OK;
}

/* A size that no file can hold is a wrong header, not a lack of memory: looked at before anything is allocated. */
static tacit_status check_size(const array *a, const npy_header *h, size_t have, tacit_error *err) {
    uint64_t need = h->width;
    bool fits = true, empty = false;
    for (uint32_t i = 0; i < a->rank; i++) empty = empty || a->dim[i] == 0;
    for (uint32_t i = 0; i < a->rank && !empty; i++) fits = fits && !__builtin_mul_overflow(need, a->dim[i], &need);
    if (empty) need = 0;
    if (fits && need == have) return TACIT_OK;
    char shape[120];
    array_shape_text(shape, sizeof shape, a->dim, a->rank);
    return cli_fail(err, TACIT_MALFORMED, "has %zu bytes of data, its shape %s needs %s%llu; is it truncated?", have,
                    shape, fits ? "" : "more than ", fits ? (unsigned long long)need : ~0ull);
}

tacit_status npy_read(array *a, const unsigned char *data, size_t size, tacit_error *err) {
    cursor c = {0};
    npy_header h;
    CLI_TRY(find_header(&c, data, size, err));
    CLI_TRY(read_header(&h, a, &c, err));
    const unsigned char *elements = (const unsigned char *)c.end;
    CLI_TRY(check_size(a, &h, size - (size_t)(elements - data), err));
    CLI_TRY(array_allocate(a, h.kind != 'f', err));
    tacit_status status = read_elements(a, elements, &h, err);
    if (status != TACIT_OK) array_free(a);
    return status;
}

tacit_status npy_write(file_bytes *out, const double *x, const uint64_t *dim, size_t rank, tacit_error *err) {
    char shape[24 * ARRAY_MAX_RANK + 8], text[sizeof shape + 80];
    uint64_t count = 1;
    for (size_t i = 0; i < rank; i++) count *= dim[i];
    array_shape_text(shape, sizeof shape, dim, rank);
    int length = snprintf(text, sizeof text, "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape);
    /* Blanks and a newline bring the data to a multiple of 64. */
    size_t start = ((size_t)length + 11 + ALIGN - 1) / ALIGN * ALIGN;
    *out = (file_bytes){.data = malloc(start + (size_t)count * 8), .size = start + (size_t)count * 8};
    if (out->data == NULL) return cli_fail(err, TACIT_RESOURCES, "no memory for %zu bytes", out->size);
    memset(out->data, ' ', start);
    memcpy(out->data, MAGIC, sizeof MAGIC);
    out->data[6] = 1;
    out->data[7] = 0;
    out->data[8] = (unsigned char)((start - 10) & 255);
    out->data[9] = (unsigned char)((start - 10) >> 8);
    memcpy(out->data + 10, text, (size_t)length);
    out->data[start - 1] = '\n';
    for (uint64_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        for (size_t b = 0; b < 8; b++) out->data[start + (size_t)i * 8 + b] = (unsigned char)(bits >> (8 * b));
    }
    return TACIT_OK;
}
