/* field/vec_narrow: the kernels that read small integers, by their width. */
#ifndef FIELD_VEC_NARROW_H
#define FIELD_VEC_NARROW_H
#include "base/narrow.h"
#include "field/vec.h"

static inline ext vec_dot_narrow(extv a, narrow b, size_t n) {
    if (b.bytes == 1) return vec->dot_i8(a, narrow_as_i8(b), n);
    if (b.bytes == 2) return vec->dot_i16(a, narrow_as_i16(b), n);
    return vec->dot_i32(a, narrow_as_i32(b), n);
}
static inline void vec_column_sums(extv out, extv e, narrow x, size_t rows, size_t cols, size_t stride) {
    if (x.bytes == 1)
        vec->column_sums_i8(out, e, narrow_as_i8(x), rows, cols, stride);
    else if (x.bytes == 2)
        vec->column_sums_i16(out, e, narrow_as_i16(x), rows, cols, stride);
    else
        vec->column_sums_i32(out, e, narrow_as_i32(x), rows, cols, stride);
}
/* out += s a and out = a: widened in pieces. */
void vec_axpy_narrow(extv out, narrow a, ext s, size_t n);
void vec_from_narrow(gl *out, narrow a, size_t n);
#endif
