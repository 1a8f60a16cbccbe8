/* Synthetic programs, so that the cost per lookup and per committed element can be read off.
 *   bench_synthetic lookups N    N = 2^k range lookups (table of 2^12 rows), one committed element each
 *   bench_synthetic elements N   N = 2^k committed elements in one linear identity, 2^10 lookups
 * Prints the prover's steps, nanoseconds per element, proof size and verifier time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "lab.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint32_t next(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 40);
}

/* x in [0, 2^12) everywhere. */
static void lookups(lab *l, unsigned log) {
    shape s = shape2(1u << (log / 2), 1u << (log - log / 2));
    uint32_t x = builder_external(l->b, TENSOR_INPUT, "x", &s, 0, 4095);
    builder_lookup(l->b, "x.range", builder_range_table(l->b, 0, 4095), &x);
    lab_load(l);
    uint64_t seed = 1;
    for (uint64_t i = 0; i < shape_count(&s); i++) l->t.values[x][i] = (int32_t)(next(&seed) & 4095);
}

/* Sixteen tensors get their interval from an identity with a short looked-up one: T = 5 everywhere is T - fives = 0. */
static void elements(lab *l, unsigned log) {
    enum { PARTS = 16 };
    shape s = shape2(1u << ((log - 4) / 2), 1u << (log - 4 - (log - 4) / 2)), one = shape1(1024);
    uint32_t key = builder_external(l->b, TENSOR_INPUT, "key", &one, 0, 4095);
    builder_lookup(l->b, "key.range", builder_range_table(l->b, 0, 4095), &key);
    uint32_t fives = builder_fill(l->b, "fives", &s, 5), part[PARTS];
    for (int i = 0; i < PARTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "part%d", i);
        part[i] = builder_committed(l->b, name, &s);
        linear_term t[2] = {{1, part[i]}, {-1, fives}};
        snprintf(name, sizeof name, "part%d.is", i);
        uint32_t c = builder_constraint(l->b, name, &s, NULL, 0, t, 2, 0);
        builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = part[i]});
    }
    lab_load(l);
}

static int run(const char *kind, unsigned log) {
    lab l;
    unsigned char *proof;
    size_t size;
    tacit_prove_report report = {0};
    lab_start(&l);
    arena_unmap(&l.a);
    if (arena_map(&l.a, (size_t)16 << 30, &l.err) != TACIT_OK) return 1;
    if (strcmp(kind, "lookups") == 0)
        lookups(&l, log);
    else
        elements(&l, log);
    if (lab_execute(&l) != TACIT_OK || lab_statement(&l) != TACIT_OK) {
        fprintf(stderr, "%s\n", l.err.text);
        return 1;
    }
    double best = 1e9, verify = 1e9;
    for (int rep = 0; rep < 3; rep++) {
        attempt_request r = {.st = &l.st, .t = &l.t, .secrets = &l.secret, .report = &report};
        memset(&report, 0, sizeof report);
        double start = now();
        if (attempt_prove(&r, &proof, &size, &l.err) != TACIT_OK) {
            fprintf(stderr, "%s\n", l.err.text);
            return 1;
        }
        if (now() - start < best) best = now() - start;
        start = now();
        if (lab_verify(&l, proof, size) != TACIT_OK) {
            fprintf(stderr, "%s\n", l.err.text);
            return 1;
        }
        if (now() - start < verify) verify = now() - start;
        if (rep < 2) free(proof);
    }
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    double n = (double)(UINT64_C(1) << log);
    printf("%s 2^%u: prove %.3f s (%.1f ns each), proof %.1f KiB, verify %.2f ms, peak %ld MiB; x has %llu elements\n",
           kind, log, best, best * 1e9 / n, (double)size / 1024, verify * 1e3, u.ru_maxrss / 1024,
           (unsigned long long)l.st.place.x.size);
    for (int i = 0; i < 10; i++)
        if (report.step_names[i])
            printf("  %-12s %8.2f ms  %6.2f ns each\n", report.step_names[i], report.step_seconds[i] * 1e3,
                   report.step_seconds[i] * 1e9 / n);
    free(proof);
    lab_end(&l);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: bench_synthetic lookups|elements LOG\n");
        return 2;
    }
    return run(argv[1], (unsigned)atoi(argv[2]));
}
