#include "field/columns.h"

void columns_portable(extv out, extv e, const int32_t *x, size_t rows, size_t cols, size_t stride) {
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            extv_set(out, c, ext_add(extv_get(out, c), ext_scale(extv_get(e, r), gl_from_i64(x[r * stride + c]))));
}
