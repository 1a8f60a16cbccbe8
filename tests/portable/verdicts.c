/* The stand-alone verifier (one generated file, VERIFIER) as a program: cases on standard input, a verdict a line on
 * standard output. For comparing processors and for checks that need every library instrumented (tools/portable, make
 * msan).
 *
 * A case: u8 kind, then byte strings (u32 length, little-endian, and bytes): 'P' program; 'C' certificate; 'F'
 * certificate file, proof file, expected model (32 bytes or none), expected context ('=' and the text, or none).
 * A verdict: status, reject code, text, and what the verifier shows. */
#include VERIFIER
#include <stdio.h>
#include <stdlib.h>

enum { SCRATCH = 96 << 20 };

typedef struct bytes {
    unsigned char *data;
    size_t size;
} bytes;

static bytes take_bytes(void) {
    unsigned char head[4];
    bytes b;
    if (fread(head, 1, 4, stdin) != 4) exit(2);
    b.size = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    b.data = malloc(b.size); /* of its own, so that a reader's step too far is seen */
    if (b.size && (!b.data || fread(b.data, 1, b.size, stdin) != b.size)) exit(2);
    return b;
}

static void hex(const unsigned char *p, size_t n) {
    printf(" ");
    for (size_t i = 0; i < n; i++) printf("%02x", p[i]);
}

static void print_status(tacit_status st, const tacit_error *err) {
    printf("%s", tacit_status_name(st));
    if (st != TACIT_OK) printf(" %s \"%s\"", tacit_reject_name(err->reject), err->text);
}

static void program_case(arena *a) {
    bytes b = take_bytes();
    tacit_error err = {TACIT_OK, TACIT_REJECT_NONE, ""};
    program p;
    tacit_status st = program_parse_with(&p, b.data, b.size, NULL, a, &err);
    print_status(st, &err);
    if (st == TACIT_OK) hex(p.digest.b, 32);
    for (uint32_t i = 0; st == TACIT_OK && i < p.tensor_count; i++)
        printf(" %lld:%lld", (long long)p.tensors[i].lo, (long long)p.tensors[i].hi);
    free(b.data);
}

static void certificate_case(arena *a) {
    bytes b = take_bytes();
    tacit_error err = {TACIT_OK, TACIT_REJECT_NONE, ""};
    certificate c;
    reader r = reader_of(b.data, b.size);
    tacit_status st = certificate_parse(&c, &r, a, &err);
    print_status(st, &err);
    if (st == TACIT_OK) hex(c.digest.b, 32);
    free(b.data);
}

static void file_case(unsigned char *scratch) {
    bytes cert = take_bytes(), proof = take_bytes(), model = take_bytes(), context = take_bytes();
    tacit_expectation e = {model.size ? model.data : NULL, NULL, 0, 0};
    tacit_error err;
    tacit_verdict v;
    if (context.size) {
        e.context = context.data + 1;
        e.context_size = (uint32_t)context.size - 1;
    }
    tacit_status st = proof.size
                          ? tacit_verify(cert.data, cert.size, proof.data, proof.size, &e, scratch, SCRATCH, &v, &err)
                          : tacit_verify_certificate(cert.data, cert.size, scratch, SCRATCH, &v, &err);
    print_status(st, &err);
    if (st == TACIT_OK) hex(v.model, 32);
    for (uint32_t i = 0; st == TACIT_OK && i < v.shown_count; i++) {
        printf(" %s", v.shown[i].name);
        for (uint64_t k = 0; v.shown[i].values && k < v.shown[i].count; k++)
            printf(",%lld", (long long)v.shown[i].values[k]);
    }
    free(cert.data);
    free(proof.data);
    free(model.data);
    free(context.data);
}

int main(void) {
    unsigned char *scratch = malloc(SCRATCH);
    if (!scratch) return 2;
    for (int kind; (kind = getchar()) != EOF;) {
        arena a;
        arena_init(&a, scratch, SCRATCH);
        if (kind == 'P')
            program_case(&a);
        else if (kind == 'C')
            certificate_case(&a);
        else
            file_case(scratch);
        printf("\n");
    }
    free(scratch);
    return ferror(stdin) || fflush(stdout) ? 2 : 0;
}
