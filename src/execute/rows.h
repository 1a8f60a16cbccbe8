/* execute/rows: finding table rows by value. Direct when column 0 is a progression of step 1 or has a short range
 * (8 bytes a value), otherwise hashed; a table whose column 0 repeats also gets a hash of
 * the rows that repeat it. */
#ifndef EXECUTE_ROWS_H
#define EXECUTE_ROWS_H
#include "program/program.h"

typedef struct hash_index {
    uint32_t *slot; /* row + 1, or 0 */
    unsigned log;
} hash_index;

typedef struct row_index {
    const table *t;
    int32_t *column[MAX_TABLE_WIDTH];
    int64_t base; /* of `first` */
    uint64_t span;
    uint32_t *first;     /* value - base -> first row + 1, or 0; NULL: hashed */
    hash_index by_value; /* column 0 -> its first row */
    hash_index by_row;   /* whole rows; slot NULL when column 0 has no value twice */
} row_index;

#define NO_ROW UINT32_MAX

tacit_status row_index_make(row_index *x, const table *t, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* First row with this value in column 0, or NO_ROW. */
uint32_t row_first(const row_index *x, int64_t value);
/* The row with exactly these values (the first of equal ones), or NO_ROW. */
uint32_t row_find(const row_index *x, const int32_t *const *columns, uint64_t i);
#endif
