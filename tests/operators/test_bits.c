/* Operators on the bits of integers, and remainders by computed numbers: exact, with signs, constants on either side
 * and broadcasting. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

enum { U8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, I64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64 };

typedef struct bits {
    const char *op;
    int64_t (*f)(int64_t a, int64_t b);
    int64_t lo, hi; /* of both operands */
    int64_t z_lo, z_hi;
    int32_t type;
    int constant; /* 0: none, 1: the second operand, 2: the first */
    const char *attribute;
} bits;

static const int64_t CONSTANTS[3] = {5, 3, 12}, SIGNED[3] = {-6, 3, 100};

#define F(name, expression)                                                                                            \
    static int64_t name(int64_t a, int64_t b) {                                                                        \
        return expression;                                                                                             \
    }
F(and_, a &b)
F(or_, a | b)
F(xor_, a ^ b)
F(not_, ~a + 0 * b)
F(not_byte, 255 - a + 0 * b)
F(left, (int64_t)((uint64_t)a << b) & 255)
F(right, a >> b)
F(modulo, (a % b + b) % b)

static double z_at(const bits *p, const double *const *in, uint32_t i) {
    const int64_t *c = p->lo < 0 ? SIGNED : CONSTANTS;
    return p->constant ? (double)c[i % 3] : strcmp(p->op, "BitwiseNot") == 0 ? 0 : in[1][i % 3];
}

static void reference_of(const double *const *in, double *out, const void *context) {
    const bits *p = context;
    for (uint32_t i = 0; i < 6; i++) {
        int64_t a = (int64_t)in[0][i], b = (int64_t)z_at(p, in, i);
        out[i] = (double)(p->constant == 2 ? p->f(b, a) : p->f(a, b));
    }
}

static void check_bits(const bits *p) {
    onnx_build *m = build_start(18);
    build_input_whole(m, "x", (shape){.rank = 2, .dim = {2, 3}}, p->lo, p->hi);
    m->inputs[0]->type->tensor_type->elem_type = p->type;
    if (p->constant) {
        build_wholes(m, "z", (shape){.rank = 1, .dim = {3}}, p->type, p->lo < 0 ? SIGNED : CONSTANTS);
    } else if (strcmp(p->op, "BitwiseNot") != 0) {
        build_input_whole(m, "z", (shape){.rank = 1, .dim = {3}}, p->z_lo, p->z_hi);
        m->inputs[1]->type->tensor_type->elem_type = p->type;
    }
    build_node(m, p->op, strcmp(p->op, "BitwiseNot") == 0 ? "x" : p->constant == 2 ? "z x" : "x z", "y");
    if (strcmp(p->op, "BitShift") == 0) build_text(m, "direction", p->attribute);
    build_output(m, "y");
    check_case(m, reference_of, p, 0, 1);
}

static void test_bitwise(void **unused) {
    (void)unused;
    static const bits CASES[] = {
        {"BitwiseAnd", and_, 0, 200, 0, 15, U8, 0, NULL},   {"BitwiseAnd", and_, -300, 300, -5, 1000, I64, 0, NULL},
        {"BitwiseAnd", and_, 0, 70000, 0, 9, I64, 1, NULL}, {"BitwiseOr", or_, -300, 300, -5, 9, I64, 0, NULL},
        {"BitwiseOr", or_, -300, 300, 0, 0, I64, 1, NULL},  {"BitwiseOr", or_, 0, 15, 0, 0, U8, 2, NULL},
        {"BitwiseXor", xor_, 0, 200, 0, 255, U8, 0, NULL},  {"BitwiseXor", xor_, -8, 7, -8, 7, I64, 0, NULL},
        {"BitwiseXor", xor_, -1000, 7, 0, 0, I64, 2, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_bits(&CASES[i]);
}

static void test_others(void **unused) {
    (void)unused;
    static const bits CASES[] = {
        {"BitwiseNot", not_, -300, 300, 0, 0, I64, 0, NULL}, {"BitwiseNot", not_byte, 0, 200, 0, 0, U8, 0, NULL},
        {"BitShift", left, 0, 200, 0, 7, U8, 0, "LEFT"},     {"BitShift", left, 0, 200, 0, 0, U8, 1, "LEFT"},
        {"BitShift", right, 0, 200, 0, 7, U8, 0, "RIGHT"},   {"BitShift", right, 0, 200, 0, 0, U8, 1, "RIGHT"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_bits(&CASES[i]);
}

/* Remainders by several constants, every dividend: the division's own relations are tested in test_norms.c. */
static void test_modulo(void **unused) {
    (void)unused;
    static const int64_t DIVISORS[3] = {7, -3, 12};
    double x_of[3 * 203]; /* samples: every dividend by every divisor */
    for (int i = 0; i < 3 * 203; i++) x_of[i] = i / 3 - 100 > 100 ? 100 : i / 3 - 100;
    int64_t q[3], out[3];
    const int64_t *ins[1] = {q};
    int64_t *outs[1] = {out};
    for (int fmod = 0; fmod < 2; fmod++) {
        onnx_build *b = build_start(13);
        build_input_whole(b, "x", (shape){.rank = 1, .dim = {3}}, -100, 100);
        build_wholes(b, "z", (shape){.rank = 1, .dim = {3}}, I64, DIVISORS);
        build_node(b, "Mod", "x z", "y");
        build_int(b, "fmod", fmod);
        build_output(b, "y");
        tacit_compile_options o;
        tacit_error err = {0};
        tacit_compile_defaults(&o);
        tacit_model *m = compile_case(build_write(b), &o, 203, x_of);
        for (int64_t x = -100; x <= 98; x += 7) {
            for (uint32_t i = 0; i < 3; i++) q[i] = x + i;
            if (tacit_run(m, ins, outs, NULL, &err) != TACIT_OK) fail_msg("%s", err.text);
            for (uint32_t i = 0; i < 3; i++)
                assert_int_equal(out[i], fmod ? q[i] % DIVISORS[i] : modulo(q[i], DIVISORS[i]));
        }
        tacit_model_free(m);
        build_end(b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bitwise), cmocka_unit_test(test_others),
                                       cmocka_unit_test(test_modulo)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
