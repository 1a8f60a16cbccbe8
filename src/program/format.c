/* program/format: reader of the file format, one string of bytes per program (docs/formats.md).
 *
 * relation part: "TACP", var version, tensors, tables, constraints, lookups; advice part: only when there is advice.
 * Every list starts with its var count. Numbers are shortest LEB128 (base/bytes), a name is var length and bytes.
 *
 * tensor: name, u8 kind, shape (var rank, var dims), then by kind
 *   - input, parameter, output: svar lo, svar hi
 *   - constant: a sequence (program/sequence)
 *   - committed: nothing
 *   - linear: terms (svar coef, var tensor), svar constant
 *   - view: var source, groups (var n, n out axes, var m, m source axes, sequence of the map)
 *
 * table: var id, var width, var rows, a sequence per column
 *
 * constraint: name, shape, products (svar coef, var a, its labels, var b, its labels), terms, svar constant
 *
 * lookup: name, var table, var tensor per column
 *
 * advice: u8 kind, var relation, then its kind's fields in the order y, rem, shift, r_low, r_high, flag, low_bits, lo,
 * hi; a tensor is its number + 1, NO_TENSOR is 0
 *
 * Canonical: the memory form is a function of the values (map NULL iff identity, fill iff all equal, runs iff few), the
 * sequence coding is greedy, groups and tables are sorted, terms of one list are distinct: check.c and sequence.c
 * refuse everything else. Memory is bounded by the bytes read: lists by the bytes left, expansions of runs by `budget`.
 */
#include "program/rules.h"
#include "program/sequence.h"

#define BAD(p, ...) fail((p)->err, TACIT_MALFORMED, __VA_ARGS__)

typedef struct parser {
    reader r;
    arena *a;
    tacit_error *err;
    program *p;
    uint64_t budget; /* elements that runs may still expand to */
} parser;

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "program: scratch is full");
}

/* Number at most max. */
static tacit_status get_number(parser *ps, uint32_t *out, uint32_t max, const char *what) {
    uint64_t v = read_var(&ps->r);
    if (ps->r.bad || v > max) return BAD(ps, "program, byte %u: bad %s", (uint64_t)ps->r.at, what);
    *out = (uint32_t)v;
    return TACIT_OK;
}
/* Length of a list whose entries have at least `bytes` bytes each. */
static tacit_status get_count(parser *ps, uint32_t *out, uint32_t max, uint32_t bytes, const char *what) {
    TRY(get_number(ps, out, max, what));
    if (*out > (ps->r.size - ps->r.at) / bytes) return BAD(ps, "program ends early in %s", what);
    return TACIT_OK;
}
static tacit_status get_i64(parser *ps, int64_t *out, const char *what) {
    *out = read_svar(&ps->r);
    return ps->r.bad ? BAD(ps, "program, byte %u: bad %s", (uint64_t)ps->r.at, what) : TACIT_OK;
}
static tacit_status get_u8(parser *ps, uint8_t *out, unsigned limit, const char *what) {
    *out = read_u8(&ps->r);
    if (ps->r.bad || *out >= limit) return BAD(ps, "program, byte %u: bad %s", (uint64_t)ps->r.at, what);
    return TACIT_OK;
}
static tacit_status spend(parser *ps, uint64_t elements) {
    if (elements > ps->budget) return BAD(ps, "program, byte %u: expands too far", (uint64_t)ps->r.at);
    ps->budget -= elements;
    return TACIT_OK;
}

static tacit_status get_name(parser *ps, const char **out, const char *what) {
    uint32_t n = 0;
    TRY(get_number(ps, &n, MAX_NAME - 1, what));
    const unsigned char *src = read_bytes(&ps->r, n);
    if (!src || !n) return BAD(ps, "program, byte %u: bad name of a %s", (uint64_t)ps->r.at, what);
    char *name = ARENA_ZNEW(ps->a, char, n + 1u);
    if (!name) return full(ps->err);
    for (uint32_t i = 0; i < n; i++) {
        if (src[i] < 0x20 || src[i] > 0x7e) return BAD(ps, "program, byte %u: name of a %s", (uint64_t)ps->r.at, what);
        name[i] = (char)src[i];
    }
    *out = name;
    return TACIT_OK;
}

static tacit_status get_shape(parser *ps, shape *s) {
    unsigned vars = 0;
    TRY(get_number(ps, &s->rank, MAX_RANK, "rank"));
    for (uint32_t k = 0; k < s->rank; k++) {
        TRY(get_number(ps, &s->dim[k], UINT32_MAX, "dimension"));
        vars += s->dim[k] ? log2_ceil(s->dim[k]) : MAX_LOG_TENSOR + 1;
    }
    if (vars > MAX_LOG_TENSOR) return BAD(ps, "program, byte %u: bad shape", (uint64_t)ps->r.at);
    return TACIT_OK;
}

static tacit_status get_terms(parser *ps, uint32_t limit, uint32_t *count, const linear_term **out) {
    TRY(get_count(ps, count, MAX_TERMS, 2, "terms"));
    linear_term *terms = ARENA_NEW(ps->a, linear_term, *count);
    if (!terms) return full(ps->err);
    for (uint32_t i = 0; i < *count; i++) {
        TRY(get_i64(ps, &terms[i].coef, "coefficient"));
        TRY(get_number(ps, &terms[i].tensor, limit - 1, "tensor of a term"));
    }
    *out = terms;
    return TACIT_OK;
}

/* ---- sequences; a run lies between its ends, so the interval of constants and columns is found here */
static void take_ends(int64_t *lo, int64_t *hi, const table_run *r) {
    int64_t last = r->start + r->step * (int64_t)(r->count - 1);
    int64_t least = r->start < last ? r->start : last, most = r->start < last ? last : r->start;
    if (least < *lo) *lo = least;
    if (most > *hi) *hi = most;
}

static tacit_status get_runs(parser *ps, table_column *c, uint32_t rows) {
    run_reader q;
    if (!run_reader_start(&q, &ps->r, rows)) return BAD(ps, "program, byte %u: bad sequence", (uint64_t)ps->r.at);
    bool keep = column_keeps_runs(q.runs, rows);
    if (!keep) TRY(spend(ps, rows));
    table_run *runs = keep ? ARENA_NEW(ps->a, table_run, q.runs) : NULL;
    int64_t *values = keep ? NULL : ARENA_NEW(ps->a, int64_t, rows);
    if (!runs && !values) return full(ps->err);
    uint32_t n = 0, total = (uint32_t)q.runs;
    *c =
        (table_column){.run_count = keep ? total : 0, .runs = runs, .values = values, .lo = INT64_MAX, .hi = INT64_MIN};
    for (uint64_t at = 0; n < total; n++) {
        table_run run;
        if (!run_reader_next(&q, &ps->r, &run)) return BAD(ps, "program, byte %u: bad run", (uint64_t)ps->r.at);
        take_ends(&c->lo, &c->hi, &run);
        if (keep) runs[n] = run;
        for (uint32_t i = 0; !keep && i < run.count; i++) values[at++] = run.start + run.step * (int64_t)i;
    }
    return TACIT_OK;
}

static tacit_status get_constant(parser *ps, tensor *t) {
    uint64_t n = shape_count(&t->shape), at = 0;
    run_reader q;
    table_run run;
    if (n > INT32_MAX || !run_reader_start(&q, &ps->r, (uint32_t)n))
        return BAD(ps, "constant \"%s\": bad sequence", t->name);
    int64_t *values = NULL;
    t->lo = INT64_MAX;
    t->hi = INT64_MIN;
    while (q.runs) {
        if (!run_reader_next(&q, &ps->r, &run)) return BAD(ps, "constant \"%s\": bad run", t->name);
        take_ends(&t->lo, &t->hi, &run);
        if (at == 0 && run.count == n && run.step == 0) {
            t->fill = run.start;
            return TACIT_OK;
        }
        if (!values) {
            TRY(spend(ps, n));
            values = ARENA_NEW(ps->a, int64_t, n);
            if (!values) return full(ps->err);
        }
        for (uint32_t i = 0; i < run.count; i++) values[at++] = run.start + run.step * (int64_t)i;
    }
    t->values = values;
    return TACIT_OK;
}

static tacit_status get_map(parser *ps, view_group *g, const tensor *t, const shape *src) {
    run_reader q;
    table_run run;
    int32_t *map = NULL;
    if (!run_reader_start(&q, &ps->r, g->size)) return BAD(ps, "view \"%s\": bad map", t->name);
    for (uint32_t at = 0; q.runs;) {
        if (!run_reader_next(&q, &ps->r, &run)) return BAD(ps, "view \"%s\": bad map", t->name);
        bool identity = run.count == g->size && run.start == 0 && (run.step == 1 || run.count == 1);
        if (identity && group_may_be_identity(g, &t->shape, src)) return TACIT_OK;
        if (!map) {
            if (g->size > MAX_GROUP) return BAD(ps, "view \"%s\": a group is too large", t->name);
            TRY(spend(ps, g->size));
            map = ARENA_NEW(ps->a, int32_t, g->size);
            if (!map) return full(ps->err);
        }
        int64_t end = run.start + run.step * (int64_t)(run.count - 1);
        if (run.start < -1 || end < -1 || run.start > INT32_MAX || end > INT32_MAX)
            return BAD(ps, "view \"%s\": a map entry is out of range", t->name);
        for (uint32_t i = 0; i < run.count; i++) map[at++] = (int32_t)(run.start + run.step * (int64_t)i);
    }
    g->map = map;
    return TACIT_OK;
}

/* ---- tensors */
static tacit_status get_axes(parser *ps, uint32_t *count, uint8_t *axes, uint32_t rank) {
    TRY(get_number(ps, count, rank, "axes of a view group"));
    for (uint32_t i = 0; i < *count; i++) TRY(get_u8(ps, &axes[i], rank, "axis"));
    return TACIT_OK;
}

static tacit_status get_group(parser *ps, view_group *g, const tensor *t, const shape *src) {
    uint64_t size = 1;
    TRY(get_axes(ps, &g->out_count, g->out_axis, t->shape.rank));
    TRY(get_axes(ps, &g->src_count, g->src_axis, src->rank));
    for (uint32_t i = 0; i < g->out_count; i++) {
        size *= t->shape.dim[g->out_axis[i]];
        if (size > UINT32_MAX) return BAD(ps, "view \"%s\": a group is too large", t->name);
    }
    g->size = (uint32_t)size;
    return get_map(ps, g, t, src);
}

static tacit_status get_view(parser *ps, uint32_t index, tensor *t) {
    TRY(get_number(ps, &t->source, index - 1, "source of a view"));
    const shape *src = &ps->p->tensors[t->source].shape;
    TRY(get_count(ps, &t->group_count, 2 * MAX_RANK, 4, "groups"));
    view_group *groups = ARENA_ZNEW(ps->a, view_group, t->group_count);
    if (!groups) return full(ps->err);
    t->groups = groups;
    for (uint32_t g = 0; g < t->group_count; g++) TRY(get_group(ps, &groups[g], t, src));
    return TACIT_OK;
}

static tacit_status get_tensor(parser *ps, uint32_t index) {
    tensor *t = &ps->p->tensors[index];
    uint8_t kind;
    TRY(get_name(ps, &t->name, "tensor"));
    TRY(get_u8(ps, &kind, TENSOR_VIEW + 1, "tensor kind"));
    t->kind = (tensor_kind)kind;
    TRY(get_shape(ps, &t->shape));
    if (tensor_external(t)) {
        TRY(get_i64(ps, &t->lo, "interval"));
        return get_i64(ps, &t->hi, "interval");
    }
    if (t->kind == TENSOR_CONSTANT) return get_constant(ps, t);
    if (t->kind == TENSOR_COMMITTED) return TACIT_OK;
    if (t->kind == TENSOR_MULTIPLICITY || !index) return BAD(ps, "tensor \"%s\": bad kind", t->name);
    if (t->kind == TENSOR_VIEW) return get_view(ps, index, t);
    TRY(get_terms(ps, index, &t->term_count, &t->terms));
    return get_i64(ps, &t->constant, "constant");
}

/* ---- relations */
/* Width 0 stands for a gather; what follows is its source. */
static tacit_status get_gather(parser *ps, table *t) {
    TRY(get_number(ps, &t->source, ps->p->tensor_count - 1, "source of a gather"));
    const shape *s = &ps->p->tensors[t->source].shape;
    if (!s->rank || s->dim[0] > MAX_TABLE_ROWS) return BAD(ps, "table %u: rows of its source", (uint64_t)t->id);
    table_run *run = ARENA_NEW(ps->a, table_run, 1);
    if (!run) return full(ps->err);
    t->gather = true;
    t->width = 2;
    t->rows = s->dim[0];
    *run = (table_run){t->rows, 0, 1};
    t->columns[0] = (table_column){.run_count = 1, .runs = run, .hi = (int64_t)t->rows - 1};
    return TACIT_OK;
}

static tacit_status get_table(parser *ps, table *t) {
    TRY(get_number(ps, &t->id, INT32_MAX, "table id"));
    TRY(get_number(ps, &t->width, MAX_TABLE_WIDTH, "table width"));
    if (t->width == 0) return get_gather(ps, t);
    TRY(get_number(ps, &t->rows, MAX_TABLE_ROWS, "table rows"));
    for (uint32_t c = 0; c < t->width; c++) TRY(get_runs(ps, &t->columns[c], t->rows));
    return TACIT_OK;
}

static tacit_status get_labels(parser *ps, uint8_t *label, uint32_t rank) {
    for (uint32_t i = 0; i < rank; i++) TRY(get_u8(ps, &label[i], MAX_LABELS, "label"));
    return TACIT_OK;
}

static tacit_status get_constraint(parser *ps, constraint *c) {
    const program *p = ps->p;
    TRY(get_name(ps, &c->name, "constraint"));
    TRY(get_shape(ps, &c->shape));
    TRY(get_count(ps, &c->product_count, MAX_TERMS, 3, "products"));
    product *products = ARENA_ZNEW(ps->a, product, c->product_count);
    if (!products) return full(ps->err);
    c->products = products;
    for (uint32_t i = 0; i < c->product_count; i++) {
        product *x = &products[i];
        TRY(get_i64(ps, &x->coef, "coefficient"));
        TRY(get_number(ps, &x->a, p->tensor_count - 1, "factor"));
        TRY(get_labels(ps, x->a_label, p->tensors[x->a].shape.rank));
        TRY(get_number(ps, &x->b, p->tensor_count - 1, "factor"));
        TRY(get_labels(ps, x->b_label, p->tensors[x->b].shape.rank));
    }
    TRY(get_terms(ps, p->tensor_count, &c->term_count, &c->terms));
    return get_i64(ps, &c->constant, "constant");
}

static tacit_status get_lookup(parser *ps, lookup *l) {
    const program *p = ps->p;
    TRY(get_name(ps, &l->name, "lookup"));
    TRY(get_number(ps, &l->table, p->table_count - 1, "table of a lookup"));
    for (uint32_t c = 0; c < p->tables[l->table].width; c++)
        TRY(get_number(ps, &l->columns[c], p->tensor_count - 1, "column"));
    return TACIT_OK;
}

/* ---- the whole */
static tacit_status get_tensors(parser *ps) {
    program *p = ps->p;
    TRY(get_count(ps, &p->tensor_count, MAX_TENSORS, 4, "tensors"));
    if (!p->tensor_count) return BAD(ps, "program: no tensors");
    p->tensors = ARENA_ZNEW(ps->a, tensor, p->tensor_count);
    if (!p->tensors) return full(ps->err);
    for (uint32_t i = 0; i < p->tensor_count; i++) TRY(get_tensor(ps, i));
    return TACIT_OK;
}

static tacit_status get_relations(parser *ps) {
    program *p = ps->p;
    TRY(get_count(ps, &p->table_count, MAX_RELATIONS, 3, "tables"));
    p->tables = ARENA_ZNEW(ps->a, table, p->table_count);
    if (!p->tables) return full(ps->err);
    for (uint32_t i = 0; i < p->table_count; i++) TRY(get_table(ps, &p->tables[i]));
    TRY(get_count(ps, &p->constraint_count, MAX_RELATIONS, 6, "constraints"));
    p->constraints = ARENA_ZNEW(ps->a, constraint, p->constraint_count);
    if (!p->constraints) return full(ps->err);
    for (uint32_t i = 0; i < p->constraint_count; i++) TRY(get_constraint(ps, &p->constraints[i]));
    TRY(get_count(ps, &p->lookup_count, p->table_count ? MAX_RELATIONS : 0, 4, "lookups"));
    p->lookups = ARENA_ZNEW(ps->a, lookup, p->lookup_count);
    if (!p->lookups) return full(ps->err);
    for (uint32_t i = 0; i < p->lookup_count; i++) TRY(get_lookup(ps, &p->lookups[i]));
    return TACIT_OK;
}

/* "#<id>": other names may not begin with '#' (check.c). */
static tacit_status name_multiplicity(parser *ps, tensor *t, uint32_t id) {
    char digits[12];
    unsigned n = 0;
    do digits[n++] = (char)('0' + id % 10);
    while (id /= 10);
    char *name = ARENA_ZNEW(ps->a, char, n + 2u);
    if (!name) return full(ps->err);
    name[0] = '#';
    for (unsigned i = 0; i < n; i++) name[1 + i] = digits[n - 1 - i];
    t->name = name;
    return TACIT_OK;
}

/* The array of tensors moves once, because the multiplicities come last and the tables after the tensors. */
static tacit_status add_multiplicities(parser *ps) {
    program *p = ps->p;
    if (p->tensor_count + p->table_count > MAX_TENSORS) return BAD(ps, "program: too many tensors");
    tensor *all = ARENA_ZNEW(ps->a, tensor, (size_t)p->tensor_count + p->table_count);
    if (!all) return full(ps->err);
    for (uint32_t i = 0; i < p->tensor_count; i++) all[i] = p->tensors[i];
    p->tensors = all;
    for (uint32_t i = 0; i < p->table_count; i++) {
        tensor *t = &all[p->tensor_count];
        *t = (tensor){.kind = TENSOR_MULTIPLICITY, .shape = {1, {p->tables[i].rows}}, .table = i};
        TRY(name_multiplicity(ps, t, p->tables[i].id));
        p->tables[i].multiplicity = p->tensor_count++;
    }
    return TACIT_OK;
}

static digest relation_digest(const unsigned char *data, size_t size) {
    static const char tag[] = "tacit program";
    sha256 h;
    sha256_init(&h);
    sha256_update(&h, tag, sizeof tag - 1);
    sha256_update(&h, data, size);
    return sha256_final(&h);
}

tacit_status program_parse_with(program *out, const void *data, size_t size, advice_reader *rest, arena *a,
                                tacit_error *err) {
    program p = {0};
    parser ps = {reader_of(data, size), a, err, &p, ((uint64_t)1 << 20) + 1024 * (uint64_t)size};
    *out = p;
    const unsigned char *magic = read_bytes(&ps.r, 4);
    if (!magic || magic[0] != 'T' || magic[1] != 'A' || magic[2] != 'C' || magic[3] != 'P')
        return fail(err, TACIT_MALFORMED, "not a program: wrong magic");
    uint64_t version = read_var(&ps.r);
    if (version != PROGRAM_VERSION && version != PROGRAM_VERSION + 1)
        return fail(err, ps.r.bad ? TACIT_MALFORMED : TACIT_VERSION, "program of version %u", version);
    TRY(get_tensors(&ps));
    TRY(get_relations(&ps));
    if (version != program_version(&p)) return fail(err, TACIT_MALFORMED, "program: its version is not the least");
    p.digest = relation_digest(data, ps.r.at);
    if (rest && ps.r.at < size) TRY(rest(&ps.r, &p, a, err));
    if (ps.r.at != size) return fail(err, TACIT_MALFORMED, "program: bytes after the end");
    TRY(add_multiplicities(&ps));
    TRY(program_check(&p, a, err));
    *out = p;
    return TACIT_OK;
}
