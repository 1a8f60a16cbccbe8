#include <string.h>
#include "poly/eq.h"
#include "proof/steps_prove.h"

/* Hundreds of triples: plain loops over ext. */
typedef struct zero_state {
    const ext *const *cells;
    uint32_t triples, size;
    ext *v[3], *eq;
    arena *a;
    tacit_error *err;
} zero_state;

static tacit_status begin(void *ctx, const ext *r0, unsigned vars) {
    zero_state *s = ctx;
    s->size = UINT32_C(1) << vars;
    for (int k = 0; k < 3; k++) {
        s->v[k] = ARENA_ZNEW(s->a, ext, s->size);
        if (!s->v[k]) return fail(s->err, TACIT_RESOURCES, "prover: arena too small");
        memcpy(s->v[k], s->cells[CELL_A + k], s->triples * sizeof(ext));
    }
    s->eq = ARENA_NEW(s->a, ext, s->size);
    if (!s->eq) return fail(s->err, TACIT_RESOURCES, "prover: arena too small");
    if (vars) eq_table(s->eq, r0 + 1, vars - 1);
    return TACIT_OK;
}

/* q(0) = sum eq (a0 b0 - c0); coefficient of X^2: sum eq (a1 - a0)(b1 - b0). */
static void round_values(void *ctx, ext *values) {
    const zero_state *s = ctx;
    for (uint32_t i = 0; i < s->size / 2; i++) {
        const ext *a = s->v[0] + 2 * i, *b = s->v[1] + 2 * i, *c = s->v[2] + 2 * i;
        ext q0 = ext_sub(ext_mul(a[0], b[0]), c[0]), q2 = ext_mul(ext_sub(a[1], a[0]), ext_sub(b[1], b[0]));
        values[0] = ext_add(values[0], ext_mul(s->eq[i], q0));
        values[1] = ext_add(values[1], ext_mul(s->eq[i], q2));
    }
}

static void bind(void *ctx, ext r) {
    zero_state *s = ctx;
    s->size /= 2;
    for (int k = 0; k < 3; k++)
        for (uint32_t i = 0; i < s->size; i++) s->v[k][i] = ext_lerp(s->v[k][2 * i], s->v[k][2 * i + 1], r);
    for (uint32_t i = 0; i < s->size / 2; i++) s->eq[i] = ext_add(s->eq[2 * i], s->eq[2 * i + 1]);
}

static void ends(void *ctx, ext *a, ext *b) {
    const zero_state *s = ctx;
    *a = s->v[0][0];
    *b = s->v[1][0];
}

tacit_status zero_prover(zero_oracle *o, const ext *const cells[CELL_ARRAYS], uint32_t triples, arena *a,
                         tacit_error *err) {
    zero_state *s = ARENA_ZNEW(a, zero_state, 1);
    if (!s) return fail(err, TACIT_RESOURCES, "prover: arena too small");
    s->cells = cells;
    s->triples = triples;
    s->a = a;
    s->err = err;
    *o = (zero_oracle){s, begin, {s, round_values, bind}, ends};
    return TACIT_OK;
}
