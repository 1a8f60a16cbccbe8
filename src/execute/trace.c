/* execute/trace: the arrays, their counts in tables, and the slow check of everything. */
#include "execute/execute.h"
#include "execute/reader.h"
#include "execute/rows.h"
#include "base/threads.h"
#include <stdatomic.h>
#include <string.h>

#define PARALLEL_ELEMENTS ((uint64_t)1 << 16)
/* Histograms of one table over all threads: at most this many counters, otherwise one thread counts. */
#define MAX_COUNTERS ((uint64_t)1 << 26)

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "executor: memory is full");
}

static void fill_constant(int32_t *out, const tensor *t, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) out[i] = (int32_t)(t->values ? t->values[i] : t->fill);
}

tacit_status trace_make(trace *t, const program *p, const narrow *weights, arena *a, tacit_error *err) {
    *t = (trace){p, ARENA_ZNEW(a, int32_t *, p->tensor_count), weights};
    if (!t->values) return full(err);
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        const tensor *v = &p->tensors[i];
        uint64_t n = shape_count(&v->shape);
        if (v->kind == TENSOR_LINEAR || v->kind == TENSOR_VIEW) continue;
        if (v->kind == TENSOR_PARAM && weights) continue;
        t->values[i] = ARENA_ZNEW(a, int32_t, n);
        if (!t->values[i]) return full(err);
        if (v->kind == TENSOR_CONSTANT) fill_constant(t->values[i], v, n);
    }
    return TACIT_OK;
}

tacit_status trace_set(trace *t, uint32_t id, const int64_t *values, tacit_error *err) {
    if (id >= t->p->tensor_count || !tensor_external(&t->p->tensors[id]))
        return fail(err, TACIT_USAGE, "trace_set: tensor %u is not external", (uint64_t)id);
    const tensor *v = &t->p->tensors[id];
    uint64_t n = shape_count(&v->shape);
    if (!t->values[id]) return fail(err, TACIT_USAGE, "trace_set: \"%s\" is the model's", v->name);
    for (uint64_t i = 0; i < n; i++) {
        if (values[i] < v->lo || values[i] > v->hi)
            return fail(err, TACIT_VALUE, "\"%s\": element %u is outside its interval", v->name, i);
    }
    for (uint64_t i = 0; i < n; i++) t->values[id][i] = (int32_t)values[i];
    return TACIT_OK;
}

/* ---- multiplicities */
typedef struct counting {
    const row_index *x;
    const column_reader *columns;
    uint64_t n;
} counting;

/* Counts one piece; false when a row is in no table. */
static bool count_piece(const counting *c, uint64_t begin, uint32_t *counters) {
    int32_t values[MAX_TABLE_WIDTH][READ_CHUNK];
    const int32_t *columns[MAX_TABLE_WIDTH];
    uint64_t n = c->n - begin < READ_CHUNK ? c->n - begin : READ_CHUNK;
    bool all = true;
    for (uint32_t k = 0; k < c->x->t->width; k++) {
        reader_i32(&c->columns[k], begin, n, values[k]);
        columns[k] = values[k];
    }
    for (uint64_t i = 0; i < n; i++) {
        uint32_t row = row_find(c->x, columns, i);
        if (row == NO_ROW)
            all = false;
        else
            counters[row]++;
    }
    return all;
}

typedef struct count_job {
    counting c;
    uint32_t *counters; /* of each worker */
    atomic_bool missing;
} count_job;
static void count_range(void *ctx, size_t first, size_t count, unsigned worker) {
    count_job *j = ctx;
    uint32_t *mine = j->counters + (uint64_t)worker * j->c.x->t->rows;
    counting c = j->c;
    c.n = first + count;
    for (uint64_t begin = first; begin < c.n; begin += READ_CHUNK)
        if (!count_piece(&c, begin, mine)) atomic_store(&j->missing, true);
}

static tacit_status count_lookup(const trace *t, const lookup *l, const row_index *x, uint32_t *counters,
                                 unsigned threads, arena *a, tacit_error *err) {
    column_reader columns[MAX_TABLE_WIDTH];
    for (uint32_t k = 0; k < x->t->width; k++) TRY(reader_make(&columns[k], t, l->columns[k], a, err));
    uint64_t n = shape_count(&t->p->tensors[l->columns[0]].shape);
    count_job j = {.c = {x, columns, n}, .counters = counters};
    threads_range(n, READ_CHUNK, threads == 1 ? n : PARALLEL_ELEMENTS, count_range, &j);
    return atomic_load(&j.missing) ? fail(err, TACIT_OVERFLOW, "lookup \"%s\": a row is not in its table", l->name)
                                   : TACIT_OK;
}

/* A gather counts its indices; that the rows are the source's is the executor's part. */
static tacit_status count_gather(trace *t, uint32_t index, arena *a, tacit_error *err) {
    const table *tab = &t->p->tables[index];
    int32_t *out = t->values[tab->multiplicity];
    memset(out, 0, tab->rows * sizeof *out);
    for (uint32_t i = 0; i < t->p->lookup_count; i++) {
        const lookup *l = &t->p->lookups[i];
        if (l->table != index) continue;
        size_t mark = arena_mark(a);
        uint64_t n = shape_count(&t->p->tensors[l->columns[0]].shape);
        int32_t *v = ARENA_NEW(a, int32_t, n);
        if (!v) return full(err);
        trace_values_i32(t, l->columns[0], v);
        for (uint64_t k = 0; k < n; k++) {
            if (v[k] < 0 || (uint32_t)v[k] >= tab->rows)
                return fail(err, TACIT_OVERFLOW, "lookup \"%s\": a row is not in its table", l->name);
            out[v[k]]++;
        }
        arena_release(a, mark);
    }
    return TACIT_OK;
}

static tacit_status count_table(trace *t, uint32_t index, arena *a, tacit_error *err) {
    const program *p = t->p;
    const table *tab = &p->tables[index];
    if (tab->gather) return count_gather(t, index, a, err);
    row_index x;
    unsigned threads = (uint64_t)threads_max() * tab->rows <= MAX_COUNTERS ? threads_max() : 1;
    uint32_t *counters = ARENA_ZNEW(a, uint32_t, (size_t)threads * tab->rows);
    if (!counters) return full(err);
    TRY(row_index_make(&x, tab, a, err));
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        size_t mark = arena_mark(a);
        if (p->lookups[i].table == index) TRY(count_lookup(t, &p->lookups[i], &x, counters, threads, a, err));
        arena_release(a, mark);
    }
    int32_t *out = t->values[tab->multiplicity];
    for (uint32_t r = 0; r < tab->rows; r++) {
        uint32_t sum = 0;
        for (unsigned i = 0; i < threads; i++) sum += counters[(size_t)i * tab->rows + r];
        out[r] = (int32_t)sum; /* at most 2^31 - 1 elements are looked up (program_check) */
    }
    return TACIT_OK;
}

tacit_status trace_count(trace *t, arena *scratch, tacit_error *err) {
    for (uint32_t i = 0; i < t->p->table_count; i++) {
        size_t mark = arena_mark(scratch);
        tacit_status s = count_table(t, i, scratch, err);
        arena_release(scratch, mark);
        TRY(s);
    }
    return TACIT_OK;
}

/* ---- the slow check: every tensor in int64, every relation by its definition */
static const int64_t *values_of(const trace *t, uint32_t id, arena *a) {
    int64_t *v = ARENA_NEW(a, int64_t, shape_count(&t->p->tensors[id].shape));
    if (v) trace_values(t, id, v);
    return v;
}

static uint64_t labelled(const shape *s, const uint8_t *label, const uint32_t *at) {
    uint64_t i = 0;
    for (uint32_t k = 0; k < s->rank; k++) i = i * s->dim[k] + at[label[k]];
    return i;
}

/* One element of a contraction: all summed labels run. */
static __int128 product_at(const trace *t, const constraint *c, const product *x, const int64_t *a, const int64_t *b,
                           const uint32_t *index) {
    const shape *sa = &t->p->tensors[x->a].shape, *sb = &t->p->tensors[x->b].shape;
    uint32_t dim[MAX_LABELS] = {0}, at[MAX_LABELS] = {0}, top = c->shape.rank;
    for (uint32_t k = 0; k < sa->rank; k++) dim[x->a_label[k]] = sa->dim[k];
    while (top < MAX_LABELS && dim[top]) top++; /* a summed label is in a */
    memcpy(at, index, c->shape.rank * sizeof *at);
    __int128 sum = 0;
    for (;;) {
        sum += (__int128)a[labelled(sa, x->a_label, at)] * b[labelled(sb, x->b_label, at)];
        uint32_t l = top;
        while (l > c->shape.rank && ++at[l - 1] == dim[l - 1]) at[--l] = 0;
        if (l == c->shape.rank) return sum;
    }
}

static bool constraint_holds(const trace *t, const constraint *c, arena *a) {
    const int64_t *fa[MAX_TERMS], *fb[MAX_TERMS], *terms[MAX_TERMS];
    for (uint32_t k = 0; k < c->product_count; k++) {
        fa[k] = values_of(t, c->products[k].a, a);
        fb[k] = values_of(t, c->products[k].b, a);
        if (!fa[k] || !fb[k]) return false;
    }
    for (uint32_t k = 0; k < c->term_count; k++) {
        terms[k] = values_of(t, c->terms[k].tensor, a);
        if (!terms[k]) return false;
    }
    for (uint64_t i = 0; i < shape_count(&c->shape); i++) {
        uint32_t at[MAX_RANK] = {0};
        uint64_t rest = i;
        for (uint32_t k = c->shape.rank; k-- > 0; rest /= c->shape.dim[k]) at[k] = (uint32_t)(rest % c->shape.dim[k]);
        __int128 sum = c->constant;
        for (uint32_t k = 0; k < c->product_count; k++)
            sum += c->products[k].coef * product_at(t, c, &c->products[k], fa[k], fb[k], at);
        for (uint32_t k = 0; k < c->term_count; k++) sum += (__int128)c->terms[k].coef * terms[k][i];
        if (sum) return false;
    }
    return true;
}

static bool gather_holds(const trace *t, const lookup *l, arena *a) {
    const table *tab = &t->p->tables[l->table];
    const shape row = gather_row(t->p, tab);
    uint64_t n = shape_count(&t->p->tensors[l->columns[0]].shape), width = shape_count(&row);
    const int64_t *index = values_of(t, l->columns[0], a), *rows = values_of(t, l->columns[1], a),
                  *source = values_of(t, tab->source, a);
    if (!index || !rows || !source) return false;
    for (uint64_t i = 0; i < n; i++) {
        if (index[i] < 0 || index[i] >= tab->rows) return false;
        for (uint64_t c = 0; c < width; c++) {
            if (rows[i * width + c] != source[(uint64_t)index[i] * width + c]) return false;
        }
    }
    return true;
}

static bool lookup_holds(const trace *t, const lookup *l, arena *a) {
    const table *tab = &t->p->tables[l->table];
    if (tab->gather) return gather_holds(t, l, a);
    const int64_t *columns[MAX_TABLE_WIDTH];
    row_index x;
    tacit_error err = {0};
    if (row_index_make(&x, tab, a, &err) != TACIT_OK) return false;
    for (uint32_t k = 0; k < tab->width; k++) {
        columns[k] = values_of(t, l->columns[k], a);
        if (!columns[k]) return false;
    }
    for (uint64_t i = 0; i < shape_count(&t->p->tensors[l->columns[0]].shape); i++) {
        int32_t row[MAX_TABLE_WIDTH];
        const int32_t *pointers[MAX_TABLE_WIDTH];
        for (uint32_t k = 0; k < tab->width; k++) {
            row[k] = (int32_t)columns[k][i];
            pointers[k] = &row[k];
            if (row[k] != columns[k][i]) return false;
        }
        if (row_find(&x, pointers, 0) == NO_ROW) return false;
    }
    return true;
}

uint32_t trace_violated_from(const trace *t, uint32_t first, arena *scratch) {
    const program *p = t->p;
    for (uint32_t i = first; i < p->constraint_count + p->lookup_count; i++) {
        size_t mark = arena_mark(scratch);
        bool holds = i < p->constraint_count ? constraint_holds(t, &p->constraints[i], scratch)
                                             : lookup_holds(t, &p->lookups[i - p->constraint_count], scratch);
        arena_release(scratch, mark);
        if (!holds) return i;
    }
    return UINT32_MAX;
}
