#include "compile/lower/lower.h"
#include "compile/lower/activation.h"
#include "compile/lower/rescale.h"
#include "compile/lower/views.h"
#include "compile/quantise.h"
#include "compile/share.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t activation_limit(const lowering *l) {
    return ((int64_t)1 << (l->o->activation_bits - 1)) - 1;
}

tacit_status lower_range(const lowering *l, uint32_t t, double *lo, double *hi, tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    *lo = fmin(x->lo, 0) * l->o->headroom;
    *hi = fmax(x->hi, 0) * l->o->headroom;
    if (x->boolean) *lo = 0, *hi = 1;
    if (x->bounded) *lo = x->least, *hi = x->most;
    if (x->type == ELEM_WHOLE) return TACIT_OK;
    if (scale_exists(fmax(-*lo, *hi), activation_limit(l))) return TACIT_OK;
    return fail(err, TACIT_VALUE, "tensor \"%s\": its values are too large", x->name);
}

static tacit_status no_memory(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "lowering needs more memory than is set aside");
}

/* ---- names */
static used_name **bucket(lowering *l, const char *name) {
    uint32_t h = 2166136261u;
    for (const char *p = name; *p != '\0'; p++) h = (h ^ (unsigned char)*p) * 16777619u;
    return &l->names[h % NAME_BUCKETS];
}

static bool name_taken(lowering *l, const char *name) {
    for (const used_name *u = *bucket(l, name); u; u = u->next) {
        if (strcmp(u->name, name) == 0) return true;
    }
    return false;
}

/* Names that begin with # or ~ belong to the loader and the builder. */
static const char *clean(const char *base) {
    return base[0] == '#' || base[0] == '~' || base[0] == '\0' ? "_" : base;
}

const char *lower_name(lowering *l, const char *base, const char *suffix) {
    const char *name = name_copy(l->a, clean(base), suffix);
    used_name *u = ARENA_ZNEW(l->a, used_name, 1);
    char text[64];
    for (uint32_t k = 2; name && name_taken(l, name); k++) {
        (void)snprintf(text, sizeof text, "%s:%u", suffix, k);
        name = name_copy(l->a, clean(base), text);
    }
    if (!name || !u) return "x"; /* the arena is full: the next allocation that is checked says so */
    *u = (used_name){*bucket(l, name), name};
    *bucket(l, name) = u;
    return name;
}

/* ---- slots */
tacit_status lower_set_sum(lowering *l, uint32_t t, const sum *s, tacit_error *err) {
    slot *k = &l->slots[t];
    k->s = ARENA_NEW(l->a, sum, 1);
    if (!k->s) return no_memory(err);
    *k->s = *s;
    k->state = VALUE_SUM;
    return TACIT_OK;
}

tacit_status lower_set_value(lowering *l, uint32_t t, const value *v, tacit_error *err) {
    slot *k = &l->slots[t];
    k->state = VALUE_READY;
    k->v = *v;
    return view_reshape(l, v->id, &l->g->tensors[t].shape, &k->v.id, err);
}

/* The first activation that uses t: it shares t's lookup. */
static const gnode *first_activation(const lowering *l, uint32_t t) {
    for (uint32_t k = 0; k < l->g->node_count; k++) {
        const gnode *n = &l->g->nodes[k];
        if (!n->dead && n->in_count > 0 && n->in[0] == t && activation_is(n)) return n;
    }
    return NULL;
}

static tacit_status round_slot(lowering *l, uint32_t t, tacit_error *err) {
    static const func plain = {.kind = FUNC_RANGE, .out_scale = INT32_MIN};
    const gnode *n = first_activation(l, t);
    if (!n || l->slots[n->out[0]].state != VALUE_NONE) return rescale(l, l->slots[t].s, t, &plain, NO_INDEX, err);
    const func f = activation_func(n);
    return rescale(l, l->slots[t].s, t, &f, n->out[0], err);
}

/* Terms of a linear tensor, 1 of an atom. */
static uint32_t terms_of(const lowering *l, uint32_t id) {
    const tensor *t = builder_tensor(l->b, id);
    return t && t->kind == TENSOR_LINEAR ? t->term_count : 1;
}

/* A sum of tensors, of at most 24 bits and 24 terms, can be used as it is: it costs nothing. */
static bool free_of_charge(const lowering *l, const sum *s) {
    const __int128 most = (__int128)1 << 23;
    uint32_t terms = 0;
    for (uint32_t i = 0; i < s->term_count; i++) terms += terms_of(l, s->terms[i].tensor);
    return terms <= MAX_FREE_TERMS && s->product_count == 0 && s->term_count > 0 && s->lo > -most && s->hi < most;
}

tacit_status lower_operand(lowering *l, uint32_t t, value *out, tacit_error *err) {
    slot *k = &l->slots[t];
    if (k->state == VALUE_NONE && l->g->tensors[t].constant) {
        TRY(lower_param(l, t, 1, 16, MAX_SCALE, &k->v, err));
        k->state = VALUE_READY;
    }
    if (k->state == VALUE_NONE) return fail(err, TACIT_INTERNAL, "tensor \"%s\" has no value yet", tensor_name(l, t));
    if (k->state == VALUE_SUM && free_of_charge(l, k->s) && !first_activation(l, t)) {
        value v = {.scale = k->s->scale, .lo = (int64_t)k->s->lo, .hi = (int64_t)k->s->hi};
        v.id =
            builder_linear(l->b, lower_name(l, tensor_name(l, t), ""), &k->s->shape, k->s->terms, k->s->term_count, 0);
        TRY(lower_set_value(l, t, &v, err));
    }
    if (k->state == VALUE_SUM) TRY(round_slot(l, t, err));
    *out = k->v;
    return TACIT_OK;
}

tacit_status lower_narrow(lowering *l, uint32_t t, value *out, tacit_error *err) {
    static const func plain = {.kind = FUNC_RANGE, .out_scale = INT32_MIN};
    sum s;
    TRY(lower_operand(l, t, out, err));
    bool narrow = out->hi - out->lo <= 4 * activation_limit(l) && terms_of(l, out->id) <= MAX_FREE_TERMS / 2;
    if (narrow || l->g->tensors[t].type == ELEM_WHOLE || l->g->tensors[t].constant) return TACIT_OK;
    sum_start(&s, &l->g->tensors[t].shape, out->scale);
    TRY(sum_term(&s, out->id, 1, out->lo, out->hi, err));
    TRY(rescale(l, &s, t, &plain, NO_INDEX, err));
    *out = l->slots[t].v;
    return TACIT_OK;
}

const sum *lower_pending(const lowering *l, uint32_t t) {
    const gtensor *x = &l->g->tensors[t];
    return l->slots[t].state == VALUE_SUM && x->uses <= 1 && !x->is_output ? l->slots[t].s : NULL;
}

tacit_status lower_sum_of(lowering *l, uint32_t t, sum *out, tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    const sum *pending = lower_pending(l, t);
    if (pending) {
        *out = *pending;
        return TACIT_OK;
    }
    value v;
    TRY(lower_operand(l, t, &v, err));
    sum_start(out, &x->shape, v.scale);
    return sum_term(out, v.id, 1, v.lo, v.hi, err);
}

/* ---- parameters */
tacit_status lower_keep_param(lowering *l, uint32_t id, const int32_t *values, uint64_t n, tacit_error *err) {
    param_list *p = ARENA_NEW(l->a, param_list, 1);
    if (!p) return no_memory(err);
    *p = (param_list){.next = l->params, .id = id, .values = values};
    l->params = p;
    l->weight_count += n;
    return TACIT_OK;
}

tacit_status lower_param_values(const graph *g, param_list *params, arena *a, tacit_error *err) {
    for (param_list *p = params; p; p = p->next) {
        if (p->values) continue;
        const gtensor *x = &g->tensors[p->t];
        int32_t *q = ARENA_NEW(a, int32_t, shape_count(&x->shape));
        if (!q) return no_memory(err);
        quantise_all(x->real, shape_count(&x->shape), p->factor, p->scale, p->limit, q);
        p->values = q;
    }
    return TACIT_OK;
}

static double largest_of(lowering *l, uint32_t t, double factor) {
    const gtensor *x = &l->g->tensors[t];
    if (l->largest[t] < 0) l->largest[t] = largest_magnitude(x->real, shape_count(&x->shape), 1);
    return fabs(l->largest[t] * factor);
}

/* Integers as they are, in an interval of 8, 16, 24 or 31 bits. */
static tacit_status whole_param(lowering *l, uint32_t t, double factor, value *out, tacit_error *err) {
    static const int64_t LIMITS[] = {127, 32767, (1 << 23) - 1, INT32_MAX - 1};
    const gtensor *x = &l->g->tensors[t];
    uint64_t n = shape_count(&x->shape);
    int32_t *q = ARENA_NEW(l->a, int32_t, n);
    int64_t most = 0, sign = factor < 0 ? -1 : 1;
    if (!q) return no_memory(err);
    for (uint64_t i = 0; i < n; i++) {
        int64_t v = x->whole[i];
        if (v < -LIMITS[3] || v > LIMITS[3])
            return fail(err, TACIT_VALUE, "tensor \"%s\": its integers are too large", x->name);
        q[i] = (int32_t)(sign * v);
        if (v > most || -v > most) most = v < 0 ? -v : v;
    }
    int64_t limit = LIMITS[most <= LIMITS[0] ? 0 : most <= LIMITS[1] ? 1 : most <= LIMITS[2] ? 2 : 3];
    return lower_integers(l, t, q, x->boolean && sign > 0 ? 0 : -limit, x->boolean ? 1 : limit, 0, out, err);
}

/* Constants of the operator: in the program, with their own interval; reals without the zero bits that all share. */
static tacit_status open_param(lowering *l, uint32_t t, double factor, uint32_t bits, int32_t max_scale, value *out,
                               tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    uint64_t n = shape_count(&x->shape), any = 0;
    int64_t limit = ((int64_t)1 << (bits - 1)) - 1, *q = ARENA_NEW(l->a, int64_t, n);
    double magnitude = x->type == ELEM_REAL ? largest_magnitude(x->real, n, factor) : 0;
    if (!q) return no_memory(err);
    if (x->type == ELEM_REAL && !scale_exists(magnitude, limit))
        return fail(err, TACIT_VALUE, "tensor \"%s\": its values are too large", x->name);
    int32_t scale = x->type == ELEM_REAL ? scale_for(magnitude, limit) : 0;
    if (scale > max_scale) scale = max_scale;
    for (uint64_t i = 0; i < n; i++) {
        q[i] = x->type == ELEM_REAL ? quantise_one(x->real[i] * factor, scale, limit) : x->whole[i] * (int64_t)factor;
        any |= (uint64_t)q[i];
    }
    uint32_t zeros = x->type == ELEM_REAL && any != 0 ? (uint32_t)__builtin_ctzll(any) : 0;
    if (scale - (int32_t)zeros < MIN_SCALE) zeros = scale > MIN_SCALE ? (uint32_t)(scale - MIN_SCALE) : 0;
    *out = (value){.scale = scale - (int32_t)zeros, .lo = INT64_MAX, .hi = INT64_MIN};
    bool same = true;
    for (uint64_t i = 0; i < n; i++) {
        q[i] = q[i] / ((int64_t)1 << zeros);
        if (q[i] < out->lo) out->lo = q[i];
        if (q[i] > out->hi) out->hi = q[i];
        same = same && q[i] == q[0];
    }
    const char *name = lower_name(l, x->name, "");
    out->id = same ? builder_fill(l->b, name, &x->shape, q[0]) : builder_constant(l->b, name, &x->shape, q);
    return TACIT_OK;
}

static const asked_param *find_asked(const lowering *l, uint32_t t, double factor, uint32_t bits, int32_t max_scale) {
    for (const asked_param *p = l->asked; p; p = p->next) {
        bool same = p->t == t && p->bits == bits && !(p->factor < factor) && !(p->factor > factor);
        if (same && p->v.scale == (p->natural < max_scale ? p->natural : max_scale)) return p;
    }
    return NULL;
}

static tacit_status keep_asked(lowering *l, asked_param given, tacit_error *err) {
    asked_param *p = ARENA_NEW(l->a, asked_param, 1);
    if (!p) return no_memory(err);
    *p = given;
    p->next = l->asked;
    l->asked = p;
    return TACIT_OK;
}

/* The parameter of the constant that holds the same numbers, under a view. */
static tacit_status shared_param(lowering *l, uint32_t t, double factor, uint32_t bits, int32_t max_scale, value *out,
                                 tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    view_draft d;
    TRY(lower_param(l, x->same, factor, bits, max_scale, out, err));
    if (!x->turned) return view_reshape(l, out->id, &x->shape, &out->id, err);
    draft_start(&d, 2);
    for (uint32_t k = 0; k < 2; k++) draft_same(&d, k, 1 - k, x->shape.dim[k]);
    return draft_make(l, &d, out->id, &out->id, err);
}

tacit_status lower_param(lowering *l, uint32_t t, double factor, uint32_t bits, int32_t max_scale, value *out,
                         tacit_error *err) {
    if (l->g->tensors[t].same != NO_INDEX) return shared_param(l, t, factor, bits, max_scale, out, err);
    const asked_param *before = find_asked(l, t, factor, bits, max_scale);
    if (before) {
        *out = before->v;
        return TACIT_OK;
    }
    const gtensor *x = &l->g->tensors[t];
    int32_t limit = bits == 8 ? 127 : 32767;
    if (x->open) return open_param(l, t, factor, bits == 8 ? OPEN_BITS : bits, max_scale, out, err);
    if (x->type == ELEM_WHOLE) return whole_param(l, t, factor, out, err);
    double magnitude = largest_of(l, t, factor);
    if (!scale_exists(magnitude, limit))
        return fail(err, TACIT_VALUE, "tensor \"%s\": its values are too large", x->name);
    int32_t natural = scale_for(magnitude, limit), scale = natural < max_scale ? natural : max_scale;
    uint32_t id = builder_external(l->b, TENSOR_PARAM, lower_name(l, x->name, ""), &x->shape, -limit, limit);
    *out = (value){id, scale, -limit, limit};
    TRY(keep_asked(l, (asked_param){.t = t, .bits = bits, .factor = factor, .natural = natural, .v = *out}, err));
    TRY(lower_keep_param(l, id, NULL, shape_count(&x->shape), err));
    l->params->t = t, l->params->factor = factor, l->params->scale = scale, l->params->limit = limit;
    return TACIT_OK;
}

tacit_status lower_integers(lowering *l, uint32_t t, const int32_t *q, int64_t lo, int64_t hi, int32_t scale,
                            value *out, tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    uint64_t n = shape_count(&x->shape);
    const char *name = lower_name(l, x->name, "");
    *out = (value){.scale = scale, .lo = lo, .hi = hi};
    if (!x->open) {
        out->id = builder_external(l->b, TENSOR_PARAM, name, &x->shape, lo, hi);
        return lower_keep_param(l, out->id, q, n, err);
    }
    int64_t *wide = ARENA_NEW(l->a, int64_t, n);
    if (!wide) return no_memory(err);
    for (uint64_t i = 0; i < n; i++) wide[i] = q[i];
    out->id = builder_constant(l->b, name, &x->shape, wide);
    return TACIT_OK;
}

tacit_status lower_placeholder(lowering *l, tacit_error *err) {
    static const shape SCALAR = {0};
    static const int32_t ZERO[1] = {0};
    uint32_t id = builder_external(l->b, TENSOR_PARAM, lower_name(l, "no weights", ""), &SCALAR, -1, 1);
    return lower_keep_param(l, id, ZERO, 0, err);
}

tacit_status lower_factor(lowering *l, uint32_t t, double factor, uint32_t bits, value *out, tacit_error *err) {
    if (!l->g->tensors[t].constant) return lower_operand(l, t, out, err);
    return lower_param(l, t, factor, bits, MAX_SCALE, out, err);
}

/* ---- weights no finer than their product needs */
/* The sum that t becomes a part of, nobody else reading it. */
static uint32_t joined(const lowering *l, uint32_t t) {
    for (uint32_t k = 0; k < l->g->node_count; k++) {
        const gnode *n = &l->g->nodes[k];
        if (l->g->tensors[t].uses != 1 || l->g->tensors[t].is_output) return t;
        bool adds = !n->dead && (strcmp(n->op, "Add") == 0 || strcmp(n->op, "Sub") == 0);
        if (adds && (n->in[0] == t || n->in[1] == t) &&
            shape_equal(&node_out(l->g, n, 0)->shape, &l->g->tensors[t].shape))
            t = n->out[0];
    }
    return t;
}

tacit_status lower_weights(lowering *l, const gnode *n, uint32_t i, double factor, uint32_t bits, const value *other,
                           value *out, tacit_error *err) {
    const uint32_t t = n->in[i];
    const gtensor *x = &l->g->tensors[t];
    if (!x->constant) return lower_operand(l, t, out, err);
    int32_t most = MAX_SCALE, settled = l->settled[joined(l, n->out[0])];
    double magnitude = x->type == ELEM_REAL ? largest_of(l, t, factor) : 0;
    const bool own = !x->open && constant_is_own(l->g, t);
    if (bits == 16 && settled != NO_SCALE && own && scale_exists(magnitude, 127)) {
        int32_t coarsest = scale_for(magnitude, 127), enough = settled + MAX_SINGLE_SHIFT - other->scale;
        most = enough > coarsest ? enough : coarsest;
        if (most > MAX_SCALE) most = MAX_SCALE;
    }
    return lower_param(l, t, factor, bits, most, out, err);
}

/* ---- sums */
void sum_start(sum *s, const shape *axes, int32_t scale) {
    *s = (sum){.shape = *axes, .scale = scale};
}

static void widen(sum *s, __int128 a, __int128 b) {
    s->lo += a < b ? a : b;
    s->hi += a < b ? b : a;
}

/* A parameter with its axes in another order is the parameter with its labels in another order. */
static uint32_t label_factor(const lowering *l, uint32_t id, const uint8_t *given, uint8_t label[MAX_RANK]) {
    const tensor *t = builder_tensor(l->b, id), *source;
    memcpy(label, given, MAX_RANK);
    if (!t || t->kind != TENSOR_VIEW) return id;
    source = builder_tensor(l->b, t->source);
    if (!source || source->kind != TENSOR_PARAM || source->shape.rank != t->shape.rank) return id;
    for (uint32_t i = 0; i < t->group_count; i++) {
        if (t->groups[i].map) return id;
    }
    for (uint32_t i = 0; i < t->group_count; i++) label[t->groups[i].src_axis[0]] = given[t->groups[i].out_axis[0]];
    return t->source;
}

tacit_status sum_product(lowering *l, sum *s, const value *a, const uint8_t *a_label, const value *b,
                         const uint8_t *b_label, int64_t coef, uint64_t summed, tacit_error *err) {
    if (s->product_count == MAX_SUM_PRODUCTS) return fail(err, TACIT_INTERNAL, "too many products in one sum");
    product *p = &s->products[s->product_count++];
    *p = (product){.coef = coef};
    p->a = label_factor(l, a->id, a_label, p->a_label);
    p->b = label_factor(l, b->id, b_label, p->b_label);
    const __int128 c[4] = {(__int128)a->lo * b->lo, (__int128)a->lo * b->hi, (__int128)a->hi * b->lo,
                           (__int128)a->hi * b->hi};
    __int128 lo = c[0], hi = c[0];
    for (int i = 1; i < 4; i++) {
        if (c[i] < lo) lo = c[i];
        if (c[i] > hi) hi = c[i];
    }
    if (a->id == b->id && lo < 0 && memcmp(a_label, b_label, MAX_RANK) == 0) lo = 0; /* squares */
    widen(s, lo * coef * (__int128)summed, hi * coef * (__int128)summed);
    l->product_count += shape_count(&s->shape) * summed;
    return TACIT_OK;
}

tacit_status sum_term(sum *s, uint32_t id, int64_t coef, int64_t lo, int64_t hi, tacit_error *err) {
    if (s->term_count == MAX_SUM_TERMS) return fail(err, TACIT_INTERNAL, "too many terms in one sum");
    s->terms[s->term_count++] = (linear_term){coef, id};
    widen(s, (__int128)coef * lo, (__int128)coef * hi);
    return TACIT_OK;
}

static bool coef_fits(int64_t coef, int32_t bits) {
    const int64_t most = (int64_t)1 << 40;
    return bits <= 40 && coef <= most >> bits && coef >= -(most >> bits);
}

tacit_status sum_raise(sum *s, int32_t bits, tacit_error *err) {
    bool fits = true;
    if (bits <= 0) return TACIT_OK;
    for (uint32_t i = 0; i < s->product_count; i++) fits = fits && coef_fits(s->products[i].coef, bits);
    for (uint32_t i = 0; i < s->term_count; i++) fits = fits && coef_fits(s->terms[i].coef, bits);
    if (!fits) return fail(err, TACIT_UNSUPPORTED, "a sum of numbers whose scales are too far apart");
    const int64_t m = (int64_t)1 << bits;
    for (uint32_t i = 0; i < s->product_count; i++) s->products[i].coef *= m;
    for (uint32_t i = 0; i < s->term_count; i++) s->terms[i].coef *= m;
    s->lo *= m;
    s->hi *= m;
    s->scale += bits;
    return TACIT_OK;
}

bool sum_times(sum *s, int64_t factor, int32_t scale) {
    const __int128 most = (__int128)1 << 52, size = factor < 0 ? -factor : factor;
    const int64_t coef = (int64_t)1 << 38;
    bool fits = s->lo * size > -most && s->hi * size < most && s->scale + scale <= MAX_SCALE && size < coef;
    for (uint32_t i = 0; i < s->product_count; i++)
        fits = fits && llabs(s->products[i].coef) < coef / (int64_t)(size + 1);
    for (uint32_t i = 0; i < s->term_count; i++) fits = fits && llabs(s->terms[i].coef) < coef / (int64_t)(size + 1);
    if (!fits) return false;
    for (uint32_t i = 0; i < s->product_count; i++) s->products[i].coef *= factor;
    for (uint32_t i = 0; i < s->term_count; i++) s->terms[i].coef *= factor;
    const __int128 lo = s->lo * factor, hi = s->hi * factor;
    s->lo = lo < hi ? lo : hi;
    s->hi = lo < hi ? hi : lo;
    s->scale += scale;
    return true;
}

tacit_status sum_join(sum *s, const sum *other, int sign, tacit_error *err) {
    sum o = *other;
    TRY(sum_raise(&o, s->scale - o.scale, err));
    TRY(sum_raise(s, o.scale - s->scale, err));
    if (s->product_count + o.product_count > MAX_SUM_PRODUCTS || s->term_count + o.term_count > MAX_SUM_TERMS)
        return fail(err, TACIT_UNSUPPORTED, "a sum of too many parts");
    for (uint32_t i = 0; i < o.product_count; i++) {
        o.products[i].coef *= sign;
        s->products[s->product_count++] = o.products[i];
    }
    for (uint32_t i = 0; i < o.term_count; i++)
        s->terms[s->term_count++] = (linear_term){sign * o.terms[i].coef, o.terms[i].tensor};
    widen(s, sign * o.lo, sign * o.hi);
    return TACIT_OK;
}

tacit_status sum_constant(lowering *l, sum *s, uint32_t t, double factor, param_view view, const void *context,
                          tacit_error *err) {
    value v;
    uint32_t id;
    TRY(lower_param(l, t, factor, 16, s->scale, &v, err));
    TRY(view(l, v.id, context, &id, err));
    if (s->scale - v.scale > 40)
        return fail(err, TACIT_UNSUPPORTED, "tensor \"%s\": too large for what it is added to", tensor_name(l, t));
    return sum_term(s, id, (int64_t)1 << (s->scale - v.scale), v.lo, v.hi, err);
}
