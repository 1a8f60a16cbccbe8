#include "sumcheck/session.h"
#include <string.h>
#include "program/tensor_eval.h"

void session_init(session *s, const program *p, const binding *bind, transcript *ch, arena *a, tacit_error *err) {
    memset(s, 0, sizeof *s);
    s->p = p;
    s->bind = bind;
    s->ch = ch;
    s->a = a;
    s->err = err;
}

tacit_status session_status(session *s) {
    if (s->out_of_memory && s->err->status == TACIT_OK) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    return s->err->status;
}

/* A list in the arena that doubles; NULL (and out_of_memory) when the arena is full. */
static void *grown(session *s, void *list, uint32_t count, uint32_t *capacity, size_t size) {
    if (count < *capacity) return list;
    uint32_t wanted = *capacity ? *capacity * 2 : 8;
    void *more = arena_alloc(s->a, wanted, size);
    if (!more) {
        s->out_of_memory = true;
        return NULL;
    }
    if (count) memcpy(more, list, count * size);
    *capacity = wanted;
    return more;
}

/* ---------------------------------------------------------------- expressions */
void expr_add_term(session *s, expr *e, term t) {
    if (s->out_of_memory) return;
    term *terms = grown(s, e->terms, e->count, &e->capacity, sizeof *terms);
    if (!terms) return;
    e->terms = terms;
    e->terms[e->count++] = t;
}

void expr_add(session *s, expr *e, const expr *other, ext factor) {
    e->constant = ext_add(e->constant, ext_mul(factor, other->constant));
    for (uint32_t i = 0, n = other->count; i < n; i++) {
        term t = other->terms[i];
        t.coef = ext_mul(t.coef, factor);
        expr_add_term(s, e, t);
    }
}

const ext *session_point(session *s, const ext *z, unsigned n) {
    static const ext nowhere[64]; /* no point has more variables */
    ext *copy = ARENA_NEW(s->a, ext, n ? n : 1);
    if (!copy) {
        s->out_of_memory = true;
        return nowhere;
    }
    if (n) memcpy(copy, z, n * sizeof *copy);
    return copy;
}

void session_equation(session *s, const expr *e) {
    if (s->out_of_memory) return;
    expr *list = grown(s, s->equations, s->equation_count, &s->equation_capacity, sizeof *list);
    if (!list) return;
    s->equations = list;
    s->equations[s->equation_count++] = *e;
}

/* ---------------------------------------------------------------- hidden messages */
cell session_new_pad(session *s) {
    return (cell){CELL_PAD, s->pads++};
}

uint32_t session_new_triple(session *s) {
    return s->triples++;
}

hidden session_hidden(session *s, transcript_tag tag, ext value, cell c) {
    hidden h = {EXT_ZERO, c};
    if (s->prover) h.sent = ext_sub(value, s->cells[c.array][c.index]);
    transcript_e(s->ch, tag, &h.sent, 1);
    return h;
}

void hidden_add(session *s, expr *e, const hidden *h, ext factor) {
    e->constant = ext_add(e->constant, ext_mul(factor, h->sent));
    expr_add_term(s, e, (term){.coef = factor, .kind = TERM_CELL, .array = h->cell.array, .index = h->cell.index});
}

static void tie(session *s, cell copy, cell original) {
    if (copy.array == original.array && copy.index == original.index) return;
    copy_rule *list = grown(s, s->copies, s->copy_count, &s->copy_capacity, sizeof *list);
    if (!list) return;
    s->copies = list;
    s->copies[s->copy_count++] = (copy_rule){copy, original};
}

/* (u' + a)(v' + b) = u'v' + u' b + v' a + c with the triple's cells. */
void hidden_product(session *s, expr *e, const hidden *u, const hidden *v, uint32_t t, ext factor) {
    cell a = {CELL_A, t}, b = {CELL_B, t};
    tie(s, a, u->cell);
    tie(s, b, v->cell);
    e->constant = ext_add(e->constant, ext_mul(factor, ext_mul(u->sent, v->sent)));
    expr_add_term(s, e, (term){.coef = ext_mul(factor, u->sent), .kind = TERM_CELL, .array = CELL_B, .index = t});
    expr_add_term(s, e, (term){.coef = ext_mul(factor, v->sent), .kind = TERM_CELL, .array = CELL_A, .index = t});
    expr_add_term(s, e, (term){.coef = factor, .kind = TERM_CELL, .array = CELL_C, .index = t});
}

/* ---------------------------------------------------------------- tensors */
const int64_t *session_values(const session *s, uint32_t tensor_id) {
    const tensor *t = &s->p->tensors[tensor_id];
    if (t->kind == TENSOR_CONSTANT) return t->values;
    return tensor_external(t) && s->bind[tensor_id].kind == BIND_PUBLIC ? s->bind[tensor_id].values : NULL;
}

static bool atom_public(const session *s, uint32_t id) {
    const tensor *t = &s->p->tensors[id];
    if (t->kind == TENSOR_VIEW) return atom_public(s, t->source);
    return t->kind == TENSOR_CONSTANT || (tensor_external(t) && s->bind[id].kind == BIND_PUBLIC);
}

bool session_public(const session *s, uint32_t id) {
    const tensor *t = &s->p->tensors[id];
    if (t->kind != TENSOR_LINEAR) return atom_public(s, id);
    for (uint32_t i = 0; i < t->term_count; i++)
        if (!atom_public(s, t->terms[i].tensor)) return false;
    return true;
}

/* M applied to public values: sum over the view's elements of eq(z, .) * source value, by gathering into a temporary.
 */
static tacit_status public_view(session *s, ext *out, const tensor *v, const ext *z) {
    const tensor *src = &s->p->tensors[v->source];
    const int64_t *values = session_values(s, v->source);
    size_t mark = arena_mark(s->a);
    uint64_t n = shape_count(&v->shape);
    int64_t *image = ARENA_NEW(s->a, int64_t, n);
    if (!image) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    for (uint64_t i = 0; i < n; i++) {
        int64_t j = view_source(v, &src->shape, i);
        image[i] = j < 0 ? 0 : values[j];
    }
    tacit_status st = values_eval(out, &v->shape, image, z, s->a, s->err);
    arena_release(s->a, mark);
    return st;
}

/* The builtin would call libgcc, which the stand-alone verifier does not have. */
static unsigned set_bits(uint32_t v) {
    v -= v >> 1 & 0x55555555u;
    v = (v & 0x33333333u) + (v >> 2 & 0x33333333u);
    return ((v + (v >> 4)) & 0x0F0F0F0Fu) * 0x01010101u >> 24;
}

/* About what evaluating T~ (or its functional) once costs: blocks of a hidden tensor, entries of a view's maps,
 * elements of a public tensor. */
static uint64_t atom_work(const session *s, uint32_t id) {
    const tensor *t = &s->p->tensors[id];
    uint64_t work = 64;
    if (atom_public(s, id)) return t->kind == TENSOR_CONSTANT && !t->values ? work : work + shape_count(&t->shape);
    if (t->kind == TENSOR_VIEW)
        for (uint32_t g = 0; g < t->group_count; g++) work += t->groups[g].map ? t->groups[g].size : 64;
    const shape *own = t->kind == TENSOR_VIEW ? &s->p->tensors[t->source].shape : &t->shape;
    uint64_t blocks = 1;
    for (uint32_t k = 0; k < own->rank; k++) blocks *= set_bits(own->dim[k]);
    return work + 16 * blocks;
}

tacit_status session_work(session *s, uint64_t work) {
    if (s->ch->mode != TRANSCRIPT_COUNT) return TACIT_OK;
    s->work += work;
    if (s->work <= MAX_VERIFIER_WORK) return TACIT_OK;
    return fail(s->err, TACIT_UNSUPPORTED, "program: asks for too much work of a verifier");
}

static tacit_status evaluate_atom(session *s, expr *e, uint32_t id, const ext *z, ext factor) {
    const tensor *t = &s->p->tensors[id];
    ext v = EXT_ZERO;
    TRY(session_work(s, atom_work(s, id)));
    if (!atom_public(s, id)) {
        expr_add_term(
            s, e, (term){.coef = factor, .kind = t->kind == TENSOR_VIEW ? TERM_VIEW : TERM_MLE, .index = id, .z = z});
        return session_status(s);
    }
    if (s->ch->mode == TRANSCRIPT_COUNT) return TACIT_OK; /* counting needs hidden terms only */
    if (t->kind == TENSOR_VIEW)
        TRY(public_view(s, &v, t, z));
    else if (t->kind == TENSOR_CONSTANT && !t->values)
        v = ext_mul(ext_from_i64(t->fill), shape_indicator(&t->shape, z));
    else
        TRY(values_eval(&v, &t->shape, session_values(s, id), z, s->a, s->err));
    e->constant = ext_add(e->constant, ext_mul(factor, v));
    return TACIT_OK;
}

tacit_status session_evaluate(session *s, expr *e, uint32_t id, const ext *z, ext factor) {
    const tensor *t = &s->p->tensors[id];
    if (t->kind != TENSOR_LINEAR) return evaluate_atom(s, e, id, z, factor);
    for (uint32_t i = 0; i < t->term_count; i++)
        TRY(evaluate_atom(s, e, t->terms[i].tensor, z, ext_mul(factor, ext_from_i64(t->terms[i].coef))));
    ext c = ext_mul(ext_from_i64(t->constant), shape_indicator(&t->shape, z));
    e->constant = ext_add(e->constant, ext_mul(factor, c));
    return TACIT_OK;
}
