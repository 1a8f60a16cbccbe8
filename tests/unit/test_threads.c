/* Tests of base/threads: every piece once, whoever runs it; nested and concurrent jobs; children of fork. */
#include "base/threads.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECES = 1000, TEAM = 4 };

typedef struct tally {
    atomic_uint seen[PIECES];
    atomic_uint inside[TEAM]; /* pieces that a worker runs at this moment: at most one */
    atomic_bool shared;
    unsigned nested;
} tally;

static void count(void *ctx, size_t piece, unsigned worker) {
    tally *t = ctx;
    if (worker >= TEAM || atomic_fetch_add(&t->inside[worker], 1) != 0) atomic_store(&t->shared, true);
    atomic_fetch_add(&t->seen[piece], 1);
    if (t->nested) {
        tally *own = calloc(1, sizeof *own);
        threads_run(t->nested, count, own);
        for (unsigned i = 0; i < t->nested; i++)
            if (atomic_load(&own->seen[i]) != 1) atomic_store(&t->shared, true);
        free(own);
    }
    if (worker < TEAM) atomic_fetch_sub(&t->inside[worker], 1);
}

static bool all_once(size_t pieces, unsigned nested) {
    tally *t = calloc(1, sizeof *t);
    t->nested = nested;
    threads_run(pieces, count, t);
    bool good = !atomic_load(&t->shared);
    for (size_t i = 0; i < PIECES; i++) good = good && atomic_load(&t->seen[i]) == (i < pieces ? 1u : 0u);
    free(t);
    return good;
}

static void every_piece_once(void **unused) {
    (void)unused;
    threads_set(TEAM);
    for (size_t pieces = 0; pieces <= PIECES; pieces += 1 + pieces / 7) assert_true(all_once(pieces, 0));
    for (int i = 0; i < 20000; i++) assert_true(all_once(2, 0)); /* jobs shorter than a worker's way to them */
    assert_true(all_once(50, 9));
}

/* Workers are slow: the caller must wait for what they have begun. */
static void slow_workers(void *ctx, size_t piece, unsigned worker) {
    tally *t = ctx;
    (void)usleep(worker ? 3000 : 300);
    atomic_fetch_add(&t->seen[piece], 1);
}

static void the_caller_waits(void **unused) {
    (void)unused;
    threads_set(TEAM);
    for (int i = 0; i < 20; i++) {
        tally *t = calloc(1, sizeof *t);
        threads_run(8, slow_workers, t);
        for (size_t k = 0; k < 8; k++) assert_int_equal(atomic_load(&t->seen[k]), 1);
        free(t);
    }
}

static void ranges_are_a_partition(void *ctx, size_t first, size_t n, unsigned worker) {
    tally *t = ctx;
    (void)worker;
    if (first % 8) atomic_store(&t->shared, true);
    for (size_t i = first; i < first + n; i++) atomic_fetch_add(&t->seen[i], 1);
}

static void ranges(void **unused) {
    (void)unused;
    threads_set(TEAM);
    for (size_t n = 0; n <= PIECES; n += 1 + n / 5) {
        tally *t = calloc(1, sizeof *t);
        threads_range(n, 8, n / 2, ranges_are_a_partition, t);
        assert_false(atomic_load(&t->shared));
        for (size_t i = 0; i < PIECES; i++) assert_int_equal(atomic_load(&t->seen[i]), i < n);
        free(t);
    }
}

static void *many_jobs(void *ctx) {
    for (int i = 0; i < 500; i++)
        if (!all_once(40, 0)) atomic_store((atomic_bool *)ctx, true);
    return NULL;
}

static void callers_at_the_same_time(void **unused) {
    pthread_t t[3];
    atomic_bool failed = false;
    (void)unused;
    threads_set(TEAM);
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&t[i], NULL, many_jobs, &failed), 0);
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_join(t[i], NULL), 0);
    assert_false(atomic_load(&failed));
}

static void a_child_starts_anew(void **unused) {
    int status = -1;
    (void)unused;
    threads_set(TEAM);
    assert_true(all_once(PIECES, 0));
    pid_t child = fork();
    if (child == 0) _exit(all_once(PIECES, 0) && all_once(20, 5) ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(all_once(PIECES, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_piece_once), cmocka_unit_test(the_caller_waits),
                                       cmocka_unit_test(ranges), cmocka_unit_test(callers_at_the_same_time),
                                       cmocka_unit_test(a_child_starts_anew)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
