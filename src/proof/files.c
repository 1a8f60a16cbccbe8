#include "proof/files.h"
#include <string.h>

digest tagged_digest(const char *tag, const void *a, size_t a_size, const void *b, size_t b_size) {
    unsigned char first[64] = {0};
    sha256 h;
    for (unsigned i = 0; i < 64 && tag[i]; i++) first[i] = (unsigned char)tag[i];
    sha256_init(&h);
    sha256_update(&h, first, sizeof first);
    if (a_size) sha256_update(&h, a, a_size);
    if (b_size) sha256_update(&h, b, b_size);
    return sha256_final(&h);
}

digest model_digest(const model_public *pub, const certificate *cert) {
    return tagged_digest("tacit model", pub->digest.b, 32, cert->digest.b, 32);
}

/* ---------------------------------------------------------------- headers */
static const unsigned char cert_magic[4] = {'T', 'A', 'C', 'C'}, proof_magic[4] = {'T', 'A', 'C', 'F'};

static tacit_status read_header(reader *r, const unsigned char magic[4], unsigned version, const char *what,
                                tacit_error *err) {
    const unsigned char *m = read_bytes(r, 4);
    if (!m || memcmp(m, magic, 4) != 0) return fail(err, TACIT_MALFORMED, "%s: not such a file", what);
    uint16_t v = read_u16(r);
    if (r->bad) return fail(err, TACIT_MALFORMED, "%s: truncated", what);
    if (v != version)
        return fail(err, TACIT_VERSION, "%s: format version %u, this program reads %u", what, (uint64_t)v,
                    (uint64_t)version);
    uint8_t degree = read_u8(r);
    if (r->bad) return fail(err, TACIT_MALFORMED, "%s: truncated", what);
    if (degree != EXT_DEG)
        return fail(err, TACIT_VERSION, "%s: made for another security profile (extension degree %u, here %u)", what,
                    (uint64_t)degree, (uint64_t)EXT_DEG);
    return TACIT_OK;
}

static void write_header(writer *w, const unsigned char magic[4], unsigned version) {
    write_bytes(w, magic, 4);
    write_u16(w, (uint16_t)version);
    write_u8(w, EXT_DEG);
}

static const unsigned char *read_section(reader *r, size_t *size) {
    uint64_t n = read_var(r);
    *size = (size_t)n;
    return n <= SIZE_MAX ? read_bytes(r, (size_t)n) : NULL;
}

/* ---------------------------------------------------------------- certificate file */
tacit_status cert_file_parse(cert_file *f, const void *data, size_t size, arena *a, tacit_error *err) {
    reader r = reader_of(data, size);
    size_t pub_size, cert_size;
    TRY(read_header(&r, cert_magic, CERT_FILE_VERSION, "certificate", err));
    const unsigned char *pub = read_section(&r, &pub_size), *cert = read_section(&r, &cert_size);
    f->range_proof = read_section(&r, &f->range_proof_size);
    if (!f->range_proof || r.at != r.size) /* a section that is not there makes the later ones NULL */
        return fail(err, TACIT_MALFORMED, "certificate: truncated or followed by other bytes");
    TRY(model_public_parse(&f->pub, pub, pub_size, a, err));
    reader c = reader_of(cert, cert_size);
    TRY(certificate_parse(&f->cert, &c, a, err));
    if (c.at != c.size) return fail(err, TACIT_MALFORMED, "certificate: bytes after its end");
    f->model = model_digest(&f->pub, &f->cert);
    return TACIT_OK;
}

void cert_file_write(const model_public *pub, const certificate *cert, const void *range_proof, size_t size,
                     writer *w) {
    writer measure = {NULL, 0, 0};
    write_header(w, cert_magic, CERT_FILE_VERSION);
    model_public_write(pub, &measure);
    write_var(w, measure.at);
    model_public_write(pub, w);
    measure = (writer){NULL, 0, 0};
    certificate_write(cert, &measure);
    write_var(w, measure.at);
    certificate_write(cert, w);
    write_var(w, size);
    write_bytes(w, range_proof, size);
}

/* ---------------------------------------------------------------- proof file */
static const tensor *io_tensor(const model_public *pub, uint32_t i) {
    return &pub->program.tensors[pub->io[i].tensor];
}

static tacit_status read_values(reader *r, const tensor *t, const int64_t **out, arena *a, tacit_error *err) {
    uint64_t n = shape_count(&t->shape);
    if (n > r->size - r->at) return fail(err, TACIT_MALFORMED, "proof: truncated in the values of %s", t->name);
    int64_t *v = ARENA_NEW(a, int64_t, n);
    if (!v) return fail(err, TACIT_RESOURCES, "scratch too small");
    for (uint64_t i = 0; i < n; i++) v[i] = read_svar(r);
    *out = v;
    return r->bad ? fail(err, TACIT_MALFORMED, "proof: truncated in the values of %s", t->name) : TACIT_OK;
}

tacit_status proof_file_parse(proof_file *f, const model_public *pub, const void *data, size_t size, arena *a,
                              tacit_error *err) {
    reader r = reader_of(data, size);
    memset(f, 0, sizeof *f);
    TRY(read_header(&r, proof_magic, PROOF_FILE_VERSION, "proof", err));
    const unsigned char *model = read_bytes(&r, 32);
    f->context_size = read_u16(&r);
    f->context = read_bytes(&r, f->context_size);
    if (r.bad) return fail(err, TACIT_MALFORMED, "proof: truncated header");
    memcpy(f->model.b, model, 32);
    for (uint32_t i = 0; i < pub->io_count; i++) {
        f->is_public[i] = read_u8(&r);
        if (r.bad || f->is_public[i] > 1) return fail(err, TACIT_MALFORMED, "proof: bad visibility");
        if (f->is_public[i]) TRY(read_values(&r, io_tensor(pub, i), &f->values[i], a, err));
    }
    f->proof = (const unsigned char *)data + r.at;
    f->proof_size = r.size - r.at;
    return TACIT_OK;
}

void proof_file_write(const proof_file *f, const model_public *pub, writer *w) {
    write_header(w, proof_magic, PROOF_FILE_VERSION);
    write_bytes(w, f->model.b, 32);
    write_u16(w, (uint16_t)f->context_size);
    write_bytes(w, f->context, f->context_size);
    for (uint32_t i = 0; i < pub->io_count; i++) {
        write_u8(w, f->is_public[i]);
        uint64_t n = f->is_public[i] ? shape_count(&io_tensor(pub, i)->shape) : 0;
        for (uint64_t k = 0; k < n; k++) write_svar(w, f->values[i][k]);
    }
}

/* ---------------------------------------------------------------- statements */
/* Parameters of a program are the certificate's items in order. */
static void bind_parameters(statement *st) {
    uint32_t item = 0;
    for (uint32_t i = 0; i < st->p->tensor_count; i++)
        if (st->p->tensors[i].kind == TENSOR_PARAM)
            st->bind[i] = (binding){.kind = BIND_CERTIFIED, .certificate = 0, .item = item++};
}

static tacit_status new_bindings(statement *st, const program *p, const certificate *c, arena *a, tacit_error *err) {
    memset(st, 0, sizeof *st);
    st->p = p;
    st->bind = ARENA_ZNEW(a, binding, p->tensor_count + 1u);
    if (!st->bind) return fail(err, TACIT_RESOURCES, "scratch too small");
    st->certificate_count = 1;
    st->certificates[0] = c;
    bind_parameters(st);
    return TACIT_OK;
}

tacit_status inference_statement(statement *st, const cert_file *c, const proof_file *p, arena *a, tacit_error *err) {
    TRY(new_bindings(st, &c->pub.program, &c->cert, a, err));
    for (uint32_t i = 0; i < c->pub.io_count; i++)
        st->bind[c->pub.io[i].tensor] =
            (binding){.kind = p->is_public[i] ? BIND_PUBLIC : BIND_PRIVATE, .values = p->values[i]};
    st->model = c->model;
    st->context = p->context;
    st->context_size = p->context_size;
    return statement_make(st, a, err);
}

tacit_status range_statement(statement *st, const certificate *c, arena *a, tacit_error *err) {
    static const unsigned char context[] = "range proof";
    writer w = {NULL, 0, 0};
    program *p = ARENA_NEW(a, program, 1);
    certificate_range_program(c, &w);
    w.cap = w.at;
    w.data = ARENA_NEW(a, unsigned char, w.cap);
    w.at = 0;
    if (!p || !w.data) return fail(err, TACIT_RESOURCES, "scratch too small");
    certificate_range_program(c, &w);
    TRY(program_parse_with(p, w.data, w.cap, NULL, a, err));
    TRY(new_bindings(st, p, c, a, err));
    st->model = c->digest;
    st->context = context;
    st->context_size = sizeof context - 1;
    return statement_make(st, a, err);
}
