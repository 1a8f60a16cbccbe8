#include "compile/lower/maximum.h"
#include "compile/lower/tables.h"

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
    if (width > MAX_TABLE_ROWS / 4) return fail(err, TACIT_UNSUPPORTED, "numbers of more than 20 bits to compare");
    TRY(plan_demand(l->plan, &d, &t, err));
    uint32_t diff = builder_linear(l->b, lower_name(l, name, ".diff"), &s, minus, 2, 0);
    TRY(table_lookup(l, name, &t, RESULT_WANTED, diff, NULL, &u, err));
    const linear_term plus[2] = {{1, a}, {sign, u}};
    *out = builder_linear(l->b, lower_name(l, name, ".max"), &s, plus, 2, 0);
    return TACIT_OK;
}
