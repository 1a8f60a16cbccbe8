/* Tests of poly/: transforms against the sums that define them, for every kernel; eq against its table. */
#include "test_random.h"
#include <stdlib.h>
#include <string.h>
#include "poly/eq.h"
#include "poly/ntt.h"

enum { NAIVE_LOG = 11, LARGE_LOG = 20 };

static gl *random_vector(size_t n) {
    gl *x = malloc((n + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) x[i] = test_gl();
    return x;
}

static gl horner(const gl *c, size_t count, gl x) {
    gl s = 0;
    for (size_t i = count; i-- > 0;) s = gl_add(gl_mul(s, x), c[i]);
    return s;
}

/* All outputs up to 2^NAIVE_LOG, samples and the ends beyond. */
static size_t next_output(size_t j, unsigned log_n) {
    size_t n = (size_t)1 << log_n;
    if (log_n <= NAIVE_LOG || j + 1 == n) return j + 1;
    j += 1 + test_u64() % (n / 16);
    return j < n ? j : n - 1;
}

static void forward(void **unused) {
    (void)unused;
    for (unsigned log_n = 0; log_n <= LARGE_LOG; log_n++) {
        size_t n = (size_t)1 << log_n;
        gl *x = random_vector(n), *y = random_vector(n);
        if (log_n % 3 == 1)
            for (size_t i = 0; i < n; i++) x[i] = i % 2 == 0 ? GL_P - 1 : test_edges[test_u64() % TEST_EDGES];
        memcpy(y, x, n * sizeof *x);
        ntt_prepare(log_n);
        ntt_forward(y, log_n);
        for (size_t j = 0; j < n; j = next_output(j, log_n))
            assert_true(y[j] == horner(x, n, gl_pow(gl_root(log_n), j)));
        free(x);
        free(y);
    }
}

static void encode_one(size_t count, unsigned log_n) {
    size_t n = (size_t)1 << log_n;
    gl *c = random_vector(count), *out = random_vector(n);
    rs_encode(out, c, count, log_n);
    for (size_t j = 0; j < n; j = next_output(j, log_n)) assert_true(out[j] == horner(c, count, rs_point(log_n, j)));
    free(c);
    free(out);
}

static void encode(void **unused) {
    (void)unused;
    for (unsigned log_n = 0; log_n <= NAIVE_LOG; log_n++) {
        size_t n = (size_t)1 << log_n;
        for (unsigned k = 0; k <= log_n; k++) encode_one(n >> k, log_n);
        encode_one(0, log_n);
        encode_one(n / 3, log_n);
        encode_one(n - n / 7, log_n);
    }
    encode_one((size_t)1 << 14, 16);
    encode_one((size_t)1 << 16, 18);
    encode_one((size_t)1 << 16, 20);
    encode_one(((size_t)1 << 14) + 5, 16);
}

/* In-range canonical outputs are equal numbers, so kernels agree bit for bit where the sums above are not taken. */
static void transpose(void **unused) {
    (void)unused;
    for (unsigned log_n = 0; log_n <= 9; log_n++) {
        size_t n = (size_t)1 << log_n, count = n / 4 + 1;
        gl *d = random_vector(n), *kept = random_vector(n), *out = random_vector(n);
        for (size_t j = 0; j < n; j++)
            if (test_u64() % 3 != 0) d[j] = 0;
        memcpy(kept, d, n * sizeof *d);
        rs_transpose(out, count, d, log_n);
        for (size_t i = 0; i < count; i++) {
            gl s = 0;
            for (size_t j = 0; j < n; j++) s = gl_add(s, gl_mul(kept[j], gl_pow(rs_point(log_n, j), i)));
            assert_true(out[i] == s);
        }
        free(d);
        free(kept);
        free(out);
    }
}

/* <rs_encode(c), d> = <c, rs_transpose(d)> at a size beyond the naive sums. */
static void transpose_is_adjoint(void **unused) {
    (void)unused;
    const unsigned log_n = 17;
    size_t n = (size_t)1 << log_n, count = n / 4;
    gl *c = random_vector(count), *d = random_vector(n), *code = random_vector(n), *t = random_vector(count);
    gl left = 0, right = 0;
    rs_encode(code, c, count, log_n);
    for (size_t j = 0; j < n; j++) left = gl_add(left, gl_mul(code[j], d[j]));
    rs_transpose(t, count, d, log_n);
    for (size_t i = 0; i < count; i++) right = gl_add(right, gl_mul(c[i], t[i]));
    assert_true(left == right);
    free(c);
    free(d);
    free(code);
    free(t);
}

static void eq_functions(void **unused) {
    (void)unused;
    for (unsigned n = 0; n <= 6; n++) {
        ext z[6], x[6], tz[64], tx[64];
        for (unsigned i = 0; i < n; i++) z[i] = test_ext(), x[i] = test_ext();
        eq_table(tz, z, n);
        eq_table(tx, x, n);
        ext sum = EXT_ZERO, weighted = EXT_ZERO, pair = EXT_ZERO;
        for (uint64_t count = 0; count <= (uint64_t)1 << n; count++) {
            assert_ext_equal(eq_prefix(z, n, count), sum);
            assert_ext_equal(eq_prefix_index(z, n, count), weighted);
            assert_ext_equal(eq_line_sum(z, n, x, n, &(eq_line){.to = count, .step = 1}), pair);
            if (count == (uint64_t)1 << n) break;
            assert_ext_equal(eq_index(z, n, count), tz[count]);
            sum = ext_add(sum, tz[count]);
            weighted = ext_add(weighted, ext_scale(tz[count], count));
            pair = ext_add(pair, ext_mul(tz[count], tx[count]));
        }
        assert_ext_equal(eq_eval(z, x, n), pair);
        ext corner[6], late = EXT_ONE;
        for (unsigned i = 0; i < n; i++) corner[i] = (i & 1) != 0 ? EXT_ONE : EXT_ZERO;
        assert_ext_equal(eq_eval(z, corner, n), tz[0x2A & (((unsigned)1 << n) - 1)]);
        for (unsigned i = n; i-- > 0;) {
            late = ext_mul(late, ext_one_minus(x[i]));
            assert_ext_equal(eq_late(x, i, n), late);
        }
    }
}

/* Many variables: the prefix of one index more differs by eq of that index. */
static void eq_many_variables(void **unused) {
    (void)unused;
    ext z[40], x[40];
    for (unsigned i = 0; i < 40; i++) z[i] = test_ext(), x[i] = test_ext();
    for (int round = 0; round < 200; round++) {
        uint64_t count = test_u64() >> 24;
        ext e = eq_index(z, 40, count), f = ext_mul(e, eq_index(x, 40, count));
        assert_ext_equal(ext_add(eq_prefix(z, 40, count), e), eq_prefix(z, 40, count + 1));
        assert_ext_equal(ext_add(eq_prefix_index(z, 40, count), ext_scale(e, count)),
                         eq_prefix_index(z, 40, count + 1));
        const eq_line line = {.to = count, .step = 1}, more = {.to = count + 1, .step = 1};
        assert_ext_equal(ext_add(eq_line_sum(z, 40, x, 40, &line), f), eq_line_sum(z, 40, x, 40, &more));
    }
}

/* Against the sum over every index; half of the points have fixed bits. */
static void eq_lines(void **unused) {
    (void)unused;
    for (int round = 0; round < 2000; round++) {
        unsigned n = (unsigned)(test_u64() % 7), m = (unsigned)(test_u64() % 10);
        ext z[6], x[9], sum = EXT_ZERO;
        for (unsigned i = 0; i < n; i++) z[i] = test_u64() % 8 ? test_ext() : ext_from(test_u64() % 2);
        for (unsigned i = 0; i < m; i++) x[i] = test_u64() % 8 ? test_ext() : ext_from(test_u64() % 2);
        uint64_t size = (uint64_t)1 << m, from = test_u64() % ((uint64_t)1 << n);
        uint32_t step = (uint32_t)(test_u64() % (EQ_MAX_STEP + 1));
        uint64_t first = step && test_u64() % 2 ? 0 : test_u64() % size;
        uint64_t most = ((uint64_t)1 << n) - from, room = step ? (size - 1 - first) / step + 1 : most;
        uint64_t count = room < most ? room : most;
        if (test_u64() % 2) count -= test_u64() % (count + 1);
        for (uint64_t i = 0; i < count; i++)
            sum = ext_add(sum, ext_mul(eq_index(z, n, from + i), eq_index(x, m, first + step * i)));
        const eq_line line = {from, from + count, first, step};
        assert_ext_equal(eq_line_sum(z, n, x, m, &line), sum);
    }
}

/* Many variables, any step: the line of one index more, at either end, differs by one product. */
static void eq_long_lines(void **unused) {
    (void)unused;
    ext z[36], x[40];
    for (unsigned i = 0; i < 36; i++) z[i] = test_ext();
    for (unsigned i = 0; i < 40; i++) x[i] = test_ext();
    for (int round = 0; round < 200; round++) {
        uint64_t from = 1 + (test_u64() >> 30), to = from + (test_u64() >> 30), step = test_u64() % (EQ_MAX_STEP + 1);
        uint64_t first = step + (test_u64() >> 30), last = first + step * (to - from);
        eq_line line = {from, to, first, (uint32_t)step}, more = line;
        ext sum = eq_line_sum(z, 36, x, 40, &line);
        more.to++;
        assert_ext_equal(eq_line_sum(z, 36, x, 40, &more),
                         ext_add(sum, ext_mul(eq_index(z, 36, to), eq_index(x, 40, last))));
        line.from--;
        line.first -= step;
        assert_ext_equal(eq_line_sum(z, 36, x, 40, &line),
                         ext_add(sum, ext_mul(eq_index(z, 36, from - 1), eq_index(x, 40, first - step))));
    }
}

static int use_portable(void **unused) {
    (void)unused;
    return strcmp(vec_select("portable"), "portable");
}

static int use_best(void **unused) {
    (void)unused;
    print_message("kernels: %s\n", vec_select(NULL));
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward),      cmocka_unit_test(encode),
        cmocka_unit_test(transpose),    cmocka_unit_test(transpose_is_adjoint),
        cmocka_unit_test(eq_functions), cmocka_unit_test(eq_many_variables),
        cmocka_unit_test(eq_lines),     cmocka_unit_test(eq_long_lines),
    };
    return cmocka_run_group_tests(tests, use_portable, NULL) + cmocka_run_group_tests(tests, use_best, NULL);
}
