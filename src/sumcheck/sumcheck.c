#include "sumcheck/sumcheck.h"

enum { MAX_DEGREE = 3 };

/* 1 / prod_{j != i} (i - j) over the nodes 0 .. degree. */
static void lagrange_scales(gl *out, unsigned degree) {
    for (unsigned i = 0; i <= degree; i++) {
        int64_t den = 1;
        for (unsigned j = 0; j <= degree; j++)
            if (j != i) den *= (int64_t)i - (int64_t)j;
        out[i] = gl_inv(gl_from_i64(den));
    }
}

/* Values at r of the Lagrange polynomials on these nodes. */
static void lagrange(ext *out, const gl *scales, unsigned degree, ext r) {
    for (unsigned i = 0; i <= degree; i++) {
        ext num = ext_from(scales[i]);
        for (unsigned j = 0; j <= degree; j++)
            if (j != i) num = ext_mul(num, ext_sub(r, ext_from(j)));
        out[i] = num;
    }
}

/* A claim is scaled in every round, and its terms once, behind the last: each by the product of the rounds after it. */
typedef struct scaling {
    unsigned count;
    uint32_t from[64]; /* terms that were there */
    ext factor[64];
} scaling;

static void scale_round(scaling *s, expr *e, ext factor) {
    e->constant = ext_mul(e->constant, factor);
    s->from[s->count] = e->count;
    s->factor[s->count++] = factor;
}

static void scale_terms(const scaling *s, expr *e) {
    ext factor = EXT_ONE;
    uint32_t i = e->count;
    for (unsigned round = s->count; round-- > 0; factor = ext_mul(factor, s->factor[round]))
        for (; i > s->from[round]; i--) e->terms[i - 1].coef = ext_mul(e->terms[i - 1].coef, factor);
    for (; i > 0; i--) e->terms[i - 1].coef = ext_mul(e->terms[i - 1].coef, factor);
}

/* e += factor * (the message with this value, under a pad of the given source). */
static void send(session *s, transcript_tag tag, pad_source pads, ext value, expr *e, ext factor) {
    if (pads == PADS_IN_X) {
        hidden h = session_hidden(s, tag, value, session_new_pad(s));
        hidden_add(s, e, &h, factor);
        return;
    }
    ext sent = value;
    uint32_t i = s->sigmas;
    if (pads == PADS_IN_SIGMA) {
        s->sigmas++;
        if (s->prover) sent = ext_sub(sent, s->sigma[i]);
    }
    transcript_e(s->ch, tag, &sent, 1);
    e->constant = ext_add(e->constant, ext_mul(factor, sent));
    if (pads == PADS_IN_SIGMA) expr_add_term(s, e, (term){.coef = factor, .kind = TERM_SIGMA, .index = i});
}

/* The messages of a round are sent before its challenge; their expressions are combined after it, so a round keeps
 * them apart: got[0] = g(0), got[2 ..] = g(2 ..). */
tacit_status sumcheck_plain(session *s, transcript_tag tag, unsigned rounds, unsigned degree, pad_source pads,
                            expr *claim, const sumcheck_oracle *oracle, ext *point) {
    gl scales[MAX_DEGREE + 1];
    scaling later = {.count = 0};
    lagrange_scales(scales, degree);
    for (unsigned round = 0; round < rounds; round++) {
        ext values[MAX_DEGREE] = {EXT_ZERO}, w[MAX_DEGREE + 1];
        expr got[MAX_DEGREE] = {{EXT_ZERO, NULL, 0, 0}};
        if (oracle) oracle->round(oracle->ctx, values);
        for (unsigned i = 0; i < degree; i++) send(s, tag, pads, values[i], &got[i], EXT_ONE);
        ext r = point[round] = transcript_challenge(s->ch, TAG_ROUND_CHALLENGE);
        lagrange(w, scales, degree, r);
        /* g(r) = w0 g(0) + w1 (claim - g(0)) + w2 g(2) + .. */
        scale_round(&later, claim, w[1]);
        expr_add(s, claim, &got[0], ext_sub(w[0], w[1]));
        for (unsigned i = 1; i < degree; i++) expr_add(s, claim, &got[i], w[i + 1]);
        if (oracle) oracle->bind(oracle->ctx, r);
        TRY(session_status(s));
    }
    scale_terms(&later, claim);
    return session_status(s);
}

tacit_status sumcheck_gruen(session *s, transcript_tag tag, unsigned rounds, const ext *z, expr *claim,
                            const sumcheck_oracle *oracle, ext *point) {
    scaling later = {.count = 0};
    for (unsigned round = 0; round < rounds; round++) {
        ext values[2] = {EXT_ZERO, EXT_ZERO}, at1 = z[round];
        expr q0 = {EXT_ZERO, NULL, 0, 0}, q2 = q0;
        if (s->ch->mode == TRANSCRIPT_COUNT) at1 = EXT_ONE;
        if (ext_is_zero(at1)) return reject(s->err, TACIT_REJECT_DEGENERATE);
        if (oracle) oracle->round(oracle->ctx, values);
        send(s, tag, PADS_IN_X, values[0], &q0, EXT_ONE);
        send(s, tag, PADS_IN_X, values[1], &q2, EXT_ONE);
        ext r = point[round] = transcript_challenge(s->ch, TAG_ROUND_CHALLENGE);
        /* q(r) = (1 - r) q(0) + r q(1) + (r^2 - r) q2,  q(1) = (claim - (1 - z) q(0)) / z */
        ext r_over_z = ext_mul(r, ext_inv(at1));
        scale_round(&later, claim, r_over_z);
        expr_add(s, claim, &q0, ext_sub(ext_one_minus(r), ext_mul(r_over_z, ext_one_minus(at1))));
        expr_add(s, claim, &q2, ext_sub(ext_mul(r, r), r));
        if (oracle) oracle->bind(oracle->ctx, r);
        TRY(session_status(s));
    }
    scale_terms(&later, claim);
    return session_status(s);
}
