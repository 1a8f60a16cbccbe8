#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "errors.h"

tacit_status array_allocate(array *a, bool is_integer, tacit_error *err) {
    uint64_t count = 1;
    for (uint32_t i = 0; i < a->rank; i++)
        if (__builtin_mul_overflow(count, a->dim[i], &count) || count > DATA_MAX_ELEMENTS)
            return cli_fail(err, TACIT_RESOURCES, "more than %llu elements", (unsigned long long)DATA_MAX_ELEMENTS);
    a->count = count;
    a->is_integer = is_integer;
    /* calloc(0) may be NULL. */
    size_t slots = count > 0 ? (size_t)count : 1;
    a->real = calloc(slots, sizeof *a->real);
    if (is_integer) a->integer = calloc(slots, sizeof *a->integer);
    if (a->real == NULL || (is_integer && a->integer == NULL)) {
        array_free(a);
        return cli_fail(err, TACIT_RESOURCES, "no memory for %llu elements", (unsigned long long)count);
    }
    return TACIT_OK;
}

void array_free(array *a) {
    if (a->real != NULL) explicit_bzero(a->real, (size_t)a->count * sizeof *a->real);
    if (a->integer != NULL) explicit_bzero(a->integer, (size_t)a->count * sizeof *a->integer);
    free(a->real);
    free(a->integer);
    a->real = NULL;
    a->integer = NULL;
    a->count = 0;
}

void array_shape_text(char *out, size_t size, const uint64_t *dim, size_t rank) {
    size_t at = (size_t)snprintf(out, size, "(");
    for (size_t i = 0; i < rank && at + 24 < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%llu%s", (unsigned long long)dim[i],
                               i + 1 < rank ? ", "
                               : rank == 1  ? ","
                                            : "");
    (void)snprintf(out + at, size - at, ")");
}

tacit_status data_set_init(data_set *d, tacit_error *err) {
    *d = (data_set){.item = calloc(DATA_MAX_ARRAYS, sizeof(array))};
    if (d->item == NULL) return cli_fail(err, TACIT_RESOURCES, "out of memory");
    return TACIT_OK;
}

void data_set_free(data_set *d) {
    for (size_t i = 0; i < d->count; i++) array_free(&d->item[i]);
    free(d->item);
    *d = (data_set){0};
}
