/* array: numbers with a shape, as a data file holds them. Row-major order, whatever order the file had. */
#ifndef TACIT_APP_ARRAY_H
#define TACIT_APP_ARRAY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tacit/status.h"

/* A model's rank at most, an axis of samples, and some room for messages about what does not fit. */
enum { ARRAY_MAX_RANK = 16, ARRAY_NAME_SIZE = 256, DATA_MAX_ARRAYS = 80 };

#define DATA_MAX_BYTES ((uint64_t)1 << 30)    /* of a data file, and of what a compressed one unpacks to */
#define DATA_EXACT ((int64_t)1 << 53)         /* larger integers may have no exact double */
#define DATA_MAX_ELEMENTS ((uint64_t)1 << 27) /* of one array */

typedef struct array {
    char name[ARRAY_NAME_SIZE]; /* "" where the format has no names */
    bool flat;                  /* a list without nesting (JSON): only the count is known */
    bool is_integer;            /* the file's type is an integer or a truth value */
    uint32_t rank;
    uint64_t dim[ARRAY_MAX_RANK];
    uint64_t count;
    double *real;     /* every element; finite */
    int64_t *integer; /* when is_integer: the same numbers, exact */
} array;

/* All arrays of one file. */
typedef struct data_set {
    size_t count;
    array *item;  /* DATA_MAX_ARRAYS of them */
    bool ordered; /* JSON: items stand in the model's order and have no names */
} data_set;

/* Sets count and takes memory for it; RESOURCES when it is above the limit. dim and rank are set. */
TACIT_MUST_CHECK tacit_status array_allocate(array *a, bool is_integer, tacit_error *err);
void array_free(array *a); /* wipes */
/* "(1, 1, 8, 8)"; size of out at least 8. */
void array_shape_text(char *out, size_t size, const uint64_t *dim, size_t rank);

TACIT_MUST_CHECK tacit_status data_set_init(data_set *d, tacit_error *err);
void data_set_free(data_set *d); /* wipes */

#endif
