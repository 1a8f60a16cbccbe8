/* proof/files: the certificate file (m.cert) and the proof file (docs/formats.md). Freestanding readers and writers.
 *
 * m.cert: "TACC", u16 version, u8 EXT_DEG, var n + public part (program, inputs and outputs), var n + certificate,
 * var n + range proof, end.
 * Proof: "TACF", u16 version, u8 EXT_DEG, 32-byte model digest, u16 n + context, per input and output u8 (0 private,
 * 1 public) and, when public, its values zigzag-coded, then the proof's messages to the end of the file. */
#ifndef PROOF_FILES_H
#define PROOF_FILES_H
#include "commit/certificate.h"
#include "program/model.h"
#include "proof/statement.h"

enum { CERT_FILE_VERSION = 1, PROOF_FILE_VERSION = 1 };

typedef struct cert_file {
    model_public pub;
    certificate cert;
    const unsigned char *range_proof;
    size_t range_proof_size;
    digest model; /* SHA-256(tag block "tacit model", public part's digest, certificate's digest) */
} cert_file;

tacit_status cert_file_parse(cert_file *f, const void *data, size_t size, arena *a, tacit_error *err) TACIT_MUST_CHECK;
void cert_file_write(const model_public *pub, const certificate *cert, const void *range_proof, size_t size, writer *w);
digest model_digest(const model_public *pub, const certificate *cert);
/* Hash of a 64-byte zero-padded tag block and some data. */
digest tagged_digest(const char *tag, const void *a, size_t a_size, const void *b, size_t b_size);

typedef struct proof_file {
    digest model;
    const unsigned char *context;
    uint32_t context_size;
    uint8_t is_public[MAX_IO];
    const int64_t *values[MAX_IO]; /* NULL when private */
    const unsigned char *proof;
    size_t proof_size;
} proof_file;

tacit_status proof_file_parse(proof_file *f, const model_public *pub, const void *data, size_t size, arena *a,
                              tacit_error *err) TACIT_MUST_CHECK;
/* The header; the proof's messages follow. */
void proof_file_write(const proof_file *f, const model_public *pub, writer *w);

/* The two statements there are. Certified tensors are the program's parameters in order.
 * Inference: bindings from the proof file's header. Range: the certificate's own program. */
tacit_status inference_statement(statement *st, const cert_file *c, const proof_file *p, arena *a,
                                 tacit_error *err) TACIT_MUST_CHECK;
tacit_status range_statement(statement *st, const certificate *c, arena *a, tacit_error *err) TACIT_MUST_CHECK;
#endif
