#include "commit/geometry.h"
#include <string.h>
#include "base/bytes.h"
#include "commit/geometry_assemble.h"
#include "commit/queries.h"
#include "field/ext.h"
#include "hash/merkle.h"

/* k <= MAX_LANES_LOG lanes per object; a <= MAX_COLUMNS_LOG, so that the domain fits F's two-adic roots. */
enum { MAX_LANES_LOG = 16, MAX_LANES = 1 << MAX_LANES_LOG, MAX_COLUMNS_LOG = GL_TWO_ADICITY - RATE_LOG };
enum { STRONGEST_BITS = 130 }; /* of all profiles: t_max of certificates */

/* Error numerators are compared with 2^(64 EXT_DEG - CHALLENGE_BITS), lowered because p < 2^64: p^D >= 2^(64 D)
 * (1 - D 2^-32), so |E| 2^-100 > 2^28 - 1 and |E| 2^-130 > 2^62 - 2^32. */
#define NUMERATOR_LIMIT (EXT_DEG == 2 ? (UINT64_C(1) << 28) - 1 : (UINT64_C(1) << 62) - (UINT64_C(1) << 32))

uint32_t geometry_rounds(const geometry *g) {
    uint32_t rounds = 0;
    for (uint32_t c = 0; c + 1 < g->object_count; c++)
        if (g->object[c].a + g->object[c].k > rounds) rounds = g->object[c].a + g->object[c].k;
    return rounds;
}

/* ---------------------------------------------------------------- strips */
uint32_t geometry_strips(uint32_t lanes, lane_strip out[MAX_STRIPS]) {
    uint32_t count = 0, first = 0;
    for (uint32_t rest = lanes; rest; count++) {
        out[count] = (lane_strip){first, log2_floor(rest)};
        first += UINT32_C(1) << out[count].k;
        rest -= UINT32_C(1) << out[count].k;
    }
    return count;
}

strip_room geometry_room(uint32_t lanes, uint64_t columns) {
    lane_strip strips[MAX_STRIPS];
    strip_room r = {.count = geometry_strips(lanes, strips)};
    for (uint32_t s = 0; s < r.count; s++) r.capacity[s] = columns << strips[s].k;
    return r;
}

/* ---------------------------------------------------------------- from objects to domains and the level-1 vector */
/* Insertion sort by length, longest first; ties keep the object order. */
static void sort_objects(geometry *g) {
    for (uint32_t i = 0; i < g->object_count; i++) {
        uint32_t at = i;
        for (; at > 0 && g->object[g->start_order[at - 1]].a < g->object[i].a; at--)
            g->start_order[at] = g->start_order[at - 1];
        g->start_order[at] = i;
    }
}

/* F elements that object c puts into its domain's own tree: its lanes unless it is a certificate, and omega. */
static uint32_t object_width(const geometry *g, uint32_t c) {
    if (c == 0) return g->object[c].lanes + EXT_DEG;
    return c + 1 == g->object_count ? 2 * EXT_DEG : EXT_DEG;
}

static uint32_t domain_queries(const ladder_table *table, uint32_t a) {
    return table ? ladder_queries(table, a) : geometry_queries(UINT64_C(1) << (a + RATE_LOG), UINT64_C(1) << a);
}

void geometry_assemble(geometry *g, const ladder_table *table) {
    g->domain_count = 0;
    g->used = 0;
    sort_objects(g);
    for (uint32_t i = 0; i < g->object_count; i++) {
        uint32_t c = g->start_order[i], a = g->object[c].a;
        if (i == 0 || g->domain[g->domain_count - 1].a != a)
            g->domain[g->domain_count++] =
                (geometry_domain){.a = a, .log_n = a + RATE_LOG, .t = domain_queries(table, a), .width = 0};
        g->object[c].domain = g->domain_count - 1;
        g->domain[g->domain_count - 1].width += object_width(g, c);
        g->start[c] = g->used;
        g->used += UINT64_C(1) << a;
    }
    g->vector_log = log2_ceil(g->used);
}

/* ---------------------------------------------------------------- error of single challenges */
/* (delta n + 1) |E|, delta n = (n - K) / 2. */
static uint64_t proximity(unsigned log_n, uint64_t dimension) {
    return ((UINT64_C(1) << log_n) - dimension) / 2 + 1;
}

/* Gamma folds all objects. It is worse than any challenge of step 6: a lane fold of all objects but sigma, whose own
 * term is above the 2 of the round polynomial. */
static bool folds_safe(const geometry *g) {
    uint64_t gamma = 1;
    for (uint32_t c = 0; c < g->object_count; c++)
        gamma += proximity(g->object[c].a + RATE_LOG, UINT64_C(1) << g->object[c].a);
    return gamma <= NUMERATOR_LIMIT;
}

/* A batch of B + 1 equations: B / |E|. Inner folds: proximity and a round polynomial of degree 2. */
static bool levels_safe(const geometry *g) {
    uint64_t opened = 0;
    for (uint32_t c = 0; c < g->object_count; c++) opened += g->domain[g->object[c].domain].t;
    if (opened > NUMERATOR_LIMIT) return false;
    for (uint32_t i = 0; i < g->level_count; i++) {
        const geometry_level *l = &g->level[i];
        uint64_t fold = proximity(l->log_n, geometry_columns(l)) + 2, batch = l->t;
        if (fold > NUMERATOR_LIMIT || batch > NUMERATOR_LIMIT) return false;
    }
    return true;
}

/* ---------------------------------------------------------------- size and cost */
typedef uint64_t siblings_of(unsigned h, uint32_t t);

static uint64_t tree_bytes(unsigned log_n, uint32_t t, uint64_t leaf, siblings_of *siblings) {
    return t * leaf + MERKLE_BYTES * siblings(log_n, t);
}

static uint64_t domain_bytes(const geometry *g, uint32_t d, siblings_of *siblings) {
    const geometry_domain *dom = &g->domain[d];
    uint64_t bytes = 32 + tree_bytes(dom->log_n, dom->t, 8 * (uint64_t)dom->width + 32, siblings);
    for (uint32_t c = 1; c + 1 < g->object_count; c++)
        if (g->object[c].domain == d)
            bytes += tree_bytes(dom->log_n, dom->t, (UINT64_C(8) << g->object[c].k) + 32, siblings);
    return bytes;
}

static uint64_t level_bytes(const geometry_level *l, siblings_of *siblings) {
    return 32 + tree_bytes(l->log_n, l->t, (UINT64_C(8) * EXT_DEG) << l->k, siblings) + 16 * EXT_DEG * l->k;
}

/* Roots, nu, openings, inner levels and the vector in the clear: messages of commit_roots and commit_open. */
static uint64_t all_bytes(const geometry *g, siblings_of *siblings) {
    uint64_t bytes = 8 * EXT_DEG, clear = g->used;
    for (uint32_t d = 0; d < g->domain_count; d++) bytes += domain_bytes(g, d, siblings);
    for (uint32_t i = 0; i < g->level_count; i++) {
        bytes += level_bytes(&g->level[i], siblings);
        clear = geometry_columns(&g->level[i]);
    }
    return bytes + 8 * EXT_DEG * clear;
}

uint64_t geometry_most_bytes(const geometry *g) {
    return all_bytes(g, most_siblings);
}
uint64_t geometry_expected_bytes(const geometry *g) {
    return all_bytes(g, expected_siblings);
}

/* As in commit/ladder_search: bytes and work. Certificates' own trees are work done before. */
static uint64_t domain_cost(const geometry *g, const ladder_table *table, uint32_t d) {
    const geometry_domain *dom = &g->domain[d];
    uint64_t path = ladder_path(table, dom->a);
    uint64_t cost = 32 + dom->t * (8 * (uint64_t)dom->width + 32) + path + tree_work(table, dom->log_n, dom->width);
    for (uint32_t c = 1; c + 1 < g->object_count; c++)
        if (g->object[c].domain == d) cost += dom->t * ((UINT64_C(8) << g->object[c].k) + 32) + path;
    return cost;
}

static uint64_t geometry_cost(const geometry *g, const ladder_table *table) {
    uint64_t clear = 8 * EXT_DEG * g->used, cost = ladder_cost(table, g->used);
    if (cost > clear) cost = clear;
    for (uint32_t d = 0; d < g->domain_count; d++) cost += domain_cost(g, table, d);
    return cost + 16 * EXT_DEG * geometry_rounds(g);
}

/* ---------------------------------------------------------------- search */
typedef struct search {
    const ladder_table *table;
    const block_counts *blocks;
    geometry best;
    uint64_t best_cost, x_size;
    bool unsafe; /* some candidate was dropped for its error */
} search;

static void consider(search *s, geometry *g) {
    geometry_assemble(g, s->table);
    if (g->vector_log > s->table->vars) return;
    for (uint32_t c = 0; c < g->object_count; c++) {
        uint32_t t = g->domain[g->object[c].domain].t;
        if (t == 0 || t > g->object[c].tail) return;
    }
    if (!folds_safe(g)) {
        s->unsafe = true;
        return;
    }
    uint64_t cost = geometry_cost(g, s->table);
    if (cost >= s->best_cost) return;
    s->best_cost = cost;
    s->best = *g;
}

/* Columns of 2^a that a tail of t columns leaves; 0 if there is no t. */
static uint64_t free_columns(const ladder_table *table, unsigned a) {
    uint64_t columns = UINT64_C(1) << a, t = ladder_queries(table, a);
    return t > 0 && t < columns ? columns - t : 0;
}

static void set_object(geometry *g, const ladder_table *table, uint32_t c, unsigned a, uint32_t lanes) {
    g->object[c] = (geometry_object){.a = a, .k = log2_ceil(lanes), .tail = ladder_queries(table, a), .lanes = lanes};
}

/* Own shortest domain, or the domain of an earlier object (one tree fewer). */
static void place_sigma(search *s, geometry *g) {
    uint32_t last = g->object_count - 1;
    uint64_t cells = 2 * (uint64_t)geometry_rounds(g);
    unsigned own = 0;
    while (free_columns(s->table, own) < cells)
        if (own++ == s->table->vars) return;
    set_object(g, s->table, last, own, 1);
    consider(s, g);
    for (uint32_t c = 0; c < last; c++) {
        if (g->object[c].a <= own) continue;
        set_object(g, s->table, last, g->object[c].a, 1);
        consider(s, g);
    }
}

/* Numbers of lanes that are tried: all of at most MAX_STRIPS significant bits, ascending. */
static uint32_t next_lanes(uint32_t lanes) {
    unsigned log = log2_floor(lanes);
    return lanes + (UINT32_C(1) << (log < MAX_STRIPS ? 0 : log - MAX_STRIPS + 1));
}

static bool blocks_fit(const search *s, uint32_t lanes, uint64_t columns) {
    strip_room room = geometry_room(lanes, columns);
    for (unsigned log = BLOCK_SIZES; log-- > 0;) {
        uint64_t count = s->blocks->of[log];
        for (uint32_t i = 0; i < room.count; i++) count -= strip_take(&room, i, log, count);
        if (count) return false;
    }
    return true;
}

/* For every number of columns the smallest number of lanes. */
static void place_x(search *s, geometry *g) {
    for (unsigned a = 0; a <= s->table->vars; a++) {
        uint64_t columns = free_columns(s->table, a);
        uint32_t lanes = 1;
        while (lanes <= MAX_LANES && (columns * lanes < s->x_size || !blocks_fit(s, lanes, columns)))
            lanes = next_lanes(lanes);
        if (lanes > MAX_LANES) continue;
        set_object(g, s->table, 0, a, lanes);
        place_sigma(s, g);
    }
}

/* The longest vector that the search can meet: x with one lane, unless that is longer than any level may be. */
static unsigned search_vars(uint64_t x_size, const certificate_shape *certs, uint32_t cert_count) {
    unsigned vars = log2_ceil(x_size) < 8 ? 8 : log2_ceil(x_size);
    for (uint32_t i = 0; i < cert_count; i++)
        if (certs[i].a > vars) vars = certs[i].a;
    vars += 4; /* up to MAX_OBJECTS objects of the longest length */
    return vars < LADDER_VARS ? vars : LADDER_VARS;
}

static uint64_t blocks_size(const block_counts *b) {
    uint64_t size = 0;
    for (unsigned log = 0; log < BLOCK_SIZES; log++) size += b->of[log] << log;
    return size ? size : 1;
}

/* Certificates of `work`, and the search's table. */
static tacit_status start_search(search *s, geometry *work, const certificate_shape *certs, uint32_t cert_count,
                                 ladder_table *table, tacit_error *err) {
    uint64_t size = s->x_size;
    if (cert_count > MAX_CERTIFICATES)
        return fail(err, TACIT_UNSUPPORTED, "more than %u certificates", (uint64_t)MAX_CERTIFICATES);
    if (size > UINT64_C(1) << 40) return fail(err, TACIT_UNSUPPORTED, "%u committed values are too many", size);
    work->object_count = cert_count + 2;
    for (uint32_t i = 0; i < cert_count; i++) {
        const certificate_shape *c = &certs[i];
        if (c->a > MAX_COLUMNS_LOG || c->k > MAX_LANES_LOG || c->tail > UINT64_C(1) << c->a)
            return fail(err, TACIT_MALFORMED, "certificate %u: impossible shape", (uint64_t)i);
        size += UINT64_C(1) << (c->a + c->k);
        work->object[1 + i] =
            (geometry_object){.a = c->a, .k = c->k, .tail = c->tail, .domain = 0, .lanes = UINT32_C(1) << c->k};
    }
    ladder_search(table, search_vars(s->x_size, certs, cert_count), size);
    return TACIT_OK;
}

tacit_status geometry_make(geometry *g, const block_counts *blocks, const certificate_shape *certs, uint32_t cert_count,
                           tacit_error *err) {
    ladder_table table;
    search s = {.table = &table, .blocks = blocks, .best_cost = UINT64_MAX, .x_size = blocks_size(blocks)};
    geometry work;
    memset(g, 0, sizeof *g);
    memset(&work, 0, sizeof work);
    memset(&s.best, 0, sizeof s.best);
    TRY(start_search(&s, &work, certs, cert_count, &table, err));
    place_x(&s, &work);
    if (s.best_cost == UINT64_MAX)
        return s.unsafe ? fail(err, TACIT_SOUNDNESS, "a fold challenge misses 2^-%u", (uint64_t)CHALLENGE_BITS)
                        : fail(err, TACIT_UNSUPPORTED, "no geometry for %u committed values", s.x_size);
    *g = s.best;
    if (ladder_cost(&table, g->used) < 8 * EXT_DEG * g->used) g->level_count = ladder_levels(&table, g->used, g->level);
    if (!levels_safe(g)) return fail(err, TACIT_SOUNDNESS, "a ladder challenge misses 2^-%u", (uint64_t)CHALLENGE_BITS);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- certificates */
uint32_t certificate_queries(unsigned a) {
    return a > MAX_COLUMNS_LOG ? 0 : queries_for_bits(UINT64_C(1) << (a + RATE_LOG), UINT64_C(1) << a, STRONGEST_BITS);
}

/* What a certificate of this shape adds to every proof: its own tree's openings, the mask's tree, the longer ladder. */
static uint64_t certificate_cost(const ladder_table *table, unsigned a, unsigned k) {
    uint64_t t = ladder_queries(table, a);
    return t * ((UINT64_C(8) << k) + 8 * EXT_DEG + 64) + 2 * ladder_path(table, a) +
           tree_work(table, a + RATE_LOG, 2 * EXT_DEG) + ladder_cost(table, UINT64_C(1) << a);
}

tacit_status geometry_certificate(certificate_shape *c, uint64_t size, uint64_t openings, uint32_t *t_max,
                                  tacit_error *err) {
    ladder_table table;
    uint64_t best = UINT64_MAX;
    memset(c, 0, sizeof *c);
    *t_max = 0;
    if (openings == 0 || openings > UINT64_C(1) << 20) return fail(err, TACIT_USAGE, "openings must lie in 1 .. 2^20");
    ladder_search(&table, LADDER_VARS - 2, size);
    for (unsigned a = 1; a <= table.vars; a++) {
        uint64_t t = certificate_queries(a), columns = UINT64_C(1) << a, tail = t * openings;
        if (t == 0 || tail >= columns) continue;
        unsigned k = 0;
        while (k <= MAX_LANES_LOG && (columns - tail) << k < size) k++;
        if (k > MAX_LANES_LOG || certificate_cost(&table, a, k) >= best) continue;
        best = certificate_cost(&table, a, k);
        *c = (certificate_shape){.a = a, .k = k, .tail = (uint32_t)tail};
        *t_max = (uint32_t)t;
    }
    if (best == UINT64_MAX)
        return fail(err, TACIT_UNSUPPORTED, "%u weights with %u openings do not fit one certificate", size, openings);
    return TACIT_OK;
}
