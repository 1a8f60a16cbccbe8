/* tests/lab: a small laboratory. Builds a program, binds it, executes it (or lies about it), proves and verifies at the
 * level of statements, so that tests can put any witness into the library's own prover. */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H
#include "commit/key.h"
#include "execute/execute.h"
#include "program/builder.h"
#include "proof/attempt.h"
#include "proof/files.h"

typedef struct lab {
    builder *b;
    tacit_error err;
    unsigned char *bytes;
    size_t bytes_size;
    arena a;
    program p;
    binding *bind;
    certificate_secret *secret;
    uint64_t stored_columns; /* bytes of encoded columns that the key may keep: none unless set */
    char key_path[64];
    const certificate *cert;
    statement st;
    trace t;
    const char *context;
} lab;

/* A folder under /tmp that nobody had before, for this process's files; goes with all in it when the process exits. */
const char *lab_folder(void);
void lab_start(lab *l);
/* After the builder calls: parse, allocate bindings (inputs private, outputs public, parameters certified) and trace.
 */
void lab_load(lab *l);
void lab_set(lab *l, uint32_t tensor_id, const int64_t *values);
/* Commit to the parameters' values in the trace (openings: budget). */
void lab_certify(lab *l, uint64_t openings);
/* Execute, count multiplicities. */
tacit_status lab_execute(lab *l);
/* Multiplicities of whatever the trace holds; rows in no table are left out (a liar's best try). */
void lab_recount(lab *l);
/* Public values from the trace, then the statement. */
tacit_status lab_statement(lab *l);
tacit_status lab_prove(lab *l, unsigned char **proof, size_t *size);
tacit_status lab_verify(lab *l, const unsigned char *proof, size_t size);
void lab_end(lab *l);

/* Shapes in one line. */
shape shape1(uint32_t a);
shape shape2(uint32_t a, uint32_t b);
shape shape3(uint32_t a, uint32_t b, uint32_t c);
shape shape4(uint32_t a, uint32_t b, uint32_t c, uint32_t d);
#endif
