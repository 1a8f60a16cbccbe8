/* What an output answers: rows of scores by its shape, the place of the largest, how near two rows are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include "tacit/tacit.h"
#include <cmocka.h>

static void check_shape(uint32_t rank, const uint32_t *dim, int whole, uint64_t rows, uint64_t width, uint64_t inner) {
    const tacit_answers a = tacit_answers_of(rank, dim, whole);
    assert_int_equal(a.rows, rows);
    assert_int_equal(a.width, width);
    assert_int_equal(a.inner, inner);
}

static void test_shapes(void **unused) {
    (void)unused;
    check_shape(0, NULL, 0, 1, 1, 1);
    check_shape(1, (uint32_t[]){10}, 0, 1, 10, 1);
    check_shape(2, (uint32_t[]){4, 10}, 0, 4, 10, 1);
    check_shape(2, (uint32_t[]){4, 1}, 0, 4, 1, 1);
    check_shape(3, (uint32_t[]){2, 5, 100}, 0, 10, 100, 1); /* tokens */
    check_shape(3, (uint32_t[]){2, 100, 1}, 0, 2, 100, 1);
    check_shape(4, (uint32_t[]){2, 10, 1, 1}, 0, 2, 10, 1);
    check_shape(4, (uint32_t[]){2, 3, 4, 5}, 0, 40, 3, 20); /* pixels */
    check_shape(2, (uint32_t[]){2, 7}, 1, 14, 1, 1);        /* token ids */
    check_shape(2, (uint32_t[]){3, 0}, 0, 0, 0, 1);
}

static void test_answer(void **unused) {
    (void)unused;
    const double x[6] = {1, 3, 3, -1, 0.25, 0.75};
    const tacit_answers rows = tacit_answers_of(2, (uint32_t[]){2, 3}, 0);
    assert_int_equal(tacit_answer(&rows, x, 0), 1); /* the first of equals */
    assert_int_equal(tacit_answer(&rows, x, 1), 2);
    const tacit_answers lone = tacit_answers_of(2, (uint32_t[]){6, 1}, 0);
    assert_int_equal(tacit_answer(&lone, x, 4), 0);
    assert_int_equal(tacit_answer(&lone, x, 5), 1);
    const tacit_answers whole = tacit_answers_of(1, (uint32_t[]){4}, 1);
    assert_int_equal(whole.rows, 4);
    assert_int_equal(tacit_answer(&whole, x, 3), -1);
    /* (1, 3, 1, 2): the scores of pixel 0 are x[0], x[2], x[4] */
    const tacit_answers pixels = tacit_answers_of(4, (uint32_t[]){1, 3, 1, 2}, 0);
    assert_int_equal(pixels.rows, 2);
    assert_int_equal(tacit_answer(&pixels, x, 0), 1);
    assert_int_equal(tacit_answer(&pixels, x, 1), 0);
}

static void test_cosine(void **unused) {
    (void)unused;
    const double x[6] = {1, 0, 0, 2, 0, 0}, y[6] = {3, 0, 0, 0, 0, 1};
    const tacit_answers rows = tacit_answers_of(2, (uint32_t[]){2, 3}, 0),
                        pairs = tacit_answers_of(2, (uint32_t[]){3, 2}, 0);
    assert_true(tacit_answer_cosine(&rows, x, y, 0) == 1);
    assert_true(tacit_answer_cosine(&rows, x, y, 1) == 0);
    assert_true(tacit_answer_cosine(&pairs, x, x, 2) == 1); /* zeros are alike */
    assert_true(tacit_answer_cosine(&pairs, x, y, 2) == 0);
    const double a[2] = {1, 1}, b[2] = {-1, -1};
    const tacit_answers one = tacit_answers_of(1, (uint32_t[]){2}, 0);
    assert_true(fabs(tacit_answer_cosine(&one, a, b, 0) + 1) < 1e-15);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes), cmocka_unit_test(test_answer),
                                       cmocka_unit_test(test_cosine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
