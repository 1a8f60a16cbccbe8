#include "compile/expand/logic.h"
#include "compile/expand/arithmetic.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
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

/* Bits of an unsigned type; 0: it is signed; -1: not known. */
static int unsigned_bits(const gtensor *t) {
    switch (t->stored) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
        return 8;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
        return 16;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
        return 32;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
        return 64;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        return 0;
    default:
        return -1;
    }
}

/* -1 - x with a sign, 2^bits - 1 - x without. */
tacit_status bitwise_not_expand(expansion *x, const gnode *n, tacit_error *err) {
    int bits = unsigned_bits(ex_tensor(x, n->in[0]));
    if (bits < 0 || bits > 32) return unsupported(n, "of integers whose type is not known, or of uint64", err);
    int64_t all = bits == 0 ? -1 : ((int64_t)1 << bits) - 1;
    ex_result(x, 0, EX(x, "Sub", ex_open(x, ex_whole(x, all)), n->in[0]));
    return x->status;
}

/* Of unsigned integers: times, or divided by, a power of two; bytes and 16-bit words lose what is shifted out. */
tacit_status shift_expand(expansion *x, const gnode *n, tacit_error *err) {
    char direction[8];
    double bits = 0;
    TRY(attribute_text(n, "direction", "", direction, sizeof direction, err));
    bool left = strcmp(direction, "LEFT") == 0, fixed = ex_number(x, n->in[1], n->in[0], &bits);
    int width = unsigned_bits(ex_tensor(x, n->in[0]));
    if (!left && strcmp(direction, "RIGHT") != 0) return unsupported(n, "this direction", err);
    uint32_t power = EX(x, "TwoTo", n->in[1]), y;
    if (left)
        y = EX(x, "Mul", n->in[0], ex_tensor(x, power)->constant ? ex_open(x, power) : power);
    else if (fixed)
        y = EX(x, "FloorDivided", n->in[0], ex_real(x, ldexp(1, (int)bits)));
    else
        y = EX(x, "Quotient", n->in[0], power);
    if (left && (width == 8 || width == 16))
        y = EX(x, "BitwiseAnd", y, ex_open(x, ex_whole(x, ((int64_t)1 << width) - 1)));
    ex_result(x, 0, y);
    return x->status;
}
