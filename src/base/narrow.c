#include "base/narrow.h"
#include <string.h>

#define COPY(type)                                                                                                     \
    for (uint64_t i = 0; i < n; i++) ((type *)out)[i] = (type)narrow_get(v, i)

void narrow_copy(narrow v, uint64_t n, void *out, unsigned bytes) {
    if (bytes == v.bytes)
        memcpy(out, v.data, n * bytes);
    else if (bytes == 1)
        COPY(int8_t);
    else if (bytes == 2)
        COPY(int16_t);
    else
        narrow_read(v, n, out);
}

#define EXTENT(type)                                                                                                   \
    do {                                                                                                               \
        const type *x = (const type *)v.data;                                                                          \
        type least = x[0], most = x[0];                                                                                \
        for (uint64_t i = 1; i < n; i++) {                                                                             \
            least = x[i] < least ? x[i] : least;                                                                       \
            most = x[i] > most ? x[i] : most;                                                                          \
        }                                                                                                              \
        *lo = least;                                                                                                   \
        *hi = most;                                                                                                    \
    } while (0)

void narrow_extent(narrow v, uint64_t n, int32_t *lo, int32_t *hi) {
    if (v.bytes == 1)
        EXTENT(int8_t);
    else if (v.bytes == 2)
        EXTENT(int16_t);
    else
        EXTENT(int32_t);
}
