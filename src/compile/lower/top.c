/* The k largest of n, in order. W[.., j, i] = 1 when the j-th lies behind element i; committed, descending. With
 * W[.., -1] = 1 and W[.., n - 1] = 0, A[i] = W[i - 1] says "at i or behind", P = A - W is the one-hot row of the j-th.
 *   v_j = sum_i P[j, i] x_i                                      in limbs
 *   v_j - v_(j+1) - sum_i P[j+1, i] A[j, i] >= 0                 the next one is smaller, or equal and further on
 *   v_k - x_i - W[k, i] + big sum_(j<k) P[j, i] >= 0             the others are smaller than the last, or behind it */
#include "compile/lower/bits.h"
#include "compile/lower/choose.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"

enum { SMALLEST = 1, LAST_INDEX = 2, MAX_TOP = 1 << 25 };

typedef struct top {
    uint32_t n, k, mode;
    shape x, rows; /* rows: values, index */
    shape bits;
} top;

static tacit_status read(const graph *g, const gnode *n, top *q, tacit_error *err) {
    int64_t k, mode;
    TRY(attribute_int(n, "k", 1, &k, err));
    TRY(attribute_int(n, "mode", 0, &mode, err));
    q->x = q->rows = q->bits = node_in(g, n, 0)->shape;
    q->mode = (uint32_t)mode;
    if (q->x.rank == 0 || q->x.rank == MAX_RANK) return unsupported(n, "on this number of axes", err);
    q->n = q->x.dim[q->x.rank - 1];
    if (q->n < 2) return fail(err, TACIT_INTERNAL, "the largest of one");
    if (k < 1 || k > q->n) return unsupported(n, "k is not between 1 and the length of the axis", err);
    if (k > 1 && mode & LAST_INDEX) return unsupported(n, "k > 1 with the last index first", err);
    q->k = q->rows.dim[q->x.rank - 1] = q->bits.dim[q->x.rank - 1] = (uint32_t)k;
    q->bits.dim[q->bits.rank++] = q->n;
    if (shape_count(&q->bits) > MAX_TOP) return unsupported(n, "k times the number of elements is beyond 2^25", err);
    return TACIT_OK;
}

tacit_status top_infer(graph *g, gnode *n, tacit_error *err) {
    top q;
    TRY(read(g, n, &q, err));
    set_output_at(g, n, 0, node_in(g, n, 0)->type, &q.rows);
    if (n->out[0] != NO_INDEX) node_out(g, n, 0)->boolean = node_in(g, n, 0)->boolean;
    set_output_at(g, n, 1, ELEM_WHOLE, &q.bits);
    if (n->out_count > 1 && n->out[1] != NO_INDEX) node_out(g, n, 1)->boolean = true;
    set_output_at(g, n, 2, ELEM_WHOLE, &q.rows);
    return TACIT_OK;
}

/* ---- floats */
static int compare(const frame *f, const gnode *n, uint64_t a, uint64_t b) {
    bool real = node_in(f->g, n, 0)->type == ELEM_REAL;
    if (real)
        return (frame_real(f, n->in[0])[a] > frame_real(f, n->in[0])[b]) -
               (frame_real(f, n->in[0])[a] < frame_real(f, n->in[0])[b]);
    return (frame_whole(f, n->in[0])[a] > frame_whole(f, n->in[0])[b]) -
           (frame_whole(f, n->in[0])[a] < frame_whole(f, n->in[0])[b]);
}

static bool before(const frame *f, const gnode *n, const top *q, uint64_t a, uint64_t b) {
    int c = compare(f, n, a, b);
    if (q->mode & SMALLEST) c = -c;
    if (c != 0) return c > 0;
    return q->mode & LAST_INDEX ? a > b : a < b;
}

static void store(frame *f, const gnode *n, const top *q, uint64_t row, uint32_t j, uint64_t at) {
    uint64_t to = row * q->k + j;
    const gtensor *x = node_in(f->g, n, 0);
    if (n->out[0] != NO_INDEX && x->type == ELEM_REAL) f->real[n->out[0]][to] = frame_real(f, n->in[0])[at];
    if (n->out[0] != NO_INDEX && x->type == ELEM_WHOLE) f->whole[n->out[0]][to] = frame_whole(f, n->in[0])[at];
    for (uint32_t i = 0; i < q->n && n->out_count > 1 && n->out[1] != NO_INDEX; i++)
        f->whole[n->out[1]][to * q->n + i] = row * q->n + i == at;
    if (n->out_count > 2 && n->out[2] != NO_INDEX) f->whole[n->out[2]][to] = (int64_t)(at - row * q->n);
}

tacit_status top_eval(frame *f, const gnode *n, tacit_error *err) {
    top q;
    TRY(read(f->g, n, &q, err));
    uint64_t rows = shape_count(&q.x) / q.n;
    for (uint64_t r = 0; r < rows; r++) {
        uint64_t first = r * q.n, last = UINT64_MAX;
        for (uint32_t j = 0; j < q.k; j++) {
            uint64_t best = UINT64_MAX;
            for (uint64_t i = first; i < first + q.n; i++) {
                bool open = last == UINT64_MAX || before(f, n, &q, last, i);
                if (open && (best == UINT64_MAX || before(f, n, &q, i, best))) best = i;
            }
            store(f, n, &q, r, j, best);
            last = best;
        }
    }
    return TACIT_OK;
}

/* ---- relations */
typedef struct parts {
    const char *name;
    const top *q;
    value x;
    uint32_t behind, v;       /* W as it is committed, v */
    uint32_t w, a, p;         /* W, A, P over [.., k, n] */
    int64_t sign, big, width; /* width: of x */
} parts;

/* W over [.., k, n], moved by `by` along the last axis, with zeros where it ends. */
static tacit_status moved(lowering *l, const parts *s, int32_t by, uint32_t *out, tacit_error *err) {
    view_draft d;
    const shape *b = &s->q->bits;
    draft_start(&d, b->rank);
    for (uint32_t k = 0; k + 1 < b->rank; k++) draft_same(&d, k, k, b->dim[k]);
    d.shape.dim[b->rank - 1] = s->q->n;
    int32_t *map = draft_map(l, &d, b->rank - 1, 1, b->rank - 1, 1);
    for (int32_t i = 0; map && i < (int32_t)s->q->n; i++)
        map[i] = i + by >= 0 && i + by < (int32_t)s->q->n - 1 ? i + by : -1;
    return draft_make(l, &d, s->behind, out, err);
}

/* 1 at element 0 of every row. */
static tacit_status first_element(lowering *l, const parts *s, uint32_t *out, tacit_error *err) {
    const shape axis = {.rank = 1, .dim = {s->q->n}};
    int64_t *v = ARENA_ZNEW(l->a, int64_t, s->q->n);
    if (!v) return fail(err, TACIT_RESOURCES, "no memory for a constant");
    v[0] = 1;
    uint32_t id = builder_constant(l->b, lower_name(l, s->name, ".first"), &axis, v);
    return view_broadcast(l, id, &s->q->bits, out, err);
}

static tacit_status make_bits(lowering *l, parts *s, tacit_error *err) {
    linear_term a[2] = {{1, 0}, {1, 0}}, p[3] = {{1, 0}, {1, 0}, {-1, 0}};
    shape behind = s->q->bits;
    TRY(first_element(l, s, &a[0].tensor, err));
    behind.dim[behind.rank - 1]--;
    s->behind = builder_committed(l->b, lower_name(l, s->name, ".behind"), &behind);
    TRY(bits_lookup(l, s->name, s->behind, DESCENDING, err));
    TRY(moved(l, s, 0, &s->w, err));
    TRY(moved(l, s, -1, &a[1].tensor, err));
    s->a = builder_linear(l->b, lower_name(l, s->name, ".at"), &s->q->bits, a, 2, 0);
    p[0] = a[0], p[1] = a[1], p[2].tensor = s->w;
    s->p = builder_linear(l->b, lower_name(l, s->name, ".bits"), &s->q->bits, p, 3, 0);
    return TACIT_OK;
}

/* v = sum P x. */
static tacit_status make_values(lowering *l, parts *s, const gnode *n, tacit_error *err) {
    sum r;
    uint32_t rank = s->q->x.rank;
    uint8_t p_label[MAX_RANK] = {0}, x_label[MAX_RANK] = {0};
    const value bits = {.id = s->p, .lo = 0, .hi = 1};
    for (uint32_t k = 0; k < rank; k++) p_label[k] = x_label[k] = (uint8_t)k;
    p_label[rank] = x_label[rank - 1] = (uint8_t)rank;
    sum_start(&r, &s->q->rows, s->x.scale);
    TRY(sum_product(l, &r, &bits, p_label, &s->x, x_label, 1, 1, err));
    advice find = advice_of(ADVICE_TOP, 0, s->behind);
    find.rem = s->x.id;
    find.shift = s->q->mode;
    TRY(lower_digits(l, lower_name(l, s->name, ".value"), &r, s->x.lo, bits_for(s->width), &find, &s->v, err));
    const value v = {.id = s->v, .scale = s->x.scale, .lo = s->x.lo, .hi = s->x.hi};
    return lower_set_value(l, n->out[0], &v, err);
}

/* Rows first .. first + count - 1 of the axis `axis` of id. */
static tacit_status rows_of(lowering *l, uint32_t id, uint32_t axis, uint32_t first, uint32_t count, uint32_t *out,
                            tacit_error *err) {
    const shape s = builder_tensor(l->b, id)->shape;
    view_draft d;
    draft_start(&d, s.rank);
    for (uint32_t k = 0; k < s.rank; k++) {
        d.shape.dim[k] = k == axis ? count : s.dim[k];
        if (k != axis) draft_same(&d, k, k, s.dim[k]);
    }
    int32_t *map = draft_map(l, &d, axis, 1, axis, 1);
    for (uint32_t i = 0; map && i < count; i++) map[i] = (int32_t)(first + i);
    return draft_make(l, &d, id, out, err);
}

static tacit_status order(lowering *l, const parts *s, tacit_error *err) {
    sum r;
    uint32_t axis = s->q->x.rank - 1, count = s->q->k - 1, id[2];
    shape rows = s->q->rows;
    uint8_t label[MAX_RANK];
    value next = {.lo = 0, .hi = 1}, at = {.lo = 0, .hi = 1};
    if (count == 0) return TACIT_OK;
    rows.dim[axis] = count;
    for (uint32_t k = 0; k < MAX_RANK; k++) label[k] = (uint8_t)k;
    TRY(rows_of(l, s->v, axis, 0, count, &id[0], err));
    TRY(rows_of(l, s->v, axis, 1, count, &id[1], err));
    TRY(rows_of(l, s->p, axis, 1, count, &next.id, err));
    TRY(rows_of(l, s->a, axis, 0, count, &at.id, err));
    sum_start(&r, &rows, s->x.scale);
    TRY(sum_term(&r, id[0], s->sign, s->x.lo, s->x.hi, err));
    TRY(sum_term(&r, id[1], -s->sign, s->x.lo, s->x.hi, err));
    TRY(sum_product(l, &r, &next, label, &at, label, -1, 1, err));
    return lower_nonnegative(l, lower_name(l, s->name, ".order"), &r, 0, bits_for(s->width), NULL, err);
}

/* Row k - 1 of an [.., k, n] tensor, or v_k for every element. */
static tacit_status last_row(lowering *l, const parts *s, uint32_t id, bool is_value, uint32_t *out, tacit_error *err) {
    view_draft d;
    uint32_t axis = s->q->x.rank - 1;
    draft_start(&d, s->q->x.rank);
    for (uint32_t k = 0; k < axis; k++) draft_same(&d, k, k, s->q->x.dim[k]);
    draft_fix(l, &d, axis, (int32_t)s->q->k - 1);
    if (is_value)
        draft_repeat(l, &d, axis, s->q->n);
    else
        draft_same(&d, axis, axis + 1, s->q->n);
    return draft_make(l, &d, id, out, err);
}

/* + big sum_j P: chosen elements need not be below the last. */
static tacit_status excuse_chosen(lowering *l, const parts *s, sum *r, tacit_error *err) {
    uint32_t rank = s->q->x.rank;
    uint8_t p_label[MAX_RANK] = {0}, one_label[MAX_RANK] = {(uint8_t)rank};
    const shape axis = {.rank = 1, .dim = {s->q->k}};
    const value bits = {.id = s->p, .lo = 0, .hi = 1},
                ones = {.id = builder_fill(l->b, lower_name(l, s->name, ".ones"), &axis, 1), .lo = 1, .hi = 1};
    for (uint32_t k = 0; k + 1 < rank; k++) p_label[k] = (uint8_t)k;
    p_label[rank - 1] = (uint8_t)rank;
    p_label[rank] = (uint8_t)(rank - 1);
    return sum_product(l, r, &bits, p_label, &ones, one_label, s->big, s->q->k, err);
}

static tacit_status below_last(lowering *l, const parts *s, tacit_error *err) {
    sum r;
    uint32_t v, side;
    bool later = s->q->mode & LAST_INDEX;
    if (s->q->k == s->q->n) return TACIT_OK;
    TRY(last_row(l, s, s->v, true, &v, err));
    TRY(last_row(l, s, later ? s->a : s->w, false, &side, err));
    sum_start(&r, &s->q->x, s->x.scale);
    TRY(sum_term(&r, v, s->sign, s->x.lo, s->x.hi, err));
    TRY(sum_term(&r, s->x.id, -s->sign, s->x.lo, s->x.hi, err));
    TRY(sum_term(&r, side, later ? 1 : -1, 0, 1, err));
    if (s->q->k > 1) TRY(excuse_chosen(l, s, &r, err));
    uint32_t bits = bits_for(s->q->k > 1 ? s->width + s->big : s->width);
    return lower_nonnegative(l, lower_name(l, s->name, ".rest"), &r, later ? -1 : 0, bits, NULL, err);
}

/* index = sum W. */
static tacit_status make_index(lowering *l, const parts *s, uint32_t t, tacit_error *err) {
    sum r;
    uint32_t rank = s->q->x.rank;
    uint8_t w_label[MAX_RANK] = {0}, one_label[MAX_RANK] = {(uint8_t)rank};
    const shape axis = {.rank = 1, .dim = {s->q->n}};
    const value w = {.id = s->w, .lo = 0, .hi = 1},
                ones = {.id = builder_fill(l->b, lower_name(l, s->name, ".ones"), &axis, 1), .lo = 1, .hi = 1};
    for (uint32_t k = 0; k <= rank; k++) w_label[k] = (uint8_t)k;
    sum_start(&r, &s->q->rows, 0);
    TRY(sum_product(l, &r, &w, w_label, &ones, one_label, 1, s->q->n, err));
    r.hi = s->q->n - 1;
    return lower_set_sum(l, t, &r, err);
}

tacit_status top_lower(lowering *l, const gnode *n, tacit_error *err) {
    top q;
    parts s = {.q = &q};
    TRY(read(l->g, n, &q, err));
    TRY(lower_operand(l, n->in[0], &s.x, err));
    s.name = tensor_name(l, n->out[1]);
    s.sign = q.mode & SMALLEST ? -1 : 1;
    s.width = s.x.hi - s.x.lo;
    s.big = s.width + 1;
    TRY(make_bits(l, &s, err));
    TRY(make_values(l, &s, n, err));
    TRY(order(l, &s, err));
    TRY(below_last(l, &s, err));
    const value bits = {.id = s.p, .lo = 0, .hi = 1};
    TRY(lower_set_value(l, n->out[1], &bits, err));
    return make_index(l, &s, n->out[2], err);
}
