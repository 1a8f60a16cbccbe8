#include "sumcheck/parallel.h"
#include <pthread.h>
#include <string.h>
#include "base/threads.h"
#include "field/vec_narrow.h"

extv extv_new(arena *a, size_t n) {
    extv v;
    for (int j = 0; j < EXT_DEG; j++) {
        v.c[j] = ARENA_NEW(a, gl, n ? n : 1);
        if (!v.c[j]) return (extv){{NULL}};
    }
    return v;
}

extv extv_zero(arena *a, size_t n) {
    extv v;
    for (int j = 0; j < EXT_DEG; j++) {
        v.c[j] = ARENA_ZNEW(a, gl, n ? n : 1);
        if (!v.c[j]) return (extv){{NULL}};
    }
    return v;
}

typedef struct loop {
    void (*body)(void *ctx, size_t first, size_t count);
    void *ctx;
} loop;
static void loop_range(void *ctx, size_t first, size_t count, unsigned worker) {
    const loop *l = ctx;
    (void)worker;
    for (size_t at = first, end = first + count; at < end; at += PAR_CHUNK)
        l->body(l->ctx, at, end - at < PAR_CHUNK ? end - at : PAR_CHUNK);
}

void par_for(size_t n, void (*body)(void *ctx, size_t first, size_t count), void *ctx) {
    threads_range(n, PAR_CHUNK, 2 * PAR_CHUNK, loop_range, &(loop){body, ctx});
}

typedef struct scratch_job {
    par_scratch_body *body;
    void *ctx;
    arena *own; /* per thread */
    tacit_error *err;
} scratch_job;
static void scratch_piece(void *ctx, size_t i, unsigned worker) {
    const scratch_job *j = ctx;
    tacit_error *err = &j->err[worker];
    if (err->status == TACIT_OK) (void)!j->body(j->ctx, i, &j->own[worker], err);
}

tacit_status par_scratch(size_t count, par_scratch_body *body, void *ctx, arena *a, tacit_error *err) {
    unsigned workers = threads_max();
    scratch_job j = {body, ctx, ARENA_NEW(a, arena, workers), ARENA_ZNEW(a, tacit_error, workers)};
    if (!j.own || !j.err) return fail(err, TACIT_RESOURCES, "prover: arena too small");
    for (unsigned w = 0; w < workers; w++) arena_beyond(a, w, workers, &j.own[w]);
    threads_run(count, scratch_piece, &j);
    for (unsigned w = 0; w < workers; w++) {
        arena_wipe(&j.own[w]);
        if (err->status == TACIT_OK && j.err[w].status != TACIT_OK) *err = j.err[w];
    }
    return err->status;
}

/* ---------------------------------------------------------------- element-wise */
typedef struct job {
    extv out, in;
    ext s;
} job;

static void fold_piece(void *ctx, size_t first, size_t count) {
    const job *j = ctx;
    vec->fold(extv_at(j->out, first), extv_at(j->in, 2 * first), j->s, count);
}
void par_fold(extv out, extv in, ext r, size_t n) {
    par_for(n, fold_piece, &(job){out, in, r});
}

static void axpy_piece(void *ctx, size_t first, size_t count) {
    const job *j = ctx;
    vec->axpy(extv_at(j->out, first), extv_at(j->in, first), j->s, count);
}
void par_axpy(extv out, extv in, ext s, size_t n) {
    par_for(n, axpy_piece, &(job){out, in, s});
}

/* A large table is the outer product of two: the low EQ_LOW variables, and the high ones. */
enum { EQ_LOW = 10 };
static void eq_serial(extv out, const ext *z, unsigned vars, ext scale) {
    extv_set(out, 0, scale);
    for (unsigned i = 0; i < vars; i++) vec->eq_step(out, z[i], (size_t)1 << i);
}

typedef struct outer_product {
    extv out, low, high;
} outer_product;
static void eq_rows(void *ctx, size_t first, size_t count, unsigned worker) {
    const outer_product *p = ctx;
    (void)worker;
    for (size_t r = first; r < first + count; r++)
        vec->scale(extv_at(p->out, r << EQ_LOW), p->low, extv_get(p->high, r), (size_t)1 << EQ_LOW);
}

void par_eq_table(extv out, const ext *z, unsigned vars, ext scale) {
    gl low_memory[EXT_DEG][1 << EQ_LOW];
    extv low, high = out;
    if (vars <= EQ_LOW + 2) {
        eq_serial(out, z, vars, scale);
        return;
    }
    for (int j = 0; j < EXT_DEG; j++) low.c[j] = low_memory[j];
    eq_serial(low, z, EQ_LOW, scale);
    size_t rows = (size_t)1 << (vars - EQ_LOW);
    for (int j = 0; j < EXT_DEG; j++) {
        high.c[j] = __builtin_malloc(rows * sizeof(gl));
        if (!high.c[j]) { /* fall back: slower, same result */
            for (int i = 0; i < j; i++) __builtin_free(high.c[i]);
            eq_serial(out, z, vars, scale);
            return;
        }
    }
    eq_serial(high, z + EQ_LOW, vars - EQ_LOW, EXT_ONE);
    threads_range(rows, 1, 0, eq_rows, &(outer_product){out, low, high});
    for (int j = 0; j < EXT_DEG; j++) __builtin_free(high.c[j]);
}

/* ---------------------------------------------------------------- small integers times E */
typedef struct int_job {
    extv out, e;
    narrow x;
    size_t rows, cols;
} int_job;

/* Short rows: an inner product spends more on its end than on its terms, so ROWS rows are turned into columns. */
enum { ROWS = 64, SHORT_ROW = 256 };
#define TURN(type)                                                                                                     \
    do {                                                                                                               \
        const type *from = (const type *)x.data;                                                                       \
        type *to = (type *)(void *)turned;                                                                             \
        for (size_t u = 0; u < rows; u++)                                                                              \
            for (size_t c = 0; c < cols; c++) to[c * rows + u] = from[u * cols + c];                                   \
    } while (0)
/* Rows become columns, of the same width. */
static narrow turn(narrow x, size_t rows, size_t cols, int32_t *turned) {
    if (x.bytes == 1)
        TURN(int8_t);
    else if (x.bytes == 2)
        TURN(int16_t);
    else
        TURN(int32_t);
    return (narrow){turned, x.bytes};
}

static void turned_rows(const int_job *j, size_t first, size_t rows) {
    int32_t turned[SHORT_ROW * ROWS];
    extv out = extv_at(j->out, first);
    narrow x = turn(narrow_at(j->x, first * j->cols), rows, j->cols, turned);
    for (int k = 0; k < EXT_DEG; k++) memset(out.c[k], 0, rows * sizeof(gl));
    vec_column_sums(out, j->e, x, j->cols, rows, rows);
}

static void row_piece(void *ctx, size_t first, size_t count) {
    const int_job *j = ctx;
    if (j->cols <= SHORT_ROW) {
        for (size_t u = 0; u < count; u += ROWS) turned_rows(j, first + u, count - u < ROWS ? count - u : ROWS);
        return;
    }
    for (size_t u = first; u < first + count; u++)
        extv_set(j->out, u, vec_dot_narrow(j->e, narrow_at(j->x, u * j->cols), j->cols));
}
void par_row_dots(extv out, extv e, narrow x, size_t rows, size_t cols) {
    par_for(rows, row_piece, &(int_job){out, e, x, rows, cols});
}

/* Wide matrices: threads take panels of columns. */
enum { PANEL = 256 };
static void panel_piece(void *ctx, size_t panel, unsigned worker) {
    const int_job *j = ctx;
    (void)worker;
    size_t c = panel * PANEL, n = j->cols - c < PANEL ? j->cols - c : PANEL;
    vec_column_sums(extv_at(j->out, c), j->e, narrow_at(j->x, c), j->rows, n, j->cols);
}

/* Fewer columns than a vector has lanes: turned, each is a dot product. */
enum { FEW = 8, FEW_ROWS = 1024 };
static void few_columns(const int_job *j, size_t first, size_t count, extv sums) {
    int32_t turned[FEW * FEW_ROWS];
    for (size_t u = first; u < first + count; u += FEW_ROWS) {
        size_t rows = first + count - u < FEW_ROWS ? first + count - u : FEW_ROWS;
        narrow x = turn(narrow_at(j->x, u * j->cols), rows, j->cols, turned);
        for (size_t c = 0; c < j->cols; c++) {
            ext dot = vec_dot_narrow(extv_at(j->e, u), narrow_at(x, c * rows), rows);
            extv_set(sums, c, ext_add(extv_get(sums, c), dot));
        }
    }
}

/* Tall ones: pieces of the rows, each with sums of its own; these are added in any order (F is exact). */
typedef struct tall_job {
    const int_job *j;
    pthread_mutex_t lock;
} tall_job;
static void tall_range(void *ctx, size_t first, size_t count, unsigned worker) {
    tall_job *t = ctx;
    const int_job *j = t->j;
    gl memory[EXT_DEG][4 * PANEL];
    extv mine;
    (void)worker;
    for (int k = 0; k < EXT_DEG; k++) {
        mine.c[k] = memory[k];
        memset(mine.c[k], 0, j->cols * sizeof(gl));
    }
    if (j->cols < FEW)
        few_columns(j, first, count, mine);
    else
        vec_column_sums(mine, extv_at(j->e, first), narrow_at(j->x, first * j->cols), count, j->cols, j->cols);
    (void)pthread_mutex_lock(&t->lock);
    vec->add(j->out, j->out, mine, j->cols);
    (void)pthread_mutex_unlock(&t->lock);
}
static void tall_sums(const int_job *j) {
    threads_range(j->rows, 64, 0, tall_range, &(tall_job){j, PTHREAD_MUTEX_INITIALIZER});
}

void par_column_sums(extv out, extv e, narrow x, size_t rows, size_t cols) {
    int_job j = {out, e, x, rows, cols};
    for (int k = 0; k < EXT_DEG; k++) memset(out.c[k], 0, cols * sizeof(gl));
    if (rows * cols < 4 * PAR_CHUNK) {
        vec_column_sums(out, e, x, rows, cols, cols);
    } else if (cols <= 4 * PANEL) {
        tall_sums(&j);
    } else {
        threads_run((cols + PANEL - 1) / PANEL, panel_piece, &j);
    }
}

/* ---------------------------------------------------------------- round sums */
typedef struct round_job {
    extv v[3];
    void (*kernel)(const struct round_job *j, ext *out, size_t first, size_t count);
} round_job;

typedef struct round_sum {
    const round_job *j;
    unsigned values;
    ext *out;
    pthread_mutex_t lock;
} round_sum;
static void round_range(void *ctx, size_t first, size_t count, unsigned worker) {
    round_sum *s = ctx;
    ext mine[3] = {EXT_ZERO, EXT_ZERO, EXT_ZERO}, part[3];
    (void)worker;
    for (size_t at = first, end = first + count; at < end; at += PAR_CHUNK) {
        s->j->kernel(s->j, part, at, end - at < PAR_CHUNK ? end - at : PAR_CHUNK);
        for (unsigned i = 0; i < s->values; i++) mine[i] = ext_add(mine[i], part[i]);
    }
    (void)pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < s->values; i++) s->out[i] = ext_add(s->out[i], mine[i]);
    (void)pthread_mutex_unlock(&s->lock);
}

static void sum_rounds(ext *out, unsigned values, const round_job *j, size_t n) {
    for (unsigned i = 0; i < values; i++) out[i] = EXT_ZERO;
    threads_range(n, PAR_CHUNK, 2 * PAR_CHUNK, round_range, &(round_sum){j, values, out, PTHREAD_MUTEX_INITIALIZER});
}

static void prod2_kernel(const round_job *j, ext *out, size_t first, size_t n) {
    vec->round_prod2(out, extv_at(j->v[0], 2 * first), extv_at(j->v[1], 2 * first), n);
}
static void prod2_deg3_kernel(const round_job *j, ext *out, size_t first, size_t n) {
    vec->round_prod2_deg3(out, extv_at(j->v[0], 2 * first), extv_at(j->v[1], 2 * first), n);
}
static void prod3_kernel(const round_job *j, ext *out, size_t first, size_t n) {
    vec->round_prod3(out, extv_at(j->v[0], 2 * first), extv_at(j->v[1], 2 * first), extv_at(j->v[2], 2 * first), n);
}

void par_round_prod2(ext out[2], extv f, extv g, size_t n) {
    sum_rounds(out, 2, &(round_job){.v = {f, g}, .kernel = prod2_kernel}, n);
}
void par_round_prod2_deg3(ext out[3], extv f, extv g, size_t n) {
    sum_rounds(out, 3, &(round_job){.v = {f, g}, .kernel = prod2_deg3_kernel}, n);
}
void par_round_prod3(ext out[3], extv e, extv f, extv g, size_t n) {
    sum_rounds(out, 3, &(round_job){.v = {e, f, g}, .kernel = prod3_kernel}, n);
}
