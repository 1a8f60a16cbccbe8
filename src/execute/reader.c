/* execute/reader.c: also trace_values. */
#include "execute/reader.h"

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "executor: scratch is full");
}

tacit_status reader_make(column_reader *r, const trace *t, uint32_t id, arena *a, tacit_error *err) {
    const tensor *v = &t->p->tensors[id];
    const linear_term self = {1, id}, *terms = tensor_atom(v) ? &self : v->terms;
    *r = (column_reader){.count = tensor_atom(v) ? 1 : v->term_count, .constant = tensor_atom(v) ? 0 : v->constant};
    r->plain = tensor_atom(v);
    r->atoms = ARENA_NEW(a, operand, r->count);
    r->coefs = ARENA_NEW(a, int64_t, r->count);
    if (!r->atoms || !r->coefs) return full(err);
    for (uint32_t i = 0; i < r->count; i++) {
        operand_make(&r->atoms[i], t, terms[i].tensor);
        r->coefs[i] = terms[i].coef;
    }
    return TACIT_OK;
}

void atom_add(const operand *o, int64_t coef, uint64_t begin, uint64_t n, int64_t *out) {
    int32_t piece[READ_CHUNK];
    for (uint64_t at = 0; at < n; at += READ_CHUNK) {
        uint64_t m = n - at < READ_CHUNK ? n - at : READ_CHUNK;
        operand_read(o, begin + at, m, piece);
        for (uint64_t i = 0; i < m; i++)
            out[at + i] = (int64_t)((uint64_t)out[at + i] + (uint64_t)coef * (uint64_t)(int64_t)piece[i]);
    }
}

void reader_i32(const column_reader *r, uint64_t begin, uint64_t n, int32_t *out) {
    int64_t sum[READ_CHUNK];
    if (r->plain) {
        operand_read(&r->atoms[0], begin, n, out);
        return;
    }
    for (uint64_t i = 0; i < n; i++) sum[i] = r->constant;
    for (uint32_t k = 0; k < r->count; k++) atom_add(&r->atoms[k], r->coefs[k], begin, n, sum);
    for (uint64_t i = 0; i < n; i++) out[i] = (int32_t)sum[i];
}

/* Sums of a piece of a linear tensor without scratch: one operand at a time. */
void trace_values(const trace *t, uint32_t id, int64_t *out) {
    const tensor *v = &t->p->tensors[id];
    uint64_t n = shape_count(&v->shape);
    operand o;
    for (uint64_t i = 0; i < n; i++) out[i] = tensor_atom(v) ? 0 : v->constant;
    for (uint32_t k = 0; k < (tensor_atom(v) ? 1 : v->term_count); k++) {
        operand_make(&o, t, tensor_atom(v) ? id : v->terms[k].tensor);
        atom_add(&o, tensor_atom(v) ? 1 : v->terms[k].coef, 0, n, out);
    }
}

void trace_values_i32(const trace *t, uint32_t id, int32_t *out) {
    const tensor *v = &t->p->tensors[id];
    uint64_t n = shape_count(&v->shape);
    operand o;
    if (tensor_atom(v)) {
        operand_make(&o, t, id);
        operand_read(&o, 0, n, out);
        return;
    }
    for (uint64_t i = 0; i < n; i++) out[i] = (int32_t)v->constant; /* sums modulo 2^32: the result fits */
    for (uint32_t k = 0; k < v->term_count; k++) {
        int32_t piece[READ_CHUNK];
        operand_make(&o, t, v->terms[k].tensor);
        for (uint64_t at = 0; at < n; at += READ_CHUNK) {
            uint64_t m = n - at < READ_CHUNK ? n - at : READ_CHUNK;
            operand_read(&o, at, m, piece);
            for (uint64_t i = 0; i < m; i++)
                out[at + i] = (int32_t)((uint32_t)out[at + i] + (uint32_t)v->terms[k].coef * (uint32_t)piece[i]);
        }
    }
}
