/* ai.onnx.ml against walks and sums of the test's own: numbers, and that no other path, bin or score passes. */
#include "operator_case.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NODES_HERE = 128, FEATURES = 3, ROWS = 2, MAX_TARGETS = 3 };

/* A forest in the lists of ONNX. */
typedef struct lists {
    uint32_t nodes, leaves, trees, targets;
    int64_t tree[MAX_NODES_HERE], id[MAX_NODES_HERE], feature[MAX_NODES_HERE], yes[MAX_NODES_HERE], no[MAX_NODES_HERE];
    const char *mode[MAX_NODES_HERE];
    double value[MAX_NODES_HERE];
    uint32_t root[8];
    int64_t leaf_tree[MAX_NODES_HERE * MAX_TARGETS], leaf_id[MAX_NODES_HERE * MAX_TARGETS],
        leaf_target[MAX_NODES_HERE * MAX_TARGETS];
    double weight[MAX_NODES_HERE * MAX_TARGETS], base[MAX_TARGETS];
    bool has_base, whole, classify;
    const char *aggregate;
} lists;
static lists F;

static double as_float(double v) {
    return (double)(float)v;
}

static uint32_t pick(uint32_t n) {
    return (uint32_t)((noise() + 1) / 2 * n) % n;
}

/* A node and what is below it; answers its number in its tree. */
static int64_t grow(uint32_t tree, uint32_t depth, const char *const *modes, uint32_t mode_count, double sign) {
    uint32_t at = F.nodes++;
    F.tree[at] = tree;
    F.id[at] = 100 + (int64_t)at - F.root[tree];
    if (depth == 0 || (depth < 3 && pick(4) == 0)) {
        F.mode[at] = "LEAF";
        for (uint32_t t = 0; t < F.targets; t++) {
            F.leaf_tree[F.leaves] = tree, F.leaf_id[F.leaves] = F.id[at], F.leaf_target[F.leaves] = t;
            F.weight[F.leaves++] = as_float(noise() + sign);
        }
        return F.id[at];
    }
    F.mode[at] = modes[pick(mode_count)];
    F.feature[at] = pick(FEATURES);
    F.value[at] = F.whole ? (double)((int64_t)pick(7) - 3) : as_float(noise());
    F.yes[at] = grow(tree, depth - 1, modes, mode_count, sign);
    F.no[at] = grow(tree, depth - 1, modes, mode_count, sign);
    return F.id[at];
}

static void plant(uint32_t trees, uint32_t targets, uint32_t depth, bool whole, double sign) {
    static const char *const ALL[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"};
    F = (lists){.trees = trees, .targets = targets, .whole = whole, .aggregate = "SUM"};
    for (uint32_t t = 0; t < trees; t++) {
        F.root[t] = F.nodes;
        (void)grow(t, t == 1 ? depth - 1 : depth, ALL, whole ? 6 : 4, sign);
    }
}

static void write_forest(onnx_build *m) {
    const char *kind = F.classify ? "class" : "target";
    char name[4][32];
    static const char *const PARTS[4] = {"treeids", "nodeids", "ids", "weights"};
    for (uint32_t i = 0; i < 4; i++) (void)snprintf(name[i], sizeof name[i], "%s_%s", kind, PARTS[i]);
    build_ints(m, "nodes_treeids", F.nodes, F.tree);
    build_ints(m, "nodes_nodeids", F.nodes, F.id);
    build_ints(m, "nodes_featureids", F.nodes, F.feature);
    build_ints(m, "nodes_truenodeids", F.nodes, F.yes);
    build_ints(m, "nodes_falsenodeids", F.nodes, F.no);
    build_floats(m, "nodes_values", F.nodes, F.value);
    build_texts(m, "nodes_modes", F.nodes, F.mode);
    build_ints(m, name[0], F.leaves, F.leaf_tree);
    build_ints(m, name[1], F.leaves, F.leaf_id);
    build_ints(m, name[2], F.leaves, F.leaf_target);
    build_floats(m, name[3], F.leaves, F.weight);
    if (F.has_base) build_floats(m, "base_values", F.targets, F.base);
    if (!F.classify) build_int(m, "n_targets", F.targets);
    if (!F.classify) build_text(m, "aggregate_function", F.aggregate);
}

static bool holds(const char *mode, double x, double t) {
    if (strcmp(mode, "BRANCH_LEQ") == 0) return x <= t;
    if (strcmp(mode, "BRANCH_LT") == 0) return x < t;
    if (strcmp(mode, "BRANCH_GTE") == 0) return x >= t;
    if (strcmp(mode, "BRANCH_GT") == 0) return x > t;
    return strcmp(mode, "BRANCH_EQ") == 0 ? x == t : x != t;
}

static uint32_t leaf_of(uint32_t tree, const double *x) {
    uint32_t at = F.root[tree];
    while (strcmp(F.mode[at], "LEAF") != 0) {
        int64_t next = holds(F.mode[at], x[F.feature[at]], F.value[at]) ? F.yes[at] : F.no[at];
        at = F.root[tree] + (uint32_t)(next - 100);
    }
    return at;
}

static double leaf_weight(uint32_t tree, uint32_t node, uint32_t target) {
    double sum = 0;
    for (uint32_t i = 0; i < F.leaves; i++) {
        if (F.leaf_tree[i] == tree && F.leaf_id[i] == F.id[node] && F.leaf_target[i] == target) sum += F.weight[i];
    }
    return sum;
}

static double score(const double *x, uint32_t target) {
    double sum = 0, least = INFINITY, most = -INFINITY;
    for (uint32_t t = 0; t < F.trees; t++) {
        double w = leaf_weight(t, leaf_of(t, x), target);
        sum += w, least = fmin(least, w), most = fmax(most, w);
    }
    if (strcmp(F.aggregate, "AVERAGE") == 0) sum /= F.trees;
    if (strcmp(F.aggregate, "MIN") == 0) sum = least;
    if (strcmp(F.aggregate, "MAX") == 0) sum = most;
    return sum + (F.has_base ? F.base[target] : 0);
}

static void scores_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < ROWS * F.targets; i++) out[i] = score(in[0] + i / F.targets * FEATURES, i % F.targets);
}

static onnx_build *forest_model(const char *op, const char *outputs) {
    onnx_build *m = build_start(17);
    const shape s = {.rank = 2, .dim = {ROWS, FEATURES}};
    if (F.whole)
        build_input_whole(m, "x", s, -4, 4);
    else
        build_input(m, "x", s);
    build_node(m, op, "x", outputs);
    build_ml(m);
    write_forest(m);
    return m;
}

static void check_regressor(double tolerance) {
    onnx_build *m = forest_model("TreeEnsembleRegressor", "y");
    build_output(m, "y");
    check_case(m, scores_reference, NULL, tolerance, 1.2);
}

static void test_regressors(void **unused) {
    (void)unused;
    plant(3, 2, 4, false, 0);
    check_regressor(1e-3);
    plant(2, 1, 3, true, 0); /* all modes, integers */
    check_regressor(1e-3);
    plant(3, 2, 3, false, 0);
    F.has_base = true, F.base[0] = 2.5, F.base[1] = -0.75;
    static const char *const AGGREGATES[] = {"AVERAGE", "MIN", "MAX"};
    for (uint32_t i = 0; i < 3; i++) {
        F.aggregate = AGGREGATES[i];
        check_regressor(1e-3);
    }
    plant(1, 1, 1, false, 0); /* one split */
    check_regressor(1e-3);
}

/* ---- classifiers: label, then scores as ONNX Runtime gives them */
static const int64_t LABELS[3] = {7, -2, 40};

static void many_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t r = 0; r < ROWS; r++) {
        uint32_t best = 0;
        for (uint32_t t = 0; t < F.targets; t++) {
            out[ROWS + r * F.targets + t] = score(in[0] + r * FEATURES, t);
            if (out[ROWS + r * F.targets + t] > out[ROWS + r * F.targets + best]) best = t;
        }
        out[r] = (double)LABELS[best];
    }
}

/* Weights of class 0 alone: 1 - s and s, or -s and s. */
static void one_score_reference(const double *const *in, double *out, const void *context) {
    const bool positive = *(const bool *)context;
    for (uint32_t r = 0; r < ROWS; r++) {
        double s = score(in[0] + r * FEATURES, 0);
        out[r] = (double)LABELS[s > (positive ? 0.5 : 0)];
        out[ROWS + 2 * r] = positive ? 1 - s : -s;
        out[ROWS + 2 * r + 1] = s;
    }
}

static void check_classifier(uint32_t labels, reference ref, const void *context) {
    F.classify = true;
    onnx_build *m = forest_model("TreeEnsembleClassifier", "l p");
    build_ints(m, "classlabels_int64s", labels, LABELS);
    build_node(m, "ZipMap", "p", "z");
    build_ml(m);
    build_ints(m, "classlabels_int64s", labels, LABELS);
    build_output(m, "l");
    build_output(m, "z");
    check_case(m, ref, context, 1e-3, 1.2);
}

static void test_classifiers(void **unused) {
    (void)unused;
    const bool yes = true, no = false;
    plant(3, 3, 3, false, 0);
    check_classifier(3, many_reference, NULL);
    plant(2, 1, 3, false, 1.01);
    check_classifier(2, one_score_reference, &yes);
    plant(3, 1, 3, false, 0);
    check_classifier(2, one_score_reference, &no);
}

/* ---- linear models over columns of different sizes */
static const double OFFSET[FEATURES] = {0.25, -0.5, 0}, SCALE[FEATURES] = {3, 0.125, 1};
static const double COEFS[2 * FEATURES] = {0.5, -1.25, 2, 1, 0.25, -0.75}, INTERCEPTS[2] = {0.5, -0.25};

static void linear_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < ROWS * 2; i++) {
        out[i] = INTERCEPTS[i % 2];
        for (uint32_t f = 0; f < FEATURES; f++)
            out[i] += (in[0][i / 2 * FEATURES + f] - OFFSET[f]) * SCALE[f] * COEFS[i % 2 * FEATURES + f];
    }
}

static void linear_label_reference(const double *const *in, double *out, const void *context) {
    double scores[ROWS * 2];
    linear_reference(in, scores, context);
    for (uint32_t r = 0; r < ROWS; r++) {
        out[r] = (double)LABELS[scores[2 * r + 1] > scores[2 * r]];
        out[ROWS + 2 * r] = scores[2 * r], out[ROWS + 2 * r + 1] = scores[2 * r + 1];
    }
}

static onnx_build *scaled(void) {
    onnx_build *m = build_start(17);
    build_input(m, "x", (shape){.rank = 2, .dim = {ROWS, FEATURES}});
    build_node(m, "Scaler", "x", "t");
    build_ml(m);
    build_floats(m, "offset", FEATURES, OFFSET);
    build_floats(m, "scale", FEATURES, SCALE);
    return m;
}

static void test_linear(void **unused) {
    (void)unused;
    onnx_build *m = scaled();
    build_node(m, "LinearRegressor", "t", "y");
    build_ml(m);
    build_floats(m, "coefficients", 2 * FEATURES, COEFS);
    build_floats(m, "intercepts", 2, INTERCEPTS);
    build_int(m, "targets", 2);
    build_output(m, "y");
    check_case(m, linear_reference, NULL, 1e-3, 1.5);
    m = scaled();
    build_node(m, "LinearClassifier", "t", "l p");
    build_ml(m);
    build_floats(m, "coefficients", 2 * FEATURES, COEFS);
    build_floats(m, "intercepts", 2, INTERCEPTS);
    build_ints(m, "classlabels_ints", 2, LABELS);
    build_output(m, "l");
    build_output(m, "p");
    check_case(m, linear_label_reference, NULL, 1e-3, 1.5);
}

/* A scaler written as Mul: columns of different sizes. */
static const double WIDTHS[FEATURES] = {-96, 0.0625, 1.5};

static void columns_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < ROWS * FEATURES; i++) out[i] = in[0][i] * WIDTHS[i % FEATURES];
}

static void test_columns(void **unused) {
    (void)unused;
    onnx_build *m = build_start(17);
    build_input(m, "x", (shape){.rank = 2, .dim = {ROWS, FEATURES}});
    build_real(m, "w", (shape){.rank = 1, .dim = {FEATURES}}, WIDTHS);
    build_node(m, "Mul", "x w", "y");
    build_output(m, "y");
    check_case(m, columns_reference, NULL, 1e-4, 1.5);
}

/* ---- what is refused */
static void test_refusals(void **unused) {
    (void)unused;
    plant(2, 1, 2, false, 0);
    onnx_build *m = forest_model("TreeEnsembleRegressor", "y");
    build_text(m, "post_transform", "PROBIT");
    build_output(m, "y");
    refuse_case(m, TACIT_UNSUPPORTED, "this post_transform");
    F.yes[0] = F.no[0];
    m = forest_model("TreeEnsembleRegressor", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_SHAPE, "two parents");
    F.yes[0] = 9999;
    m = forest_model("TreeEnsembleRegressor", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_SHAPE, "a child that does not exist");
    plant(2, 1, 2, false, 0);
    F.mode[0] = "BRANCH_MEMBER";
    m = forest_model("TreeEnsembleRegressor", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_UNSUPPORTED, "this mode of a node");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regressors), cmocka_unit_test(test_classifiers), cmocka_unit_test(test_linear),
        cmocka_unit_test(test_columns),    cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
