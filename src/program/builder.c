/* program/builder: hosted; everything lies in one pool until builder_free. */
#include "program/builder.h"
#include "program/rules.h"
#include "program/sequence.h"
#include "program/view_index.h"
#include "program/view_map.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct builder {
    tacit_error *err;
    bool failed;
    pool mem;
    program p; /* its arrays are of the builder: realloc'd */
    size_t caps[5];
};

static uint32_t broken(builder *b, tacit_status status, const char *what, const char *name) {
    if (!b->failed) (void)fail(b->err, status, "%s \"%s\"", what, name);
    b->failed = true;
    return 0;
}
static uint32_t no_memory(builder *b) {
    return broken(b, TACIT_RESOURCES, "out of memory at", "builder");
}

static void *copy(builder *b, const void *data, size_t count, size_t size) {
    void *m = pool_alloc(&b->mem, count, size);
    if (m && count) memcpy(m, data, count * size);
    if (!m) no_memory(b);
    return m;
}

/* Room for one more entry in an array. */
static bool grow(builder *b, void **array, size_t *cap, uint32_t count, size_t size) {
    if (count < *cap) return true;
    size_t n = *cap ? 2 * *cap : 64;
    void *m = realloc(*array, n * size);
    if (!m) {
        no_memory(b);
        return false;
    }
    *array = m;
    *cap = n;
    return true;
}
#define GROW(b, field, count, slot)                                                                                    \
    do {                                                                                                               \
        void *array_ = (b)->p.field;                                                                                   \
        if (!grow((b), &array_, &(b)->caps[slot], (b)->p.count, sizeof *(b)->p.field)) return 0;                       \
        (b)->p.field = array_;                                                                                         \
    } while (0)

builder *builder_new(tacit_error *err) {
    builder *b = calloc(1, sizeof *b);
    if (b) b->err = err;
    return b;
}

void builder_free(builder *b) {
    if (!b) return;
    free(b->p.tensors);
    free(b->p.constraints);
    free(b->p.tables);
    free(b->p.lookups);
    free(b->p.advices);
    pool_free(&b->mem);
    free(b);
}

const tensor *builder_tensor(const builder *b, uint32_t id) {
    return id < b->p.tensor_count ? &b->p.tensors[id] : NULL;
}

/* ---- tensors */
static uint32_t add(builder *b, const tensor *t) {
    if (b->failed) return 0;
    size_t length = strlen(t->name);
    unsigned vars = 0;
    for (uint32_t k = 0; k < t->shape.rank && k < MAX_RANK; k++)
        vars += t->shape.dim[k] ? log2_ceil(t->shape.dim[k]) : 99;
    if (!length || length >= MAX_NAME || t->shape.rank > MAX_RANK || vars > MAX_LOG_TENSOR)
        return broken(b, TACIT_SHAPE, "name or shape of tensor", t->name);
    if (b->p.tensor_count >= MAX_TENSORS) return broken(b, TACIT_UNSUPPORTED, "too many tensors at", t->name);
    GROW(b, tensors, tensor_count, 0);
    tensor *to = &b->p.tensors[b->p.tensor_count];
    *to = *t;
    to->name = copy(b, t->name, length + 1, 1);
    return b->failed ? 0 : b->p.tensor_count++;
}

static bool known(builder *b, uint32_t id, const char *name) {
    if (!b->failed && id >= b->p.tensor_count) broken(b, TACIT_INTERNAL, "unknown tensor in", name);
    return !b->failed;
}

uint32_t builder_external(builder *b, tensor_kind kind, const char *name, const shape *s, int64_t lo, int64_t hi) {
    if (kind > TENSOR_OUTPUT) return broken(b, TACIT_INTERNAL, "not an external kind:", name);
    return add(b, &(tensor){.name = name, .kind = kind, .shape = *s, .lo = lo, .hi = hi});
}

uint32_t builder_committed(builder *b, const char *name, const shape *s) {
    return add(b, &(tensor){.name = name, .kind = TENSOR_COMMITTED, .shape = *s});
}

uint32_t builder_fill(builder *b, const char *name, const shape *s, int64_t value) {
    return add(b, &(tensor){.name = name, .kind = TENSOR_CONSTANT, .shape = *s, .fill = value});
}

/* values: of the pool. */
static uint32_t own_constant(builder *b, const char *name, const shape *s, const int64_t *values) {
    uint64_t n = shape_count(s);
    bool equal = true;
    for (uint64_t i = 1; i < n && equal; i++) equal = values[i] == values[0];
    if (equal) return builder_fill(b, name, s, values[0]);
    return add(b, &(tensor){.name = name, .kind = TENSOR_CONSTANT, .shape = *s, .values = values});
}

uint32_t builder_constant(builder *b, const char *name, const shape *s, const int64_t *values) {
    if (b->failed) return 0;
    int64_t *own = copy(b, values, shape_count(s), sizeof *values);
    return own ? own_constant(b, name, s, own) : 0;
}

/* ---- linear combinations */
typedef struct sum {
    linear_term terms[MAX_TERMS];
    uint32_t count;
    __int128 constant;
} sum;

static bool sum_add(builder *b, sum *s, int64_t coef, uint32_t id, const char *name) {
    const tensor *t = &b->p.tensors[id];
    if (t->kind == TENSOR_CONSTANT && !t->values) {
        s->constant += (__int128)coef * t->fill;
        return true;
    }
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->terms[i].tensor != id) continue;
        s->terms[i].coef += coef; /* both at most 2^40 */
        if (s->terms[i].coef > MAX_COEF || s->terms[i].coef < -MAX_COEF) break;
        return true;
    }
    if (s->count == MAX_TERMS || coef > MAX_COEF || coef < -MAX_COEF) {
        broken(b, TACIT_UNSUPPORTED, "too many terms, or a coefficient too large, in", name);
        return false;
    }
    s->terms[s->count++] = (linear_term){coef, id};
    return true;
}

/* coef * tensor; linear tensors by their terms (which are atoms). */
static bool sum_flatten(builder *b, sum *s, int64_t coef, uint32_t id, const char *name) {
    if (!known(b, id, name)) return false;
    if (coef > MAX_COEF || coef < -MAX_COEF) {
        broken(b, TACIT_UNSUPPORTED, "a coefficient is too large in", name);
        return false;
    }
    const tensor *t = &b->p.tensors[id];
    if (t->kind != TENSOR_LINEAR) return sum_add(b, s, coef, id, name);
    s->constant += (__int128)coef * t->constant;
    for (uint32_t i = 0; i < t->term_count; i++) {
        __int128 c = (__int128)coef * t->terms[i].coef;
        int64_t cut = c > MAX_COEF ? MAX_COEF + 1 : c < -MAX_COEF ? -MAX_COEF - 1 : (int64_t)c; /* sum_add refuses */
        if (!sum_add(b, s, cut, t->terms[i].tensor, name)) return false;
    }
    return true;
}

static bool sum_of(builder *b, sum *s, const linear_term *terms, uint32_t count, int64_t constant, const shape *sh,
                   const char *name) {
    *s = (sum){.constant = constant};
    for (uint32_t i = 0; i < count; i++) {
        if (!known(b, terms[i].tensor, name)) return false;
        if (!shape_equal(&b->p.tensors[terms[i].tensor].shape, sh)) {
            broken(b, TACIT_SHAPE, "shapes differ in", name);
            return false;
        }
        if (!sum_flatten(b, s, terms[i].coef, terms[i].tensor, name)) return false;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->terms[i].coef) s->terms[n++] = s->terms[i];
    }
    s->count = n;
    if (s->constant > MAX_CONSTANT || s->constant < -MAX_CONSTANT) broken(b, TACIT_UNSUPPORTED, "constant in", name);
    return !b->failed;
}

uint32_t builder_linear(builder *b, const char *name, const shape *s, const linear_term *terms, uint32_t count,
                        int64_t constant) {
    sum x;
    if (b->failed || !sum_of(b, &x, terms, count, constant, s, name)) return 0;
    if (!x.count) return builder_fill(b, name, s, (int64_t)x.constant);
    if (x.count == 1 && x.terms[0].coef == 1 && !x.constant) return x.terms[0].tensor;
    linear_term *own = copy(b, x.terms, x.count, sizeof *own);
    return add(b, &(tensor){.name = name,
                            .kind = TENSOR_LINEAR,
                            .shape = *s,
                            .term_count = x.count,
                            .terms = own,
                            .constant = (int64_t)x.constant});
}

/* ---- views */
static uint32_t view_of(builder *b, const char *name, uint32_t source, const shape *s, const view_map *m);

/* Names of what a view brings with it: "<name><<number>". */
static void derived_name(const builder *b, char out[MAX_NAME], const char *name) {
    (void)snprintf(out, MAX_NAME, "%.100s<%u", name, (unsigned)b->p.tensor_count);
}

static uint32_t view_of_constant(builder *b, const char *name, uint32_t source, const shape *s, const view_map *m,
                                 bool indicator) {
    const tensor t = b->p.tensors[source];
    uint64_t n = shape_count(s);
    if (!indicator && !t.values && !view_map_holes(m)) return builder_fill(b, name, s, t.fill);
    if (n > MAX_GROUP * 16ull) return broken(b, TACIT_UNSUPPORTED, "a constant is too large:", name);
    int64_t *v = pool_alloc(&b->mem, n, sizeof *v);
    if (!v) return no_memory(b);
    for (uint64_t i = 0; i < n; i++) {
        int64_t at = view_index(m->groups, m->count, s, &t.shape, i);
        if (at >= 0) v[i] = indicator ? 1 : t.values ? t.values[at] : t.fill;
    }
    return own_constant(b, name, s, v);
}

static uint32_t view_of_linear(builder *b, const char *name, uint32_t source, const shape *s, const view_map *m) {
    const tensor t = b->p.tensors[source];
    linear_term terms[MAX_TERMS + 1];
    char part[MAX_NAME];
    uint32_t n = t.term_count;
    int64_t constant = t.constant;
    for (uint32_t i = 0; i < n && !b->failed; i++) {
        derived_name(b, part, name);
        terms[i] = (linear_term){t.terms[i].coef, view_of(b, part, t.terms[i].tensor, s, m)};
    }
    if (constant && view_map_holes(m)) { /* the constant reaches the true elements only */
        derived_name(b, part, name);
        terms[n++] = (linear_term){constant, view_of_constant(b, part, source, s, m, true)};
        constant = 0;
    }
    return builder_linear(b, name, s, terms, n, constant);
}

static uint32_t view_of_atom(builder *b, const char *name, uint32_t source, const shape *s, const view_map *m) {
    view_group *groups = copy(b, m->groups, m->count, sizeof *groups);
    return add(b, &(tensor){.name = name,
                            .kind = TENSOR_VIEW,
                            .shape = *s,
                            .source = source,
                            .group_count = m->count,
                            .groups = groups});
}

static uint32_t view_of_view(builder *b, const char *name, uint32_t source, const shape *s, const view_map *m) {
    const tensor t = b->p.tensors[source];
    view_map inner = {.count = t.group_count}, both;
    memcpy(inner.groups, t.groups, t.group_count * sizeof *t.groups);
    if (view_map_compose(&both, s, m, &t.shape, &inner, &b->p.tensors[t.source].shape, &b->mem, b->err) != TACIT_OK)
        return broken(b, TACIT_UNSUPPORTED, "cannot compose view", name);
    return view_of(b, name, t.source, s, &both);
}

static uint32_t view_of(builder *b, const char *name, uint32_t source, const shape *s, const view_map *m) {
    if (b->failed) return 0;
    const tensor *t = &b->p.tensors[source];
    if (m->zero) return builder_fill(b, name, s, 0);
    if (view_map_identity(m, s, &t->shape)) return source;
    switch (t->kind) {
    case TENSOR_LINEAR:
        return view_of_linear(b, name, source, s, m);
    case TENSOR_VIEW:
        return view_of_view(b, name, source, s, m);
    case TENSOR_CONSTANT:
        return view_of_constant(b, name, source, s, m, false);
    default:
        return view_of_atom(b, name, source, s, m);
    }
}

uint32_t builder_view(builder *b, const char *name, uint32_t source, const shape *s, const view_group *groups,
                      uint32_t group_count) {
    view_map m;
    if (!known(b, source, name)) return 0;
    if (view_map_make(&m, s, &b->p.tensors[source].shape, groups, group_count, &b->mem, b->err) != TACIT_OK)
        return broken(b, TACIT_SHAPE, "bad view", name);
    return view_of(b, name, source, s, &m);
}

/* ---- relations */
uint32_t builder_constraint(builder *b, const char *name, const shape *s, const product *products,
                            uint32_t product_count, const linear_term *terms, uint32_t term_count, int64_t constant) {
    sum x;
    if (b->failed || !sum_of(b, &x, terms, term_count, constant, s, name)) return 0;
    if (product_count > MAX_TERMS) return broken(b, TACIT_UNSUPPORTED, "too many products in", name);
    GROW(b, constraints, constraint_count, 1);
    product *own = copy(b, products, product_count, sizeof *own);
    linear_term *sum_terms = copy(b, x.terms, x.count, sizeof *sum_terms);
    const char *text = copy(b, name, strlen(name) + 1, 1);
    uint32_t n = 0;
    for (uint32_t i = 0; own && i < product_count; i++) {
        if (!known(b, products[i].a, name) || !known(b, products[i].b, name)) return 0;
        if (products[i].coef) own[n++] = products[i];
    }
    if (b->failed) return 0;
    b->p.constraints[b->p.constraint_count] = (constraint){text, *s, n, x.count, own, sum_terms, (int64_t)x.constant};
    return b->p.constraint_count++;
}

/* A column in the one form that the loader makes of its values. */
static bool canonical_column(builder *b, table_column *to, const table_column *from, uint32_t rows) {
    int64_t *v = pool_alloc(&b->mem, rows, sizeof *v);
    uint64_t at = 0, n = 0;
    if (!v) return no_memory(b), false;
    for (uint32_t i = 0; from->runs && i < from->run_count; i++) {
        for (uint32_t k = 0; k < from->runs[i].count && at < rows; k++)
            v[at++] = from->runs[i].start + from->runs[i].step * (int64_t)k;
    }
    if (from->runs && at != rows) return broken(b, TACIT_SHAPE, "a column's runs miss its rows in", "table"), false;
    if (!from->runs) memcpy(v, from->values, rows * sizeof *v);
    for (at = 0; at < rows; n++) at += run_at(NULL, v, at, rows).count;
    *to = (table_column){.values = v};
    if (!column_keeps_runs(n, rows)) return true;
    table_run *runs = pool_alloc(&b->mem, n, sizeof *runs);
    if (!runs) return no_memory(b), false;
    *to = (table_column){.run_count = (uint32_t)n, .runs = runs};
    for (at = 0, n = 0; at < rows; at += runs[n++].count) runs[n] = run_at(NULL, v, at, rows);
    return true;
}

static bool column_equal(const table_column *a, const table_column *b, uint32_t rows) {
    if (a->run_count != b->run_count) return false;
    for (uint32_t i = 0; i < a->run_count; i++) {
        const table_run *x = &a->runs[i], *y = &b->runs[i];
        if (x->count != y->count || x->start != y->start || x->step != y->step) return false;
    }
    return a->runs || memcmp(a->values, b->values, rows * sizeof *a->values) == 0;
}

static bool table_equal(const table *a, const table *b) {
    bool equal = a->width == b->width && a->rows == b->rows && !a->gather && !b->gather;
    for (uint32_t c = 0; equal && c < a->width; c++) equal = column_equal(&a->columns[c], &b->columns[c], a->rows);
    return equal;
}

uint32_t builder_table(builder *b, uint32_t width, const table_column *columns, uint32_t rows) {
    if (b->failed) return 0;
    if (!width || width > MAX_TABLE_WIDTH || !rows || rows > MAX_TABLE_ROWS)
        return broken(b, TACIT_UNSUPPORTED, "a table's width or rows in", "builder");
    table t = {.id = b->p.table_count + 1, .width = width, .rows = rows};
    for (uint32_t c = 0; c < width; c++) {
        if (!canonical_column(b, &t.columns[c], &columns[c], rows)) return 0;
    }
    for (uint32_t i = 0; i < b->p.table_count; i++) {
        if (table_equal(&b->p.tables[i], &t)) return i;
    }
    GROW(b, tables, table_count, 2);
    b->p.tables[b->p.table_count] = t;
    return b->p.table_count++;
}

uint32_t builder_range_table(builder *b, int64_t lo, int64_t hi) {
    if (lo > hi || hi - lo >= MAX_TABLE_ROWS) return broken(b, TACIT_UNSUPPORTED, "a range is too wide for", "a table");
    const table_run run = {(uint32_t)(hi - lo + 1), lo, 1};
    return builder_table(b, 1, &(table_column){.run_count = 1, .runs = &run}, run.count);
}

uint32_t builder_gather_table(builder *b, uint32_t source) {
    if (b->failed) return 0;
    if (!known(b, source, "a gather")) return 0;
    const shape *s = &b->p.tensors[source].shape;
    if (s->rank == 0) return broken(b, TACIT_INTERNAL, "gather from a scalar", b->p.tensors[source].name);
    for (uint32_t i = 0; i < b->p.table_count; i++) {
        if (b->p.tables[i].gather && b->p.tables[i].source == source) return i;
    }
    GROW(b, tables, table_count, 2);
    b->p.tables[b->p.table_count] =
        (table){.id = b->p.table_count + 1, .width = 2, .rows = s->dim[0], .gather = true, .source = source};
    return b->p.table_count++;
}

uint32_t builder_lookup(builder *b, const char *name, uint32_t table_index, const uint32_t *columns) {
    if (b->failed) return 0;
    if (table_index >= b->p.table_count) return broken(b, TACIT_INTERNAL, "unknown table in lookup", name);
    lookup l = {.name = copy(b, name, strlen(name) + 1, 1), .table = table_index};
    for (uint32_t c = 0; c < b->p.tables[table_index].width; c++) {
        if (!known(b, columns[c], name)) return 0;
        l.columns[c] = columns[c];
    }
    GROW(b, lookups, lookup_count, 3);
    b->p.lookups[b->p.lookup_count] = l;
    return b->p.lookup_count++;
}

static uint32_t add_advice(builder *b, const advice *step) {
    GROW(b, advices, advice_count, 4);
    b->p.advices[b->p.advice_count] = *step;
    return b->p.advice_count++;
}

void builder_advice(builder *b, const advice *step) {
    if (!b->failed) (void)add_advice(b, step);
}

/* ---- finish: without the contents of linear tensors, views and constants that nothing uses (compositions leave some)
 */
static void mark_used(const program *p, bool *used) {
    for (uint32_t i = 0; i < p->tensor_count; i++)
        used[i] = tensor_external(&p->tensors[i]) || p->tensors[i].kind == TENSOR_COMMITTED;
    for (uint32_t i = 0; i < p->constraint_count; i++) {
        const constraint *c = &p->constraints[i];
        for (uint32_t k = 0; k < c->product_count; k++) used[c->products[k].a] = used[c->products[k].b] = true;
        for (uint32_t k = 0; k < c->term_count; k++) used[c->terms[k].tensor] = true;
    }
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        for (uint32_t c = 0; c < p->tables[p->lookups[i].table].width; c++) used[p->lookups[i].columns[c]] = true;
    }
    for (uint32_t i = 0; i < p->advice_count; i++) { /* what steps read that derive bits */
        const advice *x = &p->advices[i];
        if (x->rem != NO_TENSOR && x->kind >= ADVICE_LIMBS) used[x->rem] = true;
        if (x->r_low != NO_TENSOR && x->kind >= ADVICE_LIMBS) used[x->r_low] = true;
        if (x->r_high != NO_TENSOR && x->kind >= ADVICE_LIMBS) used[x->r_high] = true;
    }
    for (uint32_t i = 0; i < p->table_count; i++) {
        if (p->tables[i].gather) used[p->tables[i].source] = true;
    }
    for (uint32_t i = p->tensor_count; i-- > 0;) { /* terms and sources come before their users */
        const tensor *t = &p->tensors[i];
        for (uint32_t k = 0; used[i] && k < t->term_count; k++) used[t->terms[k].tensor] = true;
        if (used[i] && t->kind == TENSOR_VIEW) used[t->source] = true;
    }
}

/* What is unused becomes a scalar 0, so that every id stays what the caller was told. */
static void prune(builder *b) {
    program *p = &b->p;
    bool *used = pool_alloc(&b->mem, p->tensor_count, sizeof *used);
    if (!used) {
        no_memory(b);
        return;
    }
    mark_used(p, used);
    for (uint32_t i = 0; i < p->tensor_count && !b->failed; i++) {
        char name[16];
        if (used[i]) continue;
        (void)snprintf(name, sizeof name, "~%u", (unsigned)i);
        p->tensors[i] = (tensor){.name = copy(b, name, strlen(name) + 1, 1), .kind = TENSOR_CONSTANT};
    }
}

/* Parses with as much memory as it takes. */
static tacit_status parse_back(const unsigned char *bytes, size_t size, tacit_error *err) {
    for (size_t memory = (size_t)1 << 24; memory < SIZE_MAX / 8; memory *= 8) {
        tacit_error local = {0};
        void *m = malloc(memory);
        if (!m) break;
        arena a;
        program p;
        arena_init(&a, m, memory);
        tacit_status s = program_parse(&p, bytes, size, &a, &local);
        free(m);
        if (s == TACIT_RESOURCES) continue;
        return s == TACIT_OK ? s : fail(err, s, "the program that was built: %s", local.text);
    }
    return fail(err, TACIT_RESOURCES, "out of memory at the builder's parse");
}

tacit_status builder_finish(builder *b, unsigned char **bytes, size_t *size, tacit_error *err) {
    *bytes = NULL;
    *size = 0;
    if (!b->failed) prune(b);
    if (b->failed) {
        tacit_status s = b->err && b->err->status != TACIT_OK ? b->err->status : TACIT_INTERNAL;
        return fail(err, s, "%s", b->err ? b->err->text : "the builder failed");
    }
    writer w = {0};
    program_write(&b->p, true, &w);
    unsigned char *data = malloc(w.at ? w.at : 1);
    if (!data) return fail(err, TACIT_RESOURCES, "out of memory at the builder");
    w = (writer){data, w.at, 0};
    program_write(&b->p, true, &w);
    tacit_status s = parse_back(data, w.at, err);
    if (s != TACIT_OK) {
        free(data);
        return s;
    }
    *bytes = data;
    *size = w.at;
    return TACIT_OK;
}
