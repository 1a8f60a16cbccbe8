/* Programs, certificates, models, whole proofs. */
#include "vectors.h"
#include <stdlib.h>
#include <string.h>
#include "base/narrow.h"
#include "commit/certificate.h"
#include "program/model.h"
#include "tacit/verify.h"

static json *interval(int64_t lo, int64_t hi) {
    json *pair = json_object_new_array();
    json_object_array_add(pair, json_signed(lo));
    json_object_array_add(pair, json_signed(hi));
    return pair;
}

static void program_case(scene *s, json *t, json *out) {
    bytes b = get_bytes(t, "program");
    program p;
    tacit_status status = program_parse_with(&p, b.data, b.size, NULL, &s->a, &s->err);
    put_status(out, status, &s->err);
    if (status != TACIT_OK) return;
    json *list = json_object_new_array();
    for (uint32_t i = 0; i < p.tensor_count; i++)
        if (p.tensors[i].kind != TENSOR_MULTIPLICITY)
            json_object_array_add(list, interval(p.tensors[i].lo, p.tensors[i].hi));
    put(out, "digest", json_digest(p.digest));
    put(out, "intervals", list);
}

static void certificate_case(scene *s, json *t, json *out) {
    bytes b = get_bytes(t, "certificate");
    certificate c;
    reader r = {b.data, b.size, 0, false};
    tacit_status status = certificate_parse(&c, &r, &s->a, &s->err);
    if (status == TACIT_OK && r.at != r.size) status = fail(&s->err, TACIT_MALFORMED, "bytes after the end");
    put_status(out, status, &s->err);
    if (status != TACIT_OK) return;
    writer w = {0};
    certificate_range_program(&c, &w);
    w = (writer){vectors_new(w.at, 1), w.at, 0};
    certificate_range_program(&c, &w);
    put(out, "digest", json_digest(c.digest));
    put(out, "layoutSize", json_word(c.layout.size));
    put(out, "rangeProgram", json_bytes(w.data, w.at));
}

static void model_case(scene *s, json *t, json *out) {
    bytes b = get_bytes(t, "model");
    struct tacit_model *m = NULL;
    tacit_status status = model_parse(&m, b.data, b.size, &s->err);
    put_status(out, status, &s->err);
    if (status != TACIT_OK) return;
    const program *p = &m->pub.program;
    json *lists = json_object_new_array();
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].kind != TENSOR_PARAM) continue;
        json *list = json_object_new_array();
        for (uint64_t k = 0; k < shape_count(&p->tensors[i].shape); k++)
            json_object_array_add(list, json_object_new_int64(narrow_get(m->weights[i], k)));
        json_object_array_add(lists, list);
    }
    put(out, "publicDigest", json_digest(m->pub.digest));
    put_count(out, "advice", p->advice_count);
    put(out, "weights", lists);
    model_free(m);
}

/* A published file with its changes, in order: at `offset`, `remove` bytes go and `insert` comes. */
static bytes changed_file(const scene *s, json *o) {
    bytes b = file_bytes(s->folder, get_text(o, "file"));
    json *changes = get(o, "changes");
    for (size_t i = 0; i < length(changes); i++) {
        json *c = at(changes, i);
        bytes more = get_bytes(c, "insert");
        size_t offset = get_number(c, "offset"), after = offset + get_number(c, "remove");
        if (after > b.size) vectors_fail("a change leaves %s", get_text(o, "file"));
        bytes next = {vectors_new(b.size + more.size, 1), b.size - after + offset + more.size};
        memcpy(next.data, b.data, offset);
        memcpy(next.data + offset, more.data, more.size);
        memcpy(next.data + offset + more.size, b.data + after, b.size - after);
        b = next;
    }
    return b;
}

static json *shown_json(const tacit_shown *x) {
    json *o = json_object_new_object();
    put(o, "name", text_of(x->name));
    put(o, "kind", text_of(x->is_output ? "output" : "input"));
    put(o, "scale", json_object_new_int(x->scale));
    if (!x->is_public) return o;
    json *list = json_object_new_array();
    for (uint64_t i = 0; i < x->count; i++) json_object_array_add(list, json_signed(x->values[i]));
    put(o, "values", list);
    return o;
}

static void proof_case(scene *s, json *t, json *out) {
    enum { SCRATCH = 64 << 20 };
    bytes cert = changed_file(s, get(t, "certificate")), proof = {NULL, 0};
    unsigned char *scratch = ARENA_NEW(&s->a, unsigned char, SCRATCH);
    tacit_verdict v;
    tacit_expectation e = {0};
    tacit_status status;
    if (has(t, "expectModel")) e.model = get_bytes(t, "expectModel").data;
    if (has(t, "expectContext")) {
        bytes context = get_bytes(t, "expectContext");
        e.context = context.data;
        e.context_size = (uint32_t)context.size;
    }
    if (has(t, "proof")) {
        proof = changed_file(s, get(t, "proof"));
        status = tacit_verify(cert.data, cert.size, proof.data, proof.size, &e, scratch, SCRATCH, &v, &s->err);
    } else {
        status = tacit_verify_certificate(cert.data, cert.size, scratch, SCRATCH, &v, &s->err);
    }
    put_status(out, status, &s->err);
    if (status != TACIT_OK) return;
    put(out, "modelDigest", json_bytes(v.model, 32));
    put(out, "certificateDigest", json_bytes(v.certificate, 32));
    put(out, "programDigest", json_bytes(v.program, 32));
    if (!proof.data) return;
    json *shown = json_object_new_array();
    for (uint32_t i = 0; i < v.shown_count; i++) json_object_array_add(shown, shown_json(&v.shown[i]));
    put(out, "context", json_bytes(v.context, v.context_size));
    put(out, "shown", shown);
}

const answer_entry file_answers[] = {{"Program", program_case},
                                     {"Certificate", certificate_case},
                                     {"Model", model_case},
                                     {"Proof", proof_case},
                                     {NULL, NULL}};
