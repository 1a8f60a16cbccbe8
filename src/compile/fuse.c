#include "compile/fuse.h"
#include "compile/functions.h"
#include <math.h>
#include <string.h>

/* ---- operators as steps */
static double less(double a, double b, const double *p) {
    return (void)p, a < b;
}
static double less_equal(double a, double b, const double *p) {
    return (void)p, a <= b;
}
static double greater(double a, double b, const double *p) {
    return (void)p, a > b;
}
static double greater_equal(double a, double b, const double *p) {
    return (void)p, a >= b;
}
static double equal(double a, double b, const double *p) {
    return (void)p, a == b;
}
static double larger(double a, double b, const double *p) {
    return (void)p, fmax(a, b);
}
static double smaller(double a, double b, const double *p) {
    return (void)p, fmin(a, b);
}
static double same(double a, double b, const double *p) {
    return (void)b, (void)p, a;
}
/* Where(c, a, b) = chosen(c, a) + other(c, b). */
static double chosen(double a, double b, const double *p) {
    return (void)p, a != 0 ? b : 0;
}
static double other(double a, double b, const double *p) {
    return (void)p, a != 0 ? 0 : b;
}

/* Lookups an element when it is lowered by itself; nothing for sums. */
typedef struct part {
    const char *op;
    formula_operation f;
    uint32_t operands;
    double lookups;
} part;

static const part PARTS[] = {
    {"Add", formula_add, 2, 0},
    {"Sub", formula_sub, 2, 0},
    {"Neg", formula_neg, 1, 0},
    {"Mul", formula_mul, 2, 2},
    {"Quotient", formula_div, 2, 6},
    {"Larger", larger, 2, 1},
    {"Smaller", smaller, 2, 1},
    {"Less", less, 2, 2},
    {"LessOrEqual", less_equal, 2, 2},
    {"Greater", greater, 2, 2},
    {"GreaterOrEqual", greater_equal, 2, 2},
    {"Equal", equal, 2, 2},
    {"Where", NULL, 3, 2},
    {"Bit", same, 1, 0},
    {"Cast", same, 1, 0},
};
enum { TABLE_LOOKUPS = 1 << 17 }; /* a table of 16 bits: two lookups a row */

static const part *part_of(const gnode *n) {
    static const part FUNCTION = {"", NULL, 1, 1};
    if (n->formula) return &FUNCTION;
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        if (strcmp(PARTS[i].op, n->op) == 0) return &PARTS[i];
    }
    return NULL;
}

static double cost_of(const graph *g, const gnode *n) {
    const part *p = part_of(n);
    bool relu = n->formula && n->formula->count == 1 && n->formula->steps[0].f == formula_relu;
    return p->lookups * (double)shape_count(&node_out(g, n, 0)->shape) + (n->formula && !relu ? TABLE_LOOKUPS : 0);
}

/* A constant that is one number over shape s. */
static bool number(const gtensor *t, const shape *s, double *v) {
    shape all;
    uint64_t n = t->constant ? shape_count(&t->shape) : 0;
    if (n == 0 || !shape_broadcast(&all, &t->shape, s) || !shape_equal(&all, s)) return false;
    *v = t->type == ELEM_REAL ? t->real[0] : (double)t->whole[0];
    for (uint64_t i = 1; i < n; i++) {
        if ((t->type == ELEM_REAL ? t->real[i] : (double)t->whole[i]) != *v) return false;
    }
    return true;
}

/* ---- parents */
typedef struct fusion {
    graph *g;
    uint32_t *parent, *depth; /* per tensor */
    uint32_t *value;          /* per tensor: of the formula under construction */
    uint32_t *inside;         /* per tensor: uses inside the region */
    uint32_t *mark;           /* per node: the region that it was last in */
    uint32_t region;
    /* of this region: nodes, latest first until they are sorted; its result and its ancestor */
    uint32_t nodes[FORMULA_STEPS], count, result, root;
    formula_step steps[FORMULA_STEPS];
    uint32_t step_count;
} fusion;

static uint32_t common(const fusion *u, uint32_t a, uint32_t b) {
    while (a != b) {
        if (a == NO_INDEX || b == NO_INDEX) return NO_INDEX;
        if (u->depth[a] >= u->depth[b])
            a = u->parent[a];
        else
            b = u->parent[b];
    }
    return a;
}

static bool is_operand(const graph *g, const gnode *n, uint32_t i, bool *constant) {
    double v;
    const gtensor *t = node_in(g, n, i), *y = node_out(g, n, 0);
    *constant = number(t, &y->shape, &v);
    return *constant || (!t->constant && shape_equal(&t->shape, &y->shape));
}

static uint32_t find_parent(const fusion *u, const gnode *n) {
    const part *p = part_of(n);
    uint32_t parent = NO_INDEX;
    bool first = true;
    if (n->dead || !p || n->out_count != 1) return NO_INDEX;
    for (uint32_t i = 0; i < p->operands; i++) {
        bool constant;
        if (!node_has_input(n, i) || !is_operand(u->g, n, i, &constant)) return NO_INDEX;
        if (constant) continue;
        parent = first ? n->in[i] : common(u, parent, n->in[i]);
        first = false;
    }
    return parent;
}

static void find_parents(fusion *u) {
    for (uint32_t t = 0; t < u->g->tensor_count; t++) u->parent[t] = NO_INDEX;
    for (uint32_t k = 0; k < u->g->node_count; k++) {
        const gnode *n = &u->g->nodes[k];
        uint32_t parent = find_parent(u, n);
        if (parent == NO_INDEX) continue;
        u->parent[n->out[0]] = parent;
        u->depth[n->out[0]] = u->depth[parent] + 1;
    }
}

/* ---- regions */
/* Adds the nodes between tensor t and the root; false when they are too many. */
static bool collect(fusion *u, uint32_t t) {
    const graph *g = u->g;
    if (t == u->root || g->tensors[t].constant) return true;
    uint32_t k = g->tensors[t].producer;
    if (u->mark[k] == u->region) return true;
    if (u->count == FORMULA_STEPS) return false;
    u->mark[k] = u->region;
    u->nodes[u->count++] = k;
    const gnode *n = &g->nodes[k];
    for (uint32_t i = 0; i < part_of(n)->operands; i++) {
        if (!collect(u, n->in[i])) return false;
    }
    return true;
}

/* Does nobody else use what is inside? */
static bool is_closed(fusion *u) {
    const graph *g = u->g;
    for (uint32_t i = 0; i < u->count; i++) u->inside[g->nodes[u->nodes[i]].out[0]] = 0;
    for (uint32_t i = 0; i < u->count; i++) {
        const gnode *n = &g->nodes[u->nodes[i]];
        for (uint32_t k = 0; k < part_of(n)->operands; k++) u->inside[n->in[k]]++;
    }
    for (uint32_t i = 0; i < u->count; i++) {
        uint32_t t = g->nodes[u->nodes[i]].out[0];
        if (t != u->result && (g->tensors[t].uses != u->inside[t] || g->tensors[t].is_output)) return false;
    }
    return true;
}

static bool find_region(fusion *u, uint32_t result, uint32_t root) {
    u->result = result, u->root = root, u->count = 0, u->region++;
    return collect(u, result) && is_closed(u);
}

static bool pays(const fusion *u) {
    double apart = 0, together = TABLE_LOOKUPS + (double)shape_count(&u->g->tensors[u->result].shape);
    for (uint32_t i = 0; i < u->count; i++) apart += cost_of(u->g, &u->g->nodes[u->nodes[i]]);
    return u->count > 1 && together < apart;
}

/* The farthest real ancestor with a closed region that pays. A region that is not closed is part of all farther ones.
 */
static bool choose_region(fusion *u, uint32_t result) {
    uint32_t best = NO_INDEX;
    for (uint32_t r = u->parent[result]; r != NO_INDEX; r = u->parent[r]) {
        if (!find_region(u, result, r)) break;
        if (u->g->tensors[r].type == ELEM_REAL && pays(u)) best = r;
    }
    return best != NO_INDEX && find_region(u, result, best);
}

/* ---- formulas */
static bool add_step(fusion *u, formula_operation f, uint32_t a, uint32_t b, const double *p, uint32_t *value) {
    if (u->step_count == FORMULA_STEPS) return false;
    formula_step *s = &u->steps[u->step_count++];
    *s = (formula_step){.f = f, .a = a, .b = b};
    if (p) memcpy(s->p, p, sizeof s->p);
    *value = u->step_count;
    return true;
}

static bool operand_value(fusion *u, const gnode *n, uint32_t i, uint32_t *value) {
    double p[FORMULA_PARAMETERS] = {0};
    *value = u->value[n->in[i]];
    bool constant = number(node_in(u->g, n, i), &node_out(u->g, n, 0)->shape, &p[0]);
    return !constant || add_step(u, formula_constant, 0, 0, p, value);
}

static bool add_formula(fusion *u, const formula *f, uint32_t x, uint32_t *value) {
    uint32_t first = u->step_count;
    for (uint32_t k = 0; k < f->count; k++) {
        const formula_step *s = &f->steps[k];
        if (!add_step(u, s->f, s->a == 0 ? x : first + s->a, s->b == 0 ? x : first + s->b, s->p, value)) return false;
    }
    return true;
}

static bool add_node(fusion *u, const gnode *n) {
    uint32_t v[3] = {0}, *out = &u->value[n->out[0]], a, b;
    const part *p = part_of(n);
    for (uint32_t i = 0; i < p->operands; i++) {
        if (!operand_value(u, n, i, &v[i])) return false;
    }
    if (n->formula) return add_formula(u, n->formula, v[0], out);
    if (p->f) return add_step(u, p->f, v[0], v[1], NULL, out);
    return add_step(u, chosen, v[0], v[1], NULL, &a) && add_step(u, other, v[0], v[2], NULL, &b) &&
           add_step(u, formula_add, a, b, NULL, out);
}

static void sort_nodes(fusion *u) {
    for (uint32_t i = 1; i < u->count; i++) {
        uint32_t k = u->nodes[i], j = i;
        for (; j > 0 && u->nodes[j - 1] > k; j--) u->nodes[j] = u->nodes[j - 1];
        u->nodes[j] = k;
    }
}

/* A bounded function that comes last keeps its scale. */
static int32_t result_scale(const gtensor *y, const gnode *last) {
    const bool fixed = last->formula && last->formula->scale > SCALE_WHOLE;
    return y->type == ELEM_WHOLE ? 0 : fixed ? last->formula->scale : SCALE_CALIBRATED;
}

static tacit_status replace(fusion *u, bool *done, tacit_error *err) {
    graph *g = u->g;
    gnode *last = &g->nodes[g->tensors[u->result].producer];
    const gtensor *y = &g->tensors[u->result];
    *done = false;
    sort_nodes(u);
    u->step_count = 0;
    u->value[u->root] = 0;
    for (uint32_t i = 0; i < u->count; i++) {
        if (!add_node(u, &g->nodes[u->nodes[i]])) return TACIT_OK;
    }
    const formula f = {.count = u->step_count,
                       .steps = u->steps,
                       .scale = result_scale(y, last),
                       .result = y->type == ELEM_REAL ? RESULT_LIKE_INPUT
                                 : y->boolean         ? RESULT_BOOLEAN
                                                      : RESULT_WHOLE};
    TRY(function_set(g, last, &f, err));
    for (uint32_t i = 0; i < u->count; i++) g->nodes[u->nodes[i]].dead = &g->nodes[u->nodes[i]] != last;
    void *in;
    TRY(graph_alloc(g, &in, 1, sizeof(uint32_t), err));
    last->in = in;
    last->in[0] = u->root;
    last->in_count = 1;
    last->op = "Function";
    last->rule = operator_find(DOMAIN_TACIT, last->op);
    *done = true;
    return TACIT_OK;
}

tacit_status fuse_functions(graph *g, tacit_error *err) {
    void *array[5];
    for (uint32_t i = 0; i < 5; i++)
        TRY(graph_alloc(g, &array[i], (i < 4 ? g->tensor_count : g->node_count) + 1, sizeof(uint32_t), err));
    fusion *u = ARENA_ZNEW(g->a, fusion, 1);
    if (!u) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    u->g = g;
    u->parent = array[0], u->depth = array[1], u->value = array[2], u->inside = array[3], u->mark = array[4];
    find_parents(u);
    for (uint32_t k = g->node_count; k-- > 0;) {
        const gnode *n = &g->nodes[k];
        bool done;
        if (n->dead || n->out_count != 1 || n->out[0] == NO_INDEX || !choose_region(u, n->out[0])) continue;
        TRY(replace(u, &done, err));
        if (done) graph_count_uses(g);
    }
    return TACIT_OK;
}
