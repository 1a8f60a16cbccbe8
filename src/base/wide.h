/* base/wide: integers of 128 bits, two's complement, for compilers with and without __int128 (32-bit processors).
 * Sums and products are modulo 2^128; callers state the bounds that make them exact. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H
#include <stdbool.h>
#include <stdint.h>

#if defined(__SIZEOF_INT128__) && !defined(TACIT_NO_INT128)
typedef __int128 wide_int;

/* The product's low word; *high gets the other. */
static inline uint64_t mul_64(uint64_t a, uint64_t b, uint64_t *high) {
    unsigned __int128 x = (unsigned __int128)a * b;
    *high = (uint64_t)(x >> 64);
    return (uint64_t)x;
}
static inline wide_int wide_of(int64_t v) {
    return v;
}
static inline wide_int wide_add(wide_int a, wide_int b) {
    return (wide_int)((unsigned __int128)a + (unsigned __int128)b);
}
static inline wide_int wide_scale(wide_int a, int64_t b) {
    return (wide_int)((unsigned __int128)a * (unsigned __int128)b);
}
/* a as unsigned */
static inline wide_int wide_mul_u64(uint64_t a, int64_t b) {
    return (wide_int)((unsigned __int128)a * (unsigned __int128)b);
}
static inline bool wide_less(wide_int a, wide_int b) {
    return a < b;
}
static inline uint64_t wide_low(wide_int a) {
    return (uint64_t)a;
}
static inline uint64_t wide_high(wide_int a) {
    return (uint64_t)((unsigned __int128)a >> 64);
}
#else
typedef struct wide_int {
    uint64_t low, high;
} wide_int;

/* Four products of halves; the middle sum is below 3 * 2^32. */
static inline uint64_t mul_64(uint64_t a, uint64_t b, uint64_t *high) {
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t p = a0 * b0, q = a0 * b1, r = a1 * b0;
    uint64_t middle = (p >> 32) + (uint32_t)q + (uint32_t)r;
    *high = a1 * b1 + (q >> 32) + (r >> 32) + (middle >> 32);
    return middle << 32 | (uint32_t)p;
}
static inline wide_int wide_of(int64_t v) {
    return (wide_int){(uint64_t)v, v < 0 ? UINT64_MAX : 0};
}
static inline wide_int wide_add(wide_int a, wide_int b) {
    uint64_t low = a.low + b.low;
    return (wide_int){low, a.high + b.high + (low < a.low)};
}
static inline wide_int wide_scale(wide_int a, int64_t b) {
    wide_int r;
    r.low = mul_64(a.low, (uint64_t)b, &r.high);
    r.high += a.high * (uint64_t)b - (b < 0 ? a.low : 0);
    return r;
}
static inline wide_int wide_mul_u64(uint64_t a, int64_t b) {
    return wide_scale((wide_int){a, 0}, b);
}
static inline bool wide_less(wide_int a, wide_int b) {
    return a.high == b.high ? a.low < b.low : (int64_t)a.high < (int64_t)b.high;
}
static inline uint64_t wide_low(wide_int a) {
    return a.low;
}
static inline uint64_t wide_high(wide_int a) {
    return a.high;
}
#endif

static inline wide_int wide_neg(wide_int a) {
    return wide_scale(a, -1);
}
static inline wide_int wide_mul(int64_t a, int64_t b) {
    return wide_scale(wide_of(a), b);
}
static inline wide_int wide_min(wide_int a, wide_int b) {
    return wide_less(a, b) ? a : b;
}
static inline wide_int wide_max(wide_int a, wide_int b) {
    return wide_less(a, b) ? b : a;
}
#endif
