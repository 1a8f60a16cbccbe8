/* Witness malleability: for small compiled models every assignment of every advice value is tried, for fixed inputs,
 * and those that satisfy all relations are counted. One means that the advice is unique. Where there are more, the case
 * says how many and why they do no harm: this list, and nothing else, is malleable (docs/soundness.md, section 9).
 *
 * The search is complete: an unknown value is set by an equation in which it alone is missing (coefficient 1 or -1), or
 * by each row of a table that it is looked up in; it must have a place in one of the two, as the loader demands. */
#include "operator_case.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_VARS = 64, MOST_TERMS = 128, MOST_ITEMS = 256, NONE = 255 };

/* sum of coef * v[a] * v[b]; NONE stands for the factor 1. */
typedef struct monomial {
    int64_t coef;
    uint8_t a, b;
} monomial;
typedef struct poly {
    uint32_t count;
    monomial m[MOST_TERMS];
} poly;
typedef struct item {
    const table *tab; /* NULL: the polynomial `column[0]` is 0 */
    poly column[MAX_TABLE_WIDTH];
} item;

typedef struct search {
    const trace *t;
    uint32_t vars, first[256], count; /* advice values of tensor i start at variable first[i] */
    const char *name[MOST_VARS];
    item items[MOST_ITEMS];
    int64_t v[MOST_VARS];
    bool known[MOST_VARS], used[MOST_ITEMS];
    uint64_t solutions;
    bool out_differs; /* two solutions differ in an output */
    int64_t first_v[MOST_VARS];
} search;

/* ---------------------------------------------------------------- relations as polynomials */
static void add(poly *p, int64_t coef, uint8_t a, uint8_t b) {
    if (coef == 0) return;
    if (p->count == MOST_TERMS) fail_msg("too many terms");
    p->m[p->count++] = (monomial){coef, a, b};
}
static bool advised(const tensor *t) {
    return t->kind == TENSOR_COMMITTED || t->kind == TENSOR_OUTPUT;
}
static void add_element(const search *s, poly *p, int64_t coef, uint32_t id, uint64_t i) {
    const tensor *t = &s->t->p->tensors[id];
    if (advised(t)) {
        add(p, coef, (uint8_t)(s->first[id] + i), NONE);
    } else if (t->kind == TENSOR_LINEAR) {
        for (uint32_t k = 0; k < t->term_count; k++) add_element(s, p, coef * t->terms[k].coef, t->terms[k].tensor, i);
        add(p, coef * t->constant, NONE, NONE);
    } else if (t->kind == TENSOR_VIEW) {
        int64_t from = view_source(t, &s->t->p->tensors[t->source].shape, i);
        if (from >= 0) add_element(s, p, coef, t->source, (uint64_t)from);
    } else if (t->kind == TENSOR_CONSTANT) {
        add(p, coef * (t->values ? t->values[i] : t->fill), NONE, NONE);
    } else {
        add(p, coef * s->t->values[id][i], NONE, NONE);
    }
}
static void add_factors(const search *s, poly *p, int64_t coef, uint32_t a, uint64_t ai, uint32_t b, uint64_t bi) {
    poly x = {0}, y = {0};
    add_element(s, &x, 1, a, ai);
    add_element(s, &y, 1, b, bi);
    for (uint32_t i = 0; i < x.count; i++)
        for (uint32_t k = 0; k < y.count; k++) {
            uint8_t u = x.m[i].a, w = y.m[k].a;
            add(p, coef * x.m[i].coef * y.m[k].coef, u == NONE ? w : u, u == NONE ? NONE : w);
        }
}
static uint64_t labelled(const shape *s, const uint8_t *label, const uint32_t *at) {
    uint64_t i = 0;
    for (uint32_t k = 0; k < s->rank; k++) i = i * s->dim[k] + at[label[k]];
    return i;
}
static void add_product(const search *s, poly *p, const constraint *c, const product *x, const uint32_t *index) {
    const shape *sa = &s->t->p->tensors[x->a].shape, *sb = &s->t->p->tensors[x->b].shape;
    uint32_t dim[MAX_LABELS] = {0}, at[MAX_LABELS] = {0}, top = c->shape.rank;
    for (uint32_t k = 0; k < sa->rank; k++) dim[x->a_label[k]] = sa->dim[k];
    while (top < MAX_LABELS && dim[top]) top++;
    memcpy(at, index, c->shape.rank * sizeof *at);
    for (;;) {
        add_factors(s, p, x->coef, x->a, labelled(sa, x->a_label, at), x->b, labelled(sb, x->b_label, at));
        uint32_t l = top;
        while (l > c->shape.rank && ++at[l - 1] == dim[l - 1]) at[--l] = 0;
        if (l == c->shape.rank) return;
    }
}
static item *new_item(search *s, const table *tab) {
    if (s->count == MOST_ITEMS) fail_msg("too many relations");
    item *x = &s->items[s->count++];
    *x = (item){.tab = tab};
    return x;
}
static void read_relations(search *s) {
    const program *p = s->t->p;
    for (uint32_t i = 0; i < p->constraint_count; i++) {
        const constraint *c = &p->constraints[i];
        for (uint64_t e = 0; e < shape_count(&c->shape); e++) {
            item *x = new_item(s, NULL);
            uint32_t at[MAX_RANK] = {0};
            uint64_t rest = e;
            for (uint32_t k = c->shape.rank; k-- > 0; rest /= c->shape.dim[k])
                at[k] = (uint32_t)(rest % c->shape.dim[k]);
            add(&x->column[0], c->constant, NONE, NONE);
            for (uint32_t k = 0; k < c->term_count; k++)
                add_element(s, &x->column[0], c->terms[k].coef, c->terms[k].tensor, e);
            for (uint32_t k = 0; k < c->product_count; k++) add_product(s, &x->column[0], c, &c->products[k], at);
        }
    }
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        const lookup *l = &p->lookups[i];
        for (uint64_t e = 0; e < shape_count(&p->tensors[l->columns[0]].shape); e++) {
            item *x = new_item(s, &p->tables[l->table]);
            for (uint32_t k = 0; k < x->tab->width; k++) add_element(s, &x->column[k], 1, l->columns[k], e);
        }
    }
}
static void read_variables(search *s) {
    const program *p = s->t->p;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (!advised(&p->tensors[i])) continue;
        s->first[i] = s->vars;
        for (uint64_t e = 0; e < shape_count(&p->tensors[i].shape); e++) {
            if (s->vars == MOST_VARS) fail_msg("too many advice values");
            s->name[s->vars++] = p->tensors[i].name;
        }
    }
}

/* ---------------------------------------------------------------- the search */
static __int128 value(const search *s, const poly *p) {
    __int128 sum = 0;
    for (uint32_t i = 0; i < p->count; i++)
        sum += (__int128)p->m[i].coef * (p->m[i].a == NONE ? 1 : s->v[p->m[i].a]) *
               (p->m[i].b == NONE ? 1 : s->v[p->m[i].b]);
    return sum;
}
/* Unknown variables of a polynomial, at most 2 of them told apart: the last one is `which`. */
static uint32_t unknown(const search *s, const poly *p, uint8_t *which) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->count; i++)
        for (int side = 0; side < 2; side++) {
            uint8_t v = side ? p->m[i].b : p->m[i].a;
            if (v == NONE || s->known[v] || (n > 0 && v == *which)) continue;
            *which = v;
            n++;
        }
    return n;
}
/* The unknown's coefficient if it occurs linearly, with known factors; else 0. */
static int64_t slope(const search *s, const poly *p, uint8_t which) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        bool a = p->m[i].a == which, b = p->m[i].b == which;
        if (a && b) return 0;
        uint8_t other = a ? p->m[i].b : p->m[i].a;
        if (a || b) sum += p->m[i].coef * (other == NONE ? 1 : s->v[other]);
    }
    return sum;
}
static bool has_row(const search *s, const item *x) {
    for (uint32_t r = 0; r < x->tab->rows; r++) {
        bool same = true;
        for (uint32_t k = 0; k < x->tab->width && same; k++)
            same = table_value(&x->tab->columns[k], r) == value(s, &x->column[k]);
        if (same) return true;
    }
    return false;
}
static void explore(search *s);

static void found(search *s) {
    if (s->solutions++ == 0) {
        memcpy(s->first_v, s->v, sizeof s->v);
        return;
    }
    for (uint32_t i = 0; i < s->t->p->tensor_count; i++)
        for (uint64_t e = 0; s->t->p->tensors[i].kind == TENSOR_OUTPUT && e < shape_count(&s->t->p->tensors[i].shape);
             e++)
            s->out_differs = s->out_differs || s->v[s->first[i] + e] != s->first_v[s->first[i] + e];
}

/* An item with all values known is checked; an equation with one unknown of slope 1 or -1 sets it. True: gone on. */
static bool settle(search *s) {
    for (uint32_t i = 0; i < s->count; i++) {
        item *x = &s->items[i];
        uint8_t which = NONE;
        uint32_t n = 0;
        if (s->used[i]) continue;
        for (uint32_t k = 0; k < (x->tab ? x->tab->width : 1); k++) n += unknown(s, &x->column[k], &which);
        int64_t c = n == 1 && !x->tab ? slope(s, &x->column[0], which) : 0;
        if (n > 0 && c != 1 && c != -1) continue;
        s->used[i] = true;
        if (n == 0) {
            if (x->tab ? has_row(s, x) : value(s, &x->column[0]) == 0) explore(s);
        } else {
            s->v[which] = 0;
            s->v[which] = (int64_t)(-value(s, &x->column[0]) * c);
            s->known[which] = true;
            explore(s);
            s->known[which] = false;
        }
        s->used[i] = false;
        return true;
    }
    return false;
}
/* Rows times columns that are not plain values. */
static bool plain(const poly *p) {
    return p->count == 1 && p->m[0].coef == 1 && p->m[0].a != NONE && p->m[0].b == NONE;
}
static void try_rows(search *s, uint32_t i) {
    const item *x = &s->items[i];
    s->used[i] = true;
    for (uint32_t r = 0; r < x->tab->rows; r++) {
        bool fits = true, set[MAX_TABLE_WIDTH] = {false};
        for (uint32_t k = 0; k < x->tab->width; k++) {
            int64_t want = table_value(&x->tab->columns[k], r);
            uint8_t v = plain(&x->column[k]) ? x->column[k].m[0].a : NONE;
            set[k] = v != NONE && !s->known[v];
            if (set[k])
                s->v[v] = want, s->known[v] = true;
            else
                fits = fits && value(s, &x->column[k]) == want;
        }
        if (fits) explore(s);
        for (uint32_t k = 0; k < x->tab->width; k++)
            if (set[k]) s->known[x->column[k].m[0].a] = false;
    }
    s->used[i] = false;
}
static void explore(search *s) {
    uint32_t best = MOST_ITEMS;
    if (settle(s)) return;
    for (uint32_t i = 0; i < s->count; i++) { /* the shortest table whose other columns are known */
        bool open = s->items[i].tab && !s->used[i];
        for (uint32_t k = 0; open && k < s->items[i].tab->width; k++) {
            uint8_t which = NONE;
            open = plain(&s->items[i].column[k]) || unknown(s, &s->items[i].column[k], &which) == 0;
        }
        if (open && (best == MOST_ITEMS || s->items[i].tab->rows < s->items[best].tab->rows)) best = i;
    }
    if (best < MOST_ITEMS) {
        try_rows(s, best);
        return;
    }
    for (uint32_t i = 0; i < s->count; i++)
        if (!s->used[i]) fail_msg("a relation that the search cannot use");
    for (uint32_t i = 0; i < s->vars; i++)
        if (!s->known[i]) fail_msg("\"%s\" is in no relation", s->name[i]);
    found(s);
}

/* ---------------------------------------------------------------- cases */
typedef struct freedom {
    uint64_t solutions; /* that are expected */
    const char *why;
} freedom;
static const freedom unique = {1, "unique"};

/* Inputs are given in hundredths of their interval's upper end. modes: 2 for both ways to treat values outside of the
 * calibrated range, 1 for saturation alone. */
static void count(onnx_build *m, const double *sample, int modes, const int64_t *percent, const freedom *f) {
    static search s;
    const char *path = build_write(m);
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    o.activation_bits = 8;
    static const tacit_overflow both[2] = {TACIT_SATURATE, TACIT_REFUSE};
    for (int mode = 0; mode < modes; mode++) {
        trace t;
        arena a;
        o.overflow = both[mode];
        tacit_model *model = compile_case(path, &o, 2, sample);
        const tensor *x = &model->pub.program.tensors[model->pub.io[0].tensor];
        int64_t in[4];
        for (uint64_t i = 0; i < shape_count(&x->shape); i++) in[i] = x->hi * percent[i] / 100;
        trace_case(model, (const int64_t *const[]){in}, &t, &a, NULL);
        memset(&s, 0, sizeof s);
        s.t = &t;
        read_variables(&s);
        read_relations(&s);
        explore(&s);
        print_message("%u advice values, %u relations: %u (%s)\n", (unsigned)s.vars, (unsigned)s.count,
                      (unsigned)s.solutions, f->why);
        if (s.solutions != f->solutions)
            fail_msg("%u assignments satisfy everything, not %u", (unsigned)s.solutions, (unsigned)f->solutions);
        if (s.out_differs) fail_msg("two assignments with different outputs satisfy everything");
        arena_unmap(&a);
        tacit_model_free(model);
    }
    build_end(m);
}

/* One element, one node: y = op(x). */
static void test_tables(void **state) {
    static const char *const ops[] = {"Relu", "Sigmoid", "Tanh", "Abs", "Sign", "Exp"};
    static const double sample[2] = {1, -1};
    (void)state;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        for (int64_t x = -100; x <= 100; x += 50) {
            onnx_build *m = build_start(19);
            build_input(m, "x", (shape){.rank = 1, .dim = {1}});
            build_node(m, ops[i], "x", "y");
            build_output(m, "y");
            count(m, sample, 2, &x, &unique);
        }
}

/* y = relu(w x + b): inside the calibrated range, and saturated at both ends. */
static void test_gemm(void **state) {
    static const double sample[4] = {1, 0.5, -1, 0.25}, w[2] = {0.7, -0.4}, b[1] = {0.1};
    static const int64_t x[3][2] = {{50, 30}, {100, -100}, {-100, 100}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        onnx_build *m = build_start(19);
        build_input(m, "x", (shape){.rank = 2, .dim = {1, 2}});
        build_real(m, "w", (shape){.rank = 2, .dim = {2, 1}}, w);
        build_real(m, "b", (shape){.rank = 1, .dim = {1}}, b);
        build_node(m, "Gemm", "x w b", "t");
        build_node(m, "Relu", "t", "y");
        build_output(m, "y");
        count(m, sample, i == 0 ? 2 : 1, x[i], &unique);
    }
}

/* Nodes over two elements whose advice comes from more than one table. */
static void test_pairs(void **state) {
    static const double sample[4] = {1, 0.5, -1, 0.25};
    static const int64_t x[3][2] = {{50, 30}, {30, 50}, {40, 40}};
    static const char *const ops[] = {"MaxPool", "AveragePool", "ReduceMax", "ReduceMean", "ArgMax", "Mul"};
    (void)state;
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        for (int i = 0; i < 3; i++) {
            onnx_build *m = build_start(17);
            build_input(m, "x", (shape){.rank = 4, .dim = {1, 1, 1, 2}});
            build_node(m, ops[k], k == 5 ? "x x" : "x", "y");
            if (k < 2) build_ints(m, "kernel_shape", 2, (const int64_t[]){1, 2});
            if (k == 2 || k == 3) build_ints(m, "axes", 1, (const int64_t[]){3});
            if (k == 4) build_int(m, "axis", 3);
            build_output(m, "y");
            print_message("%s: ", ops[k]);
            count(m, sample, 1, x[i], &unique);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tables), cmocka_unit_test(test_gemm),
                                       cmocka_unit_test(test_pairs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
