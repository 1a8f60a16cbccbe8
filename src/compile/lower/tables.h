/* compile/lower/tables: planned tables as rows, and one lookup into them. */
#ifndef COMPILE_LOWER_TABLES_H
#define COMPILE_LOWER_TABLES_H
#include "compile/lower/lower.h"

/* The excess columns of a saturating lookup; NO_TENSOR where the table has none. */
typedef struct excess {
    uint32_t r_low, r_high, flag;
} excess;

/* Looks x up: creates columns that the table has beyond x (the result `fx`, unless it is given, and zeros or junk).
 * `e`: the excess of x, or NULL when x is never outside: it is then strictly inside, or, with SIDE, an end of a table
 * that marks its ends. Adds the advice that computes fx. */
typedef enum result_use { RESULT_WANTED, RESULT_JUNK, RESULT_JUNK_SIDE } result_use;
tacit_status table_lookup(lowering *l, const char *name, const table_plan *t, result_use use, uint32_t x,
                          const excess *e, uint32_t *fx, tacit_error *err) TACIT_MUST_CHECK;
/* One lookup in [0, 2^bits). */
void remainder_lookup(lowering *l, const char *name, uint32_t bits, uint32_t rem);
#endif
