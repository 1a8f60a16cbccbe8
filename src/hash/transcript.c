#include "hash/transcript.h"
#include <string.h>
#include "base/broken.h"
#include "base/bytes.h"
#include "hash/merkle.h"

typedef enum message_type {
    TYPE_BYTES = 1,
    TYPE_F,
    TYPE_E,
    TYPE_HASH,
    TYPE_CHALLENGE,
    TYPE_POSITIONS,
    TYPE_SQUEEZE
} message_type;

static void header(unsigned char head[7], unsigned tag, message_type type, uint32_t count) {
    head[0] = (unsigned char)tag;
    head[1] = (unsigned char)(tag >> 8);
    head[2] = (unsigned char)type;
    for (int i = 0; i < 4; i++) head[3 + i] = (unsigned char)(count >> (8 * i));
}

static void mix(transcript *t, transcript_tag tag, message_type type, uint32_t count, const void *data, size_t n) {
    unsigned char head[7];
    sha256 h;
    BROKEN_ONLY(if (tacit_unabsorbed >> tag & 1) return;)
    header(head, tag, type, count);
    sha256_init(&h);
    sha256_update(&h, t->state.b, sizeof t->state.b);
    sha256_update(&h, head, sizeof head);
    if (n) sha256_update(&h, data, n);
    t->state = sha256_final(&h);
}

static void start(transcript *t, transcript_mode mode, tacit_error *err) {
    memset(t, 0, sizeof *t);
    t->mode = mode;
    t->err = err;
    t->state = sha256_of("tacit transcript", 16);
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
    if (t->mode == TRANSCRIPT_COUNT) return;
    CHEAT(PUBLIC, &data, ((const size_t[3]){tag, t->mode, n}));
    mix(t, tag, TYPE_BYTES, (uint32_t)n, data, n);
}

/* The next n proof bytes at the verifier, NULL (and SHORT) when there are fewer. */
static const unsigned char *take(transcript *t, size_t n) {
    if (t->err->status != TACIT_OK) return NULL;
    if (t->size - t->at < n) {
        (void)reject(t->err, TACIT_REJECT_SHORT);
        return NULL;
    }
    t->at += n;
    return t->in + t->at - n;
}

/* Room for n bytes at the prover: its buffer is sized by a counting walk, so running out is our own bug. */
static unsigned char *room(transcript *t, size_t n) {
    if (t->size - t->at < n) {
        (void)fail(t->err, TACIT_INTERNAL, "proof longer than planned");
        return NULL;
    }
    t->at += n;
    return t->out + t->at - n;
}

/* One message of `words` F elements. */
static void field_message(transcript *t, transcript_tag tag, message_type type, uint32_t count, gl *v, size_t words) {
    const unsigned char *bytes = NULL;
    if (t->mode == TRANSCRIPT_PROVE) {
        CHEAT(MESSAGE, v, ((const unsigned[3]){tag, type, (unsigned)words}));
        unsigned char *out = room(t, 8 * words);
        for (size_t i = 0; out && i < words; i++) store_le64(out + 8 * i, v[i]);
        bytes = out;
    } else if (t->mode == TRANSCRIPT_VERIFY) {
        bytes = take(t, 8 * words);
        for (size_t i = 0; bytes && i < words; i++) {
            v[i] = load_le64(bytes + 8 * i);
            if (v[i] >= GL_P && RULE_OFF(CANONICAL))
                v[i] -= GL_P;
            else if (v[i] >= GL_P) {
                (void)reject(t->err, TACIT_REJECT_NOT_CANONICAL);
                bytes = NULL;
            }
        }
    } else {
        t->at += 8 * words;
    }
    if (!bytes && t->mode != TRANSCRIPT_PROVE) memset(v, 0, words * sizeof *v);
    if (bytes) mix(t, tag, type, count, bytes, 8 * words);
}

void transcript_f(transcript *t, transcript_tag tag, gl *v, size_t n) {
    field_message(t, tag, TYPE_F, (uint32_t)n, v, n);
}

void transcript_e(transcript *t, transcript_tag tag, ext *v, size_t n) {
    field_message(t, tag, TYPE_E, (uint32_t)n, v[0].c, n * EXT_DEG);
}

/* n digests of which `each` bytes are sent; the others are zero. */
static void hash_message(transcript *t, transcript_tag tag, digest *v, size_t n, size_t each) {
    const unsigned char *bytes = NULL;
    size_t size = n * each;
    if (t->mode == TRANSCRIPT_PROVE) {
        CHEAT(MESSAGE, v, ((const unsigned[3]){tag, TYPE_HASH, (unsigned)(4 * n)}));
        unsigned char *out = room(t, size);
        for (size_t i = 0; out && i < n; i++) memcpy(out + i * each, v[i].b, each);
        bytes = out;
    } else if (t->mode == TRANSCRIPT_VERIFY) {
        bytes = take(t, size);
    } else {
        t->at += size;
    }
    if (t->mode != TRANSCRIPT_PROVE && n) memset(v, 0, n * sizeof *v);
    for (size_t i = 0; bytes && t->mode == TRANSCRIPT_VERIFY && i < n; i++) memcpy(v[i].b, bytes + i * each, each);
    if (bytes) mix(t, tag, TYPE_HASH, (uint32_t)n, bytes, size);
}

void transcript_hashes(transcript *t, transcript_tag tag, digest *v, size_t n) {
    hash_message(t, tag, v, n, sizeof v->b);
}

void transcript_nodes(transcript *t, transcript_tag tag, digest *v, size_t n) {
    hash_message(t, tag, v, n, MERKLE_BYTES);
}

/* The 64-bit words of the current state, block by block. */
typedef struct squeeze {
    digest state, block;
    uint32_t next;
    unsigned word;
} squeeze;

static uint64_t squeeze_word(squeeze *q) {
    if (q->word == 4 || q->next == 0) {
        unsigned char data[39];
        memcpy(data, q->state.b, 32);
        header(data + 32, 0, TYPE_SQUEEZE, q->next++);
        q->block = sha256_of(data, sizeof data);
        q->word = 0;
    }
    return load_le64(q->block.b + 8 * q->word++);
}

ext transcript_challenge(transcript *t, transcript_tag tag) {
    ext r = EXT_ZERO;
    if (t->mode == TRANSCRIPT_COUNT) return r;
    mix(t, tag, TYPE_CHALLENGE, 1, NULL, 0);
    squeeze q = {.state = t->state};
    BROKEN_ONLY(if (RULE_OFF(FROZEN)) q.state = sha256_of((unsigned[]){tag, t->drawn++}, 8);)
    for (int j = 0; j < EXT_DEG;) {
        uint64_t w = squeeze_word(&q);
        if (w < GL_P) r.c[j++] = w;
    }
    CHEAT(CHALLENGE, &r, ((const unsigned[2]){tag, t->mode}));
    return r;
}

void transcript_point(transcript *t, transcript_tag tag, ext *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = transcript_challenge(t, tag);
}

/* Insert into an ascending list unless it is there. */
static uint32_t insert_sorted(uint32_t *list, uint32_t count, uint32_t v) {
    uint32_t lo = 0, hi = count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (list[mid] < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < count && list[lo] == v && !RULE_OFF(DISTINCT)) return count;
    memmove(list + lo + 1, list + lo, (count - lo) * sizeof *list);
    list[lo] = v;
    return count + 1;
}

void transcript_positions(transcript *t, unsigned log_n, uint32_t count, uint32_t *out) {
    unsigned char n[8];
    if (t->mode == TRANSCRIPT_COUNT || log_n > 32 || count > (UINT64_C(1) << log_n) / 2) {
        for (uint32_t i = 0; i < count; i++) out[i] = i;
        if (t->mode != TRANSCRIPT_COUNT) (void)fail(t->err, TACIT_INTERNAL, "too many positions");
        return;
    }
    if (RULE_OFF(POSITIONS)) {
        for (uint32_t i = 0; i < count; i++) out[i] = i;
        return;
    }
    store_le64(n, UINT64_C(1) << log_n);
    mix(t, TAG_POSITIONS, TYPE_POSITIONS, count, n, sizeof n);
    squeeze q = {.state = t->state};
    BROKEN_ONLY(if (RULE_OFF(FROZEN)) q.state = sha256_of((unsigned[]){0, t->drawn++}, 8);)
    for (uint32_t have = 0; have < count;)
        have = insert_sorted(out, have, (uint32_t)(squeeze_word(&q) & ((UINT64_C(1) << log_n) - 1)));
}

tacit_status transcript_status(const transcript *t) {
    return t->err->status;
}

tacit_status transcript_finish(transcript *t) {
    if (t->err->status == TACIT_OK && !RULE_OFF(END) && t->mode == TRANSCRIPT_VERIFY && t->at != t->size)
        return reject(t->err, TACIT_REJECT_LONG);
    return t->err->status;
}
