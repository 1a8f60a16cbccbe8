/* program/rules: the parts of program_check (check.c, range.c). Freestanding. */
#ifndef PROGRAM_RULES_H
#define PROGRAM_RULES_H
#include "program/program.h"

/* |coef| of a term or product; |constant| of a linear tensor or constraint. */
#define MAX_COEF ((int64_t)1 << 40)
#define MAX_CONSTANT ((int64_t)1 << 62)
/* Exact intervals of constraints lie in (-MAX_SIDE, MAX_SIDE): narrower than (-p, p), so that the executor's int64
 * holds them. */
#define MAX_SIDE ((int64_t)1 << 62)

/* A column is kept as runs iff they are few (each costs the verifier O(log^2 rows)). */
static inline bool column_keeps_runs(uint64_t run_count, uint64_t rows) {
    return run_count <= 4 + rows / 1024;
}

/* The group is the identity of one axis onto one axis of the same length. */
static inline bool group_may_be_identity(const view_group *g, const shape *out, const shape *src) {
    return g->out_count == 1 && g->src_count == 1 && out->dim[g->out_axis[0]] == src->dim[g->src_axis[0]];
}
static inline bool tensor_bounded_by_lookups(const tensor *t) {
    return t->kind == TENSOR_INPUT || t->kind == TENSOR_OUTPUT || t->kind == TENSOR_COMMITTED;
}
static inline bool tensor_view_source(const tensor *t) {
    return t->kind == TENSOR_COMMITTED || tensor_external(t);
}
static inline bool view_has_holes(const tensor *t) {
    for (uint32_t g = 0; g < t->group_count; g++) {
        const int32_t *m = t->groups[g].map;
        for (uint32_t i = 0; m && i < t->groups[g].size; i++) {
            if (m[i] < 0) return true;
        }
    }
    return false;
}

tacit_status check_structure(program *p, arena *scratch, tacit_error *err) TACIT_MUST_CHECK;
tacit_status check_ranges(program *p, arena *scratch, tacit_error *err) TACIT_MUST_CHECK;
/* Exact interval of constant + sum coef * term; false unless every term is ranged and the result is in
 * [-(p-1)/2, (p-1)/2]. */
bool linear_interval(const program *p, const linear_term *terms, uint32_t count, int64_t constant, int64_t *lo,
                     int64_t *hi);
#endif
