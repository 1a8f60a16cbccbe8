/* Resize, Upsample: each axis by itself. Nearest: a view. Linear and cubic: y[o] = sum over taps of weight * x[place].
 * Where few weights occur (twice as large: 1/4 and 3/4) that is a weighted sum of views, which costs no lookup; else a
 * product with a public matrix, rounded. Coordinates of nearest are computed in single precision, as ONNX Runtime does.
 */
#include "compile/expand/moves.h"
#include "compile/expand/windows.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

enum { MAX_TAPS = 512, MAX_VIEWS = 8, MAX_SUM_OF_VIEWS = 16 };

typedef enum coordinates { HALF_PIXEL, HALF_SYMMETRIC, PYTORCH, ALIGN_CORNERS, ASYMMETRIC, TF_HALF_PIXEL } coordinates;
typedef enum nearest { PREFER_FLOOR, PREFER_CEIL, FLOOR, CEIL, SIMPLE } nearest; /* SIMPLE: before opset 11 */
typedef enum filter { NEAREST, LINEAR, CUBIC } filter;
typedef struct resize {
    coordinates at;
    nearest round;
    filter filter;
    double cubic_a;
    bool exclude_outside, antialias;
} resize;

/* One axis: n elements to `out`. */
typedef struct axis {
    uint32_t n, out;
    float scale;
} axis;

/* Of one result: place and weight. */
typedef struct taps {
    uint32_t count;
    int64_t place[MAX_TAPS];
    double weight[MAX_TAPS];
} taps;

static float coordinate_single(const resize *r, const axis *a, float o) {
    const float n = (float)a->n, out = (float)a->out, middle = (o + 0.5f) / a->scale, half = middle - 0.5f;
    if (r->at == ALIGN_CORNERS) return a->out == 1 ? 0 : o * (n - 1) / (out - 1);
    if (r->at == ASYMMETRIC) return o / a->scale;
    if (r->at == TF_HALF_PIXEL) return (o + 0.5f) / a->scale;
    if (r->at == PYTORCH) return a->out > 1 ? half : 0;
    if (r->at == HALF_SYMMETRIC) return n / 2 * (1 - out / (a->scale * n)) + middle - 0.5f;
    return half;
}

static double coordinate(const resize *r, const axis *a, double o) {
    const double n = a->n, out = a->out, scale = (double)a->scale, half = (o + 0.5) / scale - 0.5;
    if (r->at == ALIGN_CORNERS) return a->out == 1 ? 0 : o * (n - 1) / (out - 1);
    if (r->at == ASYMMETRIC) return o / scale;
    if (r->at == TF_HALF_PIXEL) return (o + 0.5) / scale;
    if (r->at == PYTORCH) return a->out > 1 ? half : 0;
    if (r->at == HALF_SYMMETRIC) return n / 2 * (1 - out / (scale * n)) + half;
    return half;
}

static int64_t inside(int64_t i, uint32_t n) {
    return i < 0 ? 0 : i >= n ? (int64_t)n - 1 : i;
}

static int64_t nearest_place(const resize *r, const axis *a, uint32_t o) {
    const float x = coordinate_single(r, a, (float)o), low = floorf(x), high = ceilf(x);
    float at = low;
    if (r->round == PREFER_FLOOR) at = x == low + 0.5f ? low : roundf(x);
    if (r->round == PREFER_CEIL) at = roundf(x);
    if (r->round == CEIL || (r->round == SIMPLE && a->scale < 1)) at = high;
    return inside((int64_t)at, a->n);
}

/* The kernel at distance x. */
static double kernel(const resize *r, double x) {
    const double a = r->cubic_a;
    x = fabs(x);
    if (r->filter == LINEAR) return x < 1 ? 1 - x : 0;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((x - 5) * x + 8) * a * x - 4 * a : 0;
}

static void add_tap(const resize *r, const axis *a, taps *t, int64_t place, double weight) {
    bool out = place < 0 || place >= a->n;
    if (fabs(weight) < 1e-7 || t->count == MAX_TAPS || (out && r->exclude_outside)) return;
    t->place[t->count] = inside(place, a->n);
    t->weight[t->count++] = weight;
}

static void normalise(taps *t) {
    double all = 0;
    for (uint32_t i = 0; i < t->count; i++) all += t->weight[i];
    for (uint32_t i = 0; i < t->count && all != 0; i++) t->weight[i] /= all;
}

/* The taps of result o; with antialias the kernel is stretched where the axis shrinks. */
static void find_taps(const resize *r, const axis *a, uint32_t o, taps *t) {
    const double stretch = r->antialias && a->scale < 1 ? 1 / (double)a->scale : 1;
    const double reach = (r->filter == LINEAR ? 1 : 2) * stretch;
    double x = coordinate(r, a, o);
    t->count = 0;
    if (r->filter == LINEAR && !r->antialias) x = fmin(fmax(x, 0), (double)a->n - 1);
    for (int64_t i = (int64_t)floor(x - reach) + 1; (double)i < x + reach; i++)
        add_tap(r, a, t, i, kernel(r, (x - (double)i) / stretch));
    if (r->exclude_outside || r->antialias) normalise(t);
}

/* ---- a weighted sum of views */
typedef struct view_sum {
    uint32_t count;
    double weight[MAX_VIEWS];
    int64_t *map[MAX_VIEWS];
} view_sum;

/* A view of this weight in which place o is free. */
static bool put(expansion *x, view_sum *s, const axis *a, uint32_t o, int64_t place, double weight) {
    for (uint32_t k = 0; k < s->count; k++) {
        if (fabs(s->weight[k] - weight) > 1e-7 || s->map[k][o] >= 0) continue;
        s->map[k][o] = place;
        return true;
    }
    int64_t *map = s->count < MAX_VIEWS ? ex_new_wholes(x, a->out) : NULL;
    if (!map) return false;
    memset(map, 0xff, a->out * sizeof *map); /* -1 */
    map[o] = place;
    s->weight[s->count] = weight;
    s->map[s->count++] = map;
    return true;
}

static bool as_views(expansion *x, const resize *r, const axis *a, view_sum *s) {
    taps t;
    s->count = 0;
    for (uint32_t o = 0; o < a->out; o++) {
        find_taps(r, a, o, &t);
        for (uint32_t i = 0; i < t.count; i++) {
            if (!put(x, s, a, o, t.place[i], t.weight[i])) return false;
        }
    }
    return true;
}

static uint32_t sum_views(expansion *x, uint32_t t, uint32_t k, const axis *a, const view_sum *s) {
    uint32_t all = NO_INDEX;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t v = ex_pick(x, t, k, 1, &(shape){.rank = 1, .dim = {a->out}}, s->map[i]);
        if (fabs(s->weight[i] - 1) > 1e-7) v = EX(x, "Mul", v, ex_open(x, ex_real(x, s->weight[i])));
        all = i == 0 ? v : EX(x, "Add", all, v);
    }
    return all;
}

static uint32_t times_matrix(expansion *x, const resize *r, uint32_t t, uint32_t k, const axis *a) {
    const uint32_t rank = ex_shape(x, t)->rank;
    const shape m = {.rank = 2, .dim = {a->n, a->out}};
    double *w = ex_new_reals(x, shape_count(&m));
    int64_t label[MAX_RANK];
    taps p;
    for (uint32_t o = 0; w && o < a->out; o++) {
        find_taps(r, a, o, &p);
        for (uint32_t i = 0; i < p.count; i++) w[(uint64_t)p.place[i] * a->out + o] += p.weight[i];
    }
    uint32_t matrix = w ? ex_open(x, ex_reals(x, &m, w)) : NO_INDEX;
    for (uint32_t i = 0; i < rank; i++) label[i] = i == k ? rank : i;
    ex_ints(x, "a_label", rank, label);
    ex_ints(x, "b_label", 2, (int64_t[]){rank, k});
    ex_int(x, "rank", rank);
    return EX(x, "Contract", t, matrix);
}

static uint32_t resize_axis(expansion *x, const resize *r, uint32_t t, uint32_t k, const axis *a, uint32_t *views) {
    view_sum s;
    if (r->filter == NEAREST) {
        int64_t *map = ex_new_wholes(x, a->out);
        for (uint32_t o = 0; map && o < a->out; o++) map[o] = nearest_place(r, a, o);
        return map ? ex_pick(x, t, k, 1, &(shape){.rank = 1, .dim = {a->out}}, map) : NO_INDEX;
    }
    bool few = as_views(x, r, a, &s) && s.count > 0 && *views * s.count <= MAX_SUM_OF_VIEWS;
    if (few) *views *= s.count;
    return few ? sum_views(x, t, k, a, &s) : times_matrix(x, r, t, k, a);
}

/* ---- what the node says */
static tacit_status choice(const gnode *n, const char *name, const char *fallback, const char *const *names,
                           uint32_t count, int *out, tacit_error *err) {
    char text[32];
    TRY(attribute_text(n, name, fallback, text, sizeof text, err));
    for (uint32_t k = 0; k < count; k++) {
        *out = (int)k;
        if (strcmp(names[k], text) == 0) return TACIT_OK;
    }
    return fail(err, TACIT_UNSUPPORTED, "node \"%s\" (%s): %s \"%s\"", n->name, n->op, name, text);
}

static tacit_status read(const expansion *x, bool old, resize *r, tacit_error *err) {
    static const char *const AT[] = {"half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                     "align_corners", "asymmetric",           "tf_half_pixel_for_nn"};
    static const char *const ROUND[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    static const char *const FILTER[] = {"nearest", "linear", "cubic"};
    const gnode *n = &x->n;
    int at, rounding, mode;
    int64_t outside, antialias;
    TRY(choice(n, "mode", "nearest", FILTER, 3, &mode, err));
    TRY(choice(n, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel", AT, 6, &at, err));
    TRY(choice(n, "nearest_mode", "round_prefer_floor", ROUND, 4, &rounding, err));
    *r = (resize){.at = (coordinates)at, .round = old ? SIMPLE : (nearest)rounding, .filter = (filter)mode};
    TRY(attribute_real(n, "cubic_coeff_a", -0.75, &r->cubic_a, err));
    TRY(attribute_int(n, "exclude_outside", 0, &outside, err));
    TRY(attribute_int(n, "antialias", 0, &antialias, err));
    r->exclude_outside = outside != 0;
    r->antialias = antialias != 0 && r->filter != NEAREST;
    return TACIT_OK;
}

/* Real constants of an input, or of the attribute `scales` (Upsample 7). */
static tacit_status read_scales(const expansion *x, uint32_t input, double *out, uint32_t *count, tacit_error *err) {
    const gnode *n = &x->n;
    *count = 0;
    if (attribute_has(n, "scales")) return attribute_reals(n, "scales", out, MAX_RANK, count, err);
    if (!node_has_input(n, input)) return TACIT_OK;
    const gtensor *t = node_in(x->g, n, input);
    uint64_t size = shape_count(&t->shape);
    if (!t->constant || t->type != ELEM_REAL) return unsupported(n, "scales must be constant", err);
    if (size > MAX_RANK) return misshapen(n, "too many scales", err);
    for (uint32_t i = 0; i < size; i++) out[i] = t->real[i];
    *count = (uint32_t)size;
    return TACIT_OK;
}

/* Sizes keep the proportions: the smaller or the larger of the scales, for all axes. */
static tacit_status keep_proportions(const gnode *n, axis *a, uint32_t count, tacit_error *err) {
    static const char *const POLICY[] = {"stretch", "not_larger", "not_smaller"};
    int policy;
    TRY(choice(n, "keep_aspect_ratio_policy", "stretch", POLICY, 3, &policy, err));
    float chosen = a[0].scale;
    for (uint32_t i = 1; i < count; i++) chosen = policy == 1 ? fminf(chosen, a[i].scale) : fmaxf(chosen, a[i].scale);
    for (uint32_t i = 0; i < count && policy != 0; i++) {
        a[i].scale = chosen;
        a[i].out = (uint32_t)roundf(chosen * (float)a[i].n);
    }
    return TACIT_OK;
}

static tacit_status find_axes(expansion *x, uint32_t scales_at, const uint32_t *which, uint32_t count, axis *a,
                              tacit_error *err) {
    const gnode *n = &x->n;
    double scale[MAX_RANK];
    int64_t size[MAX_RANK];
    bool given;
    uint32_t scales, sizes = scales_at == 2 ? ex_read(x, "", 3, size, MAX_RANK, &given) : 0;
    if (x->status != TACIT_OK) return x->status;
    TRY(read_scales(x, scales_at, scale, &scales, err));
    if (sizes > 0 ? sizes != count : scales != count) return misshapen(n, "one scale or size for each axis", err);
    for (uint32_t i = 0; i < count; i++) {
        a[i].n = ex_shape(x, n->in[0])->dim[which[i]];
        double out = sizes > 0 ? (double)size[i] : floor((double)((float)scale[i] * (float)a[i].n));
        if (out < 1 || out > 1 << 20) return misshapen(n, "a scale or size out of range", err);
        a[i].out = (uint32_t)out;
        a[i].scale = sizes > 0 ? (float)a[i].out / (float)a[i].n : (float)scale[i];
    }
    return sizes > 0 && count > 0 ? keep_proportions(n, a, count, err) : TACIT_OK;
}

static tacit_status all_axes(expansion *x, bool old, uint32_t scales_at, tacit_error *err) {
    const gnode *n = &x->n;
    const uint32_t rank = ex_shape(x, n->in[0])->rank;
    resize r;
    axis a[MAX_RANK];
    int64_t axes[MAX_RANK];
    uint32_t which[MAX_RANK], count, views = 1, t = n->in[0];
    bool some;
    TRY(read(x, old, &r, err));
    count = ex_read(x, "axes", UINT32_MAX, axes, MAX_RANK, &some);
    if (x->status != TACIT_OK) return x->status;
    for (uint32_t i = 0; i < (some ? count : rank); i++) {
        which[i] = i;
        if (some) TRY(axis_normal(n, axes[i], rank, &which[i], err));
    }
    if (!some) count = rank;
    TRY(find_axes(x, scales_at, which, count, a, err));
    if (ex_tensor(x, t)->type != ELEM_REAL && r.filter != NEAREST) return unsupported(n, "on integers", err);
    for (uint32_t i = 0; i < count; i++) {
        if (a[i].out != a[i].n || a[i].scale != 1) t = resize_axis(x, &r, t, which[i], &a[i], &views);
    }
    ex_result(x, 0, t);
    return x->status;
}

tacit_status resize_expand(expansion *x, const gnode *n, tacit_error *err) {
    bool old = x->g->opset < 11 && !n->internal;
    return all_axes(x, old, old ? 1 : 2, err);
}

tacit_status upsample_expand(expansion *x, const gnode *n, tacit_error *err) {
    (void)n;
    return all_axes(x, true, 1, err);
}
