/* proof/params: every soundness term of a certificate's proofs (docs/soundness.md explains each line). */
#include "tacit/params.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "commit/soundness.h"
#include "proof/certify.h"
#include "proof/files.h"

typedef struct term_list {
    tacit_error_term *out;
    size_t capacity, count;
} term_list;

/* count challenges of error numerator / |E| each. */
static void add(term_list *l, const char *name, const char *formula, uint64_t count, double numerator) {
    if (count == 0 || numerator <= 0) return;
    if (l->count < l->capacity) {
        tacit_error_term *t = &l->out[l->count];
        memset(t, 0, sizeof *t);
        snprintf(t->name, sizeof t->name, "%s", name);
        snprintf(t->formula, sizeof t->formula, "%s", formula);
        t->count = (uint32_t)count;
        t->bits = soundness_field_bits() - log2(numerator);
    }
    l->count++;
}

static unsigned most_vars(const program *p, bool sources) {
    unsigned most = 0;
    for (uint32_t i = 0; i < (sources ? p->tensor_count : p->constraint_count); i++) {
        const tensor *t = &p->tensors[i];
        if (sources && t->kind != TENSOR_VIEW) continue;
        unsigned v = shape_vars(sources ? &p->tensors[t->source].shape : &p->constraints[i].shape);
        if (v > most) most = v;
    }
    return most;
}

static uint32_t products(const program *p) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->constraint_count; i++) n += p->constraints[i].product_count;
    return n;
}

static void logup_terms(term_list *l, const statement *st) {
    unsigned height = 0;
    for (uint32_t i = 0; i < st->logup.tree_count; i++)
        if (st->logup.trees[i].height > height) height = st->logup.trees[i].height;
    if (st->p->lookup_count == 0) return;
    double rows = (double)st->logup.forest[0].size + (double)st->logup.forest[1].size;
    add(l, "step 3: gather point", "1 / |E| per variable of a row", st->logup.gather_vars, 1);
    add(l, "step 3: alpha", "(lookups + table rows - 1) / |E|", 1, rows - 1);
    add(l, "step 3: beta", "(lookups + table rows - 1) / |E|, per column", st->logup.width, rows - 1);
    add(l, "step 3: layer weights", "(2 trees - 1) / |E|", height, 2.0 * st->logup.tree_count - 1);
    add(l, "step 3: rounds", "2 / |E| (Gruen's form)", (uint64_t)height * (height - (height > 0)) / 2, 2);
    add(l, "step 3: lambda", "1 / |E| per claim, 2 trees claims", height, 2.0 * st->logup.tree_count);
}

/* Equations that step 6 batches, from a walk of the verifier without a proof. */
static tacit_status count_equations(const statement *st, arena *a, uint64_t *equations, uint64_t *views,
                                    tacit_error *err) {
    transcript ch;
    session s;
    transcript_counter(&ch, err);
    session_init(&s, st->p, st->bind, &ch, a, err);
    TRY(logup_run(&s, &st->logup, NULL));
    TRY(constraints_run(&s, NULL));
    uint32_t before = s.equation_count;
    TRY(views_run(&s, NULL));
    *views = before >= s.equation_count ? before - s.equation_count + 1 : 0;
    TRY(zero_run(&s, NULL));
    *equations = (uint64_t)s.equation_count + s.copy_count + 3;
    return TACIT_OK;
}

static tacit_status statement_terms(term_list *l, const statement *st, arena *a, tacit_error *err) {
    uint64_t equations, views;
    TRY(count_equations(st, a, &equations, &views, err));
    logup_terms(l, st);
    unsigned tau = most_vars(st->p, false), rounds = 0, triples = log2_ceil(st->plan.triples);
    for (uint32_t i = 0; i < st->p->tensor_count; i++)
        if (products(st->p) && shape_vars(&st->p->tensors[i].shape) > rounds)
            rounds = shape_vars(&st->p->tensors[i].shape);
    add(l, "step 4: tau", "1 / |E| per variable", tau, 1);
    if (products(st->p)) add(l, "step 4: weight", "(constraints - 1) / |E|", 1, (double)st->p->constraint_count - 1);
    add(l, "step 4: rounds (at most)", "3 / |E|", rounds, 3);
    if (views) {
        add(l, "step 5: weight", "(equations - 1) / |E|", 1, (double)views - 1);
        add(l, "step 5: rounds", "2 / |E|", most_vars(st->p, true), 2);
    }
    add(l, "step 5b: r0", "1 / |E| per variable", triples, 1);
    add(l, "step 5b: rounds", "2 / |E| (Gruen's form)", triples, 2);
    add(l, "step 6: weight", "(equations - 1) / |E|", 1, (double)equations - 1);
    size_t room = l->count < l->capacity ? l->capacity - l->count : 0;
    l->count += soundness_opening(&st->geometry, room ? l->out + l->count : NULL, (uint32_t)room);
    return TACIT_OK;
}

/* The statement with private inputs and outputs: as much hidden as there can be. */
static tacit_status collect(term_list *l, const cert_file *c, arena *a, tacit_error *err) {
    proof_file *p = ARENA_ZNEW(a, proof_file, 1);
    statement st;
    if (!p) return fail(err, TACIT_RESOURCES, "out of memory");
    TRY(inference_statement(&st, c, p, a, err));
    return statement_terms(l, &st, a, err);
}

/* From a certificate's bytes, or from a model that would get one for `proofs` proofs. */
typedef struct source {
    const void *cert;
    size_t cert_size;
    const struct tacit_model *model;
    uint64_t proofs;
} source;

static tacit_status read_source(const source *s, cert_file *c, arena *a, tacit_error *err) {
    if (s->cert) return cert_file_parse(c, s->cert, s->cert_size, a, err);
    c->pub = s->model->pub;
    return certificate_describe(&c->cert, NULL, s->model, s->proofs, a, err);
}

static tacit_status params(const source *s, tacit_error_term *terms, size_t capacity, size_t *count, double *total_bits,
                           double *worst_bits, unsigned *security, tacit_error *err) {
    arena a;
    term_list l = {terms, capacity, 0};
    double sum = 0, worst = 1e9;
    memset(err, 0, sizeof *err);
    TRY(arena_map(&a, (UINT64_C(512) << 20) + s->cert_size * 64, err));
    cert_file *c = ARENA_ZNEW(&a, cert_file, 1);
    tacit_status st = c ? read_source(s, c, &a, err) : fail(err, TACIT_RESOURCES, "out of memory");
    if (st == TACIT_OK) st = collect(&l, c, &a, err);
    arena_unmap(&a);
    if (st != TACIT_OK) return st;
    *count = l.count < capacity ? l.count : capacity;
    for (size_t i = 0; i < *count; i++) {
        sum += terms[i].count * exp2(-terms[i].bits);
        if (terms[i].bits < worst) worst = terms[i].bits;
    }
    *total_bits = -log2(sum);
    *worst_bits = worst;
    *security = SECURITY_BITS;
    return TACIT_OK;
}

tacit_status tacit_params(const void *cert, size_t cert_size, tacit_error_term *terms, size_t capacity, size_t *count,
                          double *total_bits, double *worst_bits, unsigned *security, tacit_error *err) {
    const source s = {.cert = cert, .cert_size = cert_size};
    return params(&s, terms, capacity, count, total_bits, worst_bits, security, err);
}

tacit_status tacit_params_model(const tacit_model *m, uint64_t proofs, tacit_error_term *terms, size_t capacity,
                                size_t *count, double *total_bits, double *worst_bits, unsigned *security,
                                tacit_error *err) {
    const source s = {.model = m, .proofs = proofs};
    return params(&s, terms, capacity, count, total_bits, worst_bits, security, err);
}
