/* Step 3 alone: what a looked-up row costs, without commitment and opening.
 *   bench_logup WIDTH BITS ROWS COLUMNS    ROWS x COLUMNS lookups in a table of 2^BITS rows and WIDTH columns
 * Prints, of the multiplicities and of step 3, nanoseconds a row (of a clock on the wall, of all processors), bytes of
 * the arena a row, and the first bytes of the messages' SHA-256 (all pads are 0). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/threads.h"
#include "lab.h"
#include "logup/logup_prove.h"

enum { MESSAGES = 1 << 20, CELLS = 1 << 14 };

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Column j of row r is (j + 1) r + j, less half of the rows in column 0. */
static void make(lab *l, uint32_t width, unsigned bits, const shape *s) {
    uint32_t columns[MAX_TABLE_WIDTH];
    int64_t half = (int64_t)1 << bits >> 1;
    table_column t[MAX_TABLE_WIDTH];
    table_run runs[MAX_TABLE_WIDTH];
    for (uint32_t j = 0; j < width; j++) {
        char name[16];
        int64_t start = j ? j : -half, step = j + 1;
        snprintf(name, sizeof name, "x%u", j);
        runs[j] = (table_run){1u << bits, start, step};
        t[j] = (table_column){.run_count = 1, .runs = &runs[j]};
        columns[j] = builder_external(l->b, TENSOR_INPUT, name, s, start, start + step * ((1 << bits) - 1));
    }
    builder_lookup(l->b, "look", builder_table(l->b, width, t, 1u << bits), columns);
    lab_load(l);
    uint64_t seed = 1, n = shape_count(s);
    for (uint64_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int64_t r = (int64_t)(seed >> (64 - bits));
        for (uint32_t j = 0; j < width; j++)
            l->t.values[columns[j]][i] = (int32_t)((j ? j : -half) + (int64_t)(j + 1) * r);
    }
}

static int run(lab *l, const logup *u, arena *a) {
    static unsigned char out[MESSAGES];
    static ext zeros[CELLS];
    session s;
    transcript ch;
    prover pr = {.step = NULL};
    logup_oracle oracle;
    double wall = seconds(CLOCK_MONOTONIC), all = seconds(CLOCK_PROCESS_CPUTIME_ID), n = (double)u->forest[0].size;
    transcript_prover(&ch, out, MESSAGES, &l->err);
    session_init(&s, &l->p, l->bind, &ch, &l->a, &l->err);
    s.prover = &pr;
    for (int i = 0; i < CELL_ARRAYS; i++) s.cells[i] = zeros;
    if (logup_prover(&oracle, &l->t, a, &l->err) != TACIT_OK || logup_run(&s, u, &oracle) != TACIT_OK) return 1;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    all = seconds(CLOCK_PROCESS_CPUTIME_ID) - all;
    digest d = sha256_of(out, ch.at);
    printf("%u threads, %s: %.2f ns a row, %.2f ns of processors, %.1f bytes a row, messages %02x%02x%02x%02x\n",
           threads_max(), vec->name, wall * 1e9 / n, all * 1e9 / n, (double)a->peak / n, d.b[0], d.b[1], d.b[2],
           d.b[3]);
    return 0;
}

int main(int argc, char **argv) {
    lab l;
    arena a;
    logup *u = calloc(1, sizeof *u);
    if (argc != 5) {
        fprintf(stderr, "usage: bench_logup WIDTH BITS ROWS COLUMNS\n");
        return 2;
    }
    lab_start(&l);
    arena_unmap(&l.a);
    if (arena_map(&l.a, (size_t)16 << 30, &l.err) != TACIT_OK || arena_map(&a, (size_t)16 << 30, &l.err) != TACIT_OK)
        return 1;
    shape s = shape2((uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]));
    make(&l, (uint32_t)atoi(argv[1]), (unsigned)atoi(argv[2]), &s);
    double wall = seconds(CLOCK_MONOTONIC), all = seconds(CLOCK_PROCESS_CPUTIME_ID), n = (double)shape_count(&s);
    tacit_status st = trace_count(&l.t, &l.a, &l.err);
    printf("multiplicities: %.2f ns a row, %.2f ns of processors\n", (seconds(CLOCK_MONOTONIC) - wall) * 1e9 / n,
           (seconds(CLOCK_PROCESS_CPUTIME_ID) - all) * 1e9 / n);
    if (st == TACIT_OK) st = logup_make(u, &l.p, &l.a, &l.err);
    for (int i = 0; st == TACIT_OK && i < 4 && run(&l, u, &a) == 0; i++) arena_wipe(&a);
    if (l.err.status != TACIT_OK) fprintf(stderr, "%s\n", l.err.text);
    arena_unmap(&a);
    free(u);
    lab_end(&l);
    return l.err.status != TACIT_OK;
}
