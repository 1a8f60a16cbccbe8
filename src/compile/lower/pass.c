#include "compile/lower/exponent.h"
#include "compile/lower/pass.h"
#include "compile/lower/rescale.h"
#include "compile/lower/tables.h"
#include "compile/lower/wide.h"
#include "compile/quantise.h"
#include <math.h>
#include <string.h>

enum { MAX_PASSES = 20, CAUTIOUS_AFTER = 8, MAX_WHOLE_INPUT = 1 << 20, FEW_VALUES = 256 };

/* ---- inputs and outputs */
/* compile/indices: the lookup of the rows gives the interval. */
static tacit_status lower_index(lowering *l, uint32_t t, tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    value v = {.lo = (int64_t)x->least, .hi = (int64_t)x->most};
    v.id = builder_external(l->b, TENSOR_INPUT, lower_name(l, x->name, ""), &x->shape, v.lo, v.hi);
    return lower_set_value(l, t, &v, err);
}

static tacit_status lower_input(lowering *l, uint32_t t, tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    double lo, hi;
    if (l->wide[t]) return lower_wide_input(l, t, err);
    if (x->bounded) return lower_index(l, t, err);
    TRY(lower_range(l, t, &lo, &hi, err));
    value v = {.scale = x->type == ELEM_WHOLE ? 0 : scale_for(fmax(-lo, hi), activation_limit(l))};
    if (fmax(-lo, hi) > MAX_WHOLE_INPUT && x->type == ELEM_WHOLE)
        return fail(err, TACIT_UNSUPPORTED, "input \"%s\": integers of more than 20 bits", x->name);
    demand d = {.f = {.kind = FUNC_RANGE, .in_scale = v.scale, .out_scale = v.scale},
                .lo = (int64_t)floor(ldexp(lo, v.scale)),
                .hi = (int64_t)ceil(ldexp(hi, v.scale)),
                .inside = true,
                .exact = l->feeds_pool[t],
                .elements = shape_count(&x->shape)};
    table_plan table_of;
    if (d.hi == d.lo) d.hi++;
    if (x->type == ELEM_WHOLE && d.hi - d.lo < FEW_VALUES)
        d.exact = true; /* masks stay narrow at the price of few rows */
    d.worst_lo = d.lo, d.worst_hi = d.hi;
    TRY(plan_demand(l->plan, &d, &table_of, err));
    v.lo = table_of.lo, v.hi = table_of.hi;
    bool itself = table_of.f.kind == FUNC_RELU && d.lo >= 0; /* (x, x) is a row for every x from 0 to relu's largest */
    if (itself) table_outputs(&table_of, &v.lo, &v.hi);
    v.id = builder_external(l->b, TENSOR_INPUT, lower_name(l, x->name, ""), &x->shape, v.lo, v.hi);
    uint32_t second = itself ? v.id : NO_TENSOR;
    TRY(table_lookup(l, x->name, &table_of, itself ? RESULT_WANTED : RESULT_JUNK_SIDE, v.id, NULL, &second, err));
    return lower_set_value(l, t, &v, err);
}

/* Declared with what the pass before found; the last pass finds the same. */
static void declare_outputs(lowering *l) {
    for (uint32_t k = 0; k < l->g->output_count; k++) {
        value *v = &l->outputs[k];
        v->id = builder_external(l->b, TENSOR_OUTPUT, lower_name(l, l->g->output_names[k], ""),
                                 &l->g->tensors[l->g->outputs[k]].shape, v->lo, v->hi);
        l->output_done[k] = false;
    }
}

/* An output that is not the result of a rounding yet: a copy with a lookup of its own. */
static tacit_status finish_output(lowering *l, uint32_t k, tacit_error *err) {
    static const func plain = {.kind = FUNC_RANGE, .out_scale = INT32_MIN};
    uint32_t t = l->g->outputs[k];
    value v;
    sum s;
    TRY(lower_operand(l, t, &v, err));
    if (l->output_done[k]) return TACIT_OK;
    sum_start(&s, &l->g->tensors[t].shape, v.scale);
    TRY(sum_term(&s, v.id, 1, v.lo, v.hi, err));
    TRY(rescale(l, &s, t, &plain, NO_INDEX, err));
    l->slots[t].v = v; /* the copy is for the outside */
    return l->output_done[k] ? TACIT_OK
                             : fail(err, TACIT_INTERNAL, "output \"%s\" was not made", l->g->output_names[k]);
}

/* ---- one pass */
/* What helpers say about a sum or a table gets the node's name. */
static tacit_status lower_node(lowering *l, const gnode *n, tacit_error *err) {
    tacit_error local = {0};
    tacit_status s = n->rule->lower(l, n, &local);
    if (s == TACIT_OK) return s;
    bool named = strncmp(local.text, "node ", 5) == 0 || strncmp(local.text, "tensor ", 7) == 0;
    return named ? fail(err, s, "%s", local.text) : fail(err, s, "node \"%s\" (%s): %s", n->name, n->op, local.text);
}

static tacit_status run_pass(lowering *l, tacit_error *err) {
    const graph *g = l->g;
    memset(l->slots, 0, g->tensor_count * sizeof *l->slots);
    memset(l->names, 0, NAME_BUCKETS * sizeof(used_name *));
    l->params = NULL;
    l->asked = NULL;
    l->weight_count = l->product_count = 0;
    l->outputs_changed = false;
    l->zero = NO_TENSOR;
    plan_start_pass(l->plan);
    for (uint32_t i = 0; i < g->input_count; i++) TRY(lower_input(l, g->inputs[i], err));
    declare_outputs(l);
    for (uint32_t k = 0; k < g->node_count; k++) {
        if (!g->nodes[k].dead) TRY(lower_node(l, &g->nodes[k], err));
    }
    for (uint32_t k = 0; k < g->output_count; k++) {
        if (!l->output_done[k]) TRY(finish_output(l, k, err));
    }
    return l->params ? TACIT_OK : lower_placeholder(l, err);
}

/* The place of the largest of few: an output of it is a copy, which would ask for all that a shared table has become.
 */
static bool small_index(const graph *g, const gnode *n) {
    if (!node_is(n, "Top") || n->out_count < 3 || n->out[2] == NO_INDEX) return false;
    const shape *s = &node_in(g, n, 0)->shape;
    return s->dim[s->rank - 1] <= FEW_VALUES;
}

/* A plain range that feeds a pool must not share relu's table: the table of differences, which is relu's, follows the
 * range, and both would grow without end. */
static void find_pools(lowering *l) {
    static const char *const POOLS[] = {"MaxPool", "ReduceMax", "ReduceMin", "Larger", "Smaller"};
    for (uint32_t k = l->g->node_count; k-- > 0;) {
        const gnode *n = &l->g->nodes[k];
        bool passes = node_moves(n) || node_is(n, "Add") || node_is(n, "Sub");
        bool feeds = node_is_one_of(n, POOLS, sizeof POOLS / sizeof POOLS[0]) || (passes && l->feeds_pool[n->out[0]]);
        if (small_index(l->g, n)) l->feeds_pool[n->out[2]] = true;
        for (uint32_t i = 0; i < n->in_count && feeds; i++) {
            if (n->in[i] != NO_INDEX) l->feeds_pool[n->in[i]] = true;
        }
    }
}

static void limit(int32_t *limits, uint32_t t, int32_t most) {
    if (t != NO_INDEX && most < limits[t]) limits[t] = most;
}

/* Scores of an attention: a softmax takes the sum of queries times keys as it is, one remainder of 16 bits, unless its
 * scale is too fine. So queries and keys get half of that scale each. sums: of what is still a sum; l->most_scale: of
 * numbers. */
static void find_scores(lowering *l, int32_t *sums) {
    const graph *g = l->g;
    for (uint32_t t = 0; t < g->tensor_count; t++) sums[t] = l->most_scale[t] = INT32_MAX;
    for (uint32_t k = g->node_count; k-- > 0;) {
        const gnode *n = &g->nodes[k];
        if (n->dead || n->out_count == 0 || n->out[0] == NO_INDEX) continue;
        int32_t most = sums[n->out[0]];
        const bool matrices = node_is(n, "MatMul") || node_is(n, "Contract"), moves = node_moves(n);
        if (node_is(n, "RowSoftmax") || node_is(n, "RowExp")) limit(sums, n->in[0], row_exp_most_scale(n));
        for (uint32_t i = 0; i < n->in_count && (moves || node_is(n, "Add")); i++) limit(sums, n->in[i], most);
        for (uint32_t i = 0; i < n->in_count && moves; i++)
            for (uint32_t o = 0; o < n->out_count; o++)
                if (n->out[o] != NO_INDEX) limit(l->most_scale, n->in[i], l->most_scale[n->out[o]]);
        if (!matrices || most == INT32_MAX || node_in(g, n, 0)->constant || node_in(g, n, 1)->constant) continue;
        for (uint32_t i = 0; i < 2; i++) limit(l->most_scale, n->in[i], most / 2);
    }
}

static tacit_status alloc(lowering *l, tacit_error *err) {
    l->largest = ARENA_NEW(l->a, double, l->g->tensor_count + 1);
    for (uint32_t t = 0; l->largest && t < l->g->tensor_count; t++) l->largest[t] = -1;
    l->wide = ARENA_ZNEW(l->a, bool, l->g->tensor_count + 1);
    l->feeds_pool = ARENA_ZNEW(l->a, bool, l->g->tensor_count + 1);
    l->most_scale = ARENA_NEW(l->a, int32_t, l->g->tensor_count + 1);
    int32_t *sums = ARENA_NEW(l->a, int32_t, l->g->tensor_count + 1);
    l->slots = ARENA_ZNEW(l->a, slot, l->g->tensor_count + 1);
    l->outputs = ARENA_ZNEW(l->a, value, l->g->output_count + 1);
    l->output_done = ARENA_ZNEW(l->a, bool, l->g->output_count + 1);
    l->names = ARENA_ZNEW(l->a, used_name *, NAME_BUCKETS);
    l->settled = ARENA_NEW(l->a, int32_t, l->g->tensor_count + 1);
    if (!l->slots || !l->outputs || !l->output_done || !l->names || !l->feeds_pool || !l->wide || !l->largest ||
        !l->settled || !sums || !l->most_scale)
        return fail(err, TACIT_RESOURCES, "lowering needs more memory than is set aside");
    for (uint32_t t = 0; t < l->g->tensor_count; t++) l->settled[t] = NO_SCALE;
    find_pools(l);
    find_scores(l, sums);
    find_wide(l);
    return plan_init(l->plan, l->a, err);
}

static tacit_status result(const lowering *l, lowered *out, tacit_error *err) {
    value *inputs = ARENA_ZNEW(l->a, value, l->g->input_count + 1);
    if (!inputs) return fail(err, TACIT_RESOURCES, "lowering needs more memory than is set aside");
    for (uint32_t i = 0; i < l->g->input_count; i++) inputs[i] = l->slots[l->g->inputs[i]].v;
    out->slots = l->slots;
    out->outputs = l->outputs;
    out->inputs = inputs;
    out->params = l->params;
    out->weight_count = l->weight_count;
    out->product_count = l->product_count;
    out->clamped = plan_clamped(l->plan);
    return builder_finish(l->b, &out->bytes, &out->size, err);
}

/* What a builder that has failed answers makes no sense to its callers: then its own error is the reason. */
static tacit_status pass_status(tacit_status s, const tacit_error *lowering_error, const tacit_error *building,
                                tacit_error *err) {
    if (s == TACIT_OK) return s;
    const tacit_error *reason = building->status != TACIT_OK ? building : lowering_error;
    return fail(err, reason->status, "%s", reason->text);
}

/* Passes whose program is thrown away, until plan and outputs stay the same; then the one that counts. */
tacit_status lower_graph(const graph *g, const tacit_compile_options *o, arena *a, lowered *out, tacit_error *err) {
    plan p;
    lowering l = {.g = g, .a = a, .o = o, .plan = &p};
    *out = (lowered){0};
    TRY(alloc(&l, err));
    bool changed = true;
    for (int pass = 0; changed || pass < 1; pass++) {
        tacit_error building = {0}, lowering_error = {0};
        size_t mark = arena_mark(a);
        if (pass == MAX_PASSES) return fail(err, TACIT_INTERNAL, "the plan of tables does not settle");
        p.cautious = pass >= CAUTIOUS_AFTER;
        l.b = builder_new(&building);
        if (!l.b) return fail(err, TACIT_RESOURCES, "no memory for the builder");
        tacit_status s = pass_status(run_pass(&l, &lowering_error), &lowering_error, &building, err);
        if (s == TACIT_OK) s = plan_finish_pass(&p, &changed, err);
        changed = changed || l.outputs_changed;
        if (s == TACIT_OK && !changed) s = result(&l, out, err);
        builder_free(l.b);
        if (s != TACIT_OK) return s;
        if (changed) arena_release(a, mark);
    }
    return TACIT_OK;
}
