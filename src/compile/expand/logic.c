#include "compile/expand/logic.h"
#include "compile/expand/arithmetic.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

/* Of the sum of two bits: at least 2, at least 1, exactly 1. One lookup in a table of three rows. */
tacit_status logic_expand(expansion *x, const gnode *n, tacit_error *err) {
    for (uint32_t i = 0; i < 2; i++) {
        if (!ex_tensor(x, n->in[i])->boolean) return misshapen(n, "on numbers that are not boolean", err);
    }
    uint32_t both = EX(x, "Add", n->in[0], n->in[1]);
    if (strcmp(n->op, "Xor") == 0)
        ex_result(x, 0, EX(x, "Equals", both, ex_real(x, 1)));
    else
        ex_result(x, 0, EX(x, "AtLeast", both, ex_real(x, n->op[0] == 'A' ? 2 : 1)));
    return x->status;
}

tacit_status not_expand(expansion *x, const gnode *n, tacit_error *err) {
    if (!ex_tensor(x, n->in[0])->boolean) return misshapen(n, "on numbers that are not boolean", err);
    ex_result(x, 0, EX(x, "Bit", EX(x, "Sub", ex_open(x, ex_whole(x, 1)), n->in[0])));
    return x->status;
}

tacit_status cast_like_expand(expansion *x, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *like = ex_tensor(x, n->in[1]);
    ex_int(x, "to", like->type == ELEM_REAL ? 1 : like->boolean ? 9 : 7);
    ex_result(x, 0, EX(x, "Cast", n->in[0]));
    return x->status;
}

tacit_status shift_expand(expansion *x, const gnode *n, tacit_error *err) {
    char direction[8];
    double bits = 0;
    TRY(attribute_text(n, "direction", "", direction, sizeof direction, err));
    bool left = strcmp(direction, "LEFT") == 0, fixed = ex_number(x, n->in[1], n->in[0], &bits);
    if (!left && strcmp(direction, "RIGHT") != 0) return unsupported(n, "this direction", err);
    if (!fixed || bits < 0 || bits > 62) return unsupported(n, "by numbers that are not one constant of 0 to 62", err);
    if (left)
        ex_result(x, 0, EX(x, "Mul", n->in[0], ex_open(x, ex_whole(x, (int64_t)1 << (int)bits))));
    else
        ex_result(x, 0, EX(x, "FloorDivided", n->in[0], ex_real(x, ldexp(1, (int)bits))));
    return x->status;
}
