/* Transcript, geometry, the rounds of sumcheck, LogUp. */
#include "vectors.h"
#include <stdlib.h>
#include <string.h>
#include "commit/geometry_assemble.h"
#include "commit/queries.h"
#include "hash/transcript.h"
#include "logup/logup.h"
#include "program/tensor_eval.h"
#include "rounds.h"

/* ---------------------------------------------------------------- transcript */
/* One step of a script; what it gives goes to `result`. */
static void transcript_step(transcript *ch, json *step, json *result) {
    const char *what = get_text(step, "do");
    size_t n = has(step, "count") ? get_number(step, "count") : 0;
    transcript_tag tag = has(step, "tag") ? (transcript_tag)get_number(step, "tag") : TAG_POSITIONS;
    if (strcmp(what, "absorb") == 0) {
        bytes b = get_bytes(step, "data");
        transcript_absorb(ch, tag, b.data, b.size);
    } else if (strcmp(what, "readF") == 0) {
        gl *v = vectors_new(n, sizeof *v);
        transcript_f(ch, tag, v, n);
        if (ch->err->status == TACIT_OK) put(result, "out", json_words(v, n));
    } else if (strcmp(what, "readE") == 0) {
        ext *v = vectors_new(n + 1, sizeof *v);
        transcript_e(ch, tag, v, n);
        if (ch->err->status == TACIT_OK) put(result, "out", json_exts(v, n));
    } else if (strcmp(what, "readHashes") == 0) {
        digest *v = vectors_new(n, sizeof *v);
        transcript_hashes(ch, tag, v, n);
    } else if (strcmp(what, "challenge") == 0) {
        put(result, "out", json_ext(transcript_challenge(ch, tag)));
    } else if (strcmp(what, "positions") == 0) {
        uint32_t *v = vectors_new(n, sizeof *v);
        json *list = json_object_new_array();
        transcript_positions(ch, (unsigned)get_number(step, "logSize"), (uint32_t)n, v);
        for (size_t i = 0; i < n; i++) json_object_array_add(list, json_object_new_int64(v[i]));
        put(result, "out", list);
    } else {
        vectors_fail("unknown step %s", what);
    }
}

static void transcript_case(scene *s, json *t, json *out) {
    bytes b = get_bytes(t, "messages");
    json *steps = get(t, "steps"), *results = json_object_new_array();
    transcript ch;
    transcript_verifier(&ch, b.data, b.size, &s->err);
    for (size_t i = 0; i < length(steps); i++) {
        json *result = json_object_new_object();
        transcript_step(&ch, at(steps, i), result);
        if (s->err.status != TACIT_OK) {
            json_object_put(result);
            break;
        }
        put(result, "state", json_digest(ch.state));
        json_object_array_add(results, result);
    }
    put_status(out, transcript_finish(&ch), &s->err);
    put(out, "results", results);
}

/* ---------------------------------------------------------------- geometry */
static void queries_case(scene *s, json *t, json *out) {
    (void)s;
    put_valid(out);
    put_count(out, "out",
              queries_for_bits(get_number(t, "size"), get_number(t, "dimension"), (unsigned)get_number(t, "bits")));
}

static void siblings_case(scene *s, json *t, json *out) {
    (void)s;
    put_valid(out);
    put_count(out, "out", expected_siblings((unsigned)get_number(t, "height"), (uint32_t)get_number(t, "count")));
}

static json *shape_json(const geometry *g, uint32_t i) {
    json *o = json_object_new_object();
    put_count(o, "a", g->object[i].a);
    put_count(o, "k", g->object[i].k);
    put_count(o, "lanes", g->object[i].lanes);
    put_count(o, "tail", g->object[i].tail);
    put_count(o, "start", g->start[i]);
    return o;
}

static void put_geometry(json *out, const geometry *g) {
    json *objects = json_object_new_array(), *domains = json_object_new_array(), *levels = json_object_new_array();
    for (uint32_t i = 0; i < g->object_count; i++) json_object_array_add(objects, shape_json(g, i));
    for (uint32_t i = 0; i < g->domain_count; i++) {
        json *o = json_object_new_object();
        put_count(o, "logSize", g->domain[i].log_n);
        put_count(o, "opened", g->domain[i].t);
        put_count(o, "width", g->domain[i].width);
        json_object_array_add(domains, o);
    }
    for (uint32_t i = 0; i < g->level_count; i++) {
        json *o = json_object_new_object();
        put_count(o, "length", g->level[i].size);
        put_count(o, "k", g->level[i].k);
        put_count(o, "logSize", g->level[i].log_n);
        put_count(o, "opened", g->level[i].t);
        json_object_array_add(levels, o);
    }
    put(out, "objects", objects);
    put(out, "domains", domains);
    put(out, "levels", levels);
    put_count(out, "used", g->used);
    put_count(out, "vectorLog", g->vector_log);
    put_count(out, "rounds", geometry_rounds(g));
}

static void geometry_case(scene *s, json *t, json *out) {
    json *list = get(t, "certificates");
    certificate_shape shapes[MAX_CERTIFICATES + 1];
    geometry *g = vectors_new(1, sizeof *g);
    uint32_t n = (uint32_t)length(list);
    for (uint32_t i = 0; i < n && i <= MAX_CERTIFICATES; i++)
        shapes[i] = (certificate_shape){.a = (uint32_t)get_number(at(list, i), "a"),
                                        .k = (uint32_t)get_number(at(list, i), "k"),
                                        .tail = (uint32_t)get_number(at(list, i), "tail")};
    block_counts blocks = counts_of_size(get_number(t, "size"));
    tacit_status status = geometry_make(g, &blocks, shapes, n, &s->err);
    put_status(out, status, &s->err);
    if (status == TACIT_OK) put_geometry(out, g);
}

/* ---------------------------------------------------------------- rounds */
/* An expression in pads only: constant and the coefficient of each pad in order. */
static json *pad_expression(const expr *e, uint32_t pads) {
    json *o = json_object_new_object();
    ext *coef = vectors_new(pads, sizeof *coef);
    for (uint32_t i = 0; i < e->count; i++)
        coef[e->terms[i].index] = ext_add(coef[e->terms[i].index], e->terms[i].coef);
    put(o, "constant", json_ext(e->constant));
    put(o, "pads", json_exts(coef, pads));
    return o;
}

static void rounds_case(scene *s, json *t, json *out) {
    bytes b = get_bytes(t, "messages");
    round_case c = round_case_of(t);
    expr claim = {c.claim, NULL, 0, 0};
    ext point[64];
    transcript ch;
    session walk;
    transcript_verifier(&ch, b.data, b.size, &s->err);
    session_init(&walk, NULL, NULL, &ch, &s->a, &s->err);
    tacit_status status =
        c.gruen ? sumcheck_gruen(&walk, TAG_ZERO_ROUND, c.rounds, c.z, &claim, NULL, point)
                : sumcheck_plain(&walk, TAG_CONSTRAINT_ROUND, c.rounds, c.degree, PADS_IN_X, &claim, NULL, point);
    if (status == TACIT_OK) status = transcript_finish(&ch);
    if (status != TACIT_OK) return put_status(out, status, &s->err);
    for (unsigned i = 0; i < c.rounds; i++) round_case_fold(&c, point[i]);
    ext truth = round_case_value(&c);
    if (ext_equal(claim.constant, truth))
        put_valid(out);
    else
        put_invalid(out, tacit_reject_name(TACIT_REJECT_FUNCTIONAL));
    put(out, "point", json_exts(point, c.rounds));
    put(out, "claimAtPoint", pad_expression(&claim, walk.pads));
    put(out, "valueAtPoint", json_ext(truth));
}

/* ---------------------------------------------------------------- LogUp */
/* The values of a tensor: given, or a view's or a linear tensor's. */
static int64_t *values_of(const program *p, int64_t *const *given, uint32_t id) {
    const tensor *t = &p->tensors[id];
    uint64_t n = shape_count(&t->shape);
    if (given[id]) return given[id];
    int64_t *v = vectors_new(n, sizeof *v);
    for (uint64_t i = 0; i < n && t->kind == TENSOR_VIEW; i++) {
        int64_t from = view_source(t, &p->tensors[t->source].shape, i);
        v[i] = from < 0 ? 0 : given[t->source][from];
    }
    return v;
}

/* With all pads 0 a hidden value is what was sent, and a triple's cells are 0. */
static ext equation_value(scene *s, const program *p, int64_t *const *given, const expr *e) {
    ext total = e->constant, v;
    for (uint32_t i = 0; i < e->count; i++) {
        const term *t = &e->terms[i];
        if (t->kind != TERM_MLE && t->kind != TERM_VIEW) continue;
        const shape *sh = &p->tensors[t->index].shape;
        if (values_eval(&v, sh, values_of(p, given, t->index), t->z, &s->a, &s->err) != TACIT_OK)
            vectors_fail("%s", s->err.text);
        total = ext_add(total, ext_mul(t->coef, v));
    }
    return total;
}

static int64_t **given_values(const program *p, json *lists) {
    int64_t **given = vectors_new(p->tensor_count, sizeof *given);
    for (uint32_t i = 0, at_list = 0; i < p->tensor_count; i++) {
        tensor_kind k = p->tensors[i].kind;
        if (k == TENSOR_LINEAR || k == TENSOR_VIEW || k == TENSOR_CONSTANT) continue;
        json *list = at(lists, at_list++);
        given[i] = vectors_new(length(list), sizeof **given);
        for (size_t j = 0; j < length(list); j++) given[i][j] = signed_of(at(list, j));
    }
    return given;
}

static void logup_case(scene *s, json *t, json *out) {
    bytes code = get_bytes(t, "program"), b = get_bytes(t, "messages");
    program p;
    logup l;
    transcript ch;
    session walk;
    if (program_parse(&p, code.data, code.size, &s->a, &s->err) != TACIT_OK ||
        logup_make(&l, &p, &s->a, &s->err) != TACIT_OK)
        vectors_fail("%s", s->err.text);
    binding *bind = vectors_new(p.tensor_count, sizeof *bind);
    for (uint32_t i = 0; i < p.tensor_count; i++) bind[i].kind = BIND_PRIVATE;
    int64_t **given = given_values(&p, get(t, "values"));
    transcript_verifier(&ch, b.data, b.size, &s->err);
    session_init(&walk, &p, bind, &ch, &s->a, &s->err);
    tacit_status status = logup_run(&walk, &l, NULL);
    if (status == TACIT_OK) status = transcript_finish(&ch);
    if (status != TACIT_OK) return put_status(out, status, &s->err);
    json *equations = json_object_new_array();
    bool zero = true;
    for (uint32_t i = 0; i < walk.equation_count; i++) {
        ext v = equation_value(s, &p, given, &walk.equations[i]);
        zero = zero && ext_is_zero(v);
        json_object_array_add(equations, json_ext(v));
    }
    if (zero)
        put_valid(out);
    else
        put_invalid(out, tacit_reject_name(TACIT_REJECT_FUNCTIONAL));
    put(out, "equations", equations);
    put_count(out, "pads", walk.pads);
    put_count(out, "triples", walk.triples);
    put_count(out, "copies", walk.copy_count);
    put(out, "state", json_digest(ch.state));
}

const answer_entry protocol_answers[] = {{"Transcript", transcript_case},
                                         {"Queries", queries_case},
                                         {"ExpectedSiblings", siblings_case},
                                         {"Geometry", geometry_case},
                                         {"Rounds", rounds_case},
                                         {"LogUp", logup_case},
                                         {NULL, NULL}};
