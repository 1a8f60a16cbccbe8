/* bench/bench_kernels: nanoseconds per element of every kernel on one and two threads, next to the limit measured for
 * this kind of machine (Zen 3 server, 3.2 GHz, AVX2). Every thread works on data of its own; a figure is wall time over
 * the elements of all threads, the median of REPEATS runs.   bench_kernels [portable] [substring of a kernel's name] */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/threads.h"
#include "field/vec.h"
#include "hash/merkle.h"
#include "poly/ntt.h"

enum { REPEATS = 9, MAX_THREADS = 2, LOG_VECTOR = 12, VECTORS = 10 };
#define BIG ((size_t)1 << 22)
#define SMALL ((size_t)1 << LOG_VECTOR)

/* The data of one thread: ten vectors of E that fit the cache, two large planes of F, integers. */
typedef struct data {
    extv v[VECTORS];
    gl *in, *out;
    int32_t *i32;
    int16_t *i16;
    int8_t *i8;
    ext sink;
} data;

typedef struct kernel {
    const char *name;
    void (*run)(data *d, unsigned parameter);
    unsigned parameter;
    double elements; /* per run and thread */
    double limit;    /* ns per element, one thread; 0: none stated for EXT_DEG */
} kernel;

static void *need(void *p) {
    if (p == NULL) {
        (void)fprintf(stderr, "bench_kernels: no memory\n");
        exit(4);
    }
    return p;
}

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static void make_data(data *d, uint64_t seed) {
    arena a;
    tacit_error err = {0};
    size_t bytes = 2 * BIG * sizeof(gl) + 2 * VECTORS * EXT_DEG * SMALL * sizeof(gl) + 8 * SMALL + ((size_t)1 << 20);
    if (arena_map(&a, bytes, &err) != TACIT_OK) (void)need(NULL);
    d->in = need(ARENA_NEW(&a, gl, BIG));
    d->out = need(ARENA_NEW(&a, gl, BIG));
    for (size_t i = 0; i < BIG; i++) d->in[i] = d->out[i] = gl_canonical(next_random(&seed));
    for (int k = 0; k < VECTORS; k++) {
        for (int j = 0; j < EXT_DEG; j++) {
            d->v[k].c[j] = need(ARENA_NEW(&a, gl, 2 * SMALL));
            for (size_t i = 0; i < 2 * SMALL; i++) d->v[k].c[j][i] = gl_canonical(next_random(&seed));
        }
    }
    d->i32 = need(ARENA_NEW(&a, int32_t, SMALL));
    d->i16 = need(ARENA_NEW(&a, int16_t, SMALL));
    d->i8 = need(ARENA_NEW(&a, int8_t, SMALL));
    for (size_t i = 0; i < SMALL; i++) {
        uint64_t r = next_random(&seed);
        d->i32[i] = (int32_t)r, d->i16[i] = (int16_t)(r >> 16), d->i8[i] = (int8_t)(r >> 8);
    }
}

static ext some_ext(const data *d) {
    return extv_get(d->v[0], 3);
}

static void run_gl_mul(data *d, unsigned p) {
    vec->gl_mul(d->v[1].c[0], d->v[2].c[0], d->v[3].c[0], (size_t)1 << p);
}
static void run_mul(data *d, unsigned p) {
    vec->mul(d->v[1], d->v[2], d->v[3], (size_t)1 << p);
}
static void run_dot(data *d, unsigned p) {
    d->sink = vec->dot(d->v[2], d->v[3], (size_t)1 << p);
}
static void run_dot_gl(data *d, unsigned p) {
    d->sink = vec->dot_gl(d->v[2], d->v[3].c[0], (size_t)1 << p);
}
static void run_fold(data *d, unsigned p) {
    vec->fold(d->v[1], d->v[2], some_ext(d), (size_t)1 << p);
}
static void run_scale(data *d, unsigned p) {
    vec->scale(d->v[1], d->v[2], some_ext(d), (size_t)1 << p);
}
static void run_axpy(data *d, unsigned p) {
    vec->axpy(d->v[1], d->v[2], some_ext(d), (size_t)1 << p);
}
static void run_axpy_gl(data *d, unsigned p) {
    vec->axpy_gl(d->v[1], d->v[2].c[0], some_ext(d), (size_t)1 << p);
}
static void run_axpy_i32(data *d, unsigned p) {
    vec->axpy_i32(d->v[1], d->i32, some_ext(d), (size_t)1 << p);
}
static void run_eq_step(data *d, unsigned p) {
    vec->eq_step(d->v[1], some_ext(d), (size_t)1 << p);
}
/* Of a matrix with so many columns. */
enum { COLUMNS_LOG = 6, COLUMNS = 1 << COLUMNS_LOG };

static void run_dot_i32(data *d, unsigned p) {
    d->sink = vec->dot_i32(d->v[2], d->i32, (size_t)1 << p);
}
static void run_dot_i16(data *d, unsigned p) {
    d->sink = vec->dot_i16(d->v[2], d->i16, (size_t)1 << p);
}
static void run_dot_i8(data *d, unsigned p) {
    d->sink = vec->dot_i8(d->v[2], d->i8, (size_t)1 << p);
}
static void run_columns_i32(data *d, unsigned p) {
    vec->column_sums_i32(d->v[1], d->v[2], d->i32, (size_t)1 << (p - COLUMNS_LOG), COLUMNS, COLUMNS);
}
static void run_columns_i16(data *d, unsigned p) {
    vec->column_sums_i16(d->v[1], d->v[2], d->i16, (size_t)1 << (p - COLUMNS_LOG), COLUMNS, COLUMNS);
}
static void run_columns_i8(data *d, unsigned p) {
    vec->column_sums_i8(d->v[1], d->v[2], d->i8, (size_t)1 << (p - COLUMNS_LOG), COLUMNS, COLUMNS);
}

static void run_round_prod2(data *d, unsigned p) {
    ext out[2];
    vec->round_prod2(out, d->v[1], d->v[2], (size_t)1 << p);
    d->sink = ext_add(out[0], out[1]);
}
static void run_round_prod3(data *d, unsigned p) {
    ext out[3];
    vec->round_prod3(out, d->v[1], d->v[2], d->v[3], (size_t)1 << p);
    d->sink = ext_add(out[0], out[2]);
}
static void run_round_logup(data *d, unsigned p) {
    ext out[2];
    vec->round_logup(out, d->v[0], d->v[1], d->v[2], d->v[3], d->v[4], (size_t)1 << p);
    d->sink = ext_add(out[0], out[1]);
}
static void run_round_logup_leaf(data *d, unsigned p) {
    ext out[2];
    vec->round_logup_leaf(out, d->v[0], d->v[1], d->v[2], some_ext(d), (size_t)1 << p);
    d->sink = ext_add(out[0], out[1]);
}
static void run_logup_up(data *d, unsigned p) {
    vec->logup_up(d->v[0], d->v[1], d->v[2], d->v[3], d->v[4], d->v[5], d->v[6], d->v[7], (size_t)1 << p);
}
static void run_logup_up_leaf(data *d, unsigned p) {
    vec->logup_up_leaf(d->v[0], d->v[1], d->v[2], d->v[3], d->v[4], d->v[5], (size_t)1 << p);
}

/* As many transforms of size 2^p as fit into the large plane. */
static void run_ntt(data *d, unsigned p) {
    for (size_t i = 0; i < BIG; i += (size_t)1 << p) ntt_forward(d->out + i, p);
}
/* Rows of 2^p coefficients at rate 1/4. */
static void run_encode(data *d, unsigned p) {
    size_t row = (size_t)1 << p;
    for (size_t i = 0; i < BIG / 4; i += row) rs_encode(d->out + 4 * i, d->in + i, row, p + 2);
}
static void run_sha256(data *d, unsigned p) {
    enum { STREAMS = 16 };
    static const uint32_t state[8];
    digest out[STREAMS];
    size_t blocks = ((size_t)1 << p) / STREAMS;
    sha256_digests(out, state, (const uint8_t *)d->in, 64 * blocks, blocks, STREAMS);
    d->sink.c[0] = out[0].b[0] ^ out[1].b[0];
}
static void run_leaves(data *d, unsigned p) {
    merkle_leaves_padded((digest *)(void *)d->out, (const uint8_t *)d->in, 128, (size_t)1 << p, true, true);
}
static void run_merkle(data *d, unsigned p) {
    merkle_build((digest *)(void *)d->out, p);
}

#define LIMIT(degree2, degree3) (EXT_DEG == 2 ? (degree2) : (degree3))
#define V LOG_VECTOR
#define N ((double)((size_t)1 << LOG_VECTOR))
static const kernel kernels[] = {
    {"gl mul", run_gl_mul, V, N, 0.70},
    {"ext mul", run_mul, V, N, LIMIT(2.6, 5.3)},
    {"ext mac (dot)", run_dot, V, N, LIMIT(1.6, 3.9)},
    {"dot_gl", run_dot_gl, V, N, 0},
    {"fold, per output", run_fold, V, N, LIMIT(3.3, 6.1)},
    {"scale", run_scale, V, N, 0},
    {"axpy", run_axpy, V, N, 0},
    {"axpy_gl", run_axpy_gl, V, N, 0},
    {"axpy_i32", run_axpy_i32, V, N, 0},
    {"eq_step, per input", run_eq_step, V, N, 0},
    {"dot_i8", run_dot_i8, V, N, LIMIT(0.2, 0.3)},
    {"dot_i16", run_dot_i16, V, N, LIMIT(0.48, 0.72)},
    {"dot_i32", run_dot_i32, V, N, LIMIT(1.0, 1.5)},
    {"column sums, int8", run_columns_i8, V, N, LIMIT(0.5, 0.75)},
    {"column sums, int16", run_columns_i16, V, N, 0},
    {"column sums, int32", run_columns_i32, V, N, 0},
    {"round_prod2, per pair", run_round_prod2, V, N, 0},
    {"round_prod3, per pair", run_round_prod3, V, N, 0},
    {"round_logup, per pair", run_round_logup, V, N, 0},
    {"round_logup_leaf, per pair", run_round_logup_leaf, V, N, 0},
    {"logup_up, per parent", run_logup_up, V, N, 0},
    {"logup_up_leaf, per parent", run_logup_up_leaf, V, N, 0},
    {"ntt 2^14", run_ntt, 14, (double)BIG, 5.4},
    {"ntt 2^18", run_ntt, 18, (double)BIG, 6.6},
    {"ntt 2^22", run_ntt, 22, (double)BIG, 9.8},
    {"rs_encode 2^12 x 4, per output", run_encode, 12, (double)BIG, 0},
    {"rs_encode 2^14 x 4, per output", run_encode, 14, (double)BIG, 0},
    {"rs_encode 2^16 x 4, per output", run_encode, 16, (double)BIG, 0},
    {"sha256, per 64-byte block", run_sha256, 14, 16384, 19.5},
    {"merkle leaves of 64 bytes", run_leaves, 14, 16384, 39},
    {"merkle build 2^14, per node", run_merkle, 14, 16384, 19.5},
};

static double seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

typedef struct timing {
    const kernel *k;
    data *d;
    int calls;
} timing;
static void call(void *ctx, size_t i, unsigned worker) {
    const timing *t = ctx;
    (void)worker;
    for (int c = 0; c < t->calls; c++) t->k->run(&t->d[i], t->k->parameter);
}

/* One timed run: each thread calls the kernel `calls` times (and what it calls stays on its thread). */
static double timed(const kernel *k, data *d, int threads, int calls) {
    threads_set((unsigned)threads);
    double start = seconds();
    threads_run((size_t)threads, call, &(timing){k, d, calls});
    return seconds() - start;
}

static double nanoseconds(const kernel *k, data *d, int threads) {
    double t[REPEATS], once = timed(k, d, threads, 1);
    int calls = once > 0.02 ? 1 : (int)(0.02 / (once + 1e-7)) + 1;
    for (int r = 0; r < REPEATS; r++) t[r] = timed(k, d, threads, calls);
    qsort(t, REPEATS, sizeof t[0], by_value);
    return 1e9 * t[REPEATS / 2] / (calls * threads * k->elements);
}

int main(int argc, char **argv) {
    static data d[MAX_THREADS];
    bool portable = argc > 1 && strcmp(argv[1], "portable") == 0;
    const char *only = argc > 1 + portable ? argv[1 + portable] : "";
    const char *field = vec_select(portable ? "portable" : NULL), *hash = sha256_select(portable ? "portable" : NULL);
    ntt_prepare(22);
    for (int t = 0; t < MAX_THREADS; t++) make_data(&d[t], (uint64_t)t + 1);
    printf("kernels %s, sha256 %s, EXT_DEG %d, ns per element\n%-34s %9s %9s %9s\n", field, hash, EXT_DEG, "",
           "1 thread", "2 threads", "limit 1T");
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        if (strstr(kernels[i].name, only) == NULL) continue;
        double one = nanoseconds(&kernels[i], d, 1), two = nanoseconds(&kernels[i], d, MAX_THREADS);
        printf("%-34s %9.3f %9.3f ", kernels[i].name, one, two);
        if (kernels[i].limit > 0) printf("%9.2f", kernels[i].limit);
        printf("\n");
    }
    return 0;
}
