/* proof/prove: keys and proofs, the public API of the prover. */
#include "tacit/prove.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "proof/attempt.h"
#include "proof/files.h"

struct tacit_key {
    certificate_secret *secret;
    struct tacit_model *model;
    arena_store trace, work, steps; /* memory of the last proof */
};

void tacit_free(void *p) {
    free(p);
}

void tacit_key_close(tacit_key *k) {
    if (!k) return;
    model_free(k->model); /* reads from the key's mapping */
    if (k->secret) key_close(k->secret);
    arena_store_close(&k->trace);
    arena_store_close(&k->work);
    arena_store_close(&k->steps);
    free(k);
}

tacit_status tacit_key_open(tacit_key **out, const char *path, tacit_error *err) {
    memset(err, 0, sizeof *err);
    vec_select(NULL);
    sha256_select(NULL); /* the model's digest is over all weights */
    tacit_key *k = calloc(1, sizeof *k);
    *out = NULL;
    if (!k) return fail(err, TACIT_RESOURCES, "out of memory");
    arena_store_init(&k->trace);
    arena_store_init(&k->work);
    arena_store_init(&k->steps);
    tacit_status st = key_open(&k->secret, path, err);
    if (st == TACIT_OK) st = model_view(&k->model, k->secret->model, k->secret->model_size, err);
    if (st != TACIT_OK) {
        tacit_key_close(k);
        return st;
    }
    *out = k;
    return TACIT_OK;
}

const tacit_model *tacit_key_model(const tacit_key *k) {
    return k->model;
}
uint64_t tacit_key_budget(const tacit_key *k) {
    return key_left(k->secret);
}

/* ---------------------------------------------------------------- one proof */
typedef struct proving {
    tacit_key *k;
    const tacit_prove_options *o;
    arena a;
    trace t;
    cert_file cert;
    proof_file file;
    statement st;
    tacit_prove_report *report;
    tacit_error *err;
} proving;

static tacit_status execute_model(proving *p, const int64_t *const *inputs) {
    const model_public *pub = &p->k->model->pub;
    uint32_t input = 0;
    TRY(trace_make(&p->t, &pub->program, p->k->model->weights, &p->a, p->err));
    for (uint32_t i = 0; i < pub->io_count; i++)
        if (pub->program.tensors[pub->io[i].tensor].kind == TENSOR_INPUT)
            TRY(trace_set(&p->t, pub->io[i].tensor, inputs[input++], p->err));
    TRY(execute(&p->t, &p->a, &p->report->saturated, p->err));
    return trace_count(&p->t, &p->a, p->err);
}

/* Visibilities and public values of the header. */
static tacit_status fill_header(proving *p) {
    const model_public *pub = &p->k->model->pub;
    uint32_t in = 0, out = 0;
    p->cert.pub = *pub;
    p->cert.cert = p->k->secret->cert;
    p->cert.model = model_digest(pub, &p->cert.cert);
    p->file.model = p->cert.model;
    p->file.context = p->o->context;
    p->file.context_size = p->o->context_size;
    for (uint32_t i = 0; i < pub->io_count; i++) {
        uint32_t id = pub->io[i].tensor;
        const tensor *t = &pub->program.tensors[id];
        bool shown = t->kind == TENSOR_INPUT ? (p->o->show >> in++ & 1) != 0 : (p->o->hide >> out++ & 1) == 0;
        p->file.is_public[i] = shown;
        if (!shown) continue;
        uint64_t n = shape_count(&t->shape);
        int64_t *v = ARENA_NEW(&p->a, int64_t, n);
        if (!v) return fail(p->err, TACIT_RESOURCES, "prover: arena too small");
        for (uint64_t k = 0; k < n; k++) v[k] = p->t.values[id][k];
        p->file.values[i] = v;
    }
    return TACIT_OK;
}

static void copy_outputs(const proving *p, int64_t *const *outputs) {
    const model_public *pub = &p->k->model->pub;
    uint32_t out = 0;
    for (uint32_t i = 0; outputs && i < pub->io_count; i++) {
        const tensor *t = &pub->program.tensors[pub->io[i].tensor];
        if (t->kind != TENSOR_OUTPUT) continue;
        uint64_t n = shape_count(&t->shape);
        for (uint64_t k = 0; k < n; k++) outputs[out][k] = p->t.values[pub->io[i].tensor][k];
        out++;
    }
}

static tacit_status join(const proving *p, const unsigned char *messages, size_t size, uint8_t **proof,
                         size_t *proof_size) {
    writer w = {NULL, 0, 0};
    proof_file_write(&p->file, &p->k->model->pub, &w);
    w.cap = w.at + size;
    w.data = malloc(w.cap);
    w.at = 0;
    if (!w.data) return fail(p->err, TACIT_RESOURCES, "out of memory");
    proof_file_write(&p->file, &p->k->model->pub, &w);
    write_bytes(&w, messages, size);
    *proof = w.data;
    *proof_size = w.at;
    p->report->proof_bytes = w.at;
    return TACIT_OK;
}

static tacit_status prove(proving *p, const int64_t *const *inputs, int64_t *const *outputs, uint8_t **proof,
                          size_t *proof_size) {
    unsigned char *messages;
    size_t size;
    TRY(execute_model(p, inputs));
    TRY(fill_header(p));
    TRY(inference_statement(&p->st, &p->cert, &p->file, &p->a, p->err));
    TRY(memory_available(attempt_memory(&p->st) + p->a.peak, p->err));
    attempt_request r = {.st = &p->st,
                         .t = &p->t,
                         .secrets = &p->k->secret,
                         .progress = p->o->progress,
                         .progress_ctx = p->o->progress_ctx,
                         .report = p->report,
                         .memory = &p->k->work,
                         .steps = &p->k->steps};
    TRY(attempt_prove(&r, &messages, &size, p->err));
    copy_outputs(p, outputs);
    tacit_status st = join(p, messages, size, proof, proof_size);
    free(messages);
    return st;
}

/* Trace and public part: every tensor's values and the executor's scratch. */
static uint64_t trace_memory(const program *g) {
    uint64_t n = UINT64_C(96) << 20;
    for (uint32_t i = 0; i < g->tensor_count; i++) n += shape_count(&g->tensors[i].shape) * 32;
    return n;
}

/* Of the whole process, as the system counts it. */
static uint64_t peak_memory(void) {
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) == 0 ? (uint64_t)u.ru_maxrss * 1024 : 0;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

tacit_status tacit_prove(tacit_key *k, const int64_t *const *inputs, int64_t *const *outputs,
                         const tacit_prove_options *o, uint8_t **proof, size_t *proof_size, tacit_prove_report *report,
                         tacit_error *err) {
    tacit_prove_report own;
    double start = now();
    memset(err, 0, sizeof *err);
    *proof = NULL;
    if (o->context_size > UINT16_MAX) return fail(err, TACIT_USAGE, "context: at most 65535 bytes");
    proving *p = calloc(1, sizeof *p);
    if (!p) return fail(err, TACIT_RESOURCES, "out of memory");
    p->k = k;
    p->o = o;
    p->err = err;
    p->report = report ? report : &own;
    memset(p->report, 0, sizeof *p->report);
    tacit_status st = arena_take(&k->trace, &p->a, trace_memory(&k->model->pub.program), err);
    if (st == TACIT_OK) {
        vec_select(NULL);
        sha256_select(NULL);
        st = prove(p, inputs, outputs, proof, proof_size);
        arena_give(&k->trace, &p->a);
    }
    p->report->seconds = now() - start;
    p->report->peak_memory = peak_memory();
    sodium_memzero(p, sizeof *p);
    free(p);
    return st;
}
