#include "commit/ladder_search.h"
#include "base/bytes.h"
#include "base/wide.h"
#include "commit/queries.h"
#include "field/ext.h"
#include "hash/merkle.h"

_Static_assert((int)LADDER_DEPTH <= (int)MAX_LEVELS, "levels of the search fit the geometry");

static void queries_row(ladder_table *t, unsigned v) {
    for (unsigned r = 0; r < LADDER_RATES; r++) {
        unsigned log_n = v + RATE_LOG + r;
        t->t[v][r] = 0;
        t->path[v][r] = 0;
        if (log_n > GL_TWO_ADICITY) continue;
        t->t[v][r] = (uint16_t)geometry_queries(UINT64_C(1) << log_n, UINT64_C(1) << v);
        if (t->t[v][r]) t->path[v][r] = (uint32_t)(MERKLE_BYTES * expected_siblings(log_n, t->t[v][r]));
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

uint64_t ladder_cost(const ladder_table *t, uint64_t size) {
    unsigned v = log2_floor(size);
    uint64_t low = t->cost[LADDER_DEPTH][v][0], beyond = size - (UINT64_C(1) << v);
    if (beyond == 0) return low; /* else v >= 1 */
    uint64_t more_high, more = mul_64(t->cost[LADDER_DEPTH][v + 1][0] - low, beyond, &more_high);
    return low + (more >> v | more_high << (64 - v));
}

static uint64_t domain_cost(const ladder_table *t, const geometry_level *l) {
    uint64_t leaf = (uint64_t)EXT_DEG << l->k;
    return l->t * 8 * leaf + MERKLE_BYTES * expected_siblings(l->log_n, l->t) + tree_work(t, l->log_n, leaf);
}

/* Sets the domain of a level: the cheaper of 2^log_n and 2^(log_n + 1) points, the first if they cost the same. False
 * if neither will do. */
static bool choose_domain(const ladder_table *t, geometry_level *l, unsigned log_n, unsigned most) {
    uint64_t best = LADDER_NEVER;
    geometry_level tried = *l;
    for (tried.log_n = log_n; tried.log_n <= log_n + 1 && tried.log_n <= most; tried.log_n++) {
        tried.t = geometry_queries(UINT64_C(1) << tried.log_n, geometry_columns(l));
        if (tried.t == 0 || domain_cost(t, &tried) >= best) continue;
        best = domain_cost(t, &tried);
        *l = tried;
    }
    return best != LADDER_NEVER;
}

uint32_t ladder_levels(const ladder_table *t, uint64_t size, geometry_level *out) {
    unsigned v = log2_floor(size), r = 0, folded = 0, most = GL_TWO_ADICITY;
    bool up = 3 * size > UINT64_C(4) << v;
    ladder_step step[LADDER_DEPTH];
    uint32_t count = 0;
    if (up) v++;
    for (unsigned w = v; t->step[LADDER_DEPTH - count][w][r].k; count++) {
        step[count] = t->step[LADDER_DEPTH - count][w][r];
        r = step[count].rate;
        w -= step[count].k;
        folded += step[count].k;
    }
    size = (size + (UINT64_C(1) << folded) - 1) >> folded << folded;
    for (uint32_t i = 0; i < count; i++) {
        v -= step[i].k;
        out[i] = (geometry_level){.size = size, .k = step[i].k, .log_n = 0, .t = 0};
        if (!choose_domain(t, &out[i], v + RATE_LOG + step[i].rate - up, most)) return i;
        most = out[i].log_n;
        size >>= step[i].k;
    }
    return count;
}
