/* program/check: what a program must look like (docs/protocol.md, sections 1 and 2), everything but the intervals.
 * The reader (format.c), its only caller, has held numbers against their limits: indices are of earlier tensors, of
 * tables, axes and labels that there are; multiplicities come after the relations, so none can name one.
 * Cost: O(size of the program) and a heap sort of the names. */
#include "program/rules.h"

#define BAD(...) fail(err, TACIT_MALFORMED, __VA_ARGS__)

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "program: scratch is full");
}

/* ---- names */
/* Sorted by any number that is a function of the name, so that few names are compared; equal numbers do no harm. */
typedef struct name_key {
    uint64_t key;
    const char *name;
} name_key;

static name_key key_of(const char *name) {
    uint64_t key = 0;
    for (const char *c = name; *c; c++) key = (key ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
    return (name_key){key, name};
}

static int name_order(const name_key *x, const name_key *y) {
    const char *a = x->name, *b = y->name;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    while (*a && *a == *b) a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

static void sift(name_key *v, uint32_t i, uint32_t n) {
    for (uint32_t c; (c = 2 * i + 1) < n; i = c) {
        if (c + 1 < n && name_order(&v[c], &v[c + 1]) < 0) c++;
        if (name_order(&v[i], &v[c]) >= 0) return;
        name_key t = v[i];
        v[i] = v[c];
        v[c] = t;
    }
}

/* Heap sort: O(n log n) whatever the names are. Destroys the order of v. */
static tacit_status check_names(name_key *v, uint32_t n, const char *what, tacit_error *err) {
    for (uint32_t i = n / 2; i-- > 0;) sift(v, i, n);
    for (uint32_t i = n; i > 1; i--) {
        name_key t = v[0];
        v[0] = v[i - 1];
        v[i - 1] = t;
        sift(v, 0, i - 1);
        if (i < n && name_order(&v[i - 1], &v[i]) == 0) return BAD("two %s have the name \"%s\"", what, v[i].name);
    }
    return n > 1 && name_order(&v[0], &v[1]) == 0 ? BAD("two %s have the name \"%s\"", what, v[0].name) : TACIT_OK;
}

static tacit_status check_all_names(const program *p, arena *scratch, tacit_error *err) {
    uint32_t n = p->tensor_count;
    if (n < p->constraint_count) n = p->constraint_count;
    if (n < p->lookup_count) n = p->lookup_count;
    name_key *v = ARENA_NEW(scratch, name_key, n);
    if (!v) return full(err);
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        v[i] = key_of(p->tensors[i].name);
        if (v[i].name[0] == '#' && p->tensors[i].kind != TENSOR_MULTIPLICITY)
            return BAD("tensor \"%s\": names with # belong to multiplicities", v[i].name);
    }
    TRY(check_names(v, p->tensor_count, "tensors", err));
    for (uint32_t i = 0; i < p->constraint_count; i++) v[i] = key_of(p->constraints[i].name);
    TRY(check_names(v, p->constraint_count, "constraints", err));
    for (uint32_t i = 0; i < p->lookup_count; i++) v[i] = key_of(p->lookups[i].name);
    return check_names(v, p->lookup_count, "lookups", err);
}

/* ---- tensors */
/* Axes ascend and none of them was seen before. */
static bool take_axes(const uint8_t *axis, uint32_t count, uint32_t *seen) {
    for (uint32_t i = 0; i < count; i++) {
        if ((i && axis[i] <= axis[i - 1]) || *seen >> axis[i] & 1) return false;
        *seen |= 1u << axis[i];
    }
    return true;
}

/* Groups are sorted by their first out axis; those without one come last, by their first source axis. */
static uint32_t group_key(const view_group *g) {
    return g->out_count ? g->out_axis[0] : g->src_count ? (uint32_t)MAX_RANK + g->src_axis[0] : UINT32_MAX;
}

static bool map_in_range(const view_group *g, const shape *src) {
    uint64_t size = 1;
    for (uint32_t i = 0; i < g->src_count; i++) size *= src->dim[g->src_axis[i]];
    for (uint32_t i = 0; i < g->size; i++) {
        if (g->map[i] >= 0 && (uint64_t)g->map[i] >= size) return false;
    }
    return true;
}

static tacit_status check_view(const program *p, const tensor *t, tacit_error *err) {
    const tensor *src = &p->tensors[t->source];
    if (!tensor_view_source(src)) return BAD("view \"%s\": its source is not an external or committed tensor", t->name);
    uint32_t out_seen = 0, src_seen = 0;
    for (uint32_t i = 0; i < t->group_count; i++) {
        const view_group *g = &t->groups[i];
        if (group_key(g) == UINT32_MAX || (i && group_key(g) <= group_key(g - 1)))
            return BAD("view \"%s\": groups are not sorted", t->name);
        if (!take_axes(g->out_axis, g->out_count, &out_seen) || !take_axes(g->src_axis, g->src_count, &src_seen))
            return BAD("view \"%s\": an axis is in two groups, or axes do not ascend", t->name);
        if (g->map ? !map_in_range(g, &src->shape) : !group_may_be_identity(g, &t->shape, &src->shape))
            return BAD("view \"%s\": a map leaves its source", t->name);
    }
    if (out_seen != (1u << t->shape.rank) - 1 || src_seen != (1u << src->shape.rank) - 1)
        return BAD("view \"%s\": an axis is in no group", t->name);
    return TACIT_OK;
}

static bool coef_ok(int64_t c) {
    return c && c >= -MAX_COEF && c <= MAX_COEF;
}
static bool constant_ok(int64_t c) {
    return c >= -MAX_CONSTANT && c <= MAX_CONSTANT;
}

/* Coefficients, distinct tensors of the right shape; atoms only (linear tensors), or atoms and linear tensors. */
static tacit_status check_terms(const program *p, const linear_term *terms, uint32_t count, const shape *s, bool atoms,
                                const char *name, tacit_error *err) {
    for (uint32_t i = 0; i < count; i++) {
        const tensor *t = &p->tensors[terms[i].tensor];
        if (!coef_ok(terms[i].coef)) return BAD("\"%s\": a coefficient is 0 or too large", name);
        if (atoms && !tensor_atom(t)) return BAD("\"%s\": its term \"%s\" is linear", name, t->name);
        if (!shape_equal(&t->shape, s)) return BAD("\"%s\": its term \"%s\" has another shape", name, t->name);
        for (uint32_t j = 0; j < i; j++) {
            if (terms[j].tensor == terms[i].tensor) return BAD("\"%s\": \"%s\" occurs twice", name, t->name);
        }
    }
    return TACIT_OK;
}

static tacit_status check_linear(const program *p, const tensor *t, tacit_error *err) {
    if (!t->term_count || !constant_ok(t->constant)) return BAD("linear \"%s\": no terms, or its constant", t->name);
    return check_terms(p, t->terms, t->term_count, &t->shape, true, t->name, err);
}

static tacit_status check_tensor(const program *p, const tensor *t, tacit_error *err) {
    if (t->kind == TENSOR_LINEAR) return check_linear(p, t, err);
    return t->kind == TENSOR_VIEW ? check_view(p, t, err) : TACIT_OK;
}

/* ---- relations */
static tacit_status check_table(const program *p, uint32_t index, tacit_error *err) {
    const table *t = &p->tables[index];
    if (!t->id || (index && t->id <= p->tables[index - 1].id)) return BAD("table ids are not ascending from 1");
    const tensor *source = t->gather ? &p->tensors[t->source] : NULL;
    if (source && source->kind != TENSOR_PARAM && source->kind != TENSOR_CONSTANT)
        return BAD("table %u: its source \"%s\" is not a parameter or constant", (uint64_t)t->id, source->name);
    return TACIT_OK;
}

/* One factor's labels: dimensions agree, none twice. dim[l] = 0: not seen yet. */
static bool take_labels(const shape *s, const uint8_t *label, uint32_t *dim, uint32_t *seen) {
    for (uint32_t k = 0; k < s->rank; k++) {
        uint8_t l = label[k];
        if (*seen >> l & 1 || (dim[l] && dim[l] != s->dim[k])) return false;
        *seen |= 1u << l;
        dim[l] = s->dim[k];
    }
    return true;
}

static tacit_status check_product(const program *p, const constraint *c, const product *x, tacit_error *err) {
    const tensor *a = &p->tensors[x->a], *b = &p->tensors[x->b];
    if (!coef_ok(x->coef)) return BAD("constraint \"%s\": a coefficient is 0 or too large", c->name);
    uint32_t dim[MAX_LABELS] = {0}, in_a = 0, in_b = 0, out = (1u << c->shape.rank) - 1, all, summed;
    for (uint32_t k = 0; k < c->shape.rank; k++) dim[k] = c->shape.dim[k];
    if (!take_labels(&a->shape, x->a_label, dim, &in_a) || !take_labels(&b->shape, x->b_label, dim, &in_b))
        return BAD("constraint \"%s\": labels of \"%s\" times \"%s\"", c->name, a->name, b->name);
    all = in_a | in_b;
    summed = all & ~out;
    if ((all & out) != out) return BAD("constraint \"%s\": an axis is in no factor", c->name);
    if (summed & ~(in_a & in_b)) return BAD("constraint \"%s\": a summed label is in one factor only", c->name);
    if (all & (all + 1)) return BAD("constraint \"%s\": labels have gaps", c->name);
    return TACIT_OK;
}

static tacit_status check_constraint(const program *p, const constraint *c, tacit_error *err) {
    if (!c->product_count && !c->term_count) return BAD("constraint \"%s\" is empty", c->name);
    if (!constant_ok(c->constant)) return BAD("constraint \"%s\": its constant", c->name);
    for (uint32_t i = 0; i < c->product_count; i++) TRY(check_product(p, c, &c->products[i], err));
    return check_terms(p, c->terms, c->term_count, &c->shape, false, c->name, err);
}

/* The axes of the index, then those of a row. */
static bool gathered_shape(const program *p, const lookup *l) {
    const shape *index = &p->tensors[l->columns[0]].shape, row = gather_row(p, &p->tables[l->table]);
    shape all = *index;
    if (index->rank + row.rank > MAX_RANK) return false;
    for (uint32_t k = 0; k < row.rank; k++) all.dim[all.rank++] = row.dim[k];
    return shape_equal(&all, &p->tensors[l->columns[1]].shape);
}

static tacit_status check_lookup(const program *p, const lookup *l, tacit_error *err) {
    const shape *s = &p->tensors[l->columns[0]].shape;
    bool gather = p->tables[l->table].gather;
    if (gather && !gathered_shape(p, l)) return BAD("lookup \"%s\": its rows are not those of its source", l->name);
    for (uint32_t c = 0; c < p->tables[l->table].width; c++) {
        const tensor *t = &p->tensors[l->columns[c]];
        if (t->kind == TENSOR_CONSTANT) return BAD("lookup \"%s\": column \"%s\" is constant", l->name, t->name);
        if (!gather && !shape_equal(s, &t->shape)) return BAD("lookup \"%s\": columns of different shapes", l->name);
    }
    return TACIT_OK;
}

tacit_status check_structure(program *p, arena *scratch, tacit_error *err) {
    for (uint32_t i = 0; i < p->tensor_count; i++) TRY(check_tensor(p, &p->tensors[i], err));
    for (uint32_t i = 0; i < p->table_count; i++) TRY(check_table(p, i, err));
    for (uint32_t i = 0; i < p->constraint_count; i++) TRY(check_constraint(p, &p->constraints[i], err));
    for (uint32_t i = 0; i < p->lookup_count; i++) TRY(check_lookup(p, &p->lookups[i], err));
    return check_all_names(p, scratch, err);
}

tacit_status program_check(program *p, arena *a, tacit_error *err) {
    size_t mark = arena_mark(a);
    tacit_status s = check_structure(p, a, err);
    arena_release(a, mark);
    if (s == TACIT_OK) s = check_ranges(p, a, err);
    arena_release(a, mark);
    return s;
}
