#include "proof/zero.h"
#include "sumcheck/early.h"
#include "poly/eq.h"

static void array_at(session *s, expr *e, cell_array array, const ext *r, ext factor) {
    expr_add_term(s, e, (term){.coef = factor, .kind = TERM_EMLE, .array = array, .z = r});
}

tacit_status zero_run(session *s, const zero_oracle *oracle) {
    uint32_t triples = s->ch->mode == TRANSCRIPT_COUNT ? s->triples + 1 : s->plan.triples;
    unsigned vars = log2_ceil(triples);
    ext r0[32], r[32], a = EXT_ZERO, b = EXT_ZERO;
    expr claim = {EXT_ZERO, NULL, 0, 0};
    transcript_point(s->ch, TAG_ZERO_POINT, r0, vars);
    if (oracle) TRY(oracle->begin(oracle->ctx, r0, vars));
    TRY(sumcheck_gruen(s, TAG_ZERO_ROUND, vars, r0, &claim, oracle ? &oracle->rounds : NULL, r));
    const ext *point = session_point(s, r, vars);
    BROKEN_ONLY(if (RULE_OFF(BATCH_WEIGHT)) broken_batch_weight = transcript_challenge(s->ch, TAG_BATCH_WEIGHT);)
    if (oracle) {
        if (ext_is_zero(eq_index(r, vars, triples - 1))) return reject(s->err, TACIT_REJECT_DEGENERATE);
        oracle->ends(oracle->ctx, &a, &b);
    }
    transcript_e(s->ch, TAG_ZERO_A, &a, 1);
    transcript_e(s->ch, TAG_ZERO_B, &b, 1);
    array_at(s, &s->zero[0], CELL_A, point, EXT_ONE);
    s->zero[0].constant = ext_neg(a);
    array_at(s, &s->zero[1], CELL_B, point, EXT_ONE);
    s->zero[1].constant = ext_neg(b);
    s->zero[2].constant = ext_mul(a, b);
    array_at(s, &s->zero[2], CELL_C, point, ext_neg(EXT_ONE));
    expr_add(s, &s->zero[2], &claim, ext_neg(EXT_ONE));
    if (RULE_OFF(A_EQUATION)) s->zero[0] = (expr){.count = 0};
    if (RULE_OFF(B_EQUATION)) s->zero[1] = (expr){.count = 0};
    if (RULE_OFF(C_EQUATION)) s->zero[2] = (expr){.count = 0};
    return session_status(s);
}
