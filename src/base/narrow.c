#include "base/narrow.h"

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
