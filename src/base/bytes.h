/* base/bytes: little-endian reader and writer with bounds; reading past the end sets `bad` and yields zeros. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct reader {
    const unsigned char *data;
    size_t size, at;
    bool bad;
} reader;

reader reader_of(const void *data, size_t size);
uint8_t read_u8(reader *r);
uint16_t read_u16(reader *r);
uint32_t read_u32(reader *r);
uint64_t read_u64(reader *r);
int64_t read_i64(reader *r);
/* Unsigned LEB128, shortest form only (a longer form is bad), at most 10 bytes; signed values zigzag-coded. */
uint64_t read_var(reader *r);
int64_t read_svar(reader *r);
/* Pointer into the data, or NULL (and bad). */
const unsigned char *read_bytes(reader *r, size_t n);

/* Writes up to `cap` bytes; `at` counts all bytes, so a NULL buffer measures. */
typedef struct writer {
    unsigned char *data;
    size_t cap, at;
} writer;

void write_u8(writer *w, uint8_t v);
void write_u16(writer *w, uint16_t v);
void write_u32(writer *w, uint32_t v);
void write_u64(writer *w, uint64_t v);
void write_i64(writer *w, int64_t v);
void write_var(writer *w, uint64_t v);
void write_svar(writer *w, int64_t v);
void write_bytes(writer *w, const void *p, size_t n);

static inline uint64_t load_le64(const unsigned char *p) {
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) v = v << 8 | p[i];
    return v;
}
static inline void store_le64(unsigned char *p, uint64_t v) {
    for (int i = 0; i < 8; i++) p[i] = (unsigned char)(v >> (8 * i));
}

/* Checked sizes: false on overflow. */
static inline bool size_mul(size_t a, size_t b, size_t *out) {
    return !__builtin_mul_overflow(a, b, out);
}
static inline bool size_add(size_t a, size_t b, size_t *out) {
    return !__builtin_add_overflow(a, b, out);
}

/* ceil(log2 n), n >= 1. */
static inline unsigned log2_ceil(uint64_t n) {
    return n <= 1 ? 0u : 64u - (unsigned)__builtin_clzll(n - 1);
}
/* floor(log2 n), n >= 1. */
static inline unsigned log2_floor(uint64_t n) {
    return 63u - (unsigned)__builtin_clzll(n);
}
#endif
