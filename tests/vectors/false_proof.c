/* false_proof KEY FILE: what a prover that follows the protocol in everything but the truth makes: of the model of
 * proofs/, with an output that is too large by one and a table row that fits it, so that only the contraction is false.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "execute/execute.h"
#include "field/vec.h"
#include "program/model.h"
#include "proof/attempt.h"
#include "proof/files.h"

enum { X = 0, W = 1, Y = 2, H = 4 }; /* tensors of the model */

static tacit_status false_trace(trace *t, const struct tacit_model *m, arena *a, tacit_error *err) {
    const int64_t x[4] = {1, 7, 0, 5};
    TRY(trace_make(t, &m->pub.program, NULL, a, err));
    narrow_read(m->weights[W], shape_count(&m->pub.program.tensors[W].shape), t->values[W]);
    TRY(trace_set(t, X, x, err));
    TRY(execute(t, a, NULL, err));
    t->values[H][0] = t->values[Y][0] = (t->values[H][0] > 0 ? t->values[H][0] : 0) + 1;
    return trace_count(t, a, err);
}

static tacit_status prove(const char *key, writer *w, tacit_error *err) {
    static const unsigned char context[] = "vectors";
    struct tacit_model *m;
    certificate_secret *secret;
    unsigned char *messages;
    size_t size;
    trace t;
    arena a;
    TRY(key_open(&secret, key, err));
    TRY(model_parse(&m, secret->model, secret->model_size, err));
    TRY(arena_map(&a, (size_t)1 << 28, err));
    TRY(false_trace(&t, m, &a, err));
    cert_file *c = ARENA_ZNEW(&a, cert_file, 1);
    proof_file *f = ARENA_ZNEW(&a, proof_file, 1);
    statement *st = ARENA_ZNEW(&a, statement, 1);
    int64_t y[3] = {t.values[Y][0], t.values[Y][1], t.values[Y][2]};
    c->pub = m->pub;
    c->cert = secret->cert;
    c->model = f->model = model_digest(&m->pub, &c->cert);
    f->context = context;
    f->context_size = sizeof context - 1;
    f->is_public[1] = 1;
    f->values[1] = y;
    TRY(inference_statement(st, c, f, &a, err));
    attempt_request r = {.st = st, .t = &t, .secrets = &secret};
    TRY(attempt_prove(&r, &messages, &size, err));
    proof_file_write(f, &m->pub, w);
    write_bytes(w, messages, size);
    free(messages);
    arena_unmap(&a);
    model_free(m);
    key_close(secret);
    return TACIT_OK;
}

int main(int argc, char **argv) {
    enum { CAPACITY = 1 << 20 };
    tacit_error err = {0};
    writer w = {malloc(CAPACITY), CAPACITY, 0};
    if (argc != 3) {
        fprintf(stderr, "usage: false_proof KEY FILE\n");
        return 2;
    }
    vec_select(NULL);
    sha256_select(NULL);
    FILE *f = NULL;
    bool made = prove(argv[1], &w, &err) == TACIT_OK && w.at <= CAPACITY && (f = fopen(argv[2], "wb")) != NULL;
    made = made && fwrite(w.data, 1, w.at, f) == w.at;
    if (f && fclose(f) != 0) made = false;
    if (!made) fprintf(stderr, "false_proof: %s\n", err.text);
    free(w.data);
    return made ? 0 : 1;
}
