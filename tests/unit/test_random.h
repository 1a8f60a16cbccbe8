/* tests/unit/test_random: reproducible numbers for tests; one value in four is an edge of the field. */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* base/error has a function of this name */
#include "field/vec.h"

static uint64_t test_state = UINT64_C(0x9E3779B97F4A7C15);

/* splitmix64 */
static inline uint64_t test_u64(void) {
    uint64_t z = test_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static const gl test_edges[] = {0,
                                1,
                                2,
                                GL_P - 1,
                                GL_P - 2,
                                GL_EPS - 1,
                                GL_EPS,
                                GL_EPS + 1,
                                GL_P - GL_EPS,
                                GL_P - GL_EPS - 1,
                                GL_P - GL_EPS + 1,
                                (GL_P - 1) / 2,
                                (GL_P + 1) / 2,
                                UINT64_C(1) << 63,
                                (UINT64_C(1) << 63) - 1,
                                UINT64_C(0x7FFFFFFF00000001),
                                UINT64_C(0x80000000FFFFFFFF),
                                UINT64_C(0x7FFF7FFF7FFF7FFF),
                                UINT64_C(0x8000800080008000),
                                UINT64_C(0x00000000FFFF0000)};
enum { TEST_EDGES = sizeof test_edges / sizeof test_edges[0] };

static inline gl test_gl(void) {
    uint64_t r = test_u64();
    if ((r & 3) == 0) return test_edges[(r >> 8) % TEST_EDGES];
    return gl_canonical(test_u64());
}

static inline ext test_ext(void) {
    ext e;
    for (int j = 0; j < EXT_DEG; j++) e.c[j] = test_gl();
    return e;
}

#define assert_ext_equal(a, b) assert_true(ext_equal((a), (b)))
#endif
