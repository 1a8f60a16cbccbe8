/* Einsum as views and Contract (lower/contract.h), two operands at a time from the left. A letter twice in one operand
 * is its diagonal, a letter that only one operand has and the result has not is summed by letting the other repeat
 * along it (a view), or before, where that would make it large. What lies between two products of three or more
 * operands is rounded. */
#include "compile/expand/moves.h"
#include "compile/expand/reductions.h"
#include "compile/onnx/attribute.h"
#include <string.h>

enum { LETTERS = 52, MAX_LABEL = LETTERS + MAX_RANK, MAX_OPERANDS = 16, MAX_EQUATION = 256 };

/* Letters, then the axes of the ellipsis from the right. */
typedef struct labels {
    uint32_t count;
    uint8_t at[MAX_RANK];
} labels;
typedef struct operand {
    uint32_t t;
    labels l;
} operand;
typedef struct einsum {
    uint32_t count;
    operand in[MAX_OPERANDS];
    labels out;
    uint32_t dim[MAX_LABEL], ellipsis; /* its longest */
    uint32_t uses[LETTERS];
} einsum;

static bool has(const labels *l, uint8_t label) {
    for (uint32_t k = 0; k < l->count; k++) {
        if (l->at[k] == label) return true;
    }
    return false;
}

static int letter(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : -1;
}

static bool push(labels *l, uint32_t label) {
    if (l->count == MAX_RANK) return false;
    l->at[l->count++] = (uint8_t)label;
    return true;
}

/* One term of `length` characters; the ellipsis stands for `dots` axes. */
static bool parse_term(const char *p, size_t length, uint32_t dots, labels *out) {
    out->count = 0;
    for (size_t i = 0; i < length; i++) {
        if (letter(p[i]) >= 0) {
            if (!push(out, (uint32_t)letter(p[i]))) return false;
        } else if (i + 3 <= length && memcmp(p + i, "...", 3) == 0) {
            for (uint32_t k = dots; k-- > 0;) {
                if (!push(out, LETTERS + k)) return false;
            }
            i += 2;
        } else {
            return false;
        }
    }
    return true;
}

static uint32_t letters_of(const char *p, size_t length) {
    uint32_t n = 0;
    for (size_t i = 0; i < length; i++) n += letter(p[i]) >= 0;
    return n;
}

static bool parse_inputs(expansion *x, einsum *e, const char *p, size_t length) {
    for (uint32_t i = 0; i < x->n.in_count; i++) {
        const char *comma = memchr(p, ',', length);
        size_t size = comma ? (size_t)(comma - p) : length;
        const shape *s = ex_shape(x, x->n.in[i]);
        uint32_t named = letters_of(p, size);
        operand *o = &e->in[e->count++];
        if (named > s->rank || !parse_term(p, size, s->rank - named, &o->l) || o->l.count != s->rank) return false;
        if (s->rank - named > e->ellipsis) e->ellipsis = s->rank - named;
        o->t = x->n.in[i];
        for (uint32_t k = 0; k < s->rank; k++) {
            uint8_t label = o->l.at[k];
            if (label < LETTERS) e->uses[label]++;
            if (e->dim[label] <= 1) e->dim[label] = s->dim[k];
            if (s->dim[k] != e->dim[label] && s->dim[k] != 1) return false;
        }
        if ((comma == NULL) != (i + 1 == x->n.in_count)) return false;
        p += size + 1;
        length -= comma ? size + 1 : size;
    }
    return true;
}

/* Without "->": the ellipsis, then the letters that occur once, in alphabetical order. */
static bool parse_output(einsum *e, const char *arrow) {
    if (arrow && !parse_term(arrow + 2, strlen(arrow + 2), e->ellipsis, &e->out)) return false;
    for (uint32_t k = e->ellipsis; !arrow && k-- > 0;) {
        if (!push(&e->out, LETTERS + k)) return false;
    }
    for (uint32_t k = 0; !arrow && k < LETTERS; k++) {
        if (e->uses[k] == 1 && !push(&e->out, k)) return false;
    }
    for (uint32_t k = 0; k < e->out.count; k++) {
        const labels before = {.count = k,
                               .at = {e->out.at[0], e->out.at[1], e->out.at[2], e->out.at[3], e->out.at[4],
                                      e->out.at[5], e->out.at[6], e->out.at[7]}};
        if (e->dim[e->out.at[k]] == 0 || has(&before, e->out.at[k])) return false;
    }
    return true;
}

static tacit_status parse(expansion *x, einsum *e, tacit_error *err) {
    char given[MAX_EQUATION], text[MAX_EQUATION];
    size_t n = 0;
    TRY(attribute_text(&x->n, "equation", "", given, sizeof given, err));
    for (const char *p = given; *p != '\0'; p++) {
        if (*p != ' ') text[n++] = *p;
    }
    text[n] = '\0';
    const char *arrow = strstr(text, "->");
    if (x->n.in_count > MAX_OPERANDS) return unsupported(&x->n, "more than 16 operands", err);
    if (!parse_inputs(x, e, text, arrow ? (size_t)(arrow - text) : n) || !parse_output(e, arrow))
        return misshapen(&x->n, "the equation does not fit its operands", err);
    return TACIT_OK;
}

/* ---- one operand */
static uint32_t permute(expansion *x, uint32_t t, uint32_t rank, const int64_t *perm) {
    bool same = true;
    for (uint32_t k = 0; k < rank; k++) same = same && perm[k] == k;
    if (same) return t;
    ex_ints(x, "perm", rank, perm);
    return EX(x, "Transpose", t);
}

static void remove_axis(labels *l, uint32_t k) {
    l->count--;
    for (; k < l->count; k++) l->at[k] = l->at[k + 1];
}

/* Axes of length 1 whose label is longer elsewhere. */
static void drop_stretched(expansion *x, const einsum *e, operand *o) {
    for (uint32_t k = o->l.count; k-- > 0;) {
        if (ex_shape(x, o->t)->dim[k] != 1 || e->dim[o->l.at[k]] == 1) continue;
        o->t = EX(x, "Squeeze", o->t, ex_list(x, 1, (int64_t[]){k}));
        remove_axis(&o->l, k);
    }
}

/* Axes i < j have one label: j goes behind i, the two become their diagonal. */
static void take_diagonal(expansion *x, operand *o, uint32_t i, uint32_t j) {
    int64_t perm[MAX_RANK];
    uint32_t rank = o->l.count, n = ex_shape(x, o->t)->dim[i], count = 0;
    for (uint32_t k = 0; k < rank; k++) {
        if (k == j) continue;
        perm[count++] = k;
        if (k == i) perm[count++] = j;
    }
    int64_t *map = ex_new_wholes(x, n);
    for (uint32_t k = 0; map && k < n; k++) map[k] = (int64_t)k * n + k;
    if (!map) return;
    o->t = ex_pick(x, permute(x, o->t, rank, perm), i, 2, &(shape){.rank = 1, .dim = {n}}, map);
    remove_axis(&o->l, j);
}

static void take_diagonals(expansion *x, operand *o) {
    for (uint32_t i = 0; i < o->l.count; i++) {
        for (uint32_t j = o->l.count; j-- > i + 1;) {
            if (o->l.at[i] == o->l.at[j]) take_diagonal(x, o, i, j);
        }
    }
}

/* Sums what is not in `out` and puts the rest in its order. */
static uint32_t finish(expansion *x, operand o, const labels *out) {
    int64_t axes[MAX_RANK], perm[MAX_RANK];
    uint32_t count = 0;
    for (uint32_t k = 0; k < o.l.count; k++) {
        if (!has(out, o.l.at[k])) axes[count++] = k;
    }
    if (count > 0) {
        ex_ints(x, "axes", count, axes);
        ex_int(x, "keepdims", 0);
        o.t = EX(x, "ReduceSum", o.t);
        for (uint32_t k = count; k-- > 0;) remove_axis(&o.l, (uint32_t)axes[k]);
    }
    for (uint32_t k = 0; k < out->count; k++) {
        for (uint32_t i = 0; i < o.l.count; i++) {
            if (o.l.at[i] == out->at[k]) perm[k] = i;
        }
    }
    return permute(x, o.t, out->count, perm);
}

/* ---- two operands */
/* New last axes, so that o has every label that `other` has and the result has not. */
static void repeat_along(expansion *x, const einsum *e, operand *o, const labels *other, const labels *out) {
    int64_t dim[MAX_RANK];
    uint32_t before = o->l.count;
    for (uint32_t k = 0; k < other->count; k++) {
        if (has(out, other->at[k]) || has(&o->l, other->at[k])) continue;
        if (!push(&o->l, other->at[k])) {
            (void)ex_fail(x, unsupported(&x->n, "more than 8 axes", x->err));
            return;
        }
        o->t = EX(x, "Unsqueeze", o->t, ex_list(x, 1, (int64_t[]){o->l.count - 1}));
    }
    for (uint32_t k = 0; k < o->l.count; k++) dim[k] = e->dim[o->l.at[k]];
    if (o->l.count > before) o->t = EX(x, "Expand", o->t, ex_list(x, o->l.count, dim));
}

/* Letters that only o has are summed before where repeating `other` along them would make it large. */
static void sum_alone(expansion *x, const einsum *e, operand *o, const operand *other, const labels *out) {
    uint64_t size = shape_count(ex_shape(x, other->t));
    int64_t axes[MAX_RANK];
    uint32_t count = 0;
    for (uint32_t k = 0; k < o->l.count; k++) {
        if (has(out, o->l.at[k]) || has(&other->l, o->l.at[k])) continue;
        axes[count++] = k;
        size *= e->dim[o->l.at[k]];
    }
    if (count == 0 || size <= 2 * shape_count(ex_shape(x, o->t))) return;
    ex_ints(x, "axes", count, axes);
    ex_int(x, "keepdims", 0);
    o->t = EX(x, "ReduceSum", o->t);
    while (count > 0) remove_axis(&o->l, (uint32_t)axes[--count]);
}

static operand contract(expansion *x, const einsum *e, operand a, operand b, const labels *out) {
    int64_t a_label[MAX_RANK], b_label[MAX_RANK];
    uint8_t number[MAX_LABEL];
    uint32_t next = out->count;
    sum_alone(x, e, &a, &b, out);
    sum_alone(x, e, &b, &a, out);
    repeat_along(x, e, &a, &b.l, out);
    repeat_along(x, e, &b, &a.l, out);
    memset(number, 0xff, sizeof number);
    for (uint32_t k = 0; k < out->count; k++) number[out->at[k]] = (uint8_t)k;
    for (uint32_t k = 0; k < a.l.count; k++) {
        if (number[a.l.at[k]] == 0xff) number[a.l.at[k]] = (uint8_t)next++;
        a_label[k] = number[a.l.at[k]];
    }
    for (uint32_t k = 0; k < b.l.count; k++) b_label[k] = number[b.l.at[k]];
    ex_ints(x, "a_label", a.l.count, a_label);
    ex_ints(x, "b_label", b.l.count, b_label);
    ex_int(x, "rank", out->count);
    return (operand){EX(x, "Contract", a.t, b.t), *out};
}

/* Labels of a and b that the result or operands from `next` on need, as far as 8 axes go. */
static bool still_needed(const einsum *e, const operand *a, const operand *b, uint32_t next, labels *out) {
    const labels *both[2] = {&a->l, &b->l};
    out->count = 0;
    for (uint32_t side = 0; side < 2; side++) {
        for (uint32_t k = 0; k < both[side]->count; k++) {
            uint8_t label = both[side]->at[k];
            bool needed = has(&e->out, label);
            for (uint32_t i = next; i < e->count; i++) needed = needed || has(&e->in[i].l, label);
            if (needed && !has(out, label) && !push(out, label)) return false;
        }
    }
    return true;
}

tacit_status einsum_expand(expansion *x, const gnode *n, tacit_error *err) {
    einsum e = {0};
    TRY(parse(x, &e, err));
    for (uint32_t i = 0; i < e.count; i++) {
        drop_stretched(x, &e, &e.in[i]);
        take_diagonals(x, &e.in[i]);
    }
    if (e.count == 1) {
        ex_result(x, 0, finish(x, e.in[0], &e.out));
        return x->status;
    }
    operand acc = e.in[0];
    for (uint32_t i = 1; i < e.count; i++) {
        labels keep = e.out;
        if (i + 1 < e.count && !still_needed(&e, &acc, &e.in[i], i + 1, &keep))
            return unsupported(n, "more than 8 axes between two products", err);
        acc = contract(x, &e, acc, e.in[i], &keep);
    }
    ex_result(x, 0, acc.t);
    return x->status;
}
