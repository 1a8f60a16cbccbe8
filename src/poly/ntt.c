/* poly/ntt: decimation in time. [Cooley-Tukey 1965]
 *
 * Plan for n = 2^log_n, log_n >= 6: a first pass does the bit reversal and levels 1..3 at once; then radix-8 levels,
 * with one or two of radix 4 right after the first pass so that the rest is a multiple of three. Internal twiddles
 * are powers of two (gl_root(3) = 2^24). Above the cache the levels go depth first, block by block. Smaller transforms,
 * and all if there is no memory for tables, take the plain radix-2 loop.
 * Cost: ceil((log_n - 3) / 3) passes with 7/8 multiplications an element each. */
#include "poly/ntt.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "poly/ntt_kernels.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
    SMALLEST = 6,  /* below: plain_forward */
    LARGEST = 32,  /* two-adicity */
    CACHE_LOG = 12 /* 2^12 elements and their twiddles fit into the first-level cache */
};

/* ---- tables: public constants, made under a lock, published once, never freed ---- */

static _Atomic(const gl *) twiddle_tables[LARGEST + 1]; /* by level */
static _Atomic(const gl *) power_tables[LARGEST + 1];   /* GL_GEN^i, i < 2^index */
static pthread_mutex_t tables_lock = PTHREAD_MUTEX_INITIALIZER;

/* The radix of level `level`: the levels of radix 4 are 5 and 7 (the plan above). */
static unsigned level_radix(unsigned level) {
    return level == 5 || level == 7 ? 2 : 3;
}

/* The level below; 3 is the first pass. Called with a level that is at the top of a plan. */
static unsigned level_below(unsigned level) {
    return level - level_radix(level);
}

static bool table_memory(gl **out, size_t count) {
    arena memory;
    tacit_error ignored = {0};
    if (arena_map(&memory, count * sizeof(gl), &ignored) != TACIT_OK) return false;
    *out = ARENA_NEW(&memory, gl, count);
    return *out != NULL;
}

static const gl *make_twiddles(unsigned level) {
    unsigned radix = level_radix(level);
    size_t step = (size_t)1 << (level - radix), powers = level >= NTT_BIG ? 1 : ((size_t)1 << radix) - 1;
    gl *t, w = gl_root(level), wj = 1;
    if (!table_memory(&t, step * powers)) return NULL;
    for (size_t j = 0; j < step; j++, wj = gl_mul(wj, w)) {
        gl wjk = 1;
        for (size_t k = 1; k <= powers; k++) {
            wjk = gl_mul(wjk, wj);
            t[NTT_TWIDDLE(j, k, powers)] = wjk;
        }
    }
    return t;
}

static const gl *make_powers(unsigned log_count) {
    gl *t, power = 1;
    if (!table_memory(&t, (size_t)1 << log_count)) return NULL;
    for (size_t i = 0; i < (size_t)1 << log_count; i++, power = gl_mul(power, GL_GEN)) t[i] = power;
    return t;
}

/* The table, made if it is not there yet; NULL without memory. */
static const gl *table(_Atomic(const gl *) *tables, const gl *(*make)(unsigned), unsigned index) {
    const gl *t = atomic_load_explicit(&tables[index], memory_order_acquire);
    if (t != NULL) return t;
    (void)pthread_mutex_lock(&tables_lock);
    t = atomic_load_explicit(&tables[index], memory_order_relaxed);
    if (t == NULL) {
        t = make(index);
        atomic_store_explicit(&tables[index], t, memory_order_release);
    }
    (void)pthread_mutex_unlock(&tables_lock);
    return t;
}

/* False without memory for the tables. */
static bool prepare(unsigned log_n) {
    for (unsigned level = log_n; level > 3; level = level_below(level))
        if (table(twiddle_tables, make_twiddles, level) == NULL) return false;
    return true;
}

void ntt_prepare(unsigned log_n) {
    if (log_n >= SMALLEST) (void)prepare(log_n);
}

/* ---- the plain loop ---- */

static void plain_forward(gl *x, unsigned log_n) {
    size_t n = (size_t)1 << log_n;
    for (size_t i = 0; i < n; i++) {
        size_t r = ntt_reverse(i, log_n);
        if (i < r) {
            gl t = x[i];
            x[i] = x[r], x[r] = t;
        }
    }
    for (unsigned level = 1; level <= log_n; level++) {
        size_t half = (size_t)1 << (level - 1);
        gl w = gl_root(level), wj = 1;
        for (size_t j = 0; j < half; j++, wj = gl_mul(wj, w)) {
            for (size_t i = j; i < n; i += 2 * half) {
                gl a = x[i], b = gl_mul(x[i + half], wj);
                x[i] = gl_add(a, b), x[i + half] = gl_sub(a, b);
            }
        }
    }
}

/* ---- the plan ---- */

static const ntt_kernels *kernels(void) {
#if VEC_HAVE_AVX2
    if (vec == &vec_avx512) return &ntt_avx512;
    if (vec == &vec_avx2) return &ntt_avx2;
#endif
    return &ntt_portable;
}

static void level_pass(gl *x, unsigned log_n, unsigned level, bool last) {
    const gl *t = atomic_load_explicit(&twiddle_tables[level], memory_order_acquire);
    if (level_radix(level) == 3) {
        kernels()->radix8(x, log_n, level, t, last);
    } else {
        kernels()->radix4(x, log_n, level, t, last);
    }
}

/* Levels 4 .. level of the 2^log_n elements at x, breadth first. */
static void levels_up_to(gl *x, unsigned log_n, unsigned level, bool last) {
    if (level <= 3) return;
    levels_up_to(x, log_n, level_below(level), false);
    level_pass(x, log_n, level, last);
}

/* All levels after the first pass for one block; the blocks below it one after the other when it exceeds the cache. */
static void levels(gl *x, unsigned log_n, bool last) {
    if (log_n <= CACHE_LOG) {
        levels_up_to(x, log_n, log_n, last);
        return;
    }
    unsigned below = level_below(log_n);
    for (size_t block = 0; block < (size_t)1 << log_n; block += (size_t)1 << below) levels(x + block, below, false);
    level_pass(x, log_n, log_n, last);
}

void ntt_forward(gl *x, unsigned log_n) {
    if (log_n < SMALLEST || !prepare(log_n)) {
        plain_forward(x, log_n);
        return;
    }
    kernels()->first(x, log_n);
    levels(x, log_n, true);
}

/* ---- Reed-Solomon ---- */

/* out[i] = a[i] GL_GEN^i */
static void scale_by_powers(gl *out, const gl *a, size_t count) {
    const gl *powers = count == 0 ? NULL : table(power_tables, make_powers, log2_ceil(count));
    if (powers != NULL) {
        vec->gl_mul(out, a, powers, count);
        return;
    }
    gl power = 1;
    for (size_t i = 0; i < count; i++, power = gl_mul(power, GL_GEN)) out[i] = gl_mul(a[i], power);
}

void rs_encode(gl *out, const gl *coeffs, size_t count, unsigned log_n) {
    size_t n = (size_t)1 << log_n;
    bool fits = count >= 8 && (count & (count - 1)) == 0 && log_n >= SMALLEST && prepare(log_n);
    const gl *powers = fits ? table(power_tables, make_powers, log2_ceil(count)) : NULL;
    if (powers != NULL) {
        kernels()->first_coset(out, coeffs, powers, count, log_n);
        levels(out, log_n, true);
        return;
    }
    scale_by_powers(out, coeffs, count);
    memset(out + count, 0, (n - count) * sizeof *out);
    ntt_forward(out, log_n);
}

/* The matrix of rs_encode is DFT times diag(GL_GEN^i) and the DFT is symmetric. */
void rs_transpose(gl *out, size_t count, gl *d, unsigned log_n) {
    ntt_forward(d, log_n);
    scale_by_powers(out, d, count);
}
