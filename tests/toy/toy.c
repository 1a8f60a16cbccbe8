#include "toy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "commit/geometry_assemble.h"
#include "commit/rng_chunk.h"
#include "poly/ntt.h"

/* ---------------------------------------------------------------- the field */
uint64_t toy_p = 17, toy_generator = 3, toy_wrap = 1;

gl gl_pow(gl a, uint64_t e) {
    gl r = 1;
    for (; e != 0; e >>= 1, a = gl_mul(a, a))
        if (e & 1) r = gl_mul(r, a);
    return r;
}
gl gl_inv(gl a) {
    return gl_pow(a, toy_p - 2);
}
gl gl_root(unsigned log_n) {
    if ((toy_p - 1) % (UINT64_C(1) << log_n) != 0) abort();
    return gl_pow(toy_generator, (toy_p - 1) >> log_n);
}
ext ext_inv(ext a) {
#if EXT_DEG == 1
    return ext_from(gl_inv(a.c[0]));
#else
    gl norm = gl_sub(gl_mul(a.c[0], a.c[0]), gl_mul(toy_generator, gl_mul(a.c[1], a.c[1])));
    return ext_scale((ext){{a.c[0], gl_neg(a.c[1])}}, gl_inv(norm));
#endif
}

static bool generates(gl g) {
    gl x = g;
    for (uint64_t i = 1; i < toy_p - 1; i++, x = gl_mul(x, g))
        if (x == 1) return false;
    return true;
}
void toy_field(uint64_t p) {
    toy_p = p;
    toy_wrap = (UINT64_MAX % p + 1) % p;
    for (toy_generator = 2; !generates(toy_generator); toy_generator++) continue;
}
uint64_t toy_size(void) {
    uint64_t n = 1;
    for (int j = 0; j < EXT_DEG; j++) n *= toy_p;
    return n;
}
ext toy_element(uint64_t i) {
    ext r;
    for (int j = 0; j < EXT_DEG; j++, i /= toy_p) r.c[j] = i % toy_p;
    return r;
}

/* ---------------------------------------------------------------- kernels: the portable ones */
const vec_kernels *vec = &vec_portable;
const vec_kernels *vec_find(const char *name) {
    (void)name;
    return &vec_portable;
}
const char *vec_select(const char *name) {
    (void)name;
    return vec->name;
}

/* ---------------------------------------------------------------- the transform, by its definition */
void ntt_prepare(unsigned log_n) {
    (void)log_n;
}
static gl horner(const gl *c, size_t count, gl x) {
    gl r = 0;
    for (size_t i = count; i-- > 0;) r = gl_add(gl_mul(r, x), c[i]);
    return r;
}
void ntt_forward(gl *x, unsigned log_n) {
    gl copy[1 << 12], w = gl_root(log_n), at = 1;
    size_t n = (size_t)1 << log_n;
    if (log_n > 12) abort();
    memcpy(copy, x, n * sizeof *x);
    for (size_t j = 0; j < n; j++, at = gl_mul(at, w)) x[j] = horner(copy, n, at);
}
void rs_encode(gl *out, const gl *coeffs, size_t count, unsigned log_n) {
    for (size_t j = 0; j < (size_t)1 << log_n; j++) out[j] = horner(coeffs, count, rs_point(log_n, j));
}

/* ---------------------------------------------------------------- coins */
toy_table toy = {toy_random_coin, NULL, NULL};
gl (*toy_secret)(unsigned label, uint32_t index, size_t i) = NULL;
static uint64_t state = 1;

void toy_seed(uint64_t seed) {
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (int i = 0; i < 8; i++) (void)toy_random(2);
}
/* xorshift64*; the bias of the remainder is below 2^-32 for the bases in use */
uint64_t toy_random(uint64_t base) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * UINT64_C(0x2545F4914F6CDD1D) >> 16) % base;
}
uint64_t toy_random_coin(void *ctx, transcript_tag tag, uint64_t base) {
    (void)ctx;
    (void)tag;
    return toy_random(base);
}

uint64_t toy_binomial(uint64_t n, uint64_t t) {
    uint64_t r = 1;
    if (t > n) return 0;
    for (uint64_t i = 1; i <= t; i++) r = r * (n - t + i) / i;
    return r;
}
void toy_subset(uint64_t n, uint32_t t, uint64_t rank, uint32_t *out) {
    uint32_t v = 0;
    for (uint32_t i = 0; i < t; i++, v++) {
        for (uint64_t c; rank >= (c = toy_binomial(n - v - 1, t - i - 1)); v++) rank -= c;
        out[i] = v;
    }
}

/* ---------------------------------------------------------------- the transcript */
static void start(transcript *t, transcript_mode mode, tacit_error *err) {
    memset(t, 0, sizeof *t);
    t->mode = mode;
    t->err = err;
}
void transcript_prover(transcript *t, unsigned char *out, size_t capacity, tacit_error *err) {
    start(t, TRANSCRIPT_PROVE, err);
    t->out = out;
    t->size = capacity;
}
void transcript_verifier(transcript *t, const unsigned char *proof, size_t size, tacit_error *err) {
    start(t, TRANSCRIPT_VERIFY, err);
    t->in = proof;
    t->size = size;
}
void transcript_counter(transcript *t, tacit_error *err) {
    start(t, TRANSCRIPT_COUNT, err);
}
void transcript_absorb(transcript *t, transcript_tag tag, const void *data, size_t n) {
    (void)t;
    (void)tag;
    (void)data;
    (void)n;
}

static void words(transcript *t, transcript_tag tag, gl *v, size_t n) {
    if (t->mode == TRANSCRIPT_PROVE) {
        CHEAT(MESSAGE, v, ((const unsigned[3]){tag, 0, (unsigned)n}));
        if (t->size - t->at < 8 * n) abort();
        for (size_t i = 0; i < n; i++) store_le64(t->out + t->at + 8 * i, v[i]);
    } else if (t->mode == TRANSCRIPT_VERIFY) {
        if (t->size - t->at < 8 * n) abort();
        for (size_t i = 0; i < n; i++) v[i] = load_le64(t->in + t->at + 8 * i);
    } else {
        memset(v, 0, n * sizeof *v);
    }
    t->at += 8 * n;
}
void transcript_f(transcript *t, transcript_tag tag, gl *v, size_t n) {
    if (t->mode != TRANSCRIPT_VERIFY || !toy.choice) {
        words(t, tag, v, n);
        return;
    }
    for (size_t i = 0; i < n; i++) v[i] = toy.choice(toy.ctx, tag, toy_p);
}
void transcript_e(transcript *t, transcript_tag tag, ext *v, size_t n) {
    if (t->mode != TRANSCRIPT_VERIFY || !toy.choice) {
        words(t, tag, v[0].c, n * EXT_DEG);
        return;
    }
    for (size_t i = 0; i < n; i++) v[i] = toy_element(toy.choice(toy.ctx, tag, toy_size()));
}
void transcript_hashes(transcript *t, transcript_tag tag, digest *v, size_t n) {
    (void)tag;
    if (t->mode == TRANSCRIPT_PROVE) {
        if (t->size - t->at < 32 * n) abort();
        if (n) memcpy(t->out + t->at, v, 32 * n);
    } else if (t->mode == TRANSCRIPT_VERIFY && !toy.choice) {
        if (n) memcpy(v, t->in + t->at, 32 * n);
    } else if (n) {
        memset(v, 0, 32 * n);
    }
    if (t->mode != TRANSCRIPT_VERIFY || !toy.choice) t->at += 32 * n;
}
void transcript_nodes(transcript *t, transcript_tag tag, digest *v, size_t n) {
    transcript_hashes(t, tag, v, n);
}
ext transcript_challenge(transcript *t, transcript_tag tag) {
    return t->mode == TRANSCRIPT_COUNT ? EXT_ZERO : toy_element(toy.coin(toy.ctx, tag, toy_size()));
}
void transcript_point(transcript *t, transcript_tag tag, ext *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = transcript_challenge(t, tag);
}
void transcript_positions(transcript *t, unsigned log_n, uint32_t count, uint32_t *out) {
    uint64_t n = UINT64_C(1) << log_n;
    if (t->mode == TRANSCRIPT_COUNT)
        for (uint32_t i = 0; i < count; i++) out[i] = i;
    else
        toy_subset(n, count, toy.coin(toy.ctx, TAG_POSITIONS, toy_binomial(n, count)), out);
}
tacit_status transcript_status(const transcript *t) {
    return t->err->status;
}
tacit_status transcript_finish(transcript *t) {
    if (t->mode == TRANSCRIPT_VERIFY && !toy.choice && t->at != t->size) abort();
    return t->err->status;
}

/* ---------------------------------------------------------------- the prover's generator */
const uint8_t *rng_test_seed = NULL;
void rng_attempt(rng_key *k, const digest *witness, const digest *statement) {
    (void)witness;
    (void)statement;
    memset(k, 0, sizeof *k);
}
void rng_open(rng_key *k, const digest *witness, const digest *statement) {
    rng_attempt(k, witness, statement);
}
rng_key rng_stream(const rng_key *k, rng_label label, uint32_t index) {
    (void)label;
    (void)index;
    return *k;
}
void rng_chunk(const rng_key *stream, uint64_t chunk, uint64_t block, uint8_t *out, size_t n) {
    (void)stream;
    (void)chunk;
    (void)block;
    memset(out, 0, n); /* salts: hashes are not looked at here */
}
void rng_bytes(const rng_key *k, rng_label label, uint32_t index, uint8_t *out, size_t n) {
    rng_chunk(k, label, index, out, n);
}
void rng_f(const rng_key *k, rng_label label, uint32_t index, gl *out, size_t n) {
    (void)k;
    for (size_t i = 0; i < n; i++) out[i] = toy_secret ? toy_secret(label, index, i) : toy_random(toy_p);
}
/* Element i has the stream's F elements EXT_DEG i, EXT_DEG i + 1, .. */
void rng_e(const rng_key *k, rng_label label, uint32_t index, extv out, size_t n) {
    (void)k;
    for (size_t i = 0; i < n; i++)
        for (int j = 0; j < EXT_DEG; j++)
            out.c[j][i] = toy_secret ? toy_secret(label, index, EXT_DEG * i + (size_t)j) : toy_random(toy_p);
}

/* ---------------------------------------------------------------- games */
/* The decisions of one run: those on the path are replayed; at the end of the path the run is cut short and the node's
 * kind and base are noted. */
enum { MOST_DECISIONS = 64 };
static struct {
    uint64_t path[MOST_DECISIONS], base;
    unsigned depth, at;
    bool open, choice;
    bool (*play)(void *);
    void *ctx;
} game;
uint64_t toy_leaves;

static uint64_t decide(bool choice, uint64_t base) {
    if (game.open) return 0;
    if (game.at < game.depth) return game.path[game.at++];
    game.open = true;
    game.choice = choice;
    game.base = base;
    return 0;
}
static uint64_t game_coin(void *ctx, transcript_tag tag, uint64_t base) {
    (void)ctx;
    (void)tag;
    return decide(false, base);
}
static uint64_t game_choice(void *ctx, transcript_tag tag, uint64_t base) {
    (void)ctx;
    (void)tag;
    return decide(true, base);
}
static double value(void) {
    game.at = 0;
    game.open = false;
    bool won = game.play(game.ctx);
    if (!game.open) {
        toy_leaves++;
        return won ? 1 : 0;
    }
    if (game.depth == MOST_DECISIONS) abort();
    bool choice = game.choice;
    uint64_t base = game.base;
    double best = 0, sum = 0;
    unsigned at = game.depth++;
    for (uint64_t i = 0; i < base && !(choice && best == 1); i++) {
        game.path[at] = i;
        double v = value();
        sum += v;
        if (v > best) best = v;
    }
    game.depth--;
    return choice ? best : sum / (double)base;
}
double toy_game(bool (*play)(void *ctx), void *ctx) {
    toy_table before = toy;
    toy = (toy_table){game_coin, game_choice, NULL};
    game.depth = 0;
    game.play = play;
    game.ctx = ctx;
    toy_leaves = 0;
    double v = value();
    toy = before;
    return v;
}

/* ---------------------------------------------------------------- geometry */
toy_shape toy_want;

void toy_geometry(geometry *g, const toy_shape *s) {
    memset(g, 0, sizeof *g);
    g->object_count = 2;
    g->object[0] =
        (geometry_object){.a = s->x_a, .k = s->x_k, .tail = s->t, .lanes = s->lanes ? s->lanes : 1u << s->x_k};
    g->object[1] = (geometry_object){.a = s->sigma_a, .tail = s->t, .lanes = 1};
    geometry_assemble(g, NULL);
    for (uint32_t d = 0; d < g->domain_count; d++) g->domain[d].t = s->t;
    if (s->level_k == 0) return;
    g->level_count = 1;
    g->level[0] = (geometry_level){.size = UINT64_C(1) << g->vector_log,
                                   .k = s->level_k,
                                   .log_n = g->vector_log - s->level_k + RATE_LOG,
                                   .t = s->level_t};
}
tacit_status geometry_make(geometry *g, const block_counts *blocks, const certificate_shape *certs, uint32_t cert_count,
                           tacit_error *err) {
    uint64_t x_size = 0;
    (void)certs;
    for (unsigned log = 0; log < BLOCK_SIZES; log++) x_size += blocks->of[log] << log;
    toy_geometry(g, &toy_want);
    uint64_t room = (UINT64_C(1) << toy_want.x_a) - toy_want.t;
    if (cert_count || x_size > room * g->object[0].lanes ||
        2 * geometry_rounds(g) + toy_want.t > UINT64_C(1) << toy_want.sigma_a)
        return fail(err, TACIT_INTERNAL, "toy: %u values do not fit the test's geometry", x_size);
    return TACIT_OK;
}
