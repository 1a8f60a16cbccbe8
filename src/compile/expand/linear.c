/* Linear models, support vector machines and the scaler of ai.onnx.ml. */
#include "compile/expand/choose.h"
#include "compile/expand/forest.h"
#include "compile/expand/ml.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
#include <math.h>
#include <string.h>

/* [B, F] in any case: a vector is one row. */
static tacit_status rows_of(expansion *x, const gnode *n, uint32_t *t, uint32_t *features, tacit_error *err) {
    const shape s = *ex_shape(x, ex_in(x, 0));
    if (s.rank != 1 && s.rank != 2) return unsupported(n, "on a tensor that is no matrix", err);
    const shape two = {.rank = 2, .dim = {s.rank == 2 ? s.dim[0] : 1, s.dim[s.rank - 1]}};
    *features = two.dim[1];
    *t = ex_reshape(x, ex_in(x, 0), &two);
    return TACIT_OK;
}

static uint32_t row(expansion *x, uint32_t count, const double *v) {
    const shape s = {.rank = 1, .dim = {count}};
    return v ? ex_reals(x, &s, v) : NO_INDEX;
}

tacit_status scaler_expand(expansion *x, const gnode *n, tacit_error *err) {
    const double *offset, *scale;
    uint32_t offsets, scales, features = 0, t = NO_INDEX;
    TRY(rows_of(x, n, &t, &features, err));
    TRY(read_reals(x, n, "offset", &offset, &offsets, err));
    TRY(read_reals(x, n, "scale", &scale, &scales, err));
    double *o = ex_new_reals(x, features), *s = ex_new_reals(x, features);
    bool fits = (offsets == features || offsets == 1) && (scales == features || scales == 1);
    if (!fits) return misshapen(n, "one offset and one scale for each column", err);
    for (uint32_t i = 0; o && s && i < features; i++) {
        o[i] = offset[offsets == 1 ? 0 : i];
        s[i] = scale[scales == 1 ? 0 : i];
    }
    const shape out = *ex_shape(x, ex_in(x, 0));
    ex_result(x, 0, ex_reshape(x, EX(x, "ScaledColumns", t, row(x, features, o), row(x, features, s)), &out));
    return x->status;
}

/* x w + b: w [F, C], columns of x first scaled by their largest weight, so that none is lost. */
static uint32_t weighted(expansion *x, uint32_t t, uint32_t features, uint32_t classes, const double *w,
                         const double *b) {
    double *most = ex_new_reals(x, features), *none = ex_new_reals(x, features),
           *rest = ex_new_reals(x, (uint64_t)features * classes);
    const shape s = {.rank = 2, .dim = {features, classes}};
    const ex_labels labels = {.rank = 2, .a_count = 2, .b_count = 2, .a = {0, 2}, .b = {2, 1}};
    for (uint64_t i = 0; most && rest && i < shape_count(&s); i++)
        most[i / classes] = fmax(most[i / classes], fabs(w[i]));
    for (uint64_t i = 0; most && rest && i < shape_count(&s); i++)
        rest[i] = most[i / classes] > 0 ? w[i] / most[i / classes] : 0;
    if (!most || !none || !rest) return NO_INDEX;
    uint32_t scaled = EX(x, "ScaledColumns", t, row(x, features, none), row(x, features, most));
    uint32_t y = ex_choice(x, scaled, ex_reals(x, &s, rest), &labels);
    return b ? EX(x, "Add", y, row(x, classes, b)) : y;
}

/* Attributes coefficients [C, F] and intercepts [C]. */
static tacit_status linear(expansion *x, const gnode *n, uint32_t classes, const char *intercepts, uint32_t *out,
                           tacit_error *err) {
    const double *w, *b;
    uint32_t w_count, b_count, t = NO_INDEX, features = 0;
    TRY(rows_of(x, n, &t, &features, err));
    TRY(read_reals(x, n, "coefficients", &w, &w_count, err));
    TRY(read_reals(x, n, intercepts, &b, &b_count, err));
    if (w_count != (uint64_t)classes * features || (b_count != classes && b_count != 0))
        return misshapen(n, "coefficients or intercepts of another number", err);
    double *turned = ex_new_reals(x, w_count);
    for (uint32_t i = 0; turned && i < w_count; i++) turned[i % features * classes + i / features] = w[i];
    *out = weighted(x, t, features, classes, turned, b_count > 0 ? b : NULL);
    return x->status;
}

tacit_status linear_regressor_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t targets;
    uint32_t y = NO_INDEX;
    post_transform post;
    TRY(attribute_int(n, "targets", 1, &targets, err));
    TRY(ml_read_post(n, &post, err));
    if (targets < 1 || targets > 1 << 16) return unsupported(n, "this number of targets", err);
    TRY(linear(x, n, (uint32_t)targets, "intercepts", &y, err));
    ex_result(x, 0, targets == 1 ? y : ml_post(x, y, post, err));
    return x->status;
}

/* One score for two classes: 1 - s and s; LOGISTIC of -s and s (as ONNX Runtime). */
static uint32_t second_class(expansion *x, uint32_t s, post_transform post, tacit_error *err) {
    uint32_t first = post == POST_LOGISTIC ? EX(x, "Neg", s) : EX(x, "Sub", ex_real(x, 1), s);
    ex_int(x, "axis", 1);
    uint32_t both = EX(x, "Concat", first, s);
    return post == POST_LOGISTIC ? ml_post(x, both, post, err) : both;
}

tacit_status linear_classifier_expand(expansion *x, const gnode *n, tacit_error *err) {
    ml_labels labels;
    post_transform post;
    const double *w;
    uint32_t w_count, features = 0, t = NO_INDEX, scores = NO_INDEX;
    TRY(ml_read_labels(x, n, "classlabels_ints", "classlabels_strings", &labels, err));
    TRY(ml_read_post(n, &post, err));
    TRY(rows_of(x, n, &t, &features, err));
    TRY(read_reals(x, n, "coefficients", &w, &w_count, err));
    bool single = labels.count == 2 && w_count == features;
    TRY(linear(x, n, single ? 1 : labels.count, "intercepts", &scores, err));
    if (single) {
        ml_set_label(x, &labels, EX(x, "Greater", scores, ex_real(x, 0)));
        ex_result(x, 1, second_class(x, scores, post, err));
        return x->status;
    }
    ml_set_largest(x, &labels, scores);
    if (ex_wanted(x, 1)) ex_result(x, 1, ml_post(x, scores, post == POST_SOFTMAX_ZERO ? POST_SOFTMAX : post, err));
    return x->status;
}

/* ---- support vector machines */
typedef struct kernel {
    char type[16];
    double gamma, coef0, degree;
} kernel;

static tacit_status read_kernel(expansion *x, const gnode *n, kernel *k, tacit_error *err) {
    static const char *const NAMES[] = {"LINEAR", "RBF", "POLY", "SIGMOID"};
    const double *p;
    uint32_t count;
    TRY(attribute_text(n, "kernel_type", "LINEAR", k->type, sizeof k->type, err));
    TRY(read_reals(x, n, "kernel_params", &p, &count, err));
    k->gamma = count > 0 ? p[0] : 0, k->coef0 = count > 1 ? p[1] : 0, k->degree = count > 2 ? p[2] : 0;
    for (uint32_t i = 0; i < 4; i++) {
        if (strcmp(k->type, NAMES[i]) == 0) return TACIT_OK;
    }
    return unsupported(n, "this kernel", err);
}

/* sum_f (x_f - v_f)^2 [B, S]: one rounding an element. */
static uint32_t distances(expansion *x, uint32_t t, uint32_t features, uint32_t count, const double *v) {
    const shape s = *ex_shape(x, t), a = {.rank = 3, .dim = {s.dim[0], 1, features}},
                b = {.rank = 3, .dim = {1, count, features}};
    const int64_t last = 2;
    uint32_t d = EX(x, "Sub", ex_reshape(x, t, &a), ex_reals(x, &b, v)), square = EX(x, "Mul", d, d);
    uint32_t axes = ex_list(x, 1, &last);
    ex_int(x, "keepdims", 0);
    return EX(x, "ReduceSum", square, axes);
}

/* K(x, v) for every support vector: [B, S]. */
static uint32_t kernel_values(expansion *x, const kernel *k, uint32_t t, uint32_t features, uint32_t count,
                              const double *v) {
    if (strcmp(k->type, "RBF") == 0)
        return EX(x, "Exp", EX(x, "Mul", distances(x, t, features, count, v), ex_real(x, -k->gamma)));
    double *turned = ex_new_reals(x, (uint64_t)features * count);
    bool is_linear = strcmp(k->type, "LINEAR") == 0;
    double *c = ex_new_reals(x, count);
    for (uint64_t i = 0; turned && i < (uint64_t)features * count; i++)
        turned[i % features * count + i / features] = v[i] * (is_linear ? 1 : k->gamma);
    for (uint32_t i = 0; c && i < count; i++) c[i] = k->coef0;
    if (!turned || !c) return NO_INDEX;
    uint32_t y = weighted(x, t, features, count, turned, is_linear ? NULL : c);
    if (is_linear) return y;
    return strcmp(k->type, "SIGMOID") == 0 ? EX(x, "Tanh", y) : EX(x, "Pow", y, ex_real(x, k->degree));
}

/* kernel values x w [S, P] + rho. */
static uint32_t pair_scores(expansion *x, uint32_t values, uint32_t count, uint32_t pairs, const double *w,
                            const double *rho) {
    const shape s = {.rank = 2, .dim = {count, pairs}};
    const ex_labels labels = {.rank = 2, .a_count = 2, .b_count = 2, .a = {0, 2}, .b = {2, 1}};
    return EX(x, "Add", ex_choice(x, values, ex_reals(x, &s, w), &labels), row(x, pairs, rho));
}

typedef struct machine {
    kernel k;
    uint32_t t, features, count; /* of support vectors */
    const double *vectors, *coefs, *rho;
    uint32_t coef_count, rho_count;
} machine;

static tacit_status read_machine(expansion *x, const gnode *n, machine *m, tacit_error *err) {
    uint32_t vector_count;
    TRY(rows_of(x, n, &m->t, &m->features, err));
    TRY(read_kernel(x, n, &m->k, err));
    TRY(read_reals(x, n, "support_vectors", &m->vectors, &vector_count, err));
    TRY(read_reals(x, n, "coefficients", &m->coefs, &m->coef_count, err));
    TRY(read_reals(x, n, "rho", &m->rho, &m->rho_count, err));
    m->count = vector_count / m->features;
    if (vector_count % m->features != 0 || m->rho_count == 0) return misshapen(n, "support vectors or rho", err);
    return TACIT_OK;
}

tacit_status svm_regressor_expand(expansion *x, const gnode *n, tacit_error *err) {
    machine m;
    int64_t one_class;
    uint32_t y = NO_INDEX;
    TRY(read_machine(x, n, &m, err));
    TRY(attribute_int(n, "one_class", 0, &one_class, err));
    if (m.count == 0) {
        TRY(linear(x, n, 1, "rho", &y, err));
    } else {
        if (m.coef_count != m.count) return misshapen(n, "coefficients of another number", err);
        uint32_t values = kernel_values(x, &m.k, m.t, m.features, m.count, m.vectors);
        y = pair_scores(x, values, m.count, 1, m.coefs, m.rho);
    }
    if (one_class) { /* 1 where positive, else -1 */
        uint32_t bit = EX(x, "Greater", y, ex_real(x, 0));
        ex_int(x, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
        y = EX(x, "Sub", EX(x, "Mul", EX(x, "Cast", bit), ex_real(x, 2)), ex_real(x, 1));
    }
    ex_result(x, 0, y);
    return x->status;
}

/* One column for each pair i < j of classes: coefficients as libsvm has them, [classes - 1, S]. */
static double *pair_table(expansion *x, const machine *m, const int64_t *per_class, uint32_t classes) {
    uint32_t pairs = classes * (classes - 1) / 2, first[2], pair = 0;
    double *w = ex_new_reals(x, (uint64_t)m->count * pairs);
    first[0] = 0;
    for (uint32_t i = 0; w && i < classes; first[0] += (uint32_t)per_class[i++]) {
        first[1] = first[0] + (uint32_t)per_class[i];
        for (uint32_t j = i + 1; j < classes; first[1] += (uint32_t)per_class[j++], pair++) {
            for (uint32_t s = first[0]; s < first[0] + per_class[i]; s++)
                w[(uint64_t)s * pairs + pair] = m->coefs[(uint64_t)(j - 1) * m->count + s];
            for (uint32_t s = first[1]; s < first[1] + per_class[j]; s++)
                w[(uint64_t)s * pairs + pair] = m->coefs[(uint64_t)i * m->count + s];
        }
    }
    return w;
}

/* Votes: pair (i, j) is i's where its score is positive, else j's. */
static void set_voted(expansion *x, const ml_labels *labels, uint32_t scores) {
    uint32_t classes = labels->count, pairs = classes * (classes - 1) / 2, pair = 0;
    const shape s = {.rank = 2, .dim = {pairs, classes}}, r = {.rank = 1, .dim = {classes}};
    const ex_labels labels_of = {.rank = 2, .a_count = 2, .b_count = 2, .a = {0, 2}, .b = {2, 1}};
    int64_t *vote = ex_new_wholes(x, shape_count(&s)), *start = ex_new_wholes(x, classes);
    for (uint32_t i = 0; vote && start && i < classes; i++) {
        for (uint32_t j = i + 1; j < classes; j++, pair++) {
            vote[(uint64_t)pair * classes + i] = 1;
            vote[(uint64_t)pair * classes + j] = -1;
            start[j]++;
        }
    }
    if (!vote || !start) return;
    uint32_t bits = EX(x, "Greater", scores, ex_real(x, 0));
    uint32_t won = ex_choice(x, bits, ex_open(x, ex_wholes(x, &s, vote)), &labels_of);
    ml_set_largest(x, labels, EX(x, "Add", won, ex_open(x, ex_wholes(x, &r, start))));
}

/* Two classes: p of class 0 is 1 / (1 + exp(a s + b)). */
static void set_probabilities(expansion *x, uint32_t s, double a, double b) {
    uint32_t z = EX(x, "Add", EX(x, "Mul", s, ex_real(x, a)), ex_real(x, b)), p[2];
    p[0] = EX(x, "Sigmoid", EX(x, "Neg", z)), p[1] = EX(x, "Sigmoid", z);
    ex_int(x, "axis", 1);
    ex_result(x, 1, ex_node(x, "Concat", 2, p));
}

tacit_status svm_classifier_expand(expansion *x, const gnode *n, tacit_error *err) {
    machine m;
    ml_labels labels;
    post_transform post;
    const double *a, *b;
    uint32_t a_count, b_count;
    const Onnx__AttributeProto *per_class = attribute_proto(n, "vectors_per_class");
    TRY(ml_read_labels(x, n, "classlabels_ints", "classlabels_strings", &labels, err));
    TRY(ml_read_post(n, &post, err));
    TRY(read_machine(x, n, &m, err));
    TRY(read_reals(x, n, "prob_a", &a, &a_count, err));
    TRY(read_reals(x, n, "prob_b", &b, &b_count, err));
    uint32_t classes = labels.count, pairs = classes * (classes - 1) / 2, total = 0;
    if (m.count == 0 || classes < 2) return unsupported(n, "without support vectors, or with one class", err);
    if (post != POST_NONE || (a_count > 0 && classes > 2))
        return unsupported(n, "probabilities of more than two classes, or a post_transform", err);
    for (size_t i = 0; per_class && i < per_class->n_ints; i++) total += (uint32_t)per_class->ints[i];
    if (!per_class || per_class->n_ints != classes || total != m.count || m.rho_count != pairs ||
        m.coef_count != (uint64_t)(classes - 1) * m.count || a_count != b_count)
        return misshapen(n, "lists of support vectors", err);
    uint32_t values = kernel_values(x, &m.k, m.t, m.features, m.count, m.vectors);
    double *w = pair_table(x, &m, per_class->ints, classes);
    uint32_t scores = w ? pair_scores(x, values, m.count, pairs, w, m.rho) : NO_INDEX;
    set_voted(x, &labels, scores); /* with probabilities too: as ONNX Runtime, the two need not agree */
    if (a_count > 0) {
        set_probabilities(x, scores, a[0], b[0]);
        return x->status;
    }
    if (classes > 2) {
        ex_result(x, 1, scores);
        return x->status;
    }
    uint32_t minus = EX(x, "Neg", scores);
    ex_int(x, "axis", 1);
    ex_result(x, 1, EX(x, "Concat", minus, scores));
    return x->status;
}
