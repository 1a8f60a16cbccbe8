/* commit/geometry: sizes, rates and query counts of a statement's opening, a function of public sizes alone
 * (protocol.md, section 5). Integer arithmetic only: the verifier computes it again. */
#ifndef COMMIT_GEOMETRY_H
#define COMMIT_GEOMETRY_H
#include "base/arena.h"
#include "base/error.h"
#include "field/ext.h"
#include "program/strips.h"

enum { MAX_CERTIFICATES = 8, MAX_OBJECTS = MAX_CERTIFICATES + 2, MAX_LEVELS = 8, RATE_LOG = 2 };
#define SECURITY_BITS (EXT_DEG == 2 ? 100u : 128u)
/* Every single challenge's error is at most 2^-CHALLENGE_BITS. */
#define CHALLENGE_BITS (EXT_DEG == 2 ? 100u : 130u)

/* An object: 2^k lanes of polynomials with 2^a coefficients, the top `tail` of them uniformly random; index =
 * column * 2^k + lane. Lanes from `lanes` on are zero and exist nowhere; only x has such ones: lanes = 2^k elsewhere.
 * Objects in order: x, certificates in statement order, sigma (one E lane, k = 0). */
typedef struct geometry_object {
    uint32_t a, k, tail, domain, lanes;
} geometry_object;
/* The lanes of x form strips, one for each set bit of their number, longest first: lanes [first, first + 2^k), a
 * multiple of 2^k. A strip is laid out like an object of 2^k lanes. */
typedef struct lane_strip {
    uint32_t first, k;
} lane_strip;
/* Returns how many strips there are; lanes has at most MAX_STRIPS set bits. */
uint32_t geometry_strips(uint32_t lanes, lane_strip out[MAX_STRIPS]);
/* Room of the strips of `columns` columns, without the tail. */
strip_room geometry_room(uint32_t lanes, uint64_t columns);

/* One tree of the proof: x's lanes if x has this length, sigma if it has, then the omegas (one E lane each) of all
 * objects of this length, in object order. n = 2^(a + RATE_LOG) points, t of them opened. */
typedef struct geometry_domain {
    uint32_t a, log_n, t;
    uint32_t width; /* F elements of a leaf (without salt) */
} geometry_domain;
/* Inner level i: the vector of `size` E elements, a multiple of 2^k, as 2^k E lanes on 2^log_n points, t opened. The
 * number of a lane's coefficients need not be a power of two: the code's dimension is what the lane has. */
typedef struct geometry_level {
    uint64_t size;
    uint32_t k, log_n, t;
} geometry_level;
static inline uint64_t geometry_columns(const geometry_level *l) {
    return l->size >> l->k;
}

typedef struct geometry {
    uint32_t object_count, domain_count, level_count;
    geometry_object object[MAX_OBJECTS];
    geometry_domain domain[MAX_OBJECTS]; /* longest first */
    geometry_level level[MAX_LEVELS];
    uint32_t vector_log;               /* variables of the level-1 vector */
    uint32_t start_order[MAX_OBJECTS]; /* objects, longest first (ties: object order) */
    uint64_t start[MAX_OBJECTS];       /* place of z_c in the level-1 vector */
    uint64_t used;                     /* sum of the lengths */
} geometry;

/* Smallest t with C(A, t) / C(n, t) <= 2^-CHALLENGE_BITS, A = ceil((n + K) / 2) (unique decoding, queries without
 * replacement); 0 when no t <= n/2 does it. Conservative integer arithmetic. */
uint32_t geometry_queries(uint64_t n, uint64_t dimension);

typedef struct certificate_shape {
    uint32_t a, k, tail;
} certificate_shape;
/* blocks: of x (tensors and cells, no tail). Chooses columns and lanes of x, so that its blocks fit into the strips,
 * the place of sigma (two cells per index bit of the longest object), the inner levels and all t by a deterministic
 * search. SOUNDNESS when a challenge misses the target (error terms of section 5 for the fold and gamma challenges). */
tacit_status geometry_make(geometry *g, const block_counts *blocks, const certificate_shape *certs, uint32_t cert_count,
                           tacit_error *err) TACIT_MUST_CHECK;
/* a, k, tail of a certificate for `size` weights and `openings` openings: the tail openings * t_max fits beside
 * the weights, and what the certificate adds to every proof is least. */
tacit_status geometry_certificate(certificate_shape *c, uint64_t size, uint64_t openings, uint32_t *t_max,
                                  tacit_error *err) TACIT_MUST_CHECK;
/* The largest opening of this geometry (messages of commit_roots and commit_open), and the expected one, in bytes. */
uint64_t geometry_most_bytes(const geometry *g);
uint64_t geometry_expected_bytes(const geometry *g);
/* Elements of the level-1 vector: `used`, and zeros up to a multiple of the product of all levels' lanes. */
static inline uint64_t geometry_vector(const geometry *g) {
    return g->level_count ? g->level[0].size : g->used;
}
/* Variables of the longest object (rounds of step 6). */
uint32_t geometry_rounds(const geometry *g);
#endif
