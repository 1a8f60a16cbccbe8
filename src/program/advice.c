/* program/advice: the executor's steps fit their relations. Only the executor reads advice; a wrong one can make it
 * fail, never make a proof of something false. */
#include "program/rules.h"

#define BAD(...) fail(err, TACIT_MALFORMED, __VA_ARGS__)

static bool computed(const program *p, uint32_t id) {
    return id < p->tensor_count && (p->tensors[id].kind == TENSOR_COMMITTED || p->tensors[id].kind == TENSOR_OUTPUT);
}

/* Coefficient of a computed tensor in the constraint's terms; 0 if it is not there. */
static int64_t coef_of(const program *p, const constraint *c, uint32_t id) {
    if (!computed(p, id)) return 0;
    for (uint32_t i = 0; i < c->term_count; i++) {
        if (c->terms[i].tensor == id) return c->terms[i].coef;
    }
    return 0;
}

static bool has(const program *p, const constraint *c, uint32_t id, int64_t coef) {
    return coef_of(p, c, id) == coef;
}

static tacit_status check_rounding(const program *p, const constraint *c, const advice *x, tacit_error *err) {
    int64_t unit = (int64_t)1 << x->shift;
    bool no_rem = x->rem == NO_TENSOR && x->shift == 0; /* the remainder would be 0 */
    if (!has(p, c, x->y, -unit) || (!no_rem && !has(p, c, x->rem, -1)))
        return BAD("advice for \"%s\": the constraint is not acc - 2^shift y - rem", c->name);
    if (x->kind == ADVICE_RESCALE) return TACIT_OK;
    if (!has(p, c, x->r_low, -unit)) return BAD("advice for \"%s\": the excess is not in the constraint", c->name);
    if (x->r_high != NO_TENSOR && (x->shift + x->low_bits > 40 || !has(p, c, x->r_high, -(unit << x->low_bits))))
        return BAD("advice for \"%s\": the excess's high limb is not in the constraint", c->name);
    if (x->flag != NO_TENSOR && (!computed(p, x->flag) || !shape_equal(&p->tensors[x->flag].shape, &c->shape)))
        return BAD("advice for \"%s\": its flag", c->name);
    if (x->lo > x->hi || x->lo < INT32_MIN || x->hi > INT32_MAX || (x->r_high == NO_TENSOR && x->low_bits))
        return BAD("advice for \"%s\": its interval or low bits", c->name);
    return TACIT_OK;
}

static tacit_status check_step(const program *p, const advice *x, tacit_error *err) {
    if (x->kind == ADVICE_TABLE) return x->relation < p->lookup_count ? TACIT_OK : BAD("advice names no lookup");
    if (x->relation >= p->constraint_count) return BAD("advice names no constraint");
    const constraint *c = &p->constraints[x->relation];
    if (x->kind != ADVICE_SOLVE) return check_rounding(p, c, x, err);
    int64_t coef = coef_of(p, c, x->y);
    return coef == 1 || coef == -1 ? TACIT_OK : BAD("advice for \"%s\": its term is not there with 1 or -1", c->name);
}

tacit_status check_advice(const program *p, tacit_error *err) {
    for (uint32_t i = 0; i < p->advice_count; i++) TRY(check_step(p, &p->advices[i], err));
    return TACIT_OK;
}
