#include "proof/cost.h"
#include <string.h>
#include "base/bytes.h"
#include "field/vec.h"
#include "logup/logup_prove.h"

/* ---------------------------------------------------------------- address space */
static uint64_t vector_bytes(const geometry *g) {
    uint64_t total = 3 * sizeof(ext) * geometry_vector(g); /* V, Z and halves to fold into */
    for (uint32_t i = 0; i < g->level_count; i++)
        total += ((sizeof(ext) << g->level[i].k) + 64) << g->level[i].log_n; /* codewords and tree */
    return total;
}

static uint64_t domain_bytes(const geometry *g) {
    uint64_t total = 0, forgotten = commit_forgotten(g, COMMIT_KEPT);
    for (uint32_t i = 0; i < g->domain_count; i++)
        total += (8 * (uint64_t)g->domain[i].width + 64) << g->domain[i].log_n;
    return total - ((8 * forgotten) << g->domain[g->object[0].domain].log_n);
}

static uint64_t object_columns(const geometry *g) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < g->object_count; i++) total += UINT64_C(1) << g->object[i].a;
    return total;
}

/* Step 6, where x has several strips: weights and values of two strips' columns, and pairs of them. */
static uint64_t strip_columns(const geometry *g) {
    const geometry_object *x = &g->object[0];
    return x->lanes == UINT32_C(1) << x->k ? 0 : 8 * sizeof(ext) << x->a;
}

/* Lanes on their way into the code, and their code where it is not kept: sixteen at a time. */
static uint64_t lanes_bytes(const geometry *g) {
    const geometry_object *x = &g->object[0];
    uint64_t lanes = x->k < 4 ? UINT64_C(1) << x->k : 16, codes = commit_forgotten(g, COMMIT_KEPT) ? 4 : 0;
    return (8 * lanes * (1 + codes)) << x->a;
}

uint64_t cost_kept_space(const statement *st) {
    const geometry *g = &st->geometry;
    uint64_t tail = 8 * (uint64_t)g->object[0].tail * g->object[0].lanes;
    return (UINT64_C(64) << 20) + 8 * st->place.x.size + tail + domain_bytes(g) + 12 * sizeof(ext) * object_columns(g) +
           2 * lanes_bytes(g) + 2 * vector_bytes(g);
}

/* Fraction trees: numerators and denominators of the levels that are kept; the small tables of eq. */
static uint64_t trees_bytes(const statement *st) {
    uint64_t total = 0, e = sizeof(ext);
    for (uint32_t i = 0; i < st->logup.tree_count; i++) total += 4 * e << logup_kept(&st->logup.trees[i]);
    return total + (e << 20);
}

/* Columns of lookups that are no atoms, and of tables. */
static uint64_t made_columns(const statement *st) {
    enum { ALIGN = 64 };
    const program *p = st->p;
    uint64_t total = 0;
    for (uint32_t i = 0; i < p->lookup_count; i++)
        for (uint32_t k = 0; k < p->tables[p->lookups[i].table].width; k++) {
            const tensor *t = &p->tensors[p->lookups[i].columns[k]];
            if (t->kind == TENSOR_LINEAR || t->kind == TENSOR_VIEW) total += 4 * shape_count(&t->shape) + ALIGN;
        }
    for (uint32_t i = 0; i < p->table_count; i++)
        total += (4 * (uint64_t)p->tables[i].rows + ALIGN) * p->tables[i].width;
    return total;
}

uint64_t cost_steps_space(const statement *st) {
    uint64_t e = sizeof(ext), total = (UINT64_C(64) << 20) + trees_bytes(st) + made_columns(st);
    for (uint32_t i = 0; i < st->p->table_count && st->logup.gather_vars; i++) /* folds of a gather's rows */
        total += st->p->tables[i].gather ? (uint64_t)st->p->tables[i].rows * e : 0;
    total += st->logup.gather_rows * e + (3 * e << st->logup.gather_vars);
    for (uint32_t i = 0; i < st->p->tensor_count; i++) { /* steps 4 and 5 */
        const tensor *t = &st->p->tensors[i];
        if (t->kind == TENSOR_VIEW) total += 6 * e << shape_vars(&st->p->tensors[t->source].shape);
        total += 12 * e << shape_vars(&t->shape) >> 3;
    }
    for (uint32_t i = 0; i < st->p->constraint_count; i++)
        total += (uint64_t)st->p->constraints[i].product_count * 8 * e << shape_vars(&st->p->constraints[i].shape) >> 1;
    total += 12 * e * object_columns(&st->geometry) + strip_columns(&st->geometry); /* step 6 */
    return total + e * st->place.x.size;
}

/* ---------------------------------------------------------------- memory that is touched */
/* Trees; folds of a gather's rows; columns. */
static uint64_t lookup_bytes(const statement *st) {
    return trees_bytes(st) + sizeof(ext) * st->logup.gather_rows + made_columns(st);
}

/* Distinct sources of views, each axis filled up to a power of two. */
static uint64_t view_sources(const program *p) {
    uint64_t total = 0;
    for (uint32_t s = 0; s < p->tensor_count; s++) {
        bool seen = false;
        for (uint32_t i = 0; i < p->tensor_count && !seen; i++)
            seen = p->tensors[i].kind == TENSOR_VIEW && p->tensors[i].source == s;
        if (seen) total += UINT64_C(1) << shape_vars(&p->tensors[s].shape);
    }
    return total;
}

static uint64_t traced(const program *p) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        tensor_kind k = p->tensors[i].kind;
        if (k != TENSOR_LINEAR && k != TENSOR_VIEW && k != TENSOR_PARAM) total += shape_count(&p->tensors[i].shape);
    }
    return total;
}

uint64_t cost_prover_memory(const statement *st) {
    const geometry *g = &st->geometry;
    uint64_t steps[3] = {lookup_bytes(st), 3 * sizeof(ext) * view_sources(st->p),
                         4 * sizeof(ext) * object_columns(g) + strip_columns(g)};
    uint64_t most = 0, commit = lanes_bytes(g), open = vector_bytes(g);
    for (int i = 0; i < 3; i++)
        if (steps[i] > most) most = steps[i];
    return 4 * st->place.x.size + domain_bytes(g) + sizeof(ext) * object_columns(g) + (commit > open ? commit : open) +
           most + 5 * traced(st->p);
}

/* ---------------------------------------------------------------- work */
enum { PROOFS, ELEMENTS, ENCODED, HASHED, LOOKED_UP, CONTRACTED, VIEWED, BATCHED, OPENED, MULTIPLIED, COLUMNS, KINDS };
_Static_assert((int)KINDS == (int)TACIT_WORK_KINDS, "the public number of kinds");
static const char *const kind_names[KINDS] = {"proofs", "elements", "encoded", "hashed",     "looked_up", "contracted",
                                              "viewed", "batched",  "opened",  "multiplied", "columns"};

/* Nanoseconds on one thread, by kernels (docs/benchmarks.md: tools/fit_cost.py over bench_prove, times 1.25 for what a
 * clock on the wall shows beyond the processor's). */
static const struct kernel_cost {
    const char *name;
    double ns[KINDS];
} kernel_costs[] = {
    {"avx512", {5.4e6, 27, 13, 0, 52, 2.2, 47, 5.6, 154, 0.04, 0.04}},
    {"avx2", {5.2e6, 29, 19, 0, 74, 2.5, 47, 4.9, 261, 0.091, 0.4}},
    {"portable", {1.2e6, 105, 48, 370, 289, 39, 149, 126, 81, 0.37, 12}},
};
/* Of the work, what one thread does alone. */
static const double SERIAL = 0.15;

static uint64_t distinct_products(const product *p, const program *g) {
    uint64_t n = shape_count(&g->tensors[p->a].shape);
    const shape *a = &g->tensors[p->a].shape, *b = &g->tensors[p->b].shape;
    for (uint32_t k = 0; k < b->rank; k++) {
        bool shared = false;
        for (uint32_t i = 0; i < a->rank; i++) shared = shared || p->a_label[i] == p->b_label[k];
        if (!shared) n *= b->dim[k];
    }
    return n;
}

/* Elements that a fold of this factor reads: of a view its source's, once for each place in a window of one axis. */
static uint64_t factor_elements(const program *g, uint32_t id) {
    const tensor *t = &g->tensors[id];
    uint64_t n = shape_count(&t->shape);
    if (t->kind != TENSOR_VIEW) return n;
    uint64_t source = shape_count(&g->tensors[t->source].shape), times = source ? (n + source - 1) / source : 1,
             root = 1;
    while (root * root < times) root++;
    return source * root;
}

static void count_products(uint64_t *work, const program *g) {
    for (uint32_t i = 0; i < g->constraint_count; i++)
        for (uint32_t k = 0; k < g->constraints[i].product_count; k++) {
            const product *p = &g->constraints[i].products[k];
            work[CONTRACTED] += factor_elements(g, p->a) + factor_elements(g, p->b);
            work[MULTIPLIED] += distinct_products(p, g);
        }
}

/* Blocks of a leaf of `width` elements and a salt, and of its node. */
static uint64_t leaf_blocks(uint64_t width, uint64_t salt) {
    return (8 * width + salt + 9 + 63) / 64 + 1;
}

static void count_codes(uint64_t *work, const geometry *g) {
    for (uint32_t i = 0; i < g->domain_count; i++) {
        work[ENCODED] += (uint64_t)g->domain[i].width << g->domain[i].log_n;
        work[HASHED] += leaf_blocks(g->domain[i].width, 32) << g->domain[i].log_n;
    }
    for (uint32_t i = 0; i < g->level_count; i++) {
        uint64_t width = (uint64_t)EXT_DEG << g->level[i].k;
        work[ENCODED] += width << g->level[i].log_n;
        work[HASHED] += leaf_blocks(width, 0) << g->level[i].log_n;
    }
    work[ENCODED] += (uint64_t)commit_forgotten(g, COMMIT_KEPT) << g->domain[g->object[0].domain].log_n;
    work[OPENED] = geometry_vector(g);
}

/* Values of the certificates' columns, tails as eight digits, times opened positions. */
static uint64_t computed_columns(const statement *st, uint64_t weights) {
    uint64_t work = 0;
    for (uint32_t i = 0; i < st->certificate_count; i++) {
        const geometry_object *o = &st->geometry.object[1 + i];
        work += (weights + (UINT64_C(8) * o->tail << o->k)) * st->geometry.domain[o->domain].t;
    }
    return work;
}

void cost_of_work(tacit_cost *cost, const statement *st, uint64_t weights, bool columns, unsigned threads) {
    const char *kernels = vec_select(NULL);
    const struct kernel_cost *c = kernel_costs;
    double one = 0;
    memset(cost->work, 0, sizeof cost->work);
    count_products(cost->work, st->p);
    count_codes(cost->work, &st->geometry);
    cost->work[PROOFS] = 1;
    cost->work[ELEMENTS] = st->place.x.size;
    cost->work[LOOKED_UP] = st->logup.forest[0].size + st->logup.forest[1].size;
    cost->work[VIEWED] = view_sources(st->p);
    cost->work[BATCHED] = st->place.x.size + weights / 3; /* weights are narrower */
    cost->work[COLUMNS] = columns ? computed_columns(st, weights) : 0;
    cost->work_names = kind_names;
    while (strcmp(c->name, kernels) != 0 && strcmp(c->name, "portable") != 0) c++;
    for (int k = 0; k < KINDS; k++) one += c->ns[k] * (double)cost->work[k];
    cost->prove_seconds = 1e-9 * one * (SERIAL + (1 - SERIAL) / threads);
}
