/* program/format_write: the writer of the format that format.c describes. */
#include "program/rules.h"
#include "program/sequence.h"

static void put_name(writer *w, const char *name) {
    size_t n = 0;
    while (name[n]) n++;
    write_var(w, n);
    write_bytes(w, name, n);
}
static void put_shape(writer *w, const shape *s) {
    write_var(w, s->rank);
    for (uint32_t k = 0; k < s->rank; k++) write_var(w, s->dim[k]);
}
static void put_terms(writer *w, const linear_term *terms, uint32_t count, int64_t constant) {
    write_var(w, count);
    for (uint32_t i = 0; i < count; i++) {
        write_svar(w, terms[i].coef);
        write_var(w, terms[i].tensor);
    }
    write_svar(w, constant);
}
static void put_group(writer *w, const view_group *g) {
    write_var(w, g->out_count);
    write_bytes(w, g->out_axis, g->out_count);
    write_var(w, g->src_count);
    write_bytes(w, g->src_axis, g->src_count);
    if (g->map)
        write_values(w, g->map, NULL, g->size);
    else
        write_runs(w, &(table_run){g->size, 0, 1}, 1);
}

static void put_tensor(writer *w, const tensor *t) {
    put_name(w, t->name);
    write_u8(w, (uint8_t)t->kind);
    put_shape(w, &t->shape);
    if (tensor_external(t)) {
        write_svar(w, t->lo);
        write_svar(w, t->hi);
    } else if (t->kind == TENSOR_CONSTANT) {
        uint64_t n = shape_count(&t->shape);
        if (t->values)
            write_values(w, NULL, t->values, n);
        else
            write_runs(w, &(table_run){(uint32_t)n, t->fill, 0}, 1);
    } else if (t->kind == TENSOR_LINEAR) {
        put_terms(w, t->terms, t->term_count, t->constant);
    } else if (t->kind == TENSOR_VIEW) {
        write_var(w, t->source);
        write_var(w, t->group_count);
        for (uint32_t g = 0; g < t->group_count; g++) put_group(w, &t->groups[g]);
    }
}

static void put_table(writer *w, const table *t) {
    write_var(w, t->id);
    if (t->gather) {
        write_var(w, 0);
        write_var(w, t->source);
        return;
    }
    write_var(w, t->width);
    write_var(w, t->rows);
    for (uint32_t c = 0; c < t->width; c++) {
        const table_column *col = &t->columns[c];
        if (col->runs)
            write_runs(w, col->runs, col->run_count);
        else
            write_values(w, NULL, col->values, t->rows);
    }
}

static void put_constraint(writer *w, const program *p, const constraint *c) {
    put_name(w, c->name);
    put_shape(w, &c->shape);
    write_var(w, c->product_count);
    for (uint32_t i = 0; i < c->product_count; i++) {
        const product *x = &c->products[i];
        write_svar(w, x->coef);
        write_var(w, x->a);
        write_bytes(w, x->a_label, p->tensors[x->a].shape.rank);
        write_var(w, x->b);
        write_bytes(w, x->b_label, p->tensors[x->b].shape.rank);
    }
    put_terms(w, c->terms, c->term_count, c->constant);
}

static void put_lookup(writer *w, const program *p, const lookup *l) {
    put_name(w, l->name);
    write_var(w, l->table);
    for (uint32_t c = 0; c < p->tables[l->table].width; c++) write_var(w, l->columns[c]);
}

static void put_advice(writer *w, const advice *x) {
    write_u8(w, (uint8_t)x->kind);
    write_var(w, x->relation);
    if (x->kind == ADVICE_TABLE) return;
    write_var(w, (uint32_t)(x->y + 1));
    if (x->kind == ADVICE_SOLVE) return;
    write_var(w, (uint32_t)(x->rem + 1));
    write_var(w, x->shift);
    if (x->kind == ADVICE_RESCALE) return;
    write_var(w, (uint32_t)(x->r_low + 1));
    write_var(w, (uint32_t)(x->r_high + 1));
    if (advice_derives(x->kind)) {
        write_svar(w, x->lo);
        return;
    }
    write_var(w, (uint32_t)(x->flag + 1));
    write_var(w, x->low_bits);
    write_svar(w, x->lo);
    write_svar(w, x->hi);
}

static uint32_t written_tensors(const program *p) {
    uint32_t n = 0;
    while (n < p->tensor_count && p->tensors[n].kind != TENSOR_MULTIPLICITY) n++;
    return n;
}

uint32_t program_version(const program *p) {
    for (uint32_t i = 0; i < p->table_count; i++) {
        if (p->tables[i].gather) return PROGRAM_VERSION + 1;
    }
    return PROGRAM_VERSION;
}

void program_write(const program *p, bool with_advice, writer *w) {
    uint32_t n = written_tensors(p);
    write_bytes(w, "TACP", 4);
    write_var(w, program_version(p));
    write_var(w, n);
    for (uint32_t i = 0; i < n; i++) put_tensor(w, &p->tensors[i]);
    write_var(w, p->table_count);
    for (uint32_t i = 0; i < p->table_count; i++) put_table(w, &p->tables[i]);
    write_var(w, p->constraint_count);
    for (uint32_t i = 0; i < p->constraint_count; i++) put_constraint(w, p, &p->constraints[i]);
    write_var(w, p->lookup_count);
    for (uint32_t i = 0; i < p->lookup_count; i++) put_lookup(w, p, &p->lookups[i]);
    if (!with_advice || !p->advice_count) return;
    write_var(w, p->advice_count);
    for (uint32_t i = 0; i < p->advice_count; i++) put_advice(w, &p->advices[i]);
}
