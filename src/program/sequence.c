/* program/sequence.c */
#include "program/sequence.h"

bool run_reader_start(run_reader *q, reader *r, uint32_t count) {
    *q = (run_reader){.left = count};
    q->runs = read_var(r);
    return q->runs >= 1 && q->runs <= (r->size - r->at) / 2;
}

static bool in_bounds(int64_t v) {
    return v >= -MAX_SEQUENCE_VALUE && v <= MAX_SEQUENCE_VALUE;
}

/* Of a value in bounds and any number: a sum that wraps is out of bounds, too. */
static int64_t wrapped_sum(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

bool run_reader_next(run_reader *q, reader *r, table_run *run) {
    uint64_t n = read_var(r);
    int64_t delta = read_svar(r), step = 0, start, span, last, next;
    if (n < 1 || n > q->left) return false;
    start = wrapped_sum(q->last, delta);
    if (!in_bounds(start)) return false;
    if (n > 1) step = read_svar(r);
    if (r->bad || __builtin_mul_overflow(step, (int64_t)(n - 1), &span)) return false;
    last = wrapped_sum(start, span);
    if (!in_bounds(last)) return false;
    next = last + step; /* |last| <= 2^61, |step| <= |last - start| <= 2^62: no overflow */
    if (q->open && start == q->next) return false;
    q->left -= n;
    q->runs--;
    if (n == 1 && q->left) return false; /* only the last run may have one element */
    if ((q->runs == 0) != (q->left == 0)) return false;
    q->last = last;
    q->next = next;
    q->open = n > 1;
    *run = (table_run){(uint32_t)n, start, step};
    return true;
}

static int64_t value_at(const int32_t *v32, const int64_t *v64, uint64_t i) {
    return v32 ? v32[i] : v64[i];
}

table_run run_at(const int32_t *v32, const int64_t *v64, uint64_t at, uint64_t count) {
    table_run run = {1, value_at(v32, v64, at), 0};
    if (at + 1 == count) return run;
    int64_t v = value_at(v32, v64, at + 1);
    run.step = v - run.start;
    uint64_t n = 2;
    while (at + n < count && n < UINT32_MAX && value_at(v32, v64, at + n) - v == run.step) {
        v = value_at(v32, v64, at + n);
        n++;
    }
    run.count = (uint32_t)n;
    return run;
}

static void write_run(writer *w, const table_run *run, int64_t *last) {
    write_var(w, run->count);
    write_svar(w, run->start - *last);
    if (run->count > 1) write_svar(w, run->step);
    *last = run->start + run->step * (int64_t)(run->count - 1);
}

void write_runs(writer *w, const table_run *runs, uint64_t run_count) {
    int64_t last = 0;
    write_var(w, run_count);
    for (uint64_t i = 0; i < run_count; i++) write_run(w, &runs[i], &last);
}

void write_values(writer *w, const int32_t *v32, const int64_t *v64, uint64_t count) {
    uint64_t runs = 0;
    int64_t last = 0;
    for (uint64_t i = 0; i < count; i += run_at(v32, v64, i, count).count) runs++;
    write_var(w, runs);
    for (uint64_t i = 0; i < count;) {
        table_run run = run_at(v32, v64, i, count);
        write_run(w, &run, &last);
        i += run.count;
    }
}
