/* hash/sha256: FIPS 180-4. With -DTACIT_FREESTANDING only the portable compression is there. */
#include "hash/sha256.h"
#include "hash/sha256_kernels.h"
#include <string.h>

const uint32_t sha256_round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t x, unsigned n) {
    return x >> n | x << (32 - n);
}
static uint32_t load_be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}
static void store_be32(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* The message schedule W_0 .. W_63. */
static void schedule(uint32_t w[64], const uint8_t *block) {
    for (int t = 0; t < 16; t++) w[t] = load_be32(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

static void compress_one(uint32_t h[8], const uint8_t *block) {
    uint32_t w[64], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
    schedule(w, block);
    for (int t = 0; t < 64; t++) {
        uint32_t s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25), ch = (e & f) ^ (~e & g);
        uint32_t s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22), maj = (a & b) ^ (a & c) ^ (b & c);
        uint32_t t1 = k + s1 + ch + sha256_round_constants[t] + w[t];
        k = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + s0 + maj;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d;
    h[4] += e, h[5] += f, h[6] += g, h[7] += k;
}

static void portable_compress(uint32_t h[8], const uint8_t *data, size_t blocks) {
    for (size_t i = 0; i < blocks; i++) compress_one(h, data + 64 * i);
}

typedef struct sha256_kernels {
    const char *name;
    void (*compress)(uint32_t h[8], const uint8_t *data, size_t blocks);
    void (*digests)(digest *out, const uint32_t *state, const uint8_t *data, size_t stride, size_t blocks,
                    size_t count);
} sha256_kernels;

/* The state as big-endian bytes. gcc makes poor code of the byte-wise form, and this is a tenth of the cost of a node.
 */
static digest digest_of(const uint32_t h[8]) {
    digest d;
    for (int i = 0; i < 8; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        uint32_t v = __builtin_bswap32(h[i]);
#else
        uint32_t v = h[i];
#endif
        memcpy(d.b + 4 * i, &v, sizeof v);
    }
    return d;
}

/* Where stream i starts: the common state, or the digest that is there. */
static void state_of(uint32_t h[8], const uint32_t *state, const digest *d) {
    for (int i = 0; i < 8; i++) h[i] = state != NULL ? state[i] : load_be32(d->b + 4 * i);
}

static void portable_digests(digest *out, const uint32_t *state, const uint8_t *data, size_t stride, size_t blocks,
                             size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t h[8];
        state_of(h, state, &out[i]);
        portable_compress(h, data + i * stride, blocks);
        out[i] = digest_of(h);
    }
}

static const sha256_kernels portable = {"portable", portable_compress, portable_digests};

#ifdef TACIT_FREESTANDING
static const sha256_kernels *const kernels = &portable;

const char *sha256_select(const char *name) {
    (void)name;
    return kernels->name;
}
#else
#include <stdlib.h>

static const sha256_kernels *kernels = &portable;

#if SHA256_HAVE_NI
static void ni_digests(digest *out, const uint32_t *state, const uint8_t *data, size_t stride, size_t blocks,
                       size_t count) {
    for (size_t i = 0; i < count; i += 2) {
        uint32_t h0[8], h1[8];
        state_of(h0, state, &out[i]);
        if (i + 1 == count) {
            sha256_ni_compress(h0, data + i * stride, blocks);
            out[i] = digest_of(h0);
            return;
        }
        state_of(h1, state, &out[i + 1]);
        sha256_ni_compress2(h0, data + i * stride, h1, data + (i + 1) * stride, blocks);
        out[i] = digest_of(h0);
        out[i + 1] = digest_of(h1);
    }
}

static void avx512_digests(digest *out, const uint32_t *state, const uint8_t *data, size_t stride, size_t blocks,
                           size_t count) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) sha256_avx512_digests(out + i, state, data + i * stride, stride, blocks);
    ni_digests(out + i, state, data + i * stride, stride, blocks, count - i);
}

static const sha256_kernels *hardware(bool wide) {
    static const sha256_kernels ni = {"sha-ni", sha256_ni_compress, ni_digests};
    static const sha256_kernels both = {"sha-ni, avx512", sha256_ni_compress, avx512_digests};
    if (!sha256_ni_available()) return NULL;
    return wide && sha256_avx512_preferred() ? &both : &ni;
}
#else
static const sha256_kernels *hardware(bool wide) {
    (void)wide;
    return NULL;
}
#endif

const char *sha256_select(const char *name) {
    const char *wish = name != NULL ? name : getenv("TACIT_KERNEL");
    const sha256_kernels *found = NULL;
    if (wish == NULL || strcmp(wish, "portable") != 0)
        found = hardware(wish == NULL || (strcmp(wish, "avx2") != 0 && strcmp(wish, "sha-ni") != 0));
    kernels = found != NULL ? found : &portable;
    return kernels->name;
}
#endif

void sha256_compress(uint32_t h[8], const uint8_t *data, size_t blocks) {
    kernels->compress(h, data, blocks);
}

void sha256_digests(digest *out, const uint32_t *state, const uint8_t *data, size_t stride, size_t blocks,
                    size_t count) {
    kernels->digests(out, state, data, stride, blocks, count);
}

void sha256_init(sha256 *s) {
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->h, initial, sizeof initial);
    s->bytes = 0;
}

/* Invariant: the last bytes % 64 bytes are in block, all before them are in h. */
void sha256_update(sha256 *s, const void *data, size_t n) {
    const uint8_t *p = data;
    size_t held = (size_t)(s->bytes % 64);
    s->bytes += n;
    if (held > 0) {
        size_t take = n < 64 - held ? n : 64 - held;
        if (take > 0) memcpy(s->block + held, p, take);
        if (held + take < 64) return;
        sha256_compress(s->h, s->block, 1);
        p += take;
        n -= take;
    }
    sha256_compress(s->h, p, n / 64);
    if (n % 64 > 0) memcpy(s->block, p + (n - n % 64), n % 64);
}

digest sha256_final(sha256 *s) {
    size_t held = (size_t)(s->bytes % 64);
    s->block[held++] = 0x80;
    memset(s->block + held, 0, 64 - held);
    if (held > 56) { /* no room for the length: it gets a block of its own */
        sha256_compress(s->h, s->block, 1);
        memset(s->block, 0, 64);
    }
    store_be32(s->block + 56, (uint32_t)(s->bytes >> 29));
    store_be32(s->block + 60, (uint32_t)(s->bytes << 3));
    sha256_compress(s->h, s->block, 1);
    return digest_of(s->h);
}

digest sha256_of(const void *data, size_t n) {
    sha256 s;
    sha256_init(&s);
    sha256_update(&s, data, n);
    return sha256_final(&s);
}
