/* io_npy: NumPy's .npy format, versions 1 to 3 [numpy.lib.format].
 * "\x93NUMPY", u8 major, u8 minor, u16 or u32 header size, a Python dictionary with 'descr', 'fortran_order', 'shape',
 * then the elements. Types: f4 f8, i1 i2 i4 i8, u1 u2 u4 u8, b1, either byte order. */
#ifndef TACIT_APP_IO_NPY_H
#define TACIT_APP_IO_NPY_H
#include <stdbool.h>
#include "array.h"
#include "disk.h"

bool npy_is(const unsigned char *data, size_t size);
/* The whole file lies in data[0 .. size); `name` stays as it is. MALFORMED: header, or data too short or too long;
 * SHAPE: a type or rank that is not read; VALUE: an element that is no number, with its index; RESOURCES. */
TACIT_MUST_CHECK tacit_status npy_read(array *a, const unsigned char *data, size_t size, tacit_error *err);
/* The bytes of a file with float64 elements, row-major. */
TACIT_MUST_CHECK tacit_status npy_write(file_bytes *out, const double *x, const uint64_t *dim, size_t rank,
                                        tacit_error *err);

#endif
