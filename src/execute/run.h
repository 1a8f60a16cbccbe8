/* execute/run: what the executor's steps share. */
#ifndef EXECUTE_RUN_H
#define EXECUTE_RUN_H
#include "execute/execute.h"
#include "execute/rows.h"

#define PARALLEL_ELEMENTS ((uint64_t)1 << 16)

typedef struct run {
    trace *t;
    const program *p;
    arena *a;
    tacit_error *err;
    bool *known;        /* per tensor: has its values */
    row_index **tables; /* of ADVICE_TABLE steps */
    uint64_t saturated;
    execute_watch after; /* NULL but in tests */
    void *context;
} run;

static inline tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "executor: scratch is full");
}
static inline tacit_status overflow(run *r, uint32_t id) {
    return fail(r->err, TACIT_OVERFLOW, "\"%s\": a value is outside its interval", r->p->tensors[id].name);
}
/* MALFORMED when a tensor, or what it is made of, is not computed yet. */
tacit_status need(run *r, uint32_t id);

/* What a step computes. */
typedef struct targets {
    uint32_t id[4];
    uint32_t count;
    bool factors; /* products of targets are left out, too */
} targets;

static inline void add_target(targets *t, uint32_t id) {
    if (id != NO_TENSOR) t->id[t->count++] = id;
}
/* (*out)[i] = the constraint at i without its targets. */
tacit_status rest_of(run *r, const constraint *c, const targets *skip, int64_t **out);

static inline bool put(const tensor *t, int32_t *to, int64_t v) {
    *to = (int32_t)v;
    return v >= t->lo && v <= t->hi;
}
static inline int32_t *values_or_null(const run *r, uint32_t id) {
    return id == NO_TENSOR ? NULL : r->t->values[id];
}
static inline void know(run *r, uint32_t id) {
    if (id != NO_TENSOR) r->known[id] = true;
}

/* Steps of execute/quotient.c. */
tacit_status quotient(run *r, const advice *x); /* DIVIDE, ROOT */
tacit_status row_peak(run *r, const advice *x);
tacit_status sign(run *r, const advice *x);
#endif
