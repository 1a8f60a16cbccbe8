/* Constraint deletion: for every constraint and every lookup of a compiled program there is a lie that it alone stops.
 *
 * A liar changes what one advice step computed, at one place, and goes on honestly from there: whatever follows is
 * consistent with the lie. Where exactly one relation is violated in the end, that relation is needed: without it the
 * false trace would satisfy everything. Lies are told on the sample and on inputs at the ends of their intervals. A
 * relation that no lie singles out must be one without which the loader refuses the program (it gives a tensor its
 * interval), or a range that the loader finds by other relations as well; anything else fails the test. */
#include "operator_case.h"
#include <stdlib.h>
#include <string.h>

enum { POSITIONS = 24, MAX_RELATION = 4096 };

/* At most three elements changed by `by`, at flat index `at` or a little behind. */
typedef struct lie {
    uint32_t step, count;
    bool far;         /* instead: the value is said to be beyond the upper end, by a negative excess */
    int row;          /* instead: a row's maximum is so much more than it is, and all distances with it */
    uint32_t settled; /* the limbs of so many steps later, which would show the lie, are said to be 0 */
    uint32_t tensor[3];
    int64_t by[3];
    uint64_t at, then[3]; /* element at + then[i] of tensor i */
} lie;

/* x = hi and the flag +1, whatever x is; the limbs of the excess make up for it. */
static void tell_far(const trace *t, const advice *x, uint64_t at) {
    int64_t unit = (int64_t)1 << x->low_bits;
    int32_t *y = &t->values[x->y][at], *low = &t->values[x->r_low][at], *high = &t->values[x->r_high][at];
    int64_t r = *y + *low + unit * *high - x->hi;
    *y = (int32_t)x->hi;
    *low = (int32_t)(r & (unit - 1));
    *high = (int32_t)(r >> x->low_bits);
    t->values[x->flag][at] = 1;
}

/* The tensor of the rows' maxima. */
static uint32_t top_of(const program *p, const advice *x) {
    return p->tensors[x->flag].kind == TENSOR_VIEW ? p->tensors[x->flag].source : x->flag;
}

/* Element `at` of the row numbers. */
static void tell_row(const trace *t, const advice *x, uint64_t at, int by) {
    uint32_t top = top_of(t->p, x);
    uint64_t row = shape_count(&t->p->tensors[x->y].shape) / shape_count(&t->p->tensors[top].shape);
    t->values[top][at] += by;
    for (uint64_t k = at * row; k < (at + 1) * row; k++) {
        bool clamped = x->r_low != NO_TENSOR && t->values[x->y][k] == x->hi;
        t->values[clamped ? x->r_low : x->y][k] += by;
    }
}

static void tell_zero(const trace *t, const advice *x, uint64_t at) {
    if (x->y != NO_TENSOR) t->values[x->y][at] = 0;
    if (x->rem != NO_TENSOR) t->values[x->rem][at] = 0;
}

static void tell(void *context, trace *t, uint32_t step) {
    const lie *l = context;
    if (l->settled && step == l->step + l->settled) tell_zero(t, &t->p->advices[step], l->at);
    if (step != l->step) return;
    if (l->row) tell_row(t, &t->p->advices[step], l->at, l->row);
    if (l->far) tell_far(t, &t->p->advices[step], l->at);
    for (uint32_t i = 0; i < l->count; i++) t->values[l->tensor[i]][l->at + l->then[i]] += (int32_t)l->by[i];
}

/* Marks the relation that alone is violated. Steps after the lie may find no honest value: then it proves nothing. */
static void try_lie(trace *t, arena *a, lie *l, bool *needed) {
    tacit_error err = {0};
    size_t mark = arena_mark(a);
    if (execute_watched(t, a, tell, l, &err) == TACIT_OK) {
        uint32_t v = trace_violated(t, a);
        if (v == UINT32_MAX && l->count > 0)
            fail_msg("a lie about \"%s\" violates nothing", t->p->tensors[l->tensor[0]].name);
        if (v != UINT32_MAX && !needed[v] && trace_violated_from(t, v + 1, a) == UINT32_MAX) needed[v] = true;
    }
    arena_release(a, mark);
}

static bool computed(const program *p, uint32_t id) {
    return id != NO_TENSOR && (p->tensors[id].kind == TENSOR_COMMITTED || p->tensors[id].kind == TENSOR_OUTPUT);
}

/* What step x computes. */
static uint32_t computed_by(const program *p, const advice *x, bool *known, uint32_t out[MAX_TABLE_WIDTH + 5]) {
    uint32_t n = 0;
    const uint32_t own[5] = {x->y, x->rem, x->r_low, x->r_high, x->kind == ADVICE_PEAK ? top_of(p, x) : x->flag};
    bool quotient = x->kind == ADVICE_DIVIDE || x->kind == ADVICE_ROOT; /* the remainder's limbs come later */
    for (uint32_t i = 0; i < (quotient ? 1 : 5); i++) {
        if (computed(p, own[i]) && !known[own[i]]) out[n++] = own[i];
    }
    if (x->kind == ADVICE_TABLE) {
        const lookup *l = &p->lookups[x->relation];
        for (uint32_t c = 1; c < p->tables[l->table].width; c++) {
            if (computed(p, l->columns[c]) && !known[l->columns[c]]) out[n++] = l->columns[c];
        }
    }
    for (uint32_t i = 0; i < n; i++) known[out[i]] = true;
    return n;
}

static void two(trace *t, arena *a, uint32_t step, uint64_t at, uint32_t x, int64_t by_x, uint32_t y, int64_t by_y,
                bool *needed) {
    lie l = {.step = step, .count = 2, .tensor = {x, y}, .by = {by_x, by_y}, .at = at};
    if (x != NO_TENSOR && y != NO_TENSOR) try_lie(t, a, &l, needed);
}

/* 2^shift (d + r) - rem stays. */
static void top_lies(trace *t, arena *a, const advice *x, uint32_t step, uint64_t at, int64_t sign, bool *needed) {
    int64_t unit = (int64_t)1 << x->shift;
    two(t, a, step, at, x->y, sign, x->rem, sign * unit, needed);
    two(t, a, step, at, x->r_low, sign, x->rem, sign * unit, needed);
    two(t, a, step, at, x->y, sign, x->r_low, -sign, needed);
    two(t, a, step, at, x->r_high, sign, x->r_low, -sign * ((int64_t)1 << x->low_bits), needed);
}

/* Changes that leave the step's equation as it is: its lookups alone can notice. */
static void joint_lies(trace *t, arena *a, const advice *x, uint32_t step, uint64_t at, bool *needed) {
    int64_t unit = (int64_t)1 << x->shift;
    for (int64_t sign = -1; sign <= 1; sign += 2) {
        lie l = {.step = step, .count = 2, .tensor = {x->y, x->rem}, .by = {sign, -sign * unit}, .at = at};
        if (x->kind == ADVICE_RESCALE && x->rem != NO_TENSOR) try_lie(t, a, &l, needed);
        if (x->kind == ADVICE_ONEHOT && at + 1 < shape_count(&t->p->tensors[x->y].shape)) {
            l = (lie){.step = step, .count = 2, .tensor = {x->y, x->y}, .by = {sign, -sign}, .at = at, .then = {0, 1}};
            try_lie(t, a, &l, needed);
            const shape *s = &t->p->tensors[x->y].shape;
            l = (lie){.step = step, .count = 1, .tensor = {x->y}, .by = {1}, .at = at - at % s->dim[s->rank - 1]};
            try_lie(t, a, &l, needed); /* a second bit, at index 0 */
        }
        if (x->kind == ADVICE_PEAK) top_lies(t, a, x, step, at, sign, needed);
        if (x->kind != ADVICE_SATURATE) continue;
        if (x->rem != NO_TENSOR) try_lie(t, a, &l, needed);
        l.tensor[1] = x->r_low, l.by[1] = -sign;
        try_lie(t, a, &l, needed);
        l.tensor[0] = x->rem, l.by[0] = sign * unit;
        if (x->rem != NO_TENSOR) try_lie(t, a, &l, needed);
        if (x->r_high == NO_TENSOR) continue;
        l = (lie){.step = step,
                  .count = 2,
                  .tensor = {x->r_high, x->r_low},
                  .by = {sign, -sign * ((int64_t)1 << x->low_bits)},
                  .at = at};
        try_lie(t, a, &l, needed);
    }
}

/* A quotient or root that is one off, or a row's maximum, with limbs that hide it. */
static void settled_lies(trace *t, arena *a, const advice *x, uint32_t step, uint64_t at, bool *needed) {
    if (step + 2 >= t->p->advice_count) return;
    for (int64_t by = -1; by <= 1; by += 2) {
        lie l = {.step = step, .count = 1, .settled = 2, .tensor = {x->y}, .by = {by}, .at = at};
        if (x->kind == ADVICE_DIVIDE || x->kind == ADVICE_ROOT) try_lie(t, a, &l, needed);
    }
    if (x->kind != ADVICE_PEAK) return;
    const shape *s = &t->p->tensors[x->y].shape;
    for (int by = -1; by <= 1 && at < shape_count(s) / s->dim[s->rank - 1]; by += 2) {
        lie row = {.step = step, .row = by, .settled = x->lo > 0 && by > 0 ? 3 : 2, .at = at}; /* of the second sum */
        try_lie(t, a, &row, needed);
    }
}

static void lies_about(trace *t, arena *a, uint32_t step, bool *known, bool *needed) {
    const advice *x = &t->p->advices[step];
    uint32_t id[MAX_TABLE_WIDTH + 5], count = computed_by(t->p, x, known, id);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t n = shape_count(&t->p->tensors[id[i]].shape);
        for (uint64_t k = 0; k < POSITIONS && k < n; k++) {
            uint64_t at = n <= POSITIONS ? k : (k * 7919) % n;
            for (int64_t by = -1; by <= 1; by += 2) {
                lie l = {.step = step, .count = 1, .tensor = {id[i]}, .by = {by}, .at = at};
                try_lie(t, a, &l, needed);
            }
            if (i > 0) continue;
            joint_lies(t, a, x, step, at, needed);
            settled_lies(t, a, x, step, at, needed);
        }
    }
}

/* ---- without lies: inputs outside their intervals, and executors that do not look at intervals */
static void extremes(trace *t, arena *a, int kind, bool *needed) {
    const program *p = t->p;
    lie none = {.step = UINT32_MAX};
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        const tensor *x = &p->tensors[i];
        if (x->kind != TENSOR_INPUT) continue;
        int64_t ends[2] = {kind & 2 ? x->lo - 1 : x->lo, kind & 2 ? x->hi + 1 : x->hi};
        for (uint64_t k = 0; k < shape_count(&x->shape); k++)
            t->values[i][k] = (int32_t)ends[kind & 4 ? k % 2 : kind & 1];
    }
    try_lie(t, a, &none, needed);
}

static bool loader_refuses_without(const program *p, uint32_t relation) {
    program q = *p;
    constraint *constraints = malloc((p->constraint_count + 1) * sizeof *constraints);
    lookup *lookups = malloc((p->lookup_count + 1) * sizeof *lookups);
    writer w = {0};
    arena a;
    tacit_error err = {0};
    assert_true(constraints && lookups && arena_map(&a, (size_t)1 << 28, &err) == TACIT_OK);
    q.constraints = constraints, q.lookups = lookups;
    q.constraint_count = q.lookup_count = 0;
    for (uint32_t i = 0; i < p->constraint_count; i++) {
        if (i != relation) constraints[q.constraint_count++] = p->constraints[i];
    }
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        if (i + p->constraint_count != relation) lookups[q.lookup_count++] = p->lookups[i];
    }
    size_t room = (size_t)1 << 24;
    unsigned char *bytes = malloc(room);
    assert_non_null(bytes);
    w = (writer){.data = bytes, .cap = room};
    program_write(&q, false, &w);
    tacit_status s = program_parse(&q, bytes, w.at, &a, &err);
    arena_unmap(&a);
    free(bytes), free(constraints), free(lookups);
    return s != TACIT_OK;
}

/* The committed 0 that stands for "no excess": a lie needs everything that reads it at the end of its table at once.
 * test_operators.c has such models; with indices among the inputs there is no such sample. */
static bool found_elsewhere(const program *p, uint32_t relation) {
    return relation < p->constraint_count && strcmp(p->constraints[relation].name, "zero.is") == 0;
}

/* A plain range whose column has an interval elsewhere: a sum of columns that cannot leave it, or a second lookup. It
 * says nothing more. */
static bool bounded_elsewhere(const program *p, uint32_t relation) {
    if (relation < p->constraint_count) return false;
    uint32_t own = relation - p->constraint_count, id = p->lookups[own].columns[0];
    bool plain = true; /* (y) in a range, (y, y) in relu's table */
    for (uint32_t c = 1; c < p->tables[p->lookups[own].table].width; c++)
        plain = plain && p->lookups[own].columns[c] == id;
    if (plain) return true;
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        for (uint32_t c = 0; c < p->tables[p->lookups[i].table].width && i != own; c++) {
            if (p->lookups[i].columns[c] == id) return true;
        }
    }
    return false;
}

static void tell_all(trace *t, arena *a, bool *known, bool *needed) {
    memset(known, 0, t->p->tensor_count * sizeof *known);
    for (uint32_t s = 0; s < t->p->advice_count; s++) lies_about(t, a, s, known, needed);
}

void deletion_case(trace *t, arena *a) {
    const program *p = t->p;
    uint32_t count = p->constraint_count + p->lookup_count;
    bool *needed = calloc(count + 1, sizeof *needed), *known = calloc(p->tensor_count, sizeof *known);
    assert_true(needed && known && count <= MAX_RELATION);
    tell_all(t, a, known, needed);
    for (int kind = 0; kind < 8; kind++) {
        extremes(t, a, kind, needed);
        if (kind < 2) tell_all(t, a, known, needed);
    }
    for (uint32_t i = 0; i < count; i++) {
        const char *name = i < p->constraint_count ? p->constraints[i].name : p->lookups[i - p->constraint_count].name;
        if (!needed[i] && !loader_refuses_without(p, i) && !bounded_elsewhere(p, i) && !found_elsewhere(p, i))
            fail_msg("relation \"%s\": no lie was found that it alone stops", name);
    }
    free(needed);
    free(known);
}
