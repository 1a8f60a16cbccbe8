#include "base/bytes.h"
#include <string.h>

enum { VAR_BYTES = 10 }; /* ceil(64 / 7) */

reader reader_of(const void *data, size_t size) {
    return (reader){.data = data, .size = size, .at = 0, .bad = false};
}

const unsigned char *read_bytes(reader *r, size_t n) {
    static const unsigned char nothing[1] = {0};
    if (r->bad || n > r->size - r->at) {
        r->bad = true;
        return NULL;
    }
    const unsigned char *p = r->data == NULL ? nothing : r->data + r->at;
    r->at += n;
    return p;
}

/* The next n <= 8 bytes as a little-endian number. */
static uint64_t read_le(reader *r, size_t n) {
    const unsigned char *p = read_bytes(r, n);
    uint64_t v = 0;
    if (p == NULL) return 0;
    for (size_t i = n; i-- > 0;) v = v << 8 | p[i];
    return v;
}

uint8_t read_u8(reader *r) {
    return (uint8_t)read_le(r, 1);
}
uint16_t read_u16(reader *r) {
    return (uint16_t)read_le(r, 2);
}
uint32_t read_u32(reader *r) {
    return (uint32_t)read_le(r, 4);
}
uint64_t read_u64(reader *r) {
    return read_le(r, 8);
}
int64_t read_i64(reader *r) {
    return (int64_t)read_le(r, 8);
}

uint64_t read_var(reader *r) {
    uint64_t v = 0;
    for (unsigned i = 0; i < VAR_BYTES; i++) {
        uint64_t byte = read_u8(r), part = byte & 0x7F; /* 0 at the end of the data, where r is bad already */
        /* The tenth byte holds bit 63 alone; a last byte of zero could be left out. */
        if ((i == VAR_BYTES - 1 && byte > 1) || (i > 0 && byte == 0)) break;
        v |= part << (7 * i);
        if (byte < 0x80) return v;
    }
    r->bad = true;
    return 0;
}

int64_t read_svar(reader *r) {
    uint64_t z = read_var(r);
    return (int64_t)(z >> 1 ^ (0 - (z & 1)));
}

void write_bytes(writer *w, const void *p, size_t n) {
    if (w->data != NULL && w->at <= w->cap && n <= w->cap - w->at && n > 0) memcpy(w->data + w->at, p, n);
    w->at += n;
}

static void write_le(writer *w, uint64_t v, size_t n) {
    unsigned char b[8];
    store_le64(b, v);
    write_bytes(w, b, n);
}

void write_u8(writer *w, uint8_t v) {
    write_le(w, v, 1);
}
void write_u16(writer *w, uint16_t v) {
    write_le(w, v, 2);
}
void write_u32(writer *w, uint32_t v) {
    write_le(w, v, 4);
}
void write_u64(writer *w, uint64_t v) {
    write_le(w, v, 8);
}
void write_i64(writer *w, int64_t v) {
    write_le(w, (uint64_t)v, 8);
}

void write_var(writer *w, uint64_t v) {
    for (; v >= 0x80; v >>= 7) write_u8(w, (uint8_t)(v | 0x80));
    write_u8(w, (uint8_t)v);
}

void write_svar(writer *w, int64_t v) {
    write_var(w, (uint64_t)v << 1 ^ (0 - (uint64_t)(v < 0)));
}
