/* proof/verify: the public verifier. Nothing here allocates, prints or knows secrets. */
#include "tacit/verify.h"
#include <string.h>
#include "proof/files.h"

/* Variables, tables and expressions of a proof take a few megabytes; tables and public tensors come on top. */
enum { SCRATCH_BASE = 48 << 20, SCRATCH_PER_BYTE = 96 };

/* Hosted builds use the processor's SHA-256; the stand-alone verifier has the portable one only. */
static void choose_kernels(void) {
#ifndef TACIT_FREESTANDING
    sha256_select(NULL);
#endif
}

static tacit_status check_statement(const statement *st, const unsigned char *proof, size_t size, arena *a,
                                    tacit_error *err) {
    transcript ch;
    session s;
    transcript_verifier(&ch, proof, size, err);
    session_init(&s, st->p, st->bind, &ch, a, err);
    return statement_run(st, &s, NULL);
}

static tacit_status check_range(const cert_file *c, arena *a, tacit_error *err) {
    statement st;
    size_t mark = arena_mark(a);
    TRY(range_statement(&st, &c->cert, a, err));
    if (check_statement(&st, c->range_proof, c->range_proof_size, a, err) == TACIT_REJECTED) {
        err->status = TACIT_OK;
        return reject(err, TACIT_REJECT_RANGE_PROOF);
    }
    arena_release(a, mark);
    return err->status;
}

static void describe_certificate(tacit_verdict *v, const cert_file *c) {
    memcpy(v->model, c->model.b, 32);
    memcpy(v->certificate, c->cert.digest.b, 32);
    memcpy(v->program, c->pub.program.digest.b, 32);
    v->security = SECURITY_BITS;
}

static tacit_status describe_shown(tacit_verdict *v, const cert_file *c, const proof_file *p, arena *a,
                                   tacit_error *err) {
    tacit_shown *shown = ARENA_ZNEW(a, tacit_shown, c->pub.io_count + 1u);
    if (!shown) return fail(err, TACIT_RESOURCES, "scratch too small");
    for (uint32_t i = 0; i < c->pub.io_count; i++) {
        const tensor *t = &c->pub.program.tensors[c->pub.io[i].tensor];
        shown[i] = (tacit_shown){.name = t->name,
                                 .is_output = t->kind == TENSOR_OUTPUT,
                                 .is_public = p->is_public[i],
                                 .rank = t->shape.rank,
                                 .count = shape_count(&t->shape),
                                 .scale = c->pub.io[i].scale,
                                 .values = p->values[i]};
        memcpy(shown[i].dim, t->shape.dim, t->shape.rank * sizeof shown[i].dim[0]);
    }
    v->shown = shown;
    v->shown_count = c->pub.io_count;
    v->context = p->context;
    v->context_size = p->context_size;
    return TACIT_OK;
}

static tacit_status check_expectation(const tacit_expectation *e, const cert_file *c, const proof_file *p,
                                      tacit_error *err) {
    if (memcmp(c->model.b, p->model.b, 32) != 0) return reject(err, TACIT_REJECT_CERTIFICATE_DIGEST);
    if (e && e->model && memcmp(e->model, c->model.b, 32) != 0) return reject(err, TACIT_REJECT_CERTIFICATE_DIGEST);
    if (e && e->context && (e->context_size != p->context_size || memcmp(e->context, p->context, e->context_size) != 0))
        return reject(err, TACIT_REJECT_CONTEXT);
    return TACIT_OK;
}

static tacit_status verify(const cert_file *c, const void *proof, size_t proof_size, const tacit_expectation *e,
                           arena *a, tacit_verdict *v, tacit_error *err) {
    proof_file p;
    statement st;
    TRY(proof_file_parse(&p, &c->pub, proof, proof_size, a, err));
    TRY(check_expectation(e, c, &p, err));
    if (!e || !e->certificate_checked) TRY(check_range(c, a, err));
    TRY(describe_shown(v, c, &p, a, err));
    TRY(inference_statement(&st, c, &p, a, err));
    return check_statement(&st, p.proof, p.proof_size, a, err);
}

tacit_status tacit_verify_certificate(const void *cert, size_t cert_size, void *scratch, size_t scratch_size,
                                      tacit_verdict *verdict, tacit_error *err) {
    arena a;
    cert_file c;
    memset(err, 0, sizeof *err);
    memset(verdict, 0, sizeof *verdict);
    arena_init(&a, scratch, scratch_size);
    choose_kernels();
    TRY(cert_file_parse(&c, cert, cert_size, &a, err));
    TRY(check_range(&c, &a, err));
    describe_certificate(verdict, &c);
    verdict->scratch_used = a.peak;
    return TACIT_OK;
}

tacit_status tacit_verify(const void *cert, size_t cert_size, const void *proof, size_t proof_size,
                          const tacit_expectation *expect, void *scratch, size_t scratch_size, tacit_verdict *verdict,
                          tacit_error *err) {
    arena a;
    cert_file c;
    memset(err, 0, sizeof *err);
    memset(verdict, 0, sizeof *verdict);
    arena_init(&a, scratch, scratch_size);
    choose_kernels();
    tacit_status st = cert_file_parse(&c, cert, cert_size, &a, err);
    if (st == TACIT_OK) st = verify(&c, proof, proof_size, expect, &a, verdict, err);
    if (st != TACIT_OK) {
        memset(verdict, 0, sizeof *verdict);
        return st;
    }
    describe_certificate(verdict, &c);
    verdict->scratch_used = a.peak;
    return TACIT_OK;
}

size_t tacit_verify_scratch(const void *cert, size_t cert_size) {
    const unsigned char *m = cert;
    if (cert_size < 8 || memcmp(m, "TACC", 4) != 0) return 0;
    return SCRATCH_BASE + cert_size * SCRATCH_PER_BYTE;
}
