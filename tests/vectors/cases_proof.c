/* Cases for certificate files and proofs: published ones (proofs/), made once by the command, and changes of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "commit/geometry.h"
#include "proof/files.h"
#include "vectors.h"

enum { OTHER_DEG = 5 - EXT_DEG };

/* Where things lie in one certificate and one proof of it. */
typedef struct places {
    bytes cert, proof;
    size_t public_part, certificate, range_proof; /* first bytes of the sections */
    size_t certificate_size;
    size_t context, shown, messages;
    size_t steps, batch, nu, openings; /* in the proof: step 3's first message, step 6's, NU, what follows GAMMA */
    uint32_t leaf;                     /* bytes of a leaf and salt of the longest domain */
    char cert_name[64], proof_name[64];
} places;

static json *file_of(const char *name) {
    json *o = json_object_new_object();
    put(o, "file", text_of(name));
    put(o, "changes", json_object_new_array());
    return o;
}

static json *proof_test(json *g, const places *p, const char *flag, const char *comment) {
    json *t = add_case(g, flag, comment);
    put(t, "certificate", file_of(p->cert_name));
    if (p->proof_name[0]) put(t, "proof", file_of(p->proof_name));
    return t;
}

/* At `offset`, `removed` bytes go and n come. */
static void splice(json *t, const char *which, size_t offset, size_t removed, const void *data, size_t n) {
    json *c = json_object_new_object();
    put_count(c, "offset", offset);
    put_count(c, "remove", removed);
    put(c, "insert", json_bytes(data, n));
    json_object_array_add(get(get(t, which), "changes"), c);
}

static void write_at(json *t, const char *which, size_t offset, const void *data, size_t n) {
    splice(t, which, offset, n, data, n);
}

static void flip(json *t, const char *which, const bytes *file, size_t offset) {
    unsigned char v = file->data[offset] ^ 1;
    write_at(t, which, offset, &v, 1);
}

static void truncate_to(json *t, const char *which, const bytes *file, size_t size) {
    splice(t, which, size, file->size - size, "", 0);
}

/* Bytes [from, to) of the proof become those of a text (assemble). */
static void rewrite(json *t, size_t from, size_t to, const char *text) {
    bytes b = assemble(text);
    splice(t, "proof", from, to - from, b.data, b.size);
}

static void find_places(scene *s, places *p) {
    cert_file c;
    proof_file f;
    statement *st = vectors_new(1, sizeof *st);
    p->cert = file_bytes(s->folder, p->cert_name);
    p->proof = file_bytes(s->folder, p->proof_name);
    if (cert_file_parse(&c, p->cert.data, p->cert.size, &s->a, &s->err) != TACIT_OK ||
        proof_file_parse(&f, &c.pub, p->proof.data, p->proof.size, &s->a, &s->err) != TACIT_OK ||
        inference_statement(st, &c, &f, &s->a, &s->err) != TACIT_OK)
        vectors_fail("%s", s->err.text);
    reader r = reader_of(p->cert.data, p->cert.size);
    (void)read_bytes(&r, 7);
    size_t n = (size_t)read_var(&r);
    p->public_part = r.at;
    (void)read_bytes(&r, n);
    n = (size_t)read_var(&r);
    p->certificate = r.at;
    p->certificate_size = n;
    (void)read_bytes(&r, n);
    (void)read_var(&r);
    p->range_proof = r.at;
    p->context = 41;
    p->shown = p->context + f.context_size;
    p->messages = p->proof.size - f.proof_size;
    p->steps = p->messages + 32 * (size_t)st->geometry.domain_count;
    p->batch = p->steps + st->proof_size;
    p->nu = p->batch + 16 * EXT_DEG * (size_t)geometry_rounds(&st->geometry);
    p->openings = p->nu + 8 * EXT_DEG + (st->geometry.level_count ? 32 : 8 * EXT_DEG * (size_t)st->geometry.used);
    p->leaf = 8 * st->geometry.domain[0].width + 32;
}

/* ---------------------------------------------------------------- the file's header */
static void header_cases(json *g, const places *p) {
    const unsigned char other = OTHER_DEG, four = 4, p_byte[8] = {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    json *t;
    flip(proof_test(g, p, "Header", "magic"), "proof", &p->proof, 0);
    flip(proof_test(g, p, "Header", "version"), "proof", &p->proof, 4);
    write_at(proof_test(g, p, "Header", "the other profile"), "proof", 6, &other, 1);
    write_at(proof_test(g, p, "Header", "a profile that is not there"), "proof", 6, &four, 1);
    flip(proof_test(g, p, "Statement", "another model digest"), "proof", &p->proof, 20);
    flip(proof_test(g, p, "Statement", "another context"), "proof", &p->proof, p->context);
    t = proof_test(g, p, "Header", "a context longer than the file");
    write_at(t, "proof", 39, "\377\377", 2);
    truncate_to(t, "proof", &p->proof, 60000);
    t = proof_test(g, p, "Statement", "no context");
    rewrite(t, 39, p->shown, "x0000");
    write_at(proof_test(g, p, "Header", "visibility 2"), "proof", p->shown, "\2", 1);
    rewrite(proof_test(g, p, "Statement", "the input shown, with values"), p->shown, p->shown + 1, "1 %1 %2 %3 %4");
    rewrite(proof_test(g, p, "Statement", "the output not shown"), p->shown + 1, p->messages, "0");
    rewrite(proof_test(g, p, "Statement", "another output in its interval"), p->shown + 2, p->messages, "%0 %0 %1");
    rewrite(proof_test(g, p, "Statement", "an output at the end of its interval"), p->shown + 2, p->messages,
            "%0 %0 %196");
    rewrite(proof_test(g, p, "Range", "an output beyond its interval"), p->shown + 2, p->messages, "%0 %0 %197");
    rewrite(proof_test(g, p, "Range", "an output below its interval"), p->shown + 2, p->messages, "%-1 %0 %1");
    rewrite(proof_test(g, p, "Range", "an output of -2^63"), p->shown + 2, p->messages, "xffffffffffffffffff01 %0 %1");
    rewrite(proof_test(g, p, "Header", "a value that is not in shortest form"), p->shown + 2, p->messages,
            "x8000 %0 %1");
    truncate_to(proof_test(g, p, "Header", "cut in the digest"), "proof", &p->proof, 30);
    truncate_to(proof_test(g, p, "Header", "cut before the visibility"), "proof", &p->proof, p->shown);
    truncate_to(proof_test(g, p, "Header", "cut before the values"), "proof", &p->proof, p->shown + 2);
    truncate_to(proof_test(g, p, "Header", "no bytes"), "proof", &p->proof, 0);
    write_at(proof_test(g, p, "Canonical", "the first message's first word is p"), "proof", p->steps, p_byte, 8);
    write_at(proof_test(g, p, "Canonical", "step 6's first word is p"), "proof", p->batch, p_byte, 8);
    write_at(proof_test(g, p, "Canonical", "the last word of an opened column is p"), "proof",
             p->openings + p->leaf - 40, p_byte, 8);
}

/* ---------------------------------------------------------------- messages */
static void message_cases(json *g, const places *p) {
    flip(proof_test(g, p, "Message", "the first root"), "proof", &p->proof, p->messages);
    flip(proof_test(g, p, "Message", "the last root of step 2"), "proof", &p->proof, p->steps - 1);
    flip(proof_test(g, p, "Message", "the first message of step 3"), "proof", &p->proof, p->steps);
    flip(proof_test(g, p, "Message", "a message in the middle of steps 3 to 5"), "proof", &p->proof,
         p->steps + (p->batch - p->steps) / 16 * 8);
    flip(proof_test(g, p, "Message", "ZERO_A"), "proof", &p->proof, p->batch - 16 * EXT_DEG);
    flip(proof_test(g, p, "Message", "ZERO_B"), "proof", &p->proof, p->batch - 8 * EXT_DEG);
    flip(proof_test(g, p, "Message", "the first message of step 6"), "proof", &p->proof, p->batch);
    flip(proof_test(g, p, "Message", "NU"), "proof", &p->proof, p->nu);
    flip(proof_test(g, p, "Message", "what follows GAMMA: the first inner root, or the clear vector"), "proof",
         &p->proof, p->nu + 8 * EXT_DEG);
    flip(proof_test(g, p, "Opening", "the first word of the first opened column"), "proof", &p->proof, p->openings);
    flip(proof_test(g, p, "Opening", "its salt"), "proof", &p->proof, p->openings + p->leaf - 1);
    flip(proof_test(g, p, "Opening", "the second opened column"), "proof", &p->proof, p->openings + p->leaf);
    flip(proof_test(g, p, "Opening", "a byte in the middle of the file"), "proof", &p->proof,
         p->proof.size / 2 / 8 * 8);
    flip(proof_test(g, p, "Opening", "the last byte: the last sibling"), "proof", &p->proof, p->proof.size - 1);
    json *t = proof_test(g, p, "Opening", "the first two opened columns exchanged, with their salts");
    write_at(t, "proof", p->openings, p->proof.data + p->openings + p->leaf, p->leaf);
    write_at(t, "proof", p->openings + p->leaf, p->proof.data + p->openings, p->leaf);
    t = proof_test(g, p, "Opening", "the last two siblings exchanged");
    write_at(t, "proof", p->proof.size - 64, p->proof.data + p->proof.size - 32, 32);
    write_at(t, "proof", p->proof.size - 32, p->proof.data + p->proof.size - 64, 32);
    truncate_to(proof_test(g, p, "Length", "no messages"), "proof", &p->proof, p->messages);
    truncate_to(proof_test(g, p, "Length", "cut in the first root"), "proof", &p->proof, p->messages + 31);
    truncate_to(proof_test(g, p, "Length", "cut in a message of step 3"), "proof", &p->proof, p->steps + 7);
    truncate_to(proof_test(g, p, "Length", "the last byte missing"), "proof", &p->proof, p->proof.size - 1);
    truncate_to(proof_test(g, p, "Length", "the last sibling missing"), "proof", &p->proof, p->proof.size - 32);
    splice(proof_test(g, p, "Length", "a byte too many"), "proof", p->proof.size, 0, "", 1);
    splice(proof_test(g, p, "Length", "a sibling too many"), "proof", p->proof.size, 0,
           p->proof.data + p->proof.size - 32, 32);
}

/* ---------------------------------------------------------------- expectations */
static void expectation_cases(json *g, const places *p) {
    unsigned char model[32];
    memcpy(model, p->proof.data + 7, 32);
    json *t = proof_test(g, p, "Valid", "the model digest and the context that the caller expects");
    put(t, "expectModel", json_bytes(model, 32));
    put(t, "expectContext", json_bytes(p->proof.data + p->context, p->shown - p->context));
    model[31] ^= 1;
    put(proof_test(g, p, "Statement", "the caller expects another model"), "expectModel", json_bytes(model, 32));
    put(proof_test(g, p, "Statement", "the caller expects another context"), "expectContext", json_bytes("vectorz", 7));
    put(proof_test(g, p, "Statement", "the caller expects the beginning of the context"), "expectContext",
        json_bytes("vector", 6));
    put(proof_test(g, p, "Statement", "the caller expects an empty context"), "expectContext", json_bytes("", 0));
}

/* ---------------------------------------------------------------- certificate files */
static void certificate_file_cases(json *g, places *p) {
    const unsigned char four = 4, longer = (unsigned char)(p->certificate_size + 1); /* still below 128 */
    const char proof_name[sizeof p->proof_name] = "";
    char other[64];
    places alone = *p;
    memcpy(alone.proof_name, proof_name, sizeof proof_name);
    snprintf(other, sizeof other, "proofs/small-%d.cert", OTHER_DEG);
    const bytes *f = &p->cert;
    size_t length_bytes = 1; /* of the range proof's length */
    while ((f->size - p->range_proof) >> (7 * length_bytes)) length_bytes++;
    size_t overflow = p->certificate - 2; /* the public part's last byte, before one byte of length */
    while (f->data[overflow] > 1) overflow--;
    proof_test(g, &alone, "Valid", "the certificate alone");
    json *t = proof_test(g, &alone, "Valid", "another overflow rule: another model digest, the same certificate");
    flip(t, "certificate", f, overflow);
    t = proof_test(g, p, "Statement", "another overflow rule: the proof names another model");
    flip(t, "certificate", f, overflow);
    flip(proof_test(g, &alone, "Header", "magic"), "certificate", f, 0);
    flip(proof_test(g, &alone, "Header", "version"), "certificate", f, 4);
    write_at(proof_test(g, &alone, "Header", "a profile that is not there"), "certificate", 6, &four, 1);
    truncate_to(proof_test(g, &alone, "Header", "no bytes"), "certificate", f, 0);
    truncate_to(proof_test(g, &alone, "Header", "cut in the public part"), "certificate", f, p->public_part + 20);
    truncate_to(proof_test(g, &alone, "Header", "cut in the certificate bytes"), "certificate", f, p->certificate + 5);
    t = proof_test(g, &alone, "Header", "a byte after the certificate bytes, in their section");
    splice(t, "certificate", p->range_proof - length_bytes, 0, "", 1);
    write_at(t, "certificate", p->certificate - 1, &longer, 1);
    truncate_to(proof_test(g, &alone, "Header", "cut after the range proof's length"), "certificate", f,
                p->range_proof);
    truncate_to(proof_test(g, &alone, "Header", "the last byte missing"), "certificate", f, f->size - 1);
    splice(proof_test(g, &alone, "Header", "a byte too many"), "certificate", f->size, 0, "", 1);
    flip(proof_test(g, &alone, "Header", "the program's version"), "certificate", f,
         p->public_part + (f->data[p->public_part] > 127 ? 6 : 5));
    flip(proof_test(g, &alone, "Header", "the certificate's version"), "certificate", f, p->certificate);
    write_at(proof_test(g, &alone, "Header", "the certificate's field"), "certificate", p->certificate + 1, "\2", 1);
    flip(proof_test(g, &alone, "RangeProof", "the certificate's root"), "certificate", f, p->range_proof - 20);
    flip(proof_test(g, &alone, "RangeProof", "the first byte of the range proof"), "certificate", f, p->range_proof);
    flip(proof_test(g, &alone, "RangeProof", "the last byte of the range proof"), "certificate", f, f->size - 1);
    flip(proof_test(g, p, "RangeProof", "the range proof is checked before the proof"), "certificate", f, f->size - 1);
    flip(proof_test(g, p, "Statement", "the certificate's root: the proof names another model"), "certificate", f,
         p->range_proof - 20);
    splice(proof_test(g, &alone, "RangeProof", "an empty range proof"), "certificate", p->range_proof - length_bytes,
           f->size - p->range_proof + length_bytes, "", 1);
    places wrong = *p;
    memcpy(wrong.cert_name, other, sizeof other);
    proof_test(g, &wrong, "Header", "a certificate of the other profile");
    snprintf(wrong.cert_name, sizeof wrong.cert_name, "%s", p->cert_name);
    snprintf(wrong.proof_name, sizeof wrong.proof_name, "proofs/small-%d.proof", OTHER_DEG);
    proof_test(g, &wrong, "Header", "a proof of the other profile");
}

/* ---------------------------------------------------------------- other statements */
/* Another public part in the certificate file, and its model digest in the proof: what fails is the statement. */
static json *statement_case(json *g, const places *p, const char *flag, const char *comment, const char *text) {
    bytes pub = assemble(text), section;
    size_t after = p->certificate - (p->certificate_size > 127 ? 2 : 1); /* the certificate's length */
    char *whole = vectors_new(strlen(text) + 8, 1);
    sprintf(whole, "[ %s ]", text);
    section = assemble(whole);
    digest a = tagged_digest("tacit public", pub.data, pub.size, NULL, 0);
    digest b = tagged_digest("tacit certificate", p->cert.data + p->certificate, p->certificate_size, NULL, 0);
    digest model = tagged_digest("tacit model", a.b, 32, b.b, 32);
    json *t = proof_test(g, p, flag, comment);
    splice(t, "certificate", 7, after - 7, section.data, section.size);
    write_at(t, "proof", 7, model.b, 32);
    return t;
}

/* `count` constraints of 64 products of a constant of 2^20 elements with itself. */
static char *much_work(unsigned count) {
    char *text = vectors_new(1 << 20, 1), *end = text, name[16];
    end += sprintf(end, "%u 'mm 1 3 1 %%1 1 0 1 3 1 1 %%-1 4 %%0 ", count + 1);
    for (unsigned i = 0; i < count; i++) {
        sprintf(name, "'c%u", i);
        end += sprintf(end, "%s 0 64 ", name);
        for (unsigned k = 0; k < 64; k++) end += sprintf(end, "%%1 5 0 5 0 ");
        end += sprintf(end, "0 %%0 ");
    }
    const char *with = replaced(small_public, "1 'mm 1 3 1 %1 1 0 1 3 1 1 %-1 4 %0", text);
    with = replaced(with, "1  5 'x", "1  6 'x");
    return replaced(with, "'h 4 1 3  ", "'h 4 1 3  'c 3 1 1048576 2 1048575 %0 %0 1 %1  ");
}

static void statement_cases(json *g, const places *p) {
    const char *base = small_public, *wide;
    statement_case(g, p, "Binding", "the certificate names the parameter otherwise", replaced(base, "'w 1", "'u 1"));
    statement_case(g, p, "Binding", "a parameter of another shape",
                   replaced(replaced(base, "'w 1 2 3 4", "'w 1 2 4 3"), "%1 1 0 1 3 1", "%1 1 1 0 3 1"));
    statement_case(g, p, "Binding", "a parameter of another interval", replaced(base, "%-8 %7", "%-8 %6"));
    statement_case(g, p, "Binding", "a parameter that is not in the certificate",
                   replaced(replaced(base, "1  5 'x", "1  6 'x"), "'h 4 1 3  ", "'h 4 1 3  'b 1 0 %0 %0  "));
    statement_case(g, p, "Statement", "another name of the input", replaced(base, "'x 0", "'z 0"));
    statement_case(g, p, "Statement", "another scale", replaced(base, "2 0 %2", "2 0 %3"));
    wide = replaced(replaced(base, "1  5 'x", "1  6 'x"), "'h 4 1 3  ", "'h 4 1 3  'g 2 1 1073741824 %0 %7  ");
    wide = replaced(replaced(wide, "2 'x.r 0 0 ", "3 'g.r 0 5 'x.r 0 0 "), "2 0 %2 2 %2 0", "3 0 %2 2 %2 5 %0 0");
    json *t = statement_case(g, p, "Header", "a shown output longer than the file", wide);
    splice(t, "proof", p->messages, 0, "\1", 1);
    statement_case(g, p, "Limit", "more than 2^31 field operations of work", much_work(16));
    wide = replaced(base, "1  5 'x", "1  6 'x");
    wide = replaced(wide, "'h 4 1 3  ",
                    "'h 4 1 3  'b 7 2 16384 16384 1 3 1 0 0 1 16384 %0 %0 1 1 0 1 16384 %0 %0 0 2 0 1 1 1 %0  ");
    wide = replaced(wide, "2 'x.r 0 0 ", "3 'b.r 0 5 'x.r 0 0 ");
    statement_case(g, p, "Limit", "2^28 rows and some: too many over E of degree 2", wide);
}

json *proof_cases(scene *s) {
    size_t mark = arena_mark(&s->a);
    places p = {.leaf = 0}, shown = {.leaf = 0};
    json *file = new_file("Certificate files and proofs",
                          "docs/formats.md, sections 4 and 5; docs/protocol.md, section 11. file: beside this one; "
                          "changes, in order: at `offset`, `remove` bytes go and `insert` comes",
                          true);
    add_note(file, "Valid", "verified");
    add_note(file, "False", "a relation does not hold: FUNCTIONAL");
    add_note(file, "Header", "files that do not parse: MALFORMED, VERSION, UNSUPPORTED");
    add_note(file, "Statement",
             "a proof of something else: CERTIFICATE_DIGEST, CONTEXT, or by the positions that move");
    add_note(file, "Binding", "parameters are the certificate's items, in order: MALFORMED");
    add_note(file, "Limit", "sizes that a verifier refuses: UNSUPPORTED, SOUNDNESS");
    add_note(file, "Range", "a shown value outside its interval: PUBLIC_RANGE");
    add_note(file, "Canonical", "a word that is not below p: NOT_CANONICAL");
    add_note(file, "Message", "every message is bound by the transcript");
    add_note(file, "Opening", "opened columns lie under their roots: MERKLE");
    add_note(file, "Length", "the messages fill the file: SHORT, LONG");
    add_note(file, "RangeProof", "the certificate's own proof: RANGE_PROOF");
    snprintf(p.cert_name, sizeof p.cert_name, "proofs/small-%d.cert", EXT_DEG);
    snprintf(p.proof_name, sizeof p.proof_name, "proofs/small-%d.proof", EXT_DEG);
    find_places(s, &p);
    shown = p;
    snprintf(shown.proof_name, sizeof shown.proof_name, "proofs/shown-%d.proof", EXT_DEG);
    json *g = add_group(file, "Proof", "proofs");
    proof_test(g, &p, "Valid", "private input, public output");
    proof_test(g, &shown, "Valid", "public input, private output, no context");
    snprintf(shown.proof_name, sizeof shown.proof_name, "proofs/false-%d.proof", EXT_DEG);
    proof_test(g, &shown, "False", "an output too large by one, by a prover that is honest in everything else");
    header_cases(g, &p);
    message_cases(g, &p);
    expectation_cases(g, &p);
    g = add_group(file, "Proof", "certificate files");
    certificate_file_cases(g, &p);
    g = add_group(file, "Proof", "a proof held against another program");
    statement_cases(g, &p);
    arena_release(&s->a, mark);
    return file;
}
