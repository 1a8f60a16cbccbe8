/* base/narrow: a read-only array of signed integers as narrow as they are: weights stay int8 or int16, in place in a
 * mapped file, from loading to the last step of a proof. data is aligned to `bytes`. */
#ifndef BASE_NARROW_H
#define BASE_NARROW_H
#include <stdint.h>

typedef struct narrow {
    const void *data; /* NULL: none */
    unsigned bytes;   /* of an element: 1, 2 or 4 */
} narrow;

static inline narrow narrow_i32(const int32_t *values) {
    return (narrow){values, sizeof *values};
}
/* The array that starts at element i. */
static inline narrow narrow_at(narrow v, uint64_t i) {
    return (narrow){(const unsigned char *)v.data + i * v.bytes, v.bytes};
}
static inline const int8_t *narrow_as_i8(narrow v) {
    return (const int8_t *)v.data;
}
static inline const int16_t *narrow_as_i16(narrow v) {
    return (const int16_t *)v.data;
}
static inline const int32_t *narrow_as_i32(narrow v) {
    return (const int32_t *)v.data;
}
static inline int32_t narrow_get(narrow v, uint64_t i) {
    return v.bytes == 1 ? narrow_as_i8(v)[i] : v.bytes == 2 ? narrow_as_i16(v)[i] : narrow_as_i32(v)[i];
}
/* Bytes of an element that hold every integer of [lo, hi]; the interval fits int32. */
static inline unsigned narrow_bytes(int64_t lo, int64_t hi) {
    return lo < INT16_MIN || hi > INT16_MAX ? 4 : lo < INT8_MIN || hi > INT8_MAX ? 2 : 1;
}
/* out[i] = v[i], i < n. */
static inline void narrow_read(narrow v, uint64_t n, int32_t *out) {
    if (v.bytes == 1)
        for (uint64_t i = 0; i < n; i++) out[i] = narrow_as_i8(v)[i];
    else if (v.bytes == 2)
        for (uint64_t i = 0; i < n; i++) out[i] = narrow_as_i16(v)[i];
    else
        for (uint64_t i = 0; i < n; i++) out[i] = narrow_as_i32(v)[i];
}
/* The same to `bytes` an element, which hold them. */
void narrow_copy(narrow v, uint64_t n, void *out, unsigned bytes);
/* The least and the greatest of n > 0 elements. */
void narrow_extent(narrow v, uint64_t n, int32_t *lo, int32_t *hi);
#endif
