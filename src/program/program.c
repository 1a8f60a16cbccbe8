/* program/program.c: shapes and tables. */
#include "program/program.h"

uint64_t shape_count(const shape *s) {
    uint64_t n = 1;
    for (uint32_t k = 0; k < s->rank; k++) n *= s->dim[k];
    return n;
}

bool shape_equal(const shape *a, const shape *b) {
    if (a->rank != b->rank) return false;
    for (uint32_t k = 0; k < a->rank; k++) {
        if (a->dim[k] != b->dim[k]) return false;
    }
    return true;
}

unsigned shape_vars(const shape *s) {
    unsigned n = 0;
    for (uint32_t k = 0; k < s->rank; k++) n += log2_ceil(s->dim[k]);
    return n;
}

unsigned shape_axis_var(const shape *s, unsigned axis) {
    unsigned n = 0;
    for (uint32_t k = axis + 1; k < s->rank; k++) n += log2_ceil(s->dim[k]);
    return n;
}

shape gather_row(const program *p, const table *t) {
    const shape *s = &p->tensors[t->source].shape;
    shape row = {.rank = s->rank - 1};
    for (uint32_t k = 0; k < row.rank; k++) row.dim[k] = s->dim[k + 1];
    return row;
}

int64_t table_value(const table_column *c, uint32_t row) {
    if (!c->runs) return c->values[row];
    uint32_t i = 0;
    while (row >= c->runs[i].count) row -= c->runs[i++].count;
    return c->runs[i].start + c->runs[i].step * (int64_t)row;
}
