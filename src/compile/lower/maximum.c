#include "compile/lower/maximum.h"
#include "compile/lower/tables.h"

/* A lookup's column must not be a constant: a copy that is committed. */
static uint32_t copy_of(lowering *l, const char *name, uint32_t id) {
    const shape s = builder_tensor(l->b, id)->shape;
    uint32_t y = builder_committed(l->b, lower_name(l, name, ".copy"), &s);
    const linear_term same[2] = {{1, id}, {-1, y}};
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".same"), &s, NULL, 0, same, 2, 0);
    advice a = advice_of(ADVICE_SOLVE, c, y);
    builder_advice(l->b, &a);
    return y;
}

tacit_status maximum_of_two(lowering *l, const char *name, const value *range, uint32_t a, uint32_t b, bool least,
                            uint32_t *out, tacit_error *err) {
    const shape s = builder_tensor(l->b, a)->shape;
    const int64_t sign = least ? -1 : 1, width = range->hi - range->lo;
    const linear_term minus[2] = {{sign, b}, {-sign, a}};
    const demand d = {.f = {.kind = FUNC_RELU, .in_scale = range->scale, .out_scale = range->scale},
                      .lo = -width,
                      .hi = width,
                      .inside = true,
                      .worst_lo = -width,
                      .worst_hi = width,
                      .elements = shape_count(&s)};
    table_plan t;
    uint32_t u = NO_TENSOR;
    *out = a;
    uint32_t diff = builder_linear(l->b, lower_name(l, name, ".diff"), &s, minus, 2, 0);
    const tensor *t_diff = builder_tensor(l->b, diff);
    bool constant = t_diff && t_diff->kind == TENSOR_CONSTANT;
    if (constant && !t_diff->values && t_diff->fill == 0) return TACIT_OK; /* of a with itself */
    if (constant) diff = copy_of(l, name, diff);
    if (width > MAX_TABLE_ROWS / 4) return fail(err, TACIT_UNSUPPORTED, "numbers of more than 20 bits to compare");
    TRY(plan_demand(l->plan, &d, &t, err));
    TRY(table_lookup(l, name, &t, RESULT_WANTED, diff, NULL, &u, err));
    const linear_term plus[2] = {{1, a}, {sign, u}};
    *out = builder_linear(l->b, lower_name(l, name, ".max"), &s, plus, 2, 0);
    return TACIT_OK;
}
