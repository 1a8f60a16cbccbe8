#include "field/columns.h"

#define COLUMN_SUMS(name, type)                                                                                        \
    void name(extv out, extv e, const type *x, size_t rows, size_t cols, size_t stride) {                              \
        for (size_t r = 0; r < rows; r++)                                                                              \
            for (size_t c = 0; c < cols; c++)                                                                          \
                extv_set(out, c,                                                                                       \
                         ext_add(extv_get(out, c), ext_scale(extv_get(e, r), gl_from_i64(x[r * stride + c]))));        \
    }
COLUMN_SUMS(columns_portable_i32, int32_t)
COLUMN_SUMS(columns_portable_i16, int16_t)
COLUMN_SUMS(columns_portable_i8, int8_t)
