#include <string.h>
#include "field/vec_narrow.h"
#include "poly/eq.h"
#include "proof/steps_prove.h"
#include "sumcheck/products.h"

/* One product per source: its views' weight tables are added up, sum_v c_v M_v~(z_v, .), over the source's index
 * (each axis padded to a power of two). */
typedef struct view_state {
    const trace *t;
    arena *a;
    tacit_error *err;
    product_set set;
    uint32_t *source; /* per product */
} view_state;

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "prover: arena too small for a view");
}

/* Of one thread. */
typedef struct scratch {
    arena *a;
    tacit_error *err;
} scratch;

/* Sparse weights of one group over its source index: place in the padded source, weight; zeros left out. */
typedef struct sparse {
    uint32_t count;
    uint64_t *place;
    ext *w;
} sparse;

/* eq(z, .) joined over the out axes of a group: 2^vars-free row-major table of `size` entries. */
static tacit_status out_weights(scratch *s, const tensor *v, const view_group *g, const ext *z, ext **out) {
    uint64_t size = 1;
    ext *w = ARENA_NEW(s->a, ext, g->size ? g->size : 1), *eq;
    if (!w) return full(s->err);
    w[0] = EXT_ONE;
    for (uint32_t k = 0; k < g->out_count; k++) {
        uint32_t n = v->shape.dim[g->out_axis[k]];
        eq = ARENA_NEW(s->a, ext, (size_t)1 << log2_ceil(n));
        if (!eq) return full(s->err);
        eq_table(eq, z + shape_axis_var(&v->shape, g->out_axis[k]), log2_ceil(n));
        for (uint64_t i = size; i-- > 0;)
            for (uint32_t j = n; j-- > 0;) w[i * n + j] = ext_is_zero(eq[j]) ? EXT_ZERO : ext_mul(w[i], eq[j]);
        size *= n;
    }
    *out = w;
    return TACIT_OK;
}

/* Place in the padded source of a group's source index. */
static uint64_t padded_place(const shape *src, const view_group *g, uint64_t i) {
    uint64_t at = 0;
    for (uint32_t k = g->src_count; k-- > 0;) {
        uint32_t n = src->dim[g->src_axis[k]];
        at += (i % n) << shape_axis_var(src, g->src_axis[k]);
        i /= n;
    }
    return at;
}

static tacit_status group_weights(scratch *s, const tensor *v, const shape *src, const view_group *g, const ext *z,
                                  sparse *out) {
    uint64_t n = 1;
    ext *w = NULL, *sum;
    for (uint32_t k = 0; k < g->src_count; k++) n *= src->dim[g->src_axis[k]];
    TRY(out_weights(s, v, g, z, &w));
    sum = ARENA_ZNEW(s->a, ext, n);
    out->place = ARENA_NEW(s->a, uint64_t, n);
    out->w = ARENA_NEW(s->a, ext, n);
    if (!sum || !out->place || !out->w) return full(s->err);
    for (uint64_t i = 0; i < g->size; i++) {
        int64_t at = g->map ? g->map[i] : (int64_t)i;
        if (at >= 0) sum[at] = ext_add(sum[at], w[i]);
    }
    out->count = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (ext_is_zero(sum[i])) continue;
        out->place[out->count] = padded_place(src, g, i);
        out->w[out->count++] = sum[i];
    }
    return TACIT_OK;
}

/* Sparse outer product of the groups, last group innermost. */
typedef struct outer {
    uint32_t groups;
    sparse g[MAX_RANK + 1];
    extv table;
} outer;

static void add_outer(const outer *o, uint32_t level, uint64_t place, ext w) {
    const sparse *g = &o->g[level];
    for (uint32_t i = 0; i < g->count; i++) {
        uint64_t at = place + g->place[i];
        ext v = ext_mul(w, g->w[i]);
        if (level + 1 < o->groups)
            add_outer(o, level + 1, at, v);
        else
            extv_set(o->table, at, ext_add(extv_get(o->table, at), v));
    }
}

static tacit_status add_job(scratch *s, const program *p, const view_job *j, extv out) {
    const tensor *v = &p->tensors[j->view];
    const shape *src = &p->tensors[j->source].shape;
    outer o = {.groups = v->group_count, .table = out};
    size_t mark = arena_mark(s->a);
    for (uint32_t g = 0; g < v->group_count; g++) TRY(group_weights(s, v, src, &v->groups[g], j->z, &o.g[g]));
    if (o.groups == 0)
        extv_set(out, 0, ext_add(extv_get(out, 0), j->weight));
    else
        add_outer(&o, 0, 0, j->weight);
    arena_release(s->a, mark);
    return TACIT_OK;
}

/* The source's values on the padded index; out is zero. */
static void lift_padded(const shape *src, narrow values, extv out) {
    uint32_t row = src->rank ? src->dim[src->rank - 1] : 1;
    uint64_t rows = shape_count(src) / row;
    for (uint64_t r = 0; r < rows; r++) {
        uint64_t rest = r, at = 0;
        for (uint32_t k = src->rank ? src->rank - 1 : 0; k-- > 0; rest /= src->dim[k])
            at += (rest % src->dim[k]) << shape_axis_var(src, k);
        vec_from_narrow(out.c[0] + at, narrow_at(values, r * row), row);
    }
}

static tacit_status source_product(view_state *s, uint32_t source, unsigned vars) {
    for (uint32_t i = 0; i < s->set.count; i++)
        if (s->source[i] == source) return TACIT_OK;
    s->source[s->set.count] = source;
    product_tables *p = &s->set.products[s->set.count++];
    p->coef = EXT_ONE;
    p->factors = 2;
    p->vars = vars;
    for (int k = 0; k < 2; k++) {
        p->now[k] = extv_zero(s->a, (size_t)1 << vars);
        if (!extv_ok(p->now[k])) return full(s->err);
    }
    return product_ready(p, s->a, s->err);
}

/* Both tables of one source. */
typedef struct source_job {
    const view_state *s;
    const view_job *jobs;
    uint32_t count;
} source_job;
static tacit_status source_piece(void *ctx, size_t i, arena *a, tacit_error *err) {
    const source_job *j = ctx;
    const program *p = j->s->t->p;
    uint32_t source = j->s->source[i];
    const product_tables *tables = &j->s->set.products[i];
    scratch own = {a, err};
    lift_padded(&p->tensors[source].shape, trace_atom(j->s->t, source), tables->now[1]);
    for (uint32_t k = 0; k < j->count; k++)
        if (j->jobs[k].source == source) TRY(add_job(&own, p, &j->jobs[k], tables->now[0]));
    return TACIT_OK;
}

static tacit_status begin(void *ctx, const view_job *jobs, uint32_t count) {
    view_state *s = ctx;
    s->set = (product_set){.degree = 2, .products = ARENA_ZNEW(s->a, product_tables, count)};
    s->source = ARENA_NEW(s->a, uint32_t, count);
    if (!s->set.products || !s->source) return full(s->err);
    for (uint32_t i = 0; i < count; i++) TRY(source_product(s, jobs[i].source, jobs[i].vars));
    return par_scratch(s->set.count, source_piece, &(source_job){s, jobs, count}, s->a, s->err);
}

tacit_status view_prover(view_oracle *o, const trace *t, arena *a, tacit_error *err) {
    view_state *s = ARENA_ZNEW(a, view_state, 1);
    if (!s) return fail(err, TACIT_RESOURCES, "prover: arena too small");
    s->t = t;
    s->a = a;
    s->err = err;
    *o = (view_oracle){s, begin, {&s->set, products_round, products_bind}};
    return TACIT_OK;
}
