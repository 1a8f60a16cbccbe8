#include "commit/certificate.h"
#include <string.h>
#include "commit/queries.h"
#include "program/sequence.h"

/* Canonical bytes (docs/formats.md): var version, var field, var a, k, tail, openings, t_max, var items, then per item
 * var length + name, var rank, var dimensions, svar lo, svar hi; 32 bytes root. */
enum { FIELD_GOLDILOCKS = 1, MAX_ITEMS = 4096, MAX_A = 30, MAX_K = 16 };

#define BAD(...) fail(err, TACIT_MALFORMED, __VA_ARGS__)

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "certificate: scratch is full");
}

/* A number in 0 .. most. */
static tacit_status get(reader *r, uint64_t most, uint32_t *out, const char *what, tacit_error *err) {
    uint64_t v = read_var(r);
    *out = 0;
    if (r->bad || v > most) return BAD("certificate: bad %s", what);
    *out = (uint32_t)v;
    return TACIT_OK;
}

/* ---------------------------------------------------------------- items */
static tacit_status get_name(reader *r, const char **out, arena *a, tacit_error *err) {
    uint32_t n;
    TRY(get(r, MAX_NAME - 1, &n, "length of a name", err));
    const unsigned char *bytes = read_bytes(r, n);
    if (!bytes || n == 0 || bytes[0] == '#') return BAD("certificate: bad name"); /* '#': multiplicities */
    char *name = ARENA_ZNEW(a, char, (size_t)n + 1);
    if (!name) return full(err);
    for (uint32_t i = 0; i < n; i++) {
        if (bytes[i] < 0x20 || bytes[i] > 0x7e) return BAD("certificate: bad name");
        name[i] = (char)bytes[i];
    }
    *out = name;
    return TACIT_OK;
}

static tacit_status get_shape(reader *r, shape *s, tacit_error *err) {
    unsigned vars = 0;
    memset(s, 0, sizeof *s);
    TRY(get(r, MAX_RANK, &s->rank, "rank", err));
    for (uint32_t i = 0; i < s->rank; i++) {
        TRY(get(r, UINT32_MAX, &s->dim[i], "dimension", err));
        if (s->dim[i] == 0) return BAD("certificate: an empty dimension");
        vars += log2_ceil(s->dim[i]);
    }
    return vars > MAX_LOG_TENSOR ? BAD("certificate: a tensor is too large") : TACIT_OK;
}

/* Weights are 32-bit integers, and the interval is a table of the range program. */
static tacit_status get_interval(reader *r, certificate_item *item, tacit_error *err) {
    item->lo = read_svar(r);
    item->hi = read_svar(r);
    bool fits = !r->bad && item->lo >= INT32_MIN && item->hi <= INT32_MAX && item->lo <= item->hi;
    if (!fits || item->hi - item->lo >= MAX_TABLE_ROWS) return BAD("certificate: bad interval of \"%s\"", item->name);
    return TACIT_OK;
}

static bool same_text(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static tacit_status get_items(certificate *c, reader *r, arena *a, tacit_error *err) {
    TRY(get(r, MAX_ITEMS, &c->item_count, "number of tensors", err));
    if (c->item_count == 0) return BAD("certificate: no tensors");
    c->items = ARENA_ZNEW(a, certificate_item, c->item_count);
    if (!c->items) return full(err);
    for (uint32_t i = 0; i < c->item_count; i++) {
        TRY(get_name(r, &c->items[i].name, a, err));
        for (uint32_t j = 0; j < i; j++)
            if (same_text(c->items[i].name, c->items[j].name))
                return BAD("certificate: two tensors \"%s\"", c->items[i].name);
        TRY(get_shape(r, &c->items[i].shape, err));
        TRY(get_interval(r, &c->items[i], err));
    }
    return TACIT_OK;
}

/* ---------------------------------------------------------------- the whole */
/* The tail hides every opening that the certificate allows, and the weights end before it. */
static tacit_status check_sizes(const certificate *c, tacit_error *err) {
    uint64_t columns = UINT64_C(1) << c->shape.a, needed = certificate_queries(c->shape.a);
    if (c->shape.tail > columns) return BAD("certificate: the tail is longer than a lane");
    if (needed == 0 || c->t_max < needed) return BAD("certificate: t_max %u is below %u", (uint64_t)c->t_max, needed);
    if (c->openings == 0 || c->openings > c->shape.tail / c->t_max)
        return BAD("certificate: the tail does not last for %u openings", c->openings);
    if (c->layout.size > (columns - c->shape.tail) << c->shape.k)
        return BAD("certificate: the weights run into the tail");
    return TACIT_OK;
}

static tacit_status certificate_layout(certificate *c, arena *a, tacit_error *err) {
    const shape **shapes = ARENA_NEW(a, const shape *, c->item_count);
    if (!shapes) return full(err);
    for (uint32_t i = 0; i < c->item_count; i++) shapes[i] = &c->items[i].shape;
    return layout_make(&c->layout, shapes, c->item_count, a, err);
}

static digest digest_of(const unsigned char *bytes, size_t n) {
    uint8_t tag[64] = "tacit certificate"; /* the tag block */
    sha256 h;
    sha256_init(&h);
    sha256_update(&h, tag, sizeof tag);
    sha256_update(&h, bytes, n);
    return sha256_final(&h);
}

tacit_status certificate_parse(certificate *c, reader *r, arena *a, tacit_error *err) {
    size_t start = r->at;
    uint32_t version, field, openings;
    memset(c, 0, sizeof *c);
    TRY(get(r, UINT32_MAX, &version, "version", err));
    if (version != CERTIFICATE_VERSION) return fail(err, TACIT_VERSION, "certificate of version %u", (uint64_t)version);
    TRY(get(r, UINT32_MAX, &field, "field", err));
    if (field != FIELD_GOLDILOCKS) return fail(err, TACIT_UNSUPPORTED, "certificate over field %u", (uint64_t)field);
    TRY(get(r, MAX_A, &c->shape.a, "column count", err));
    TRY(get(r, MAX_K, &c->shape.k, "lane count", err));
    TRY(get(r, UINT32_MAX, &c->shape.tail, "tail", err));
    TRY(get(r, UINT32_MAX, &openings, "number of openings", err));
    TRY(get(r, UINT32_MAX, &c->t_max, "t_max", err));
    c->openings = openings;
    TRY(get_items(c, r, a, err));
    const unsigned char *root = read_bytes(r, sizeof c->root.b);
    if (!root) return BAD("certificate: no root");
    memcpy(c->root.b, root, sizeof c->root.b);
    TRY(certificate_layout(c, a, err));
    TRY(check_sizes(c, err));
    c->digest = digest_of(r->data + start, r->at - start);
    return TACIT_OK;
}

static void put_name(writer *w, const char *name) {
    size_t n = 0;
    while (name[n]) n++;
    write_var(w, n);
    write_bytes(w, name, n);
}

static void put_shape(writer *w, const shape *s) {
    write_var(w, s->rank);
    for (uint32_t i = 0; i < s->rank; i++) write_var(w, s->dim[i]);
}

void certificate_write(const certificate *c, writer *w) {
    write_var(w, CERTIFICATE_VERSION);
    write_var(w, FIELD_GOLDILOCKS);
    write_var(w, c->shape.a);
    write_var(w, c->shape.k);
    write_var(w, c->shape.tail);
    write_var(w, c->openings);
    write_var(w, c->t_max);
    write_var(w, c->item_count);
    for (uint32_t i = 0; i < c->item_count; i++) {
        put_name(w, c->items[i].name);
        put_shape(w, &c->items[i].shape);
        write_svar(w, c->items[i].lo);
        write_svar(w, c->items[i].hi);
    }
    write_bytes(w, c->root.b, sizeof c->root.b);
}

/* ---------------------------------------------------------------- the range program */
static bool first_with_interval(const certificate *c, uint32_t i) {
    for (uint32_t j = 0; j < i; j++)
        if (c->items[j].lo == c->items[i].lo && c->items[j].hi == c->items[i].hi) return false;
    return true;
}

/* Bytes as program_write makes them (program/format.c); a test compares the two. */
void certificate_range_program(const certificate *c, writer *w) {
    uint32_t tables = 0;
    write_bytes(w, "TACP", 4);
    write_var(w, PROGRAM_VERSION);
    write_var(w, c->item_count);
    for (uint32_t i = 0; i < c->item_count; i++) {
        put_name(w, c->items[i].name);
        write_u8(w, TENSOR_PARAM);
        put_shape(w, &c->items[i].shape);
        write_svar(w, c->items[i].lo);
        write_svar(w, c->items[i].hi);
        tables += first_with_interval(c, i) ? 1 : 0;
    }
    write_var(w, tables);
    for (uint32_t i = 0, id = 1; i < c->item_count; i++) {
        if (!first_with_interval(c, i)) continue;
        table_run run = {(uint32_t)(c->items[i].hi - c->items[i].lo + 1), c->items[i].lo, 1};
        write_var(w, id++);
        write_var(w, 1); /* width */
        write_var(w, run.count);
        write_runs(w, &run, 1);
    }
    write_var(w, 0); /* constraints */
    write_var(w, c->item_count);
    for (uint32_t i = 0, t = 0; i < c->item_count; i++) { /* lookups, table by table */
        if (!first_with_interval(c, i)) continue;
        for (uint32_t j = i; j < c->item_count; j++) {
            if (c->items[j].lo != c->items[i].lo || c->items[j].hi != c->items[i].hi) continue;
            put_name(w, c->items[j].name);
            write_var(w, t);
            write_var(w, j);
        }
        t++;
    }
}
