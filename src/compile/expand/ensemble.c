/* The tree ensembles of ai.onnx.ml: scores by forest.h, then what ONNX Runtime makes of them. */
#include "compile/expand/forest.h"
#include "compile/expand/ml.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
#include <string.h>

/* Scores of two classes when weights name one of them or both (ONNX leaves it open; this is ONNX Runtime's way). */
typedef struct binary {
    bool scored[2]; /* classes that weights name */
    bool positive;  /* no weight is negative */
    uint32_t base_count;
    const double *base;
} binary;

static binary look(const forest *f, const double *base, uint32_t base_count) {
    binary b = {.positive = true, .base = base, .base_count = base_count};
    for (uint32_t i = 0; i < f->weight_count; i++) {
        b.scored[f->weights[i].target & 1] = true;
        b.positive = b.positive && f->weights[i].weight >= 0;
    }
    return b;
}

static uint32_t columns(expansion *x, uint32_t t, uint32_t count, const int64_t *which) {
    uint32_t list = ex_list(x, count, which);
    ex_int(x, "axis", 1);
    return EX(x, "Gather", t, list);
}

static uint32_t side_by_side(expansion *x, uint32_t a, uint32_t b) {
    ex_int(x, "axis", 1);
    return EX(x, "Concat", a, b);
}

static uint32_t negated(expansion *x, uint32_t t) {
    return EX(x, "Neg", t);
}

/* One score s for both classes: 1 - s or -s, and s; LOGISTIC of -s and s; SOFTMAX is not applied. */
static uint32_t one_score(expansion *x, uint32_t s, const binary *b, post_transform post, tacit_error *err) {
    if (post == POST_LOGISTIC) return ml_post(x, side_by_side(x, negated(x, s), s), post, err);
    return side_by_side(x, b->positive ? EX(x, "Sub", ex_real(x, 1), s) : negated(x, s), s);
}

static tacit_status two_classes(expansion *x, const gnode *n, const binary *b, uint32_t scores, const ml_labels *labels,
                                post_transform post, tacit_error *err) {
    const int64_t zero = 0, one = 1;
    ml_labels named = *labels;
    uint32_t s0 = columns(x, scores, 1, &zero), s1 = columns(x, scores, 1, &one), decides = s1, both;
    if (b->base_count == 2 && b->scored[1] && !b->scored[0]) return unsupported(n, "two base values here", err);
    if (b->scored[0] && !b->scored[1]) decides = s0;
    if (b->base_count > 0 && b->scored[0]) s0 = EX(x, "Add", s0, ex_real(x, b->base[0]));
    if (decides != s1) decides = s0;
    if (b->base_count == 2 && b->scored[1]) { /* base[1], as ONNX Runtime */
        s1 = EX(x, "Add", columns(x, scores, 1, &zero), ex_real(x, b->base[1]));
        s0 = negated(x, s1), decides = s1;
    }
    bool single = b->scored[0] && !b->scored[1] && b->base_count < 2, alone = b->scored[0] != b->scored[1];
    if (!alone && !labels->names) { /* ONNX Runtime answers 1 and 0 then */
        static const int64_t BITS[2] = {0, 1};
        named.values = BITS;
    }
    both = single ? one_score(x, s0, b, post, err) : ml_post(x, side_by_side(x, s0, s1), post, err);
    uint32_t bit = EX(x, "Greater", decides, ex_real(x, alone && b->positive ? 0.5 : 0));
    ml_set_label(x, &named, bit);
    ex_result(x, 1, both);
    return x->status;
}

/* The largest score of those classes that have one. */
static tacit_status many_classes(expansion *x, const forest *f, uint32_t scores, bool base, const ml_labels *labels,
                                 post_transform post, tacit_error *err) {
    int64_t *scored = ex_new_wholes(x, f->targets), *used = ex_new_wholes(x, f->targets), *names;
    uint32_t count = 0;
    for (uint32_t i = 0; used && i < f->weight_count; i++) used[f->weights[i].target] = 1;
    for (uint32_t c = 0; scored && used && c < f->targets; c++) {
        if (base || used[c]) scored[count++] = c;
    }
    if (!scored || !(names = ex_new_wholes(x, f->targets))) return x->status;
    ml_labels some = {.count = count, .values = names};
    for (uint32_t k = 0; k < count; k++) names[k] = labels->values[scored[k]];
    ml_set_largest(x, &some, count == f->targets ? scores : columns(x, scores, count, scored));
    ex_result(x, 1, ml_post(x, scores, post, err));
    return x->status;
}

tacit_status tree_classifier_expand(expansion *x, const gnode *n, tacit_error *err) {
    ml_labels labels;
    forest f;
    post_transform post;
    const double *base;
    uint32_t base_count;
    TRY(ml_read_labels(x, n, "classlabels_int64s", "classlabels_strings", &labels, err));
    TRY(ml_read_post(n, &post, err));
    TRY(forest_read(x, n, "class", labels.count, &f, err));
    TRY(forest_order(x, n, &f, err));
    TRY(read_reals(x, n, "base_values", &base, &base_count, err));
    if (ex_shape(x, ex_in(x, 0))->rank != 2) return unsupported(n, "on a tensor that is no matrix", err);
    bool many = f.targets > 2;
    if (many && base_count > 0 && base_count != f.targets) return misshapen(n, "base values of another number", err);
    uint32_t scores = forest_scores(x, &f, many && base_count > 0 ? base : NULL, 1, false);
    if (many) return many_classes(x, &f, scores, base_count > 0, &labels, post, err);
    if (f.targets == 2) {
        const binary b = look(&f, base, base_count);
        return two_classes(x, n, &b, scores, &labels, post, err);
    }
    static const int64_t BITS[2] = {0, 1};
    const ml_labels bits = {.count = 2, .values = BITS};
    if (base_count == 1) scores = EX(x, "Add", scores, ex_real(x, base[0]));
    ml_set_label(x, &bits, EX(x, "Greater", scores, ex_real(x, 0)));
    ex_result(x, 1, scores);
    return x->status;
}

/* ---- regressors */
typedef enum aggregate { AVERAGE, SUM, MIN, MAX } aggregate;

/* Min and max: over the trees, which then must all have a weight for every target. */
static tacit_status extreme(expansion *x, const gnode *n, const forest *f, const double *base, bool largest,
                            uint32_t *out, tacit_error *err) {
    uint8_t *has = (uint8_t *)(void *)ex_new_wholes(x, (uint64_t)f->root_count * f->targets / 8 + 1);
    for (uint32_t i = 0; has && i < f->weight_count; i++) {
        uint32_t tree = f->root_count - 1;
        while (f->first_leaf[tree] > f->nodes[f->weights[i].node].place) tree--;
        has[tree * f->targets + f->weights[i].target] = 1;
    }
    for (uint32_t i = 0; has && i < f->root_count * f->targets; i++) {
        if (!has[i]) return unsupported(n, "minimum or maximum where a tree has no weight for a target", err);
    }
    const shape s = {.rank = 3, .dim = {ex_shape(x, ex_in(x, 0))->dim[0], f->root_count, f->targets}};
    const shape row = {.rank = 1, .dim = {f->targets}};
    const int64_t axis = 1;
    uint32_t each = forest_scores(x, f, NULL, 1, true);
    each = EX(x, "Reshape", each, ex_list(x, 3, (const int64_t[]){s.dim[0], s.dim[1], s.dim[2]}));
    uint32_t axes = ex_list(x, 1, &axis);
    ex_int(x, "keepdims", 0);
    *out = EX(x, largest ? "ReduceMax" : "ReduceMin", each, axes);
    if (base) *out = EX(x, "Add", *out, ex_reals(x, &row, base));
    return x->status;
}

static tacit_status regress(expansion *x, const gnode *n, forest *f, aggregate a, post_transform post,
                            const double *base, uint32_t base_count, tacit_error *err) {
    uint32_t y = NO_INDEX;
    TRY(forest_order(x, n, f, err));
    if (ex_shape(x, ex_in(x, 0))->rank != 2) return unsupported(n, "on a tensor that is no matrix", err);
    if (base_count > 0 && base_count != f->targets) return misshapen(n, "base values of another number", err);
    if (a == MIN || a == MAX)
        TRY(extreme(x, n, f, base, a == MAX, &y, err));
    else
        y = forest_scores(x, f, base, a == AVERAGE ? 1.0 / f->root_count : 1, false);
    ex_result(x, 0, f->targets == 1 ? y : ml_post(x, y, post, err)); /* one target: as ONNX Runtime */
    return x->status;
}

tacit_status tree_regressor_expand(expansion *x, const gnode *n, tacit_error *err) {
    static const char *const NAMES[] = {"AVERAGE", "SUM", "MIN", "MAX"};
    char text[16];
    forest f;
    post_transform post;
    int64_t targets;
    const double *base;
    uint32_t base_count, a = 0;
    TRY(attribute_text(n, "aggregate_function", "SUM", text, sizeof text, err));
    while (a < 4 && strcmp(text, NAMES[a]) != 0) a++;
    if (a == 4) return unsupported(n, "this aggregate function", err);
    TRY(attribute_int(n, "n_targets", 1, &targets, err));
    if (targets < 1 || targets > 1 << 16) return unsupported(n, "this number of targets", err);
    TRY(ml_read_post(n, &post, err));
    TRY(forest_read(x, n, "target", (uint32_t)targets, &f, err));
    TRY(read_reals(x, n, "base_values", &base, &base_count, err));
    return regress(x, n, &f, (aggregate)a, post, base, base_count, err);
}

tacit_status tree_ensemble_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t a, post;
    forest f;
    TRY(attribute_int(n, "aggregate_function", 1, &a, err));
    TRY(attribute_int(n, "post_transform", 0, &post, err));
    if (a < 0 || a > 3) return unsupported(n, "this aggregate function", err);
    if (post < 0 || post > POST_SOFTMAX_ZERO) return unsupported(n, "this post_transform", err);
    TRY(forest_read5(x, n, &f, err));
    return regress(x, n, &f, (aggregate)a, (post_transform)post, NULL, 0, err);
}
