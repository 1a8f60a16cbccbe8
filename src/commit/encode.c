#include "commit/encode.h"
#include <stdatomic.h>
#include <string.h>
#include "base/bytes.h"
#include "commit/object.h"
#include "commit/rng_chunk.h"
#include "base/threads.h"
#include "hash/merkle.h"
#include "poly/ntt.h"

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "not enough memory for the commitment");
}

static size_t code_stride(unsigned log_n) {
    enum { CACHE_LINE = 8 };
    return ((size_t)1 << log_n) + CACHE_LINE;
}

tacit_status code_alloc(code_tree *t, unsigned log_n, uint32_t width, arena *a, tacit_error *err) {
    *t = (code_tree){.log_n = log_n, .width = width, .stride = code_stride(log_n)};
    t->codes = ARENA_NEW(a, gl, width * t->stride);
    t->nodes = ARENA_NEW(a, digest, merkle_size(log_n));
    return t->codes && t->nodes ? TACIT_OK : full(err);
}

typedef struct lane_list {
    const lane_job *jobs;
    size_t length;
    unsigned log_n;
} lane_list;
static void encode_lane(void *ctx, size_t i, unsigned worker) {
    const lane_list *l = ctx;
    (void)worker;
    rs_encode(l->jobs[i].out, l->jobs[i].coeffs, l->length, l->log_n);
}

void encode_lanes(const lane_job *jobs, uint32_t count, size_t length, unsigned log_n) {
    ntt_prepare(log_n);
    threads_run(count, encode_lane, &(lane_list){jobs, length, log_n});
}

/* ---------------------------------------------------------------- from index order to lanes */
/* A group of lanes is brought into lane order together, so that its memory is read in runs: GROUP lanes at a time,
 * TILE columns at a time through a tile that stays in the cache (the lanes' own places are a power of two apart). */
enum { GROUP_LOG = 4, GROUP = 1 << GROUP_LOG, TILE = 64, PARALLEL_COLUMNS = 4096 };

typedef struct lane_group {
    gl *coeffs; /* lane q of the group at coeffs + (q << a) */
    unsigned a, k;
    uint32_t first, count; /* lanes of the object */
} lane_group;

static void tile_out(const lane_group *g, gl tile[GROUP][TILE], size_t column, size_t columns) {
    for (uint32_t q = 0; q < g->count; q++)
        memcpy(g->coeffs + ((size_t)q << g->a) + column, tile[q], columns * sizeof(gl));
}

/* Columns [0, 2^a) from small integers; zeros beyond `count` elements. */
typedef struct small_job {
    const lane_group *g;
    const object_data *x;
} small_job;
static void small_columns(void *ctx, size_t first, size_t all, unsigned worker) {
    const small_job *j = ctx;
    const lane_group *g = j->g;
    uint64_t count = j->x->small_count;
    (void)worker;
    for (size_t c0 = first; c0 < first + all; c0 += TILE) {
        gl tile[GROUP][TILE], row[GROUP];
        int32_t small[GROUP];
        size_t columns = first + all - c0 < TILE ? first + all - c0 : TILE;
        for (size_t c = 0; c < columns; c++) {
            uint64_t at = ((uint64_t)(c0 + c) << g->k) + g->first;
            size_t have = at >= count ? 0 : count - at < g->count ? (size_t)(count - at) : g->count;
            memset(row, 0, sizeof row);
            if (have) narrow_read(object_small(j->x, at), have, small);
            for (size_t q = 0; q < have; q++) row[q] = gl_from_i64(small[q]);
            for (size_t q = 0; q < GROUP; q++) tile[q][c] = row[q];
        }
        tile_out(g, tile, c0, columns);
    }
}

static void group_small(const lane_group *g, const object_data *x) {
    threads_range((size_t)1 << g->a, TILE, PARALLEL_COLUMNS, small_columns, &(small_job){g, x});
}

/* Columns [from, from + columns) from field elements in index order. */
typedef struct field_job {
    const lane_group *g;
    const gl *x;
    size_t from;
} field_job;
static void field_columns(void *ctx, size_t first, size_t all, unsigned worker) {
    const field_job *j = ctx;
    const lane_group *g = j->g;
    const gl *x = j->x;
    (void)worker;
    for (size_t c0 = first; c0 < first + all; c0 += TILE) {
        gl tile[GROUP][TILE];
        size_t columns = first + all - c0 < TILE ? first + all - c0 : TILE;
        for (size_t c = 0; c < columns; c++)
            for (uint32_t q = 0; q < g->count; q++) tile[q][c] = x[((c0 + c) << g->k) + g->first + q];
        tile_out(g, tile, j->from + c0, columns);
    }
}
static void group_field(const lane_group *g, const gl *x, size_t from, size_t all) {
    threads_range(all, TILE, PARALLEL_COLUMNS, field_columns, &(field_job){g, x, from});
}

/* The cells' ranges override the integers: column by column, the lanes of the group that the range covers. */
static void group_range(const lane_group *g, const object_range *r) {
    uint64_t end = r->start + r->count, lanes = UINT64_C(1) << g->k;
    for (uint64_t column = r->start >> g->k; column << g->k < end; column++) {
        uint64_t row = column << g->k, from = row + g->first, to = from + g->count;
        if (from < r->start) from = r->start;
        if (to > end) to = end;
        for (uint64_t at = from; at < to; at++)
            g->coeffs[(((at & (lanes - 1)) - g->first) << g->a) + column] = r->values[at - r->start];
    }
}

static tacit_status group_alloc(lane_group *g, arena *scratch, tacit_error *err) {
    g->coeffs = ARENA_NEW(scratch, gl, (size_t)GROUP << g->a);
    return g->coeffs ? TACIT_OK : full(err);
}

static void encode_group(const lane_group *g, gl *out, size_t stride, unsigned log_n) {
    lane_job jobs[GROUP];
    for (uint32_t q = 0; q < g->count; q++) jobs[q] = (lane_job){g->coeffs + ((size_t)q << g->a), out + q * stride};
    encode_lanes(jobs, g->count, (size_t)1 << g->a, log_n);
}

static uint32_t group_next(lane_group *g, uint32_t first) {
    uint32_t lanes = UINT32_C(1) << g->k;
    g->first = first;
    g->count = lanes - first < GROUP ? lanes - first : GROUP;
    return first + g->count;
}

static void group_object(const lane_group *g, const code_source *x) {
    group_small(g, x->data);
    for (uint32_t i = 0; i < x->data->range_count; i++) group_range(g, &x->data->ranges[i]);
    group_field(g, x->data->tail, ((size_t)1 << g->a) - x->tail, x->tail);
}

tacit_status encode_object(const code_tree *t, uint32_t first, const code_source *x, arena *scratch, tacit_error *err) {
    size_t mark = arena_mark(scratch);
    lane_group g = {.a = x->a, .k = x->k};
    TRY(group_alloc(&g, scratch, err));
    for (uint32_t lane = 0; lane >> x->k == 0;) {
        uint32_t next = group_next(&g, lane);
        group_object(&g, x);
        encode_group(&g, code_lane(t, first + lane), t->stride, t->log_n);
        lane = next;
    }
    arena_release(scratch, mark);
    return TACIT_OK;
}

tacit_status encode_vector(const code_tree *t, extv v, size_t columns, unsigned k, arena *scratch, tacit_error *err) {
    size_t mark = arena_mark(scratch);
    lane_group g = {.a = log2_ceil(columns), .k = k}; /* rs_encode likes powers of two */
    TRY(group_alloc(&g, scratch, err));
    for (size_t q = 0; q < GROUP; q++)
        memset(g.coeffs + (q << g.a) + columns, 0, (((size_t)1 << g.a) - columns) * sizeof(gl));
    for (uint32_t lane = 0; lane >> k == 0;) {
        uint32_t next = group_next(&g, lane);
        for (uint32_t j = 0; j < EXT_DEG; j++) {
            group_field(&g, v.c[j], 0, columns);
            encode_group(&g, code_lane(t, lane * EXT_DEG + j), EXT_DEG * t->stride, t->log_n);
        }
        lane = next;
    }
    arena_release(scratch, mark);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- hashing */
enum {
    SALT_LEAVES = RNG_CHUNK / 32,
    PIECE = 64,
    BLOCK = 8,
    STREAMS = 16
}; /* leaves per chunk of salts, of a piece, copied at once, hashed at once */

/* What of the leaves the tree's lanes are: all, or one group after another of a wider object's. */
typedef struct leaf_part {
    size_t before; /* bytes of the leaf hashed already: whole blocks */
    bool last;     /* salt and padding come with it */
} leaf_part;

/* Leaves lie in memory as the hash reads them, padding included, `room` bytes apart. */
typedef struct leaf_piece {
    size_t leaf_size, room, step; /* step: leaves of a piece */
    uint8_t *leaves, *salts, *packed;
} leaf_piece;

/* store_le64 in one store where that is what it is; gcc 12 makes eight of the byte-wise form in these loops. */
static inline void store_value(uint8_t *to, gl v) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, &v, sizeof v);
#else
    store_le64(to, v);
#endif
}

/* BLOCK leaves of BLOCK lanes: whole cache lines on both sides. */
static void copy_block(const gl *code, size_t stride, uint8_t *out, size_t room) {
    for (size_t i = 0; i < BLOCK; i++)
        for (size_t lane = 0; lane < BLOCK; lane++) store_value(out + i * room + 8 * lane, code[lane * stride + i]);
}

static void copy_lane(const gl *code, size_t leaves, uint8_t *out, size_t room) {
    for (size_t i = 0; i < leaves; i++) store_value(out + i * room, code[i]);
}

static void transpose(const code_tree *t, uint64_t at, size_t leaves, const leaf_piece *p) {
    uint32_t lane = 0;
    for (; leaves % BLOCK == 0 && lane + BLOCK <= t->width; lane += BLOCK)
        for (size_t i = 0; i < leaves; i += BLOCK)
            copy_block(code_lane(t, lane) + at + i, t->stride, p->leaves + i * p->room + 8 * (size_t)lane, p->room);
    for (; lane < t->width; lane++) copy_lane(code_lane(t, lane) + at, leaves, p->leaves + 8 * (size_t)lane, p->room);
}

/* Leaves of a piece: at most PIECE, as many as fit 128 KiB, at least one per hash stream. */
static leaf_piece piece_of(const code_tree *t, bool salted, const leaf_part *part) {
    leaf_piece p = {.leaf_size = code_leaf_size(t, salted && part->last), .step = PIECE};
    p.room = part->last ? merkle_leaf_room(p.leaf_size) : p.leaf_size;
    while (p.step > STREAMS && p.step * p.room > (size_t)1 << 17) p.step /= 2;
    return p;
}

static size_t piece_memory(const leaf_piece *p, const leaf_sink *sink) {
    return p->step * (p->room + (sink ? p->leaf_size : 0)) + RNG_CHUNK;
}

static leaf_piece piece_at(leaf_piece p, uint8_t *memory) {
    p.salts = memory;
    p.leaves = memory + RNG_CHUNK;
    p.packed = p.leaves + p.step * p.room;
    return p;
}

static bool put_piece(const leaf_piece *p, const leaf_sink *sink, uint64_t first, size_t n) {
    for (size_t i = 0; i < n; i++) memcpy(p->packed + i * p->leaf_size, p->leaves + i * p->room, p->leaf_size);
    return sink->put(sink->ctx, first, p->packed, n * p->leaf_size);
}

/* The hash leaves the memory idle: meanwhile the next piece's cache lines come, those of each lane. */
static void hash_leaves(const code_tree *t, uint64_t at, size_t n, const leaf_piece *p, const leaf_part *part) {
    for (size_t i = 0; i < n; i += STREAMS) {
        size_t count = n - i < STREAMS ? n - i : STREAMS;
        for (uint32_t lane = 0; lane < t->width; lane++)
            for (size_t line = 0; line < count; line += BLOCK)
                __builtin_prefetch(code_lane(t, lane) + at + n + i + line);
        merkle_leaves_padded(t->nodes + at + i, p->leaves + i * p->room, p->room, count, part->before == 0, part->last);
    }
}

typedef struct hash_job {
    const code_tree *t;
    const rng_key *salts;
    const leaf_sink *sink;
    leaf_part part;
    size_t step;
    leaf_piece piece;
    uint8_t *bytes;
    size_t own; /* bytes of a worker */
    atomic_bool stopped;
} hash_job;

static bool hash_chunk(const hash_job *j, uint64_t first, const leaf_piece *p) {
    bool salted = j->salts && j->part.last;
    if (salted) rng_chunk(j->salts, first / SALT_LEAVES, 0, p->salts, j->step * 32);
    for (size_t i = 0; j->part.last && i < p->step && i < j->step; i++)
        merkle_leaf_pad(p->leaves + i * p->room, p->leaf_size, j->part.before);
    for (size_t at = 0; at < j->step; at += p->step) {
        size_t n = j->step - at < p->step ? j->step - at : p->step;
        transpose(j->t, first + at, n, p);
        for (size_t i = 0; salted && i < n; i++)
            memcpy(p->leaves + i * p->room + 8 * (size_t)j->t->width, p->salts + (at + i) * 32, 32);
        hash_leaves(j->t, first + at, n, p, &j->part);
        if (j->sink && !put_piece(p, j->sink, first + at, n)) return false;
    }
    return true;
}

static void hash_piece(void *ctx, size_t i, unsigned worker) {
    hash_job *j = ctx;
    leaf_piece mine = piece_at(j->piece, j->bytes + j->own * worker);
    if (!atomic_load(&j->stopped) && !hash_chunk(j, i * j->step, &mine)) atomic_store(&j->stopped, true);
}

static tacit_status hash_part(const code_tree *t, const rng_key *salts, const leaf_sink *sink, leaf_part part,
                              arena *scratch, tacit_error *err) {
    size_t n = (size_t)1 << t->log_n, mark = arena_mark(scratch), step = n < SALT_LEAVES ? n : SALT_LEAVES;
    leaf_piece piece = piece_of(t, salts != NULL, &part);
    size_t own = piece_memory(&piece, sink);
    uint8_t *bytes = ARENA_NEW(scratch, uint8_t, own * (size_t)threads_max());
    if (!bytes) return full(err);
    hash_job j = {
        .t = t, .salts = salts, .sink = sink, .part = part, .step = step, .piece = piece, .bytes = bytes, .own = own};
    threads_run(n / step, hash_piece, &j);
    arena_release(scratch, mark);
    return atomic_load(&j.stopped) ? fail(err, TACIT_IO, "could not store the encoded columns") : TACIT_OK;
}

tacit_status code_hash(code_tree *t, size_t before, const rng_key *salts, const leaf_sink *sink, arena *scratch,
                       tacit_error *err) {
    TRY(hash_part(t, salts, sink, (leaf_part){.before = before, .last = true}, scratch, err));
    merkle_build(t->nodes, t->log_n);
    return TACIT_OK;
}

/* One group of lanes after the other is encoded into `t`, which holds no more. */
typedef tacit_status group_body(void *ctx, const code_tree *t, uint32_t lane, uint32_t count, tacit_error *err);
static tacit_status each_group(const code_source *x, unsigned log_n, group_body *body, void *ctx, arena *scratch,
                               tacit_error *err) {
    size_t mark = arena_mark(scratch);
    uint32_t lanes = UINT32_C(1) << x->k;
    lane_group g = {.a = x->a, .k = x->k};
    code_tree t = {.log_n = log_n, .width = lanes < GROUP ? lanes : GROUP, .stride = code_stride(log_n)};
    t.codes = ARENA_NEW(scratch, gl, t.width * t.stride);
    if (!t.codes) return full(err);
    TRY(group_alloc(&g, scratch, err));
    for (uint32_t lane = 0; lane < lanes;) {
        uint32_t next = group_next(&g, lane);
        group_object(&g, x);
        encode_group(&g, t.codes, t.stride, log_n);
        TRY(body(ctx, &t, lane, next - lane, err));
        lane = next;
    }
    arena_release(scratch, mark);
    return TACIT_OK;
}

typedef struct stream_job {
    digest *nodes;
    const rng_key *salts; /* with the last lane; NULL: more lanes come */
    size_t before;
    uint32_t lanes;
    arena *scratch;
} stream_job;
static tacit_status stream_group(void *ctx, const code_tree *t, uint32_t lane, uint32_t count, tacit_error *err) {
    const stream_job *j = ctx;
    code_tree part = *t;
    part.nodes = j->nodes;
    leaf_part p = {.before = j->before + 8 * (size_t)lane, .last = j->salts && lane + count == j->lanes};
    return hash_part(&part, j->salts, NULL, p, j->scratch, err);
}

tacit_status code_stream(digest *nodes, unsigned log_n, size_t before, const code_source *x, const rng_key *salts,
                         arena *scratch, tacit_error *err) {
    stream_job j = {nodes, salts, before, UINT32_C(1) << x->k, scratch};
    return each_group(x, log_n, stream_group, &j, scratch, err);
}

typedef struct pick_job {
    const uint32_t *positions;
    uint32_t count;
    gl *out;
    size_t width;
} pick_job;
static tacit_status pick_group(void *ctx, const code_tree *t, uint32_t lane, uint32_t count, tacit_error *err) {
    const pick_job *j = ctx;
    (void)err;
    for (uint32_t i = 0; i < j->count; i++)
        for (uint32_t q = 0; q < count; q++) j->out[i * j->width + lane + q] = code_lane(t, q)[j->positions[i]];
    return TACIT_OK;
}

tacit_status code_pick(unsigned log_n, const code_source *x, const uint32_t *positions, uint32_t count, gl *out,
                       size_t width, arena *scratch, tacit_error *err) {
    pick_job j = {positions, count, out, width};
    return each_group(x, log_n, pick_group, &j, scratch, err);
}

void code_column(const code_tree *t, uint64_t position, gl *column) {
    for (uint32_t lane = 0; lane < t->width; lane++) column[lane] = code_lane(t, lane)[position];
}

digest code_salt(const rng_key *salts, uint64_t position) {
    uint8_t two[64];
    digest d;
    rng_chunk(salts, position / SALT_LEAVES, position % SALT_LEAVES / 2, two, sizeof two);
    memcpy(d.b, two + 32 * (position & 1), sizeof d.b);
    return d;
}
