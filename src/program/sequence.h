/* program/sequence: integer sequences in the file: view maps, table columns, constants.
 * A sequence is cut greedily from the left into the longest arithmetic progressions, and written as
 *   var run_count, then per run: var count, svar (start - last value of the run before, 0 at first),
 *   and, if count > 1, svar step.
 * The cut is a function of the values, so there is one byte string per sequence: a run that is not the last has at
 * least two elements, and the element after it does not continue it. */
#ifndef PROGRAM_SEQUENCE_H
#define PROGRAM_SEQUENCE_H
#include "program/program.h"

/* Of a value; differences then fit in 62 bits and a sign. */
#define MAX_SEQUENCE_VALUE ((int64_t)1 << 61)

/* Reader of runs: checks the canonical cut as it goes. */
typedef struct run_reader {
    uint64_t left; /* elements still to come */
    uint64_t runs; /* runs still to come */
    int64_t last;  /* last value of the run before */
    int64_t next;  /* its continuation */
    bool open;     /* the run before had two elements or more, so `next` is forbidden */
} run_reader;

/* False (malformed) unless there is a run, and bytes for as many as there are said to be. */
bool run_reader_start(run_reader *q, reader *r, uint32_t count);
bool run_reader_next(run_reader *q, reader *r, table_run *run);

/* Longest progression that starts at element `at` of values32 (map) or values64, `count` elements in all. */
table_run run_at(const int32_t *values32, const int64_t *values64, uint64_t at, uint64_t count);
void write_runs(writer *w, const table_run *runs, uint64_t run_count);
/* One of the two arrays. */
void write_values(writer *w, const int32_t *values32, const int64_t *values64, uint64_t count);
#endif
