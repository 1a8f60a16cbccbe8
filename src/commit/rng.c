#include "commit/rng.h"
#include <sodium.h>
#include <string.h>
#include "base/broken.h"
#include "base/bytes.h"
#include "base/threads.h"
#include "commit/rng_chunk.h"

_Static_assert(crypto_stream_chacha20_KEYBYTES == 32 && crypto_stream_chacha20_NONCEBYTES == 8, "ChaCha20 sizes");

#ifdef TACIT_TEST_SEED
const uint8_t *rng_test_seed = NULL;
#endif

static void fresh_bytes(uint8_t out[32]) {
#ifdef TACIT_TEST_SEED
    if (rng_test_seed) {
        memcpy(out, rng_test_seed, 32);
        return;
    }
#endif
    randombytes_buf(out, 32); /* getrandom; aborts rather than answering without entropy */
}

static void derive(rng_key *k, const char *tag, const uint8_t fresh[32], const digest *witness,
                   const digest *statement) {
    sha256 h;
    sha256_init(&h);
    sha256_update(&h, tag, 13);
    sha256_update(&h, fresh, 32);
    sha256_update(&h, witness->b, sizeof witness->b);
    sha256_update(&h, statement->b, sizeof statement->b);
    digest d = sha256_final(&h);
    memcpy(k->b, d.b, sizeof k->b);
    sodium_memzero(&h, sizeof h);
    sodium_memzero(&d, sizeof d);
}

void rng_attempt(rng_key *k, const digest *witness, const digest *statement) {
    uint8_t fresh[32];
    fresh_bytes(fresh);
    derive(k, "tacit attempt", fresh, witness, statement);
    if (RULE_OFF(LEAK_KEY)) memset(k->b, 1, sizeof k->b);
    sodium_memzero(fresh, sizeof fresh);
}

void rng_open(rng_key *k, const digest *witness, const digest *statement) {
    static const uint8_t none[32] = {0};
    derive(k, "tacit open wt", none, witness, statement);
}

rng_key rng_stream(const rng_key *k, rng_label label, uint32_t index) {
    int ready = sodium_init(); /* else the streams are the same, but made four times slower; later calls only look */
    (void)ready;
    uint8_t where[5] = {(uint8_t)label};
    sha256 h;
    rng_key s;
    for (int i = 0; i < 4; i++) where[1 + i] = (uint8_t)(index >> (8 * i));
    sha256_init(&h);
    sha256_update(&h, "tacit stream", 12);
    sha256_update(&h, k->b, sizeof k->b);
    sha256_update(&h, where, sizeof where);
    digest d = sha256_final(&h);
    memcpy(s.b, d.b, sizeof s.b);
    sodium_memzero(&h, sizeof h);
    sodium_memzero(&d, sizeof d);
    return s;
}

void rng_chunk(const rng_key *stream, uint64_t chunk, uint64_t block, uint8_t *out, size_t n) {
    uint8_t nonce[8];
    store_le64(nonce, chunk);
    memset(out, 0, n);
    (void)crypto_stream_chacha20_xor_ic(out, out, n, nonce, block, stream->b);
}

void rng_bytes(const rng_key *k, rng_label label, uint32_t index, uint8_t *out, size_t n) {
    rng_key s = rng_stream(k, label, index);
    for (size_t at = 0; at < n; at += RNG_CHUNK)
        rng_chunk(&s, at / RNG_CHUNK, 0, out + at, n - at < RNG_CHUNK ? n - at : RNG_CHUNK);
    sodium_memzero(&s, sizeof s);
}

/* A word >= p (probability 2^-32) is replaced by the next word of the chunk's own stream beyond RNG_CHUNK bytes; as the
 * replacements are in order, they depend on the chunk alone. */
static gl replacement(const rng_key *stream, uint64_t chunk, uint64_t *next_block) {
    uint8_t word[8];
    gl v;
    do {
        rng_chunk(stream, chunk, RNG_CHUNK / 64 + (*next_block)++, word, sizeof word);
        v = load_le64(word);
    } while (v >= GL_P);
    return v;
}

static void f_chunk(const rng_key *stream, uint64_t chunk, gl *out, size_t n) {
    uint64_t next_block = 0;
    rng_chunk(stream, chunk, 0, (uint8_t *)out, n * sizeof *out);
    for (size_t i = 0; i < n; i++) {
        gl v = load_le64((const uint8_t *)&out[i]);
        out[i] = v < GL_P ? v : replacement(stream, chunk, &next_block);
    }
}

enum { STEP = RNG_CHUNK / sizeof(gl) };
typedef struct f_job {
    const rng_key *stream;
    gl *out;
} f_job;
static void f_range(void *ctx, size_t first, size_t count, unsigned worker) {
    const f_job *j = ctx;
    (void)worker;
    for (size_t at = first; at < first + count; at += STEP) {
        size_t rest = first + count - at;
        f_chunk(j->stream, at / STEP, j->out + at, rest < STEP ? rest : STEP);
    }
}

void rng_f(const rng_key *k, rng_label label, uint32_t index, gl *out, size_t n) {
    rng_key s = rng_stream(k, label, index);
    threads_range(n, STEP, 4 * STEP, f_range, &(f_job){&s, out});
    sodium_memzero(&s, sizeof s);
}

/* Coordinate j of stream `index` is an F stream of its own: indices above 2^24 are not used otherwise. */
void rng_e(const rng_key *k, rng_label label, uint32_t index, extv out, size_t n) {
    for (uint32_t j = 0; j < EXT_DEG; j++) rng_f(k, label, index | j << 24, out.c[j], n);
}
