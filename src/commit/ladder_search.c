#include "commit/ladder_search.h"
#include "commit/queries.h"
#include "field/ext.h"

_Static_assert((int)LADDER_DEPTH <= (int)MAX_LEVELS, "levels of the search fit the geometry");

static void queries_row(ladder_table *t, unsigned v) {
    for (unsigned r = 0; r < LADDER_RATES; r++) {
        unsigned log_n = v + RATE_LOG + r;
        t->t[v][r] = 0;
        t->path[v][r] = 0;
        if (log_n > GL_TWO_ADICITY) continue;
        t->t[v][r] = (uint16_t)geometry_queries(UINT64_C(1) << log_n, UINT64_C(1) << v);
        if (t->t[v][r]) t->path[v][r] = (uint32_t)(32 * expected_siblings(log_n, t->t[v][r]));
    }
}

/* Root, openings, sumcheck messages and work of a level of 2^k lanes with 2^v coefficients each. */
static uint64_t level_cost(const ladder_table *t, unsigned v, unsigned k, unsigned r) {
    uint64_t opened = ((uint64_t)t->t[v][r] * 8 * EXT_DEG) << k;
    return 32 + opened + t->path[v][r] + 16 * EXT_DEG * k + tree_work(t, v + RATE_LOG + r, (uint64_t)EXT_DEG << k);
}

/* A level keeps the rate of the one above or lowers it, while its domain stays no longer than the one above. */
static void best_step(ladder_table *t, unsigned depth, unsigned v, unsigned r) {
    uint64_t best = (uint64_t)8 * EXT_DEG << v;
    ladder_step step = {0, 0};
    for (unsigned k = LADDER_K_MIN; depth && k <= LADDER_K_MAX && k < v; k++)
        for (unsigned r2 = r; r2 < LADDER_RATES && r2 <= r + k; r2++) {
            if (!t->t[v - k][r2]) continue;
            uint64_t cost = level_cost(t, v - k, k, r2) + t->cost[depth - 1][v - k][r2];
            if (cost >= best) continue;
            best = cost;
            step = (ladder_step){(uint8_t)k, (uint8_t)r2};
        }
    t->cost[depth][v][r] = best;
    t->step[depth][v][r] = step;
}

void ladder_search(ladder_table *t, unsigned vars, uint64_t size) {
    t->vars = vars;
    t->work_log = size >> SMALL_LOG ? WORK_LOG_BIG : WORK_LOG_SMALL;
    for (unsigned v = 0; v <= vars; v++) {
        queries_row(t, v);
        for (unsigned depth = 0; depth <= LADDER_DEPTH; depth++)
            for (unsigned r = 0; r < LADDER_RATES; r++) best_step(t, depth, v, r);
    }
}

uint32_t ladder_levels(const ladder_table *t, unsigned vars, geometry_level *out) {
    uint32_t count = 0;
    for (unsigned v = vars, r = 0, depth = LADDER_DEPTH;; depth--) {
        ladder_step step = t->step[depth][v][r];
        if (!step.k) return count;
        r = step.rate;
        out[count++] =
            (geometry_level){.log_size = v, .k = step.k, .log_n = v - step.k + RATE_LOG + r, .t = t->t[v - step.k][r]};
        v -= step.k;
    }
}
