/* program/print.c */
#include "program/print.h"
#include <inttypes.h>

const char *tensor_kind_name(tensor_kind kind) {
    static const char *const names[] = {"input",     "parameter",    "output", "constant",
                                        "committed", "multiplicity", "linear", "view"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

static void print_shape(FILE *out, const shape *s) {
    fputc('[', out);
    for (uint32_t k = 0; k < s->rank; k++) fprintf(out, k ? " %" PRIu32 : "%" PRIu32, s->dim[k]);
    fputc(']', out);
}

static void print_terms(FILE *out, const program *p, const linear_term *terms, uint32_t count, int64_t constant) {
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, " %+" PRId64 " %s", terms[i].coef, p->tensors[terms[i].tensor].name);
    if (constant) fprintf(out, " %+" PRId64, constant);
}

static void print_axes(FILE *out, const uint8_t *axis, uint32_t count) {
    fputc('(', out);
    for (uint32_t i = 0; i < count; i++) fprintf(out, i ? " %u" : "%u", (unsigned)axis[i]);
    fputc(')', out);
}

static void print_groups(FILE *out, const tensor *t) {
    for (uint32_t i = 0; i < t->group_count; i++) {
        const view_group *g = &t->groups[i];
        fputc(' ', out);
        print_axes(out, g->out_axis, g->out_count);
        fputs("<-", out);
        print_axes(out, g->src_axis, g->src_count);
        if (g->map) fprintf(out, "{%" PRIu32 "}", g->size);
    }
}

static void print_tensor(FILE *out, const program *p, uint32_t i) {
    const tensor *t = &p->tensors[i];
    fprintf(out, "%5" PRIu32 " %-12s %s ", i, tensor_kind_name(t->kind), t->name);
    print_shape(out, &t->shape);
    if (t->ranged || tensor_external(t)) fprintf(out, " in [%" PRId64 ", %" PRId64 "]", t->lo, t->hi);
    if (t->kind == TENSOR_LINEAR) {
        fputs(" =", out);
        print_terms(out, p, t->terms, t->term_count, t->constant);
    } else if (t->kind == TENSOR_VIEW) {
        fprintf(out, " = %s", p->tensors[t->source].name);
        print_groups(out, t);
    }
    fputc('\n', out);
}

static void print_table(FILE *out, const table *t) {
    fprintf(out, "table %" PRIu32 ": %" PRIu32 " rows", t->id, t->rows);
    if (t->gather) fprintf(out, " of tensor %" PRIu32, t->source);
    for (uint32_t c = 0; c < t->width; c++) {
        const table_column *col = &t->columns[c];
        fprintf(out, ", [%" PRId64 ", %" PRId64 "]", col->lo, col->hi);
        if (col->runs) fprintf(out, " in %" PRIu32 " runs", col->run_count);
    }
    fputc('\n', out);
}

static void print_labels(FILE *out, const tensor *t, const uint8_t *label) {
    fprintf(out, "%s(", t->name);
    for (uint32_t k = 0; k < t->shape.rank; k++) fputc('a' + label[k], out);
    fputc(')', out);
}

static void print_constraint(FILE *out, const program *p, const constraint *c) {
    fprintf(out, "constraint %s ", c->name);
    print_shape(out, &c->shape);
    fputs(": 0 =", out);
    for (uint32_t i = 0; i < c->product_count; i++) {
        const product *x = &c->products[i];
        fprintf(out, " %+" PRId64 " ", x->coef);
        print_labels(out, &p->tensors[x->a], x->a_label);
        fputs(" . ", out);
        print_labels(out, &p->tensors[x->b], x->b_label);
    }
    print_terms(out, p, c->terms, c->term_count, c->constant);
    fputc('\n', out);
}

static void print_lookup(FILE *out, const program *p, const lookup *l) {
    fprintf(out, "lookup %s in table %" PRIu32 ":", l->name, p->tables[l->table].id);
    for (uint32_t c = 0; c < p->tables[l->table].width; c++) fprintf(out, " %s", p->tensors[l->columns[c]].name);
    fputc('\n', out);
}

static void print_role(FILE *out, const program *p, const char *role, uint32_t id) {
    if (id < p->tensor_count) fprintf(out, " %s %s", role, p->tensors[id].name);
}

static void print_advice(FILE *out, const program *p, const advice *x) {
    static const char *const kinds[] = {"rescale", "saturate", "table",  "solve", "limbs", "one-hot", "top",
                                        "bins",    "tree",     "divide", "root",  "peak",  "sign"};
    const char *relation = x->kind == ADVICE_TABLE ? p->lookups[x->relation].name : p->constraints[x->relation].name;
    fprintf(out, "advice %s by %s:", kinds[x->kind], relation);
    if (x->kind != ADVICE_TABLE) print_role(out, p, "y", x->y);
    if (x->kind != ADVICE_TABLE && x->kind != ADVICE_SOLVE && !advice_derives(x->kind)) {
        print_role(out, p, "rem", x->rem);
        fprintf(out, " shift %" PRIu32, x->shift);
    }
    if (x->kind == ADVICE_SATURATE || x->kind >= ADVICE_DIVIDE) {
        print_role(out, p, "r", x->r_low);
        print_role(out, p, "r_high", x->r_high);
        print_role(out, p, "flag", x->flag);
        fprintf(out, " low bits %" PRIu32 " to [%" PRId64 ", %" PRId64 "]", x->low_bits, x->lo, x->hi);
    }
    if (advice_derives(x->kind)) {
        print_role(out, p, "from", x->rem);
        print_role(out, p, "and", x->r_low);
        print_role(out, p, "and", x->r_high);
        fprintf(out, " mode %" PRIu32 " from %" PRId64, x->shift, x->lo);
    }
    fputc('\n', out);
}

void program_print(FILE *out, const program *p) {
    fputs("program ", out);
    for (size_t i = 0; i < sizeof p->digest.b; i++) fprintf(out, "%02x", p->digest.b[i]);
    fputc('\n', out);
    for (uint32_t i = 0; i < p->tensor_count; i++) print_tensor(out, p, i);
    for (uint32_t i = 0; i < p->table_count; i++) print_table(out, &p->tables[i]);
    for (uint32_t i = 0; i < p->constraint_count; i++) print_constraint(out, p, &p->constraints[i]);
    for (uint32_t i = 0; i < p->lookup_count; i++) print_lookup(out, p, &p->lookups[i]);
    for (uint32_t i = 0; i < p->advice_count; i++) print_advice(out, p, &p->advices[i]);
}
