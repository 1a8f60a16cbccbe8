#include "proof/statement.h"
#include <string.h>
#include "sumcheck/early.h"

/* ---------------------------------------------------------------- bindings */
static tacit_status check_public(const tensor *t, const int64_t *values, tacit_error *err) {
    uint64_t n = shape_count(&t->shape);
    if (!values) return fail(err, TACIT_INTERNAL, "%s: public without values", t->name);
    for (uint64_t i = 0; !RULE_OFF(PUBLIC_RANGE) && i < n; i++)
        if (values[i] < t->lo || values[i] > t->hi) return reject(err, TACIT_REJECT_PUBLIC_RANGE);
    return TACIT_OK;
}

static bool same_text(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static tacit_status check_certified(const statement *st, const tensor *t, const binding *b, tacit_error *err) {
    if (b->certificate >= st->certificate_count || b->item >= st->certificates[b->certificate]->item_count)
        return fail(err, TACIT_MALFORMED, "%s: not in the certificate", t->name);
    const certificate_item *i = &st->certificates[b->certificate]->items[b->item];
    if (!same_text(i->name, t->name) || !shape_equal(&i->shape, &t->shape) || i->lo != t->lo || i->hi != t->hi)
        return fail(err, TACIT_MALFORMED, "%s: the certificate has another tensor in this place", t->name);
    return TACIT_OK;
}

static tacit_status check_bindings(const statement *st, tacit_error *err) {
    for (uint32_t i = 0; i < st->p->tensor_count; i++) {
        const tensor *t = &st->p->tensors[i];
        const binding *b = &st->bind[i];
        if (!tensor_external(t)) continue;
        if (b->kind == BIND_PUBLIC)
            TRY(check_public(t, b->values, err));
        else if (b->kind == BIND_CERTIFIED)
            TRY(check_certified(st, t, b, err));
        else if (t->kind == TENSOR_PARAM)
            return fail(err, TACIT_MALFORMED, "%s: not certified", t->name);
    }
    return TACIT_OK;
}

/* ---------------------------------------------------------------- cells: a walk that counts */
static tacit_status count_cells(statement *st, arena *a, tacit_error *err) {
    transcript ch;
    session s;
    size_t mark = arena_mark(a);
    transcript_counter(&ch, err);
    session_init(&s, st->p, st->bind, &ch, a, err);
    TRY(logup_run(&s, &st->logup, NULL));
    TRY(constraints_run(&s, NULL));
    TRY(views_run(&s, NULL));
    TRY(zero_run(&s, NULL));
    st->plan = (plan){.pads = s.pads ? s.pads : 1, .triples = s.triples + 1};
    arena_release(a, mark); /* the copies alone are needed: they move to the front */
    copy_rule *copies = ARENA_NEW(a, copy_rule, s.copy_count);
    if (!copies) return fail(err, TACIT_RESOURCES, "scratch too small");
    if (s.copy_count) memmove(copies, s.copies, s.copy_count * sizeof *copies);
    st->copies = copies;
    st->copy_count = s.copy_count;
    st->proof_size = ch.at;
    return TACIT_OK;
}

/* ---------------------------------------------------------------- places */
static bool in_x(const statement *st, uint32_t i) {
    const tensor *t = &st->p->tensors[i];
    return t->kind == TENSOR_COMMITTED || t->kind == TENSOR_MULTIPLICITY ||
           (tensor_external(t) && st->bind[i].kind == BIND_PRIVATE);
}

static void place_certified(statement *st, uint32_t i) {
    st->place.object_of[i] = 1 + st->bind[i].certificate;
    st->place.item_of[i] = st->bind[i].item;
}

static tacit_status place_tensors(statement *st, arena *a, tacit_error *err) {
    uint32_t n = st->p->tensor_count, items = 0;
    placement *pl = &st->place;
    const shape **shapes = ARENA_NEW(a, const shape *, n + CELL_ARRAYS * EXT_DEG);
    pl->item_of = ARENA_ZNEW(a, uint32_t, n + 1);
    pl->object_of = ARENA_NEW(a, uint32_t, n + 1);
    if (!shapes || !pl->item_of || !pl->object_of) return fail(err, TACIT_RESOURCES, "scratch too small");
    for (uint32_t i = 0; i < n; i++) {
        pl->object_of[i] = UINT32_MAX;
        if (tensor_external(&st->p->tensors[i]) && st->bind[i].kind == BIND_CERTIFIED) place_certified(st, i);
        if (!in_x(st, i)) continue;
        pl->object_of[i] = 0;
        pl->item_of[i] = items;
        shapes[items++] = &st->p->tensors[i].shape;
    }
    pl->tensor_items = items;
    st->cell_shape[0] = (shape){.rank = 1, .dim = {st->plan.pads}};
    st->cell_shape[1] = (shape){.rank = 1, .dim = {st->plan.triples}};
    for (int k = 0; k < CELL_ARRAYS; k++) {
        pl->array_item[k] = items;
        for (int j = 0; j < EXT_DEG; j++) shapes[items++] = &st->cell_shape[k != CELL_PAD];
    }
    TRY(layout_make(&pl->x, shapes, items, a, err));
    pl->certificate_count = st->certificate_count;
    for (uint32_t i = 0; i < st->certificate_count; i++) pl->certificates[i] = &st->certificates[i]->layout;
    return TACIT_OK;
}

static tacit_status check_certificates(const statement *st, tacit_error *err) {
    for (uint32_t i = 0; i < st->certificate_count; i++) {
        const certificate *c = st->certificates[i];
        uint32_t t = st->geometry.domain[st->geometry.object[1 + i].domain].t;
        if (t > c->t_max)
            return fail(err, TACIT_SOUNDNESS, "certificate: made for fewer queries than this profile needs");
    }
    return TACIT_OK;
}

/* The largest error numerators outside the opening: alpha's and the betas' (rows - 1), the batches' (equations - 1).
 * p^2 > 2^128 - 2^97 and p^3 > 2^191, so a numerator below 2^room keeps a challenge's error at most 2^-CHALLENGE_BITS:
 * 2^28 - 1 < p^2 / 2^100. */
#define NUMERATOR_ROOM (EXT_DEG == 2 ? 28 : 61)

/* Equations, whatever the program: LogUp, at most 3 per layer and tree; operands and copies, at most 4 per triple, of
 * which a product has one and a tree 3 per layer; the rest: one per constraint. */
#define MOST_TRIPLES ((uint64_t)MAX_RELATIONS * MAX_TERMS + 3 * MAX_TREES * 64)
_Static_assert((8 * MOST_TRIPLES + MAX_RELATIONS + 3 * MAX_TREES * 64) >> NUMERATOR_ROOM == 0, "batches are safe");

static tacit_status check_rows(const logup *l, tacit_error *err) {
    if ((l->forest[0].size + l->forest[1].size) >> NUMERATOR_ROOM == 0) return TACIT_OK;
    return fail(err, TACIT_SOUNDNESS, "program: too many lookups for the security profile");
}

/* The blocks of x go into its strips; the geometry was chosen so that they fit. */
static tacit_status place_x(statement *st, tacit_error *err) {
    const geometry_object *x = &st->geometry.object[0];
    strip_room room = geometry_room(x->lanes, (UINT64_C(1) << x->a) - x->tail);
    return layout_split(&st->place.x, &room) ? TACIT_OK : fail(err, TACIT_INTERNAL, "x does not fit its strips");
}

tacit_status statement_make(statement *st, arena *a, tacit_error *err) {
    certificate_shape shapes[MAX_CERTIFICATES];
    for (uint32_t i = 0; i < st->certificate_count; i++) shapes[i] = st->certificates[i]->shape;
    TRY(check_bindings(st, err));
    TRY(logup_make(&st->logup, st->p, a, err));
    TRY(check_rows(&st->logup, err));
    TRY(count_cells(st, a, err));
    TRY(place_tensors(st, a, err));
    block_counts blocks = layout_counts(&st->place.x);
    TRY(geometry_make(&st->geometry, &blocks, shapes, st->certificate_count, err));
    TRY(place_x(st, err));
    st->plan.sigmas = 2 * geometry_rounds(&st->geometry);
    return check_certificates(st, err);
}

/* ---------------------------------------------------------------- step 1 */
static tacit_status absorb_public(session *s, const tensor *t, uint32_t id) {
    uint64_t n = shape_count(&t->shape);
    size_t mark = arena_mark(s->a);
    unsigned char *bytes = ARENA_NEW(s->a, unsigned char, 8 * n);
    if (!bytes) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    for (uint64_t i = 0; i < n; i++) store_le64(bytes + 8 * i, (uint64_t)s->bind[id].values[i]);
    if (!RULE_OFF(ABSORB_PUBLIC)) transcript_absorb(s->ch, TAG_BINDING, bytes, 8 * n);
    arena_release(s->a, mark);
    return TACIT_OK;
}

static tacit_status bind_all(const statement *st, session *s) {
    const unsigned char id[4] = {PROTOCOL_VERSION | TEST_PROTOCOL, EXT_DEG, RATE_LOG, CHALLENGE_BITS};
    transcript_absorb(s->ch, TAG_PROTOCOL, id, sizeof id);
    if (!RULE_OFF(ABSORB_PROGRAM)) transcript_absorb(s->ch, TAG_PROGRAM, st->p->digest.b, 32);
    if (!RULE_OFF(ABSORB_MODEL)) transcript_absorb(s->ch, TAG_PROGRAM, st->model.b, 32);
    for (uint32_t i = 0; i < st->p->tensor_count; i++) {
        if (!tensor_external(&st->p->tensors[i])) continue;
        unsigned char head[6] = {(unsigned char)st->bind[i].kind, (unsigned char)st->bind[i].certificate};
        for (int k = 0; k < 4; k++) head[2 + k] = (unsigned char)(st->bind[i].item >> (8 * k));
        transcript_absorb(s->ch, TAG_BINDING, head, sizeof head);
        if (st->bind[i].kind == BIND_PUBLIC) TRY(absorb_public(s, &st->p->tensors[i], i));
    }
    for (uint32_t i = 0; !RULE_OFF(ABSORB_CERTIFICATE) && i < st->certificate_count; i++)
        transcript_absorb(s->ch, TAG_CERTIFICATE, st->certificates[i]->digest.b, 32);
    if (!RULE_OFF(ABSORB_CONTEXT)) transcript_absorb(s->ch, TAG_CONTEXT, st->context, st->context_size);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- the protocol */
static tacit_status before(prover *pr, unsigned number) {
    return pr && pr->step ? pr->step(pr->ctx, number) : TACIT_OK;
}

tacit_status statement_run(const statement *st, session *s, prover *pr) {
    digest roots[MAX_OBJECTS], cert_roots[MAX_CERTIFICATES];
    batch_final final;
    s->prover = pr;
    s->plan = st->plan;
    for (uint32_t i = 0; i < st->certificate_count; i++) cert_roots[i] = st->certificates[i]->root;
    TRY(bind_all(st, s)); /* 1 */
    BROKEN_ONLY(if (RULE_OFF(TAU)) transcript_point(s->ch, TAG_TAU, broken_tau, 64);)
    TRY(before(pr, 2));
    TRY(commit_roots(s, &st->geometry, roots, pr ? pr->commit : NULL)); /* 2 */
    TRY(before(pr, 3));
    TRY(logup_run(s, &st->logup, pr ? &pr->logup : NULL)); /* 3 */
    TRY(before(pr, 4));
    TRY(constraints_run(s, pr ? &pr->constraint : NULL)); /* 4 */
    TRY(before(pr, 5));
    TRY(views_run(s, pr ? &pr->view : NULL)); /* 5 */
    TRY(before(pr, 6));
    TRY(zero_run(s, pr ? &pr->zero : NULL)); /* 5b */
    TRY(before(pr, 7));
    TRY(batch_run(s, &st->place, &st->geometry, pr ? &pr->batch : NULL, &final)); /* 6 */
    TRY(before(pr, 8));
    TRY(commit_open(s, &st->geometry, roots, cert_roots, &final, pr ? pr->folded : NULL,
                    pr ? pr->commit : NULL)); /* 7 */
    return transcript_finish(s->ch);
}
