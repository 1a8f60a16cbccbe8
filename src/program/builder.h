/* program/builder: how the compiler makes programs. Hosted. Every call answers an id; the first failure is kept in
 * `err` and later calls do nothing, so a caller checks once, at builder_finish. Views of linear tensors are
 * distributed over the terms, views of views composed, views of constants evaluated, linear combinations of linear
 * tensors flattened: what comes out obeys the rules of program.h. Names are made unique by the caller. */
#ifndef PROGRAM_BUILDER_H
#define PROGRAM_BUILDER_H
#include "program/program.h"

typedef struct builder builder;

builder *builder_new(tacit_error *err);
void builder_free(builder *b);

uint32_t builder_external(builder *b, tensor_kind kind, const char *name, const shape *s, int64_t lo, int64_t hi);
uint32_t builder_committed(builder *b, const char *name, const shape *s);
uint32_t builder_constant(builder *b, const char *name, const shape *s, const int64_t *values); /* copied */
uint32_t builder_fill(builder *b, const char *name, const shape *s, int64_t value);
uint32_t builder_linear(builder *b, const char *name, const shape *s, const linear_term *terms, uint32_t count,
                        int64_t constant);
/* groups: maps are copied; a map of an identity axis may be NULL. May answer a linear tensor or a constant. */
uint32_t builder_view(builder *b, const char *name, uint32_t source, const shape *s, const view_group *groups,
                      uint32_t group_count);
uint32_t builder_constraint(builder *b, const char *name, const shape *s, const product *products,
                            uint32_t product_count, const linear_term *terms, uint32_t term_count, int64_t constant);
/* Equal tables (same contents) are one; answers the table's index. */
uint32_t builder_table(builder *b, uint32_t width, const table_column *columns, uint32_t rows);
/* The one-column table lo..hi. */
uint32_t builder_range_table(builder *b, int64_t lo, int64_t hi);
/* The table (v, row v of `source`) of a gather. */
uint32_t builder_gather_table(builder *b, uint32_t source);
uint32_t builder_lookup(builder *b, const char *name, uint32_t table, const uint32_t *columns);
void builder_advice(builder *b, const advice *step);
/* A step with all other tensors left out. */
static inline advice advice_of(advice_kind kind, uint32_t relation, uint32_t y) {
    return (advice){.kind = kind,
                    .relation = relation,
                    .y = y,
                    .rem = NO_TENSOR,
                    .r_low = NO_TENSOR,
                    .r_high = NO_TENSOR,
                    .flag = NO_TENSOR};
}
const tensor *builder_tensor(const builder *b, uint32_t id);
/* Canonical bytes with advice, malloc'd; parsed back once to make sure that the loader accepts them. */
tacit_status builder_finish(builder *b, unsigned char **bytes, size_t *size, tacit_error *err) TACIT_MUST_CHECK;
#endif
