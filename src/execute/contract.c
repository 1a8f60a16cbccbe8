/* execute/contract.c */
#include "execute/contract.h"
#include "execute/dot.h"
#include "base/threads.h"
#include <string.h>

/* Below this many multiplications one thread is faster (about 0.1 ms). */
#define PARALLEL_WORK ((uint64_t)1 << 22)
#define PARALLEL_ROW_WORK ((uint64_t)1 << 17)
enum {
    BLOCK_BYTES = 1 << 16, /* packed rows of the streamed factor per thread */
    PANEL_BYTES = 1 << 21, /* packed columns of the other factor */
    MIN_SUMMED = 4,
    MAX_BLOCK_ROWS = 64,
    MAX_PANEL_COLS = 512,
    ROW_CHUNK = 2048
};

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "executor: scratch is full");
}

/* ---- labels */
typedef struct labels {
    uint32_t count;
    uint32_t dim[MAX_LABELS];
    int axis[2][MAX_LABELS]; /* per factor, or -1 */
    int64_t out[MAX_LABELS]; /* stride in the result, 0 for summed labels */
    uint64_t n;
} labels;

typedef enum label_class { BATCH, LEFT, RIGHT, SUMMED, CLASSES } label_class;

static int axis_of(const uint8_t *label, uint32_t rank, uint32_t l) {
    for (uint32_t k = 0; k < rank; k++) {
        if (label[k] == l) return (int)k;
    }
    return -1;
}

static void add_label(labels *to, uint32_t dim, int a, int b, int64_t out) {
    to->dim[to->count] = dim;
    to->axis[0][to->count] = a;
    to->axis[1][to->count] = b;
    to->out[to->count++] = out;
    to->n *= dim;
}

static void classify(labels cls[CLASSES], const trace *t, const constraint *c, const product *x) {
    const shape *a = &t->p->tensors[x->a].shape, *b = &t->p->tensors[x->b].shape;
    int64_t stride = 1, out[MAX_RANK];
    for (uint32_t k = c->shape.rank; k-- > 0; stride *= c->shape.dim[k]) out[k] = stride;
    for (int i = 0; i < CLASSES; i++) cls[i] = (labels){.n = 1};
    for (uint32_t l = 0; l < MAX_LABELS; l++) {
        int ka = axis_of(x->a_label, a->rank, l), kb = axis_of(x->b_label, b->rank, l);
        if (ka < 0 && kb < 0) continue;
        uint32_t dim = ka >= 0 ? a->dim[ka] : b->dim[kb];
        if (l >= c->shape.rank)
            add_label(&cls[SUMMED], dim, ka, kb, 0);
        else
            add_label(&cls[ka >= 0 && kb >= 0 ? BATCH : ka >= 0 ? LEFT : RIGHT], dim, ka, kb, out[l]);
    }
}

/* ---- factors */
static tacit_status factor_make(operand *o, const trace *t, uint32_t id, arena *a, tacit_error *err) {
    const tensor *v = &t->p->tensors[id];
    if (tensor_atom(v)) {
        operand_make(o, t, id);
        return TACIT_OK;
    }
    int32_t *values = ARENA_NEW(a, int32_t, shape_count(&v->shape));
    if (!values) return full(err);
    trace_values_i32(t, id, values);
    operand_dense(o, &v->shape, narrow_i32(values));
    return TACIT_OK;
}

static uint64_t bound(const tensor *t) {
    uint64_t lo = t->lo < 0 ? (uint64_t)-t->lo : (uint64_t)t->lo, hi = t->hi < 0 ? (uint64_t)-t->hi : (uint64_t)t->hi;
    return lo > hi ? lo : hi;
}

/* A factor as int16: itself, or high * 2^shift + low of values below 2^30, halves of about the same size. */
typedef struct halves {
    unsigned shift;
    uint64_t most; /* of either, in absolute value */
} halves;

static halves halves_of(const tensor *t) {
    uint64_t most = bound(t);
    halves h = {0, most};
    if (most <= INT16_MAX) return h;
    while (most >> 2 * h.shift) h.shift++;
    h.most = (most >> h.shift) + 1;
    if (h.most < UINT64_C(1) << h.shift) h.most = UINT64_C(1) << h.shift;
    return h;
}

/* Steps of DOT_STEP that fit an int32 lane (four products each), or 0: use int32 factors. */
static uint64_t int16_steps(halves a, halves b) {
    if (a.most > INT16_MAX || b.most > INT16_MAX) return 0;
    uint64_t steps = a.most && b.most ? INT32_MAX / (4 * a.most * b.most) : UINT32_MAX;
    return steps < 2 ? 0 : steps;
}

/* The affine sums of one index of a plan. */
static void start_at(const operand *o, const plan *p, uint64_t i, int64_t *base, int64_t *idx) {
    *base += p->lin[i];
    for (uint32_t s = 0; s < o->streams; s++) idx[s] += p->idx[s][i];
}

/* ---- matrices */
typedef struct side {
    operand o;
    plan batch, rows, summed;
    const int64_t *out; /* per row */
    unsigned shift;     /* not 0: a row is two rows of int16, the values' high and low halves */
} side;

static uint32_t parts(const side *s) {
    return s->shift ? 2 : 1;
}

typedef struct job {
    side big, small; /* big: streamed block by block; small: packed into a panel */
    int64_t *batch_out;
    uint64_t batches, k, padded; /* padded: k up to a multiple of DOT_STEP */
    uint64_t steps;              /* of int16, or 0 */
    size_t element, block_rows, panel_cols;
    int64_t coef, *acc;
} job;

typedef struct workspace {
    unsigned char *block, *panel;
    int32_t *whole; /* a row whose halves are packed */
    int64_t *tile;
} workspace;

static tacit_status side_make(side *s, labels cls[CLASSES], label_class own, int factor, const trace *t, uint32_t id,
                              arena *a, tacit_error *err) {
    const labels *rows = &cls[own];
    TRY(factor_make(&s->o, t, id, a, err));
    TRY(plan_make(&s->batch, &s->o, cls[BATCH].count, cls[BATCH].dim, cls[BATCH].axis[factor], a, err));
    TRY(plan_make(&s->rows, &s->o, rows->count, rows->dim, rows->axis[factor], a, err));
    TRY(plan_make(&s->summed, &s->o, cls[SUMMED].count, cls[SUMMED].dim, cls[SUMMED].axis[factor], a, err));
    int64_t *out = ARENA_NEW(a, int64_t, rows->n);
    if (!out) return full(err);
    affine_table(out, rows->count, rows->dim, rows->out);
    s->out = out;
    return TACIT_OK;
}

static void split_row(const int32_t *v, size_t n, unsigned shift, int16_t *high, int16_t *low) {
    for (size_t i = 0; i < n; i++) {
        high[i] = (int16_t)(v[i] >> shift);
        low[i] = (int16_t)(v[i] & ((INT32_C(1) << shift) - 1));
    }
}

/* Rows from .. from + n of a side as an (n parts) x padded matrix, zero padded; then zero rows up to `total`. */
static void pack_rows(const job *j, const side *s, uint64_t batch, uint64_t from, uint64_t n, uint64_t total,
                      const workspace *w, unsigned char *to) {
    size_t row = j->padded * j->element, used = j->k * j->element;
    for (uint64_t i = 0; i < n; i++) {
        int64_t base = s->o.base, idx[MAX_RANK] = {0};
        start_at(&s->o, &s->batch, batch, &base, idx);
        start_at(&s->o, &s->rows, from + i, &base, idx);
        if (s->shift) {
            pack_i32(&s->o, &s->summed, base, idx, 0, j->k, w->whole);
            split_row(w->whole, j->k, s->shift, (int16_t *)(void *)to, (int16_t *)(void *)(to + row));
        } else if (j->steps)
            pack_i16(&s->o, &s->summed, base, idx, 0, j->k, (int16_t *)(void *)to);
        else
            pack_i32(&s->o, &s->summed, base, idx, 0, j->k, (int32_t *)(void *)to);
        for (uint32_t p = 0; p < parts(s); p++, to += row) memset(to + used, 0, row - used);
    }
    memset(to, 0, (total - n * parts(s)) * row);
}

/* Product of the big side's row r and the small one's s, from those of their parts. */
static uint64_t tile_at(const job *j, const int64_t *tile, uint64_t stride, uint64_t r, uint64_t s) {
    uint32_t rows = parts(&j->big), cols = parts(&j->small);
    uint64_t sum = 0;
    for (uint32_t p = 0; p < cols; p++) {
        const int64_t *at = tile + (s * cols + p) * stride + r * rows;
        uint64_t part = (uint64_t)at[0];
        if (rows > 1) part = (part << j->big.shift) + (uint64_t)at[1];
        sum = (sum << j->small.shift) + part;
    }
    return sum;
}

static void add_tile(const job *j, const int64_t *tile, uint64_t batch, uint64_t row, uint64_t rows, uint64_t stride,
                     uint64_t col, uint64_t cols) {
    for (uint64_t s = 0; s < cols; s++) {
        int64_t *to = j->acc + j->batch_out[batch] + j->small.out[col + s];
        for (uint64_t r = 0; r < rows; r++) {
            int64_t *at = to + j->big.out[row + r];
            *at = (int64_t)((uint64_t)*at + (uint64_t)j->coef * tile_at(j, tile, stride, r, s));
        }
    }
}

/* One block of the big side against a packed panel. */
static void run_block(const job *j, const workspace *w, const unsigned char *panel, uint64_t batch, uint64_t row,
                      uint64_t col, uint64_t cols) {
    uint64_t n = j->big.rows.n - row < j->block_rows ? j->big.rows.n - row : j->block_rows;
    uint64_t total = (n * parts(&j->big) + DOT_ROWS - 1) / DOT_ROWS * DOT_ROWS, columns = cols * parts(&j->small);
    pack_rows(j, &j->big, batch, row, n, total, w, w->block);
    if (j->steps)
        dot_tile_i16(w->tile, (const int16_t *)(const void *)panel, columns, (const int16_t *)(const void *)w->block,
                     total, j->padded, j->steps);
    else
        dot_tile_i32(w->tile, (const int32_t *)(const void *)panel, columns, (const int32_t *)(const void *)w->block,
                     total, j->padded);
    add_tile(j, w->tile, batch, row, n, total, col, cols);
}

static uint64_t panel_cols(const job *j, uint64_t col) {
    return j->small.rows.n - col < j->panel_cols ? j->small.rows.n - col : j->panel_cols;
}

typedef struct panel {
    const job *j;
    const workspace *w;
    uint64_t batch, col, cols; /* of a shared panel */
} panel;

/* Many small matrices: batch indices are divided. */
static void run_batches(void *ctx, size_t first, size_t count, unsigned worker) {
    const panel *p = ctx;
    const job *j = p->j;
    const workspace *own = &p->w[worker];
    for (uint64_t b = first; b < first + count; b++) {
        for (uint64_t col = 0; col < j->small.rows.n; col += j->panel_cols) {
            uint64_t cols = panel_cols(j, col);
            pack_rows(j, &j->small, b, col, cols, cols * parts(&j->small), own, own->panel);
            for (uint64_t row = 0; row < j->big.rows.n; row += j->block_rows)
                run_block(j, own, own->panel, b, row, col, cols);
        }
    }
}

/* Few large ones: the panel is shared, the blocks are divided. */
static void pack_panel(void *ctx, size_t first, size_t count, unsigned worker) {
    const panel *p = ctx;
    const job *j = p->j;
    uint64_t rows = parts(&j->small);
    pack_rows(j, &j->small, p->batch, p->col + first, count, count * rows, &p->w[worker],
              p->w[0].panel + first * rows * j->padded * j->element);
}
static void panel_block(void *ctx, size_t i, unsigned worker) {
    const panel *p = ctx;
    run_block(p->j, &p->w[worker], p->w[0].panel, p->batch, i * p->j->block_rows, p->col, p->cols);
}
static void run_blocks(panel *p) {
    const job *j = p->j;
    for (p->batch = 0; p->batch < j->batches; p->batch++) {
        for (p->col = 0; p->col < j->small.rows.n; p->col += j->panel_cols) {
            p->cols = panel_cols(j, p->col);
            threads_range(p->cols, 1, 0, pack_panel, p);
            threads_run((j->big.rows.n + j->block_rows - 1) / j->block_rows, panel_block, p);
        }
    }
}

static size_t clamp_rows(size_t bytes, size_t row, size_t least, size_t most, uint64_t have) {
    size_t n = bytes / row;
    if (n < least) n = least;
    if (n > most) n = most;
    if (n > have) n = (size_t)((have + least - 1) / least * least);
    return n / least * least;
}

static tacit_status run_matrices(job *j, arena *a, tacit_error *err) {
    uint64_t rows = j->big.rows.n, cols = j->small.rows.n;
    unsigned threads = threads_max();
    j->element = j->steps ? sizeof(int16_t) : sizeof(int32_t);
    j->padded = (j->k + DOT_STEP - 1) / DOT_STEP * DOT_STEP;
    size_t row = j->padded * j->element;
    size_t block_row = row * parts(&j->big), panel_row = row * parts(&j->small);
    j->block_rows = clamp_rows(BLOCK_BYTES, block_row, DOT_ROWS, MAX_BLOCK_ROWS, rows);
    j->panel_cols = clamp_rows(PANEL_BYTES, panel_row, 1, MAX_PANEL_COLS, cols);
    workspace *w = ARENA_ZNEW(a, workspace, (size_t)threads);
    if (!w) return full(err);
    for (unsigned i = 0; i < threads; i++) {
        w[i].block = ARENA_NEW(a, unsigned char, j->block_rows *block_row);
        w[i].panel = ARENA_NEW(a, unsigned char, j->panel_cols *panel_row);
        w[i].whole = ARENA_NEW(a, int32_t, j->k);
        w[i].tile = ARENA_NEW(a, int64_t, j->block_rows * j->panel_cols * parts(&j->big) * parts(&j->small));
        if (!w[i].block || !w[i].panel || !w[i].whole || !w[i].tile) return full(err);
    }
    panel p = {.j = j, .w = w};
    bool parallel = threads > 1 && j->batches * rows * cols * j->k >= PARALLEL_WORK;
    if (parallel && j->batches < 2 * (uint64_t)threads)
        run_blocks(&p);
    else
        threads_range(j->batches, 1, parallel ? 0 : j->batches, run_batches, &p);
    return TACIT_OK;
}

static tacit_status by_matrices(job *j, labels cls[CLASSES], const trace *t, const product *x, arena *a,
                                tacit_error *err) {
    bool left_big = cls[LEFT].n >= cls[RIGHT].n;
    TRY(side_make(left_big ? &j->big : &j->small, cls, LEFT, 0, t, x->a, a, err));
    TRY(side_make(left_big ? &j->small : &j->big, cls, RIGHT, 1, t, x->b, a, err));
    halves a_halves = halves_of(&t->p->tensors[x->a]), b_halves = halves_of(&t->p->tensors[x->b]);
    j->steps = int16_steps(a_halves, b_halves);
    if (j->steps) {
        j->big.shift = (left_big ? a_halves : b_halves).shift;
        j->small.shift = (left_big ? b_halves : a_halves).shift;
    }
    j->batches = cls[BATCH].n;
    j->k = cls[SUMMED].n;
    j->batch_out = ARENA_NEW(a, int64_t, j->batches);
    if (!j->batch_out) return full(err);
    affine_table(j->batch_out, cls[BATCH].count, cls[BATCH].dim, cls[BATCH].out);
    return run_matrices(j, a, err);
}

/* ---- few summed indices: along the result's last axis */
typedef struct row_factor {
    operand o;
    plan outer, summed, row;
} row_factor;

static tacit_status row_factor_make(row_factor *f, const trace *t, const constraint *c, uint32_t id,
                                    const uint8_t *label, const labels *summed, int factor, arena *a,
                                    tacit_error *err) {
    uint32_t rank = c->shape.rank, outer = rank ? rank - 1 : 0, own = t->p->tensors[id].shape.rank;
    int axis[MAX_RANK];
    TRY(factor_make(&f->o, t, id, a, err));
    for (uint32_t k = 0; k < rank; k++) axis[k] = axis_of(label, own, k);
    TRY(plan_make(&f->outer, &f->o, outer, c->shape.dim, axis, a, err));
    TRY(plan_make(&f->row, &f->o, rank - outer, c->shape.dim + outer, axis + outer, a, err));
    return plan_make(&f->summed, &f->o, summed->count, summed->dim, summed->axis[factor], a, err);
}

static void row_pack(const row_factor *f, uint64_t outer, uint64_t summed, uint64_t from, uint64_t n, int32_t *out) {
    int64_t base = f->o.base, idx[MAX_RANK] = {0};
    start_at(&f->o, &f->outer, outer, &base, idx);
    start_at(&f->o, &f->summed, summed, &base, idx);
    pack_i32(&f->o, &f->row, base, idx, from, n, out);
}

typedef struct row_job {
    const row_factor *a, *b;
    int64_t coef, *acc;
    uint64_t chunks;
} row_job;
static void row_task(void *ctx, size_t first, size_t tasks, unsigned worker) {
    const row_job *j = ctx;
    uint64_t n = j->a->row.n;
    int32_t u[ROW_CHUNK], v[ROW_CHUNK];
    (void)worker;
    for (uint64_t task = first; task < first + tasks; task++) {
        uint64_t outer = task / j->chunks, from = task % j->chunks * ROW_CHUNK;
        uint64_t count = n - from < ROW_CHUNK ? n - from : ROW_CHUNK;
        int64_t *to = j->acc + outer * n + from;
        for (uint64_t k = 0; k < j->a->summed.n; k++) {
            row_pack(j->a, outer, k, from, count, u);
            row_pack(j->b, outer, k, from, count, v);
            for (uint64_t i = 0; i < count; i++)
                to[i] = (int64_t)((uint64_t)to[i] + (uint64_t)j->coef * (uint64_t)((int64_t)u[i] * v[i]));
        }
    }
}

static tacit_status by_rows(int64_t *acc, const trace *t, const constraint *c, const product *x, const labels *summed,
                            arena *scratch, tacit_error *err) {
    row_factor a, b;
    TRY(row_factor_make(&a, t, c, x->a, x->a_label, summed, 0, scratch, err));
    TRY(row_factor_make(&b, t, c, x->b, x->b_label, summed, 1, scratch, err));
    uint64_t n = a.row.n, chunks = (n + ROW_CHUNK - 1) / ROW_CHUNK, tasks = a.outer.n * chunks;
    row_job j = {&a, &b, x->coef, acc, chunks};
    threads_range(tasks, 1, a.outer.n * n * summed->n >= PARALLEL_ROW_WORK ? 0 : tasks, row_task, &j);
    return TACIT_OK;
}

tacit_status contract(int64_t *acc, const trace *t, const constraint *c, const product *x, arena *scratch,
                      tacit_error *err) {
    labels cls[CLASSES];
    job j = {.coef = x->coef, .acc = acc};
    size_t mark = arena_mark(scratch);
    classify(cls, t, c, x);
    tacit_status s = cls[SUMMED].n >= MIN_SUMMED ? by_matrices(&j, cls, t, x, scratch, err)
                                                 : by_rows(acc, t, c, x, &cls[SUMMED], scratch, err);
    arena_release(scratch, mark);
    return s;
}
