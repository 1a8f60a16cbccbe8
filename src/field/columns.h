/* field/columns: column sums of a small-integer matrix times a vector of E, portable (see vec.h). */
#ifndef FIELD_COLUMNS_H
#define FIELD_COLUMNS_H
#include "field/vec.h"

void columns_portable_i32(extv out, extv e, const int32_t *x, size_t rows, size_t cols, size_t stride);
void columns_portable_i16(extv out, extv e, const int16_t *x, size_t rows, size_t cols, size_t stride);
void columns_portable_i8(extv out, extv e, const int8_t *x, size_t rows, size_t cols, size_t stride);
#endif
