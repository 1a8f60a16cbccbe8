/* Operators that only move elements: y[i] = relu(x)[place[i]] or a fill, the places found by the test's own loops;
 * reals and, with a chain of them, integers. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

enum { HOLE = -1, MAX_PLACES = 512 };
typedef struct move {
    uint32_t count;
    int32_t place[MAX_PLACES];
    double fill;
} move;
static move M;

static void move_reference(const double *const *in, double *out, const void *context) {
    const move *p = context;
    for (uint32_t i = 0; i < p->count; i++) out[i] = p->place[i] == HOLE ? p->fill : fmax(in[0][p->place[i]], 0);
}

/* The model up to r = relu(x); the caller adds its node from r to y. */
static onnx_build *start(int64_t opset, shape s, double fill) {
    M = (move){.fill = fill};
    onnx_build *m = build_start(opset);
    build_input(m, "x", s);
    build_node(m, "Relu", "x", "r");
    return m;
}

static void finish(onnx_build *m) {
    build_output(m, "y");
    check_case(m, move_reference, &M, 3e-4, 1.5);
}

static void put(int64_t place) {
    M.place[M.count++] = (int32_t)place;
}

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (shape){.rank = rank, .dim = {a, b, c, d}};
}

/* ---- Pad of [3, 5] */
static int64_t padded(const char *mode, int64_t i, int64_t n) {
    while (i < 0 || i >= n) {
        if (mode[0] == 'c') return HOLE;
        if (mode[0] == 'e') i = i < 0 ? 0 : n - 1;
        if (mode[0] == 'w') i += i < 0 ? n : -n;
        if (mode[0] == 'r') i = i < 0 ? -i : 2 * (n - 1) - i;
    }
    return i;
}

/* pads: rows before, columns before, rows after, columns after; columns before may be negative. */
static void places_padded(const char *mode, const int64_t *pads) {
    int64_t cut = pads[1] < 0 ? -pads[1] : 0;
    for (int64_t i = -pads[0]; i < 3 + pads[2]; i++) {
        for (int64_t j = pads[1] < 0 ? 0 : -pads[1]; j < 5 - cut + pads[3]; j++) {
            int64_t a = padded(mode, i, 3), b = padded(mode, j, 5 - cut);
            put(a < 0 || b < 0 ? HOLE : a * 5 + b + cut);
        }
    }
}

static void test_pad(void **unused) {
    (void)unused;
    static const char *const MODES[] = {"constant", "edge", "reflect", "wrap"};
    static const int64_t PADS[2][4] = {{1, 2, 0, 3}, {2, -1, 1, 2}};
    for (uint32_t k = 0; k < 8; k++) {
        onnx_build *m = start(19, S(2, 3, 5, 0, 0), 0);
        build_whole(m, "p", 4, PADS[k % 2]);
        build_node(m, "Pad", "r p", "y");
        build_text(m, "mode", MODES[k / 2]);
        places_padded(MODES[k / 2], PADS[k % 2]);
        finish(m);
    }
    const double value = -0.75;
    onnx_build *m = start(18, S(2, 3, 5, 0, 0), value); /* only columns, by their axis */
    build_whole(m, "p", 2, (int64_t[]){1, 2});
    build_real(m, "v", (shape){.rank = 0}, &value);
    build_whole(m, "a", 1, (int64_t[]){-1});
    build_node(m, "Pad", "r p v a", "y");
    places_padded("constant", (int64_t[]){0, 1, 0, 2});
    finish(m);
    m = start(10, S(2, 3, 5, 0, 0), 0.5);
    build_node(m, "Pad", "r", "y");
    INTS(m, "pads", 1, 0, 0, 1);
    build_float(m, "value", 0.5);
    places_padded("constant", (int64_t[]){1, 0, 0, 1});
    finish(m);
}

/* ---- Split of [2, 5]: parts of 2, 2, 1 columns, put together in another order by the outputs */
static void test_split(void **unused) {
    (void)unused;
    for (int form = 0; form < 3; form++) {
        onnx_build *m = start(form == 0 ? 11 : 18, S(2, 2, 5, 0, 0), 0);
        if (form == 1) build_whole(m, "k", 3, (int64_t[]){2, 2, 1});
        build_node(m, "Split", form == 1 ? "r k" : "r", "a b c");
        build_int(m, "axis", -1);
        if (form == 0) INTS(m, "split", 2, 2, 1);
        if (form == 2) build_int(m, "num_outputs", 3);
        static const uint32_t FROM[] = {4, 0, 2}, WIDTH[] = {1, 2, 2};
        static const char *const NAMES[] = {"c", "a", "b"};
        for (uint32_t k = 0; k < 3; k++) {
            build_output(m, NAMES[k]);
            for (uint32_t i = 0; i < 2; i++) {
                for (uint32_t j = 0; j < WIDTH[k]; j++) put(i * 5 + FROM[k] + j);
            }
        }
        check_case(m, move_reference, &M, 3e-4, 1.5);
    }
}

static void test_repeats(void **unused) {
    (void)unused;
    onnx_build *m = start(13, S(2, 2, 3, 0, 0), 0);
    build_whole(m, "k", 2, (int64_t[]){2, 3});
    build_node(m, "Tile", "r k", "y");
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t j = 0; j < 9; j++) put(i % 2 * 3 + j % 3);
    }
    finish(m);
    m = start(13, S(3, 2, 1, 3, 0), 0); /* both ways: [2, 1, 3] and [2, 1, 4, 1] */
    build_whole(m, "k", 4, (int64_t[]){2, 1, 4, 1});
    build_node(m, "Expand", "r k", "y");
    for (uint32_t i = 0; i < 2 * 2 * 4 * 3; i++) put(i / 12 % 2 * 3 + i % 3);
    finish(m);
}

/* ---- [1, 8, 2, 3] to [1, 2, 4, 6] and back */
static void test_blocks(void **unused) {
    (void)unused;
    for (int crd = 0; crd < 2; crd++) {
        onnx_build *m = start(13, S(4, 1, 8, 2, 3), 0);
        build_node(m, "DepthToSpace", "r", "y");
        build_int(m, "blocksize", 2);
        if (crd) build_text(m, "mode", "CRD");
        for (uint32_t i = 0; i < 48; i++) {
            uint32_t c = i / 24, h = i / 6 % 4, w = i % 6, block = h % 2 * 2 + w % 2;
            put(((crd ? c * 4 + block : block * 2 + c) * 2 + h / 2) * 3 + w / 2);
        }
        finish(m);
    }
    onnx_build *m = start(13, S(4, 1, 2, 4, 6), 0);
    build_node(m, "SpaceToDepth", "r", "y");
    build_int(m, "blocksize", 2);
    for (uint32_t i = 0; i < 48; i++) {
        uint32_t d = i / 6, h = i / 3 % 2, w = i % 3, c = d % 2, block = d / 2;
        put((c * 4 + h * 2 + block / 2) * 6 + w * 2 + block % 2);
    }
    finish(m);
}

static void test_trilu(void **unused) {
    (void)unused;
    for (int upper = 0; upper < 2; upper++) {
        for (int64_t k = -1; k <= 1; k++) {
            onnx_build *m = start(14, S(3, 2, 3, 4, 0), 0);
            build_whole(m, "k", 1, &k);
            build_node(m, "Trilu", k == 0 ? "r" : "r k", "y");
            build_int(m, "upper", upper);
            for (int64_t i = 0; i < 24; i++) {
                int64_t over = i % 4 - i / 4 % 3 - k;
                put((upper ? over >= 0 : over <= 0) ? i : HOLE);
            }
            finish(m);
        }
    }
}

static void test_sequences(void **unused) {
    (void)unused;
    static const int64_t LENGTH[3] = {2, 4, 1};
    onnx_build *m = start(10, S(3, 4, 3, 2, 0), 0); /* time, batch */
    build_whole(m, "k", 3, LENGTH);
    build_node(m, "ReverseSequence", "r k", "y");
    for (int64_t i = 0; i < 24; i++) {
        int64_t t = i / 6, b = i / 2 % 3;
        put((t < LENGTH[b] ? LENGTH[b] - 1 - t : t) * 6 + i % 6);
    }
    finish(m);
    m = start(11, S(2, 3, 4, 0, 0), 0);
    build_wholes(m, "k", S(1, 3, 0, 0, 0), ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, (int64_t[]){0, 1, 1});
    build_node(m, "Compress", "r k", "y");
    build_int(m, "axis", 1);
    for (int64_t i = 0; i < 6; i++) put(i / 2 * 4 + 1 + i % 2);
    finish(m);
    m = start(18, S(2, 3, 5, 0, 0), 0);
    build_whole(m, "k", 2, (int64_t[]){6, 2});
    build_node(m, "CenterCropPad", "r k", "y");
    for (int64_t i = 0; i < 12; i++) put(i / 2 >= 1 && i / 2 < 4 ? (i / 2 - 1) * 5 + 1 + i % 2 : HOLE);
    finish(m);
}

/* Constant indices of [2, 3, 4]. */
static void test_indices(void **unused) {
    (void)unused;
    static const int64_t ELEMENT[6] = {0, 2, -1, 1, -2, 0}, PLACE[6] = {1, -1, 0, 2, 1, 0};
    onnx_build *m = start(13, S(3, 2, 3, 4, 0), 0);
    build_wholes(m, "k", S(3, 1, 2, 3, 0), ONNX__TENSOR_PROTO__DATA_TYPE__INT64, ELEMENT);
    build_node(m, "GatherElements", "r k", "y");
    build_int(m, "axis", 1);
    for (int64_t i = 0; i < 6; i++) put((ELEMENT[i] + 3) % 3 * 4 + i % 3);
    finish(m);
    m = start(13, S(3, 2, 3, 4, 0), 0);
    build_wholes(m, "k", S(2, 3, 2, 0, 0), ONNX__TENSOR_PROTO__DATA_TYPE__INT64, PLACE);
    build_node(m, "GatherND", "r k", "y");
    for (int64_t i = 0; i < 12; i++) put(((PLACE[i / 4 * 2] + 2) % 2 * 3 + (PLACE[i / 4 * 2 + 1] + 3) % 3) * 4 + i % 4);
    finish(m);
    m = start(13, S(3, 2, 3, 4, 0), 0);
    build_wholes(m, "k", S(3, 2, 1, 1, 0), ONNX__TENSOR_PROTO__DATA_TYPE__INT64, (int64_t[]){2, -3});
    build_node(m, "GatherND", "r k", "y");
    build_int(m, "batch_dims", 1);
    for (int64_t i = 0; i < 8; i++) put((i < 4 ? 2 : 3) * 4 + i % 4);
    finish(m);
}

/* Places computed while compiling: Range, NonZero and Unique of constants, EyeLike. */
static void test_constants(void **unused) {
    (void)unused;
    onnx_build *m = start(13, S(1, 9, 0, 0, 0), 0);
    static const int64_t RANGE[3] = {7, 0, -3}, LIST[6] = {4, 2, 4, 8, 2, 2};
    const shape scalar = {.rank = 0};
    for (int k = 0; k < 3; k++)
        build_wholes(m, k == 0 ? "a" : k == 1 ? "b" : "c", scalar, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &RANGE[k]);
    build_node(m, "Range", "a b c", "i");
    build_node(m, "Gather", "r i", "y");
    put(7), put(4), put(1);
    finish(m);
    m = start(13, S(1, 9, 0, 0, 0), 0);
    build_whole(m, "k", 6, LIST);
    build_node(m, "Unique", "k", "i - j");
    build_node(m, "Gather", "r i", "s");
    build_node(m, "Gather", "s j", "y");
    for (int k = 0; k < 6; k++) put(LIST[k]);
    finish(m);
    m = start(13, S(2, 2, 3, 0, 0), 0);
    build_node(m, "EyeLike", "r", "e");
    build_int(m, "k", 1);
    build_node(m, "NonZero", "e", "p");
    build_node(m, "Transpose", "p", "q");
    build_node(m, "GatherND", "r q", "y");
    put(1), put(5);
    finish(m);
}

/* x times a taper: w_i = a - b cos t + c cos 2t, t = 2 pi i / around. */
typedef struct taper {
    const char *op;
    double a, b, c;
    int64_t periodic;
} taper;

static void taper_reference(const double *const *in, double *out, const void *context) {
    const taper *p = context;
    for (int i = 0; i < 6; i++) {
        double t = 2 * 3.14159265358979323846 * i / (p->periodic ? 6 : 5);
        out[i] = in[0][i] * (p->a - p->b * cos(t) + p->c * cos(2 * t));
    }
}

static void test_tapers(void **unused) {
    (void)unused;
    static const taper CASES[] = {{"HannWindow", 0.5, 0.5, 0, 1},
                                  {"HannWindow", 0.5, 0.5, 0, 0},
                                  {"HammingWindow", 0.543478260869565, 0.456521739130435, 0, 1},
                                  {"BlackmanWindow", 0.42, 0.5, 0.08, 1}};
    const int64_t six = 6;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        onnx_build *m = build_start(17);
        build_input(m, "x", S(1, 6, 0, 0, 0));
        build_wholes(m, "n", (shape){.rank = 0}, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &six);
        build_node(m, CASES[i].op, "n", "w");
        build_int(m, "periodic", CASES[i].periodic);
        build_node(m, "Mul", "x w", "y");
        build_output(m, "y");
        check_case(m, taper_reference, &CASES[i], 5e-4, 1.5);
    }
}

/* Where with a constant condition, [2, 1, 4] over [2, 3, 4], and a constant elsewhere. */
static void test_mask(void **unused) {
    (void)unused;
    static const int64_t MASK[8] = {1, 0, 0, 1, 1, 1, 0, 1};
    const double fill = -0.75;
    for (int left = 0; left < 2; left++) {
        onnx_build *m = start(13, S(3, 2, 3, 4, 0), fill);
        build_wholes(m, "k", S(3, 2, 1, 4, 0), ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, MASK);
        build_real(m, "v", (shape){.rank = 0}, &fill);
        build_node(m, "Where", left ? "k v r" : "k r v", "y");
        for (int64_t i = 0; i < 24; i++) put((MASK[i / 12 * 4 + i % 4] != 0) != (left == 1) ? i : HOLE);
        finish(m);
    }
}

/* If on the length of an axis: the then branch scales relu(x) by 3, the else branch shifts it by 0.5. */
static void branch_reference(const double *const *in, double *out, const void *context) {
    for (int i = 0; i < 6; i++) {
        double r = in[0][i] > 0 ? in[0][i] : 0;
        out[i] = *(const int64_t *)context == 2 ? 3 * r : r + 0.5;
    }
}

static onnx_build *branches(const char *condition, int64_t length) {
    onnx_build *m = build_start(13);
    build_input(m, "x", S(2, 2, 3, 0, 0));
    build_wholes(m, "n", (shape){.rank = 0}, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &length);
    build_wholes(m, "k", (shape){.rank = 0}, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &(int64_t){0});
    build_node(m, "Relu", "x", "r");
    build_node(m, "Shape", "r", "s");
    build_node(m, "Gather", "s k", "d");
    build_node(m, "Equal", "d n", "c");
    build_node(m, "Greater", "x x", "computed");
    build_node(m, "If", condition, "y");
    build_branch(m, "then_branch", "Mul", "r three", "three", 3);
    build_branch(m, "else_branch", "Add", "half r", "half", 0.5);
    build_output(m, "y");
    return m;
}

static void test_branches(void **unused) {
    (void)unused;
    for (int64_t length = 2; length < 4; length++)
        check_case(branches("c", length), branch_reference, &length, 5e-4, 1);
    refuse_case(branches("computed", 2), TACIT_UNSUPPORTED, "a condition that is not constant");
}

/* Integers: padded with 7, the lower triangle, tiled. */
static void whole_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t k = 0; k < 32; k++) {
        uint32_t i = k / 8, j = k % 4;
        double v = i < 3 && j < 3 ? in[0][i * 3 + j] : 7;
        out[k] = j <= i ? v : 0;
    }
}

static void test_whole(void **unused) {
    (void)unused;
    onnx_build *m = build_start(14);
    const int64_t seven = 7;
    build_input_whole(m, "x", S(2, 3, 3, 0, 0), -40, 100);
    build_whole(m, "p", 4, (int64_t[]){0, 0, 1, 1});
    build_wholes(m, "v", (shape){.rank = 0}, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &seven);
    build_whole(m, "k", 2, (int64_t[]){1, 2});
    build_node(m, "Pad", "x p v", "a");
    build_node(m, "Trilu", "a", "b");
    build_int(m, "upper", 0);
    build_node(m, "Tile", "b k", "y");
    build_output(m, "y");
    check_case(m, whole_reference, NULL, 0, 1);
}

/* ---- refused */
static onnx_build *one_node(int64_t opset, const char *op, const char *inputs, uint32_t count, const int64_t *k) {
    onnx_build *m = build_start(opset);
    build_input(m, "x", S(2, 3, 5, 0, 0));
    build_whole(m, "k", count, k);
    build_node(m, op, inputs, "y");
    build_output(m, "y");
    return m;
}

static void test_refusals(void **unused) {
    (void)unused;
    onnx_build *m = one_node(13, "Pad", "x k", 3, (int64_t[]){1, 1, 1});
    refuse_case(m, TACIT_SHAPE, "pads have the wrong length");
    m = one_node(13, "Pad", "x k", 4, (int64_t[]){0, -3, 0, -2});
    refuse_case(m, TACIT_SHAPE, "cut away more");
    m = one_node(13, "Pad", "x k", 4, (int64_t[]){0, 0, 0, 1});
    build_text(m, "mode", "mirror");
    refuse_case(m, TACIT_UNSUPPORTED, "this mode");
    m = one_node(13, "Split", "x k", 1, (int64_t[]){4});
    refuse_case(m, TACIT_SHAPE, "the parts do not fit");
    refuse_case(one_node(13, "Tile", "x k", 1, (int64_t[]){2}), TACIT_SHAPE, "repeats have the wrong length");
    refuse_case(one_node(13, "Tile", "x k", 2, (int64_t[]){2, 0}), TACIT_SHAPE, "repeats out of range");
    refuse_case(one_node(13, "Expand", "x k", 1, (int64_t[]){2}), TACIT_SHAPE, "the shape does not fit");
    refuse_case(one_node(13, "Expand", "x x", 1, (int64_t[]){2}), TACIT_UNSUPPORTED, "must be constant integers");
    refuse_case(one_node(13, "DepthToSpace", "x", 1, (int64_t[]){2}), TACIT_SHAPE, "four axes and a blocksize");
    refuse_case(one_node(13, "Compress", "x x", 1, (int64_t[]){2}), TACIT_UNSUPPORTED, "condition must be constant");
    refuse_case(one_node(13, "ReverseSequence", "x k", 1, (int64_t[]){2}), TACIT_SHAPE, "one length for each");
    refuse_case(one_node(13, "NonZero", "x", 1, (int64_t[]){2}), TACIT_UNSUPPORTED, "has no fixed shape");
    refuse_case(one_node(13, "GatherND", "x k", 1, (int64_t[]){3}), TACIT_SHAPE, "an index out of range");
    refuse_case(one_node(13, "GatherElements", "x k", 1, (int64_t[]){1}), TACIT_SHAPE, "different numbers of axes");
    refuse_case(one_node(13, "GridSample", "x x", 1, (int64_t[]){2}), TACIT_UNSUPPORTED, "operator is not supported");
    refuse_case(one_node(13, "SequenceConstruct", "x x", 1, (int64_t[]){2}), TACIT_UNSUPPORTED, "sequences are not");
}

/* A part of no elements beside the whole. */
static void reference_all(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 8; i++) out[i] = in[0][i];
}

static void test_nothing(void **unused) {
    (void)unused;
    static const int64_t FROM[1] = {4}, TO[1] = {9}, AXIS[1] = {1};
    onnx_build *m = build_start(17);
    build_input(m, "x", (shape){.rank = 2, .dim = {2, 4}});
    build_whole(m, "from", 1, FROM);
    build_whole(m, "to", 1, TO);
    build_whole(m, "axis", 1, AXIS);
    build_node(m, "Slice", "x from to axis", "none");
    build_node(m, "Relu", "none", "still");
    build_node(m, "Concat", "x still", "y");
    build_int(m, "axis", 1);
    build_output(m, "y");
    check_case(m, reference_all, NULL, 1e-3, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pad),      cmocka_unit_test(test_split),    cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_blocks),   cmocka_unit_test(test_trilu),    cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_mask),     cmocka_unit_test(test_indices),  cmocka_unit_test(test_constants),
        cmocka_unit_test(test_whole),    cmocka_unit_test(test_refusals), cmocka_unit_test(test_tapers),
        cmocka_unit_test(test_branches), cmocka_unit_test(test_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
