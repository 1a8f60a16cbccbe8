#define _GNU_SOURCE /* renameat2, sync_file_range */
#include "commit/key.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/threads.h"
#include "commit/encode.h"
#include "commit/key_file.h"
#include "commit/object.h"
#include "commit/rng_chunk.h"
#include "hash/merkle.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "sections are used in place");

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "not enough memory for the key file");
}

/* ---------------------------------------------------------------- creating: what goes where */
typedef struct creation {
    certificate *cert;
    const void *model;
    bool open;
    key_header h;
    int fd;
    const unsigned char *weights; /* the section's bytes */
    object_data data;
    digest witness; /* of the weights */
    arena *scratch;
    tacit_error *err;
} creation;

static key_section section(uint64_t *at, uint64_t size) {
    key_section s = {*at, size};
    *at = (*at + size + KEY_PAGE - 1) / KEY_PAGE * KEY_PAGE;
    return s;
}

static uint64_t certificate_size(const certificate *c) {
    writer w = {NULL, 0, 0};
    certificate_write(c, &w);
    return w.at;
}

uint64_t key_weights_size(const certificate *c) {
    uint32_t parts;
    return object_parts(c, NULL, &parts);
}

static uint64_t leaf_size(const certificate *c) {
    return (UINT64_C(8) << c->shape.k) + 32;
}

uint64_t key_columns_size(const certificate *c, uint64_t stored) {
    uint64_t size = leaf_size(c) << (c->shape.a + RATE_LOG);
    return size <= stored ? size : 0;
}

static void plan_sections(key_header *h, const certificate *cert, size_t model_size, uint64_t stored) {
    uint64_t at = 3 * KEY_PAGE;
    h->leaf_size = leaf_size(cert);
    h->model = section(&at, model_size);
    h->certificate = section(&at, certificate_size(cert));
    h->weights = section(&at, key_weights_size(cert));
    h->tail = section(&at, (uint64_t)cert->shape.tail * sizeof(gl) << cert->shape.k);
    h->leaves = section(&at, key_columns_size(cert, stored));
    h->nodes = section(&at, merkle_size(cert->shape.a + RATE_LOG) * sizeof(digest));
    h->file_size = at;
}

uint64_t key_file_size(const certificate *cert, size_t model_size, uint64_t stored) {
    key_header h;
    plan_sections(&h, cert, model_size, stored);
    return h.file_size;
}

/* The space is asked for first, so that a full disk is found before the encoding. */
static tacit_status reserve(const creation *c) {
    struct statvfs v;
    if (fstatvfs(c->fd, &v) == 0 && (uint64_t)v.f_bavail * v.f_frsize < c->h.file_size)
        return fail(c->err, TACIT_IO, "key file: %u bytes are needed, %u are free on the disk", c->h.file_size,
                    (uint64_t)v.f_bavail * v.f_frsize);
    if (ftruncate(c->fd, (off_t)c->h.file_size) != 0)
        return fail(c->err, TACIT_IO, "key file: no room for %u bytes", c->h.file_size);
    if (posix_fallocate(c->fd, 0, (off_t)c->h.file_size) == ENOSPC)
        return fail(c->err, TACIT_IO, "key file: no space left on the disk");
    return TACIT_OK;
}

/* Its way to the disk begins at once: the last sync finds little left. */
static tacit_status put_section(const creation *c, key_section to, const void *data, tacit_error *err) {
    TRY(file_write_at(c->fd, data, to.size, to.at, "key file", err));
#ifdef SYNC_FILE_RANGE_WRITE
    (void)sync_file_range(c->fd, (off_t)to.at, (off_t)to.size, SYNC_FILE_RANGE_WRITE);
#endif
    return TACIT_OK;
}

/* ---------------------------------------------------------------- creating: contents */
typedef struct pack_job {
    const layout *l;
    const object_data *data;
    const narrow *weights;
} pack_job;
/* Runs along the last axis are contiguous in the block and in the tensor. */
static void pack_block(void *ctx, size_t i, unsigned worker) {
    const pack_job *j = ctx;
    const block *b = &j->l->blocks[i];
    const shape *s = j->l->shapes[b->item];
    const narrow from = j->weights[b->item], to = object_small(j->data, b->start);
    size_t run = s->rank ? (size_t)1 << b->axis_log[s->rank - 1] : 1;
    (void)worker;
    for (uint64_t e = 0; e < UINT64_C(1) << b->log; e += run)
        narrow_copy(narrow_at(from, block_element(s, b, e)), run, (void *)(uintptr_t)narrow_at(to, e).data, to.bytes);
}

/* The certificate's parts over `base`. */
static tacit_status make_parts(object_data *data, const certificate *c, const void *base, arena *a, tacit_error *err) {
    object_part *parts = ARENA_NEW(a, object_part, c->layout.block_count);
    if (!parts) return full(err);
    *data = (object_data){.parts = parts, .small_count = c->layout.size};
    (void)object_parts(c, parts, &data->part_count);
    object_place(parts, data->part_count, base);
    return TACIT_OK;
}

static tacit_status pack_weights(creation *c, const narrow *weights) {
    c->weights = ARENA_ZNEW(c->scratch, unsigned char, c->h.weights.size + OBJECT_ALIGN);
    if (!c->weights) return full(c->err);
    TRY(make_parts(&c->data, c->cert, c->weights, c->scratch, c->err));
    threads_run(c->cert->layout.block_count, pack_block, &(pack_job){&c->cert->layout, &c->data, weights});
    return TACIT_OK;
}

/* Over int32 in layout order, zeros up to a whole column: whatever the widths are, open weights give one certificate.
 */
static digest weights_digest(const object_data *data) {
    int32_t piece[1024];
    sha256 h;
    sha256_init(&h);
    for (uint32_t p = 0; p < data->part_count; p++) {
        const object_part *x = &data->parts[p];
        for (uint64_t at = 0, n; at < x->count; at += n) {
            n = x->count - at < 1024 ? x->count - at : 1024;
            narrow_read(narrow_at(x->values, at), n, piece);
            sha256_update(&h, piece, n * sizeof *piece);
        }
    }
    return sha256_final(&h);
}

/* The weights' digest beside the sections that are known. */
static void digest_or_put(void *ctx, size_t i, unsigned worker) {
    creation *c = ctx;
    (void)worker;
    if (i == 0)
        c->witness = weights_digest(&c->data);
    else if (put_section(c, c->h.model, c->model, c->err) == TACIT_OK)
        (void)!put_section(c, c->h.weights, c->weights, c->err);
}

/* The seed binds fresh entropy (none where the weights are open), the weights and the description. */
static tacit_status draw_secrets(creation *c) {
    size_t n = c->h.certificate.size, tail = c->h.tail.size / sizeof(gl);
    unsigned char *bytes = ARENA_NEW(c->scratch, unsigned char, n);
    gl *values = ARENA_NEW(c->scratch, gl, tail);
    if (!bytes || !values) return full(c->err);
    writer w = {bytes, n, 0};
    certificate_write(c->cert, &w);
    digest statement = sha256_of(bytes, n);
    if (c->open)
        rng_open(&c->h.seed, &c->witness, &statement);
    else
        rng_attempt(&c->h.seed, &c->witness, &statement);
    rng_f(&c->h.seed, RNG_CERT_TAIL, 0, values, tail);
    c->data.tail = values;
    return TACIT_OK;
}

static bool put_leaves(void *ctx, uint64_t first, const uint8_t *bytes, size_t size) {
    const creation *c = ctx;
    tacit_error ignored = {.status = TACIT_OK}; /* one of several threads: the caller reports */
    return file_write_at(c->fd, bytes, size, c->h.leaves.at + first * c->h.leaf_size, "key file", &ignored) == TACIT_OK;
}

static tacit_status encode_and_store(creation *c, const code_source *x, const rng_key *salts, digest **nodes) {
    leaf_sink sink = {c, put_leaves};
    code_tree t;
    TRY(code_alloc(&t, x->a + RATE_LOG, UINT32_C(1) << x->k, c->scratch, c->err));
    TRY(encode_object(&t, 0, x, c->scratch, c->err));
    TRY(code_hash(&t, 0, salts, &sink, c->scratch, c->err));
    *nodes = t.nodes;
    return TACIT_OK;
}

static tacit_status encode_and_forget(creation *c, const code_source *x, const rng_key *salts, digest **nodes) {
    unsigned log_n = x->a + RATE_LOG;
    *nodes = ARENA_NEW(c->scratch, digest, merkle_size(log_n));
    if (!*nodes) return full(c->err);
    TRY(code_stream(*nodes, log_n, 0, x, salts, c->scratch, c->err));
    merkle_build(*nodes, log_n);
    return TACIT_OK;
}

static tacit_status make_tree(creation *c) {
    const certificate_shape *s = &c->cert->shape;
    const code_source x = {&c->data, s->a, s->k, s->tail};
    rng_key salts = rng_stream(&c->h.seed, RNG_CERT_SALT, 0);
    digest *nodes;
    tacit_status st =
        c->h.leaves.size ? encode_and_store(c, &x, &salts, &nodes) : encode_and_forget(c, &x, &salts, &nodes);
    sodium_memzero(&salts, sizeof salts);
    TRY(st);
    c->cert->root = nodes[merkle_size(s->a + RATE_LOG) - 1];
    return put_section(c, c->h.nodes, nodes, c->err);
}

/* The certificate's own bytes, read back: its digest is computed in one place. */
static tacit_status store_certificate(creation *c) {
    size_t n = c->h.certificate.size;
    unsigned char *bytes = ARENA_NEW(c->scratch, unsigned char, n);
    certificate copy;
    if (!bytes) return full(c->err);
    writer w = {bytes, n, 0};
    certificate_write(c->cert, &w);
    reader r = reader_of(bytes, n);
    TRY(certificate_parse(&copy, &r, c->scratch, c->err));
    c->cert->digest = copy.digest;
    c->h.identity = copy.digest;
    return put_section(c, c->h.certificate, bytes, c->err);
}

static tacit_status fill(creation *c, const narrow *weights) {
    TRY(reserve(c));
    TRY(pack_weights(c, weights));
    threads_run(2, digest_or_put, c);
    if (c->err->status != TACIT_OK) return c->err->status;
    TRY(draw_secrets(c));
    TRY(make_tree(c));
    TRY(store_certificate(c));
    TRY(put_section(c, c->h.tail, c->data.tail, c->err));
    TRY(key_bind(&c->h, c->fd, c->err));
    TRY(key_write_header(&c->h, c->fd, c->err));
    TRY(counter_create(&c->h, c->fd, c->err));
    return fsync(c->fd) == 0 ? TACIT_OK : fail(c->err, TACIT_IO, "key file: could not be synced");
}

/* ---------------------------------------------------------------- creating: the file */
static void sync_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd); /* not every file system can; the file itself is synced */
        (void)close(fd);
    }
    free(folder);
}

/* From the temporary name to its own; never over an existing file. The inode stays. */
static tacit_status publish(const char *temporary, const char *path, tacit_error *err) {
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0) return TACIT_OK;
    if (errno != EEXIST && link(temporary, path) == 0) {
        (void)unlink(temporary);
        return TACIT_OK;
    }
    if (errno == EEXIST) return fail(err, TACIT_IO, "%s already exists: a key file is never overwritten", path);
    return fail(err, TACIT_IO, "%s: could not be renamed into place (error %d)", path, (int64_t)errno);
}

static tacit_status create_as(const char *temporary, const char *path, creation *c, const narrow *weights) {
    tacit_status st = fill(c, weights);
    if (close(c->fd) != 0 && st == TACIT_OK) st = fail(c->err, TACIT_IO, "%s: could not be closed", path);
    if (st == TACIT_OK) st = publish(temporary, path, c->err);
    if (st != TACIT_OK)
        (void)unlink(temporary);
    else
        sync_folder(path);
    return st;
}

tacit_status key_create(const char *path, certificate *cert, const narrow *weights, key_options o, const void *model,
                        size_t model_size, arena *scratch, tacit_error *err) {
    static const char suffix[] = ".tmp-XXXXXX";
    size_t mark = arena_mark(scratch), length = strlen(path);
    creation c = {.cert = cert, .model = model, .open = o.open, .scratch = scratch, .err = err};
    struct stat there;
    if (lstat(path, &there) == 0)
        return fail(err, TACIT_IO, "%s already exists: a key file is never overwritten", path);
    char *temporary = malloc(length + sizeof suffix);
    if (!temporary) return full(err);
    memcpy(temporary, path, length);
    memcpy(temporary + length, suffix, sizeof suffix);
    plan_sections(&c.h, cert, model_size, o.stored);
    c.fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    tacit_status st = c.fd < 0 ? fail(err, TACIT_IO, "%s: cannot be created (error %d)", path, (int64_t)errno)
                               : create_as(temporary, path, &c, weights);
    free(temporary);
    sodium_memzero(&c, sizeof c);
    arena_release(scratch, mark);
    return st;
}

/* ---------------------------------------------------------------- opening */
typedef struct opened_key {
    certificate_secret secret; /* first: certificate_secret * is opened_key * */
    key_header h;
    arena memory;
} opened_key;

static opened_key *self(certificate_secret *k) {
    return (opened_key *)(void *)k;
}

static bool section_fits(const key_header *h, key_section s) {
    return s.at % KEY_PAGE == 0 && s.at >= 3 * KEY_PAGE && s.at <= h->file_size && s.size <= h->file_size - s.at;
}

static tacit_status check_header(const key_header *h, int fd, tacit_error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0 || (uint64_t)st.st_size != h->file_size)
        return fail(err, TACIT_MALFORMED, "key file: its length is not the one in its header");
    bool fits = section_fits(h, h->model) && section_fits(h, h->certificate) && section_fits(h, h->weights) &&
                section_fits(h, h->tail) && section_fits(h, h->leaves) && section_fits(h, h->nodes);
    return fits ? TACIT_OK : fail(err, TACIT_MALFORMED, "key file: a section lies outside the file");
}

static tacit_status check_against_certificate(const opened_key *k, tacit_error *err) {
    const key_header *h = &k->h;
    const certificate *c = &k->secret.cert;
    uint64_t points = UINT64_C(1) << (c->shape.a + RATE_LOG);
    bool fits = h->leaf_size == leaf_size(c) && (h->leaves.size == 0 || h->leaves.size == points * h->leaf_size) &&
                h->weights.size == key_weights_size(c) &&
                h->tail.size == (uint64_t)c->shape.tail * sizeof(gl) << c->shape.k &&
                h->nodes.size == merkle_size(c->shape.a + RATE_LOG) * sizeof(digest);
    return fits ? TACIT_OK : fail(err, TACIT_MALFORMED, "key file: its sections do not belong to its certificate");
}

static tacit_status read_sections(opened_key *k, tacit_error *err) {
    certificate_secret *s = &k->secret;
    const key_header *h = &k->h;
    void *map = mmap(NULL, h->file_size, PROT_READ, MAP_SHARED, s->fd, 0);
    if (map == MAP_FAILED) return fail(err, TACIT_RESOURCES, "key file: cannot be mapped");
    s->map = map;
    s->map_size = h->file_size;
    reader r = reader_of(s->map + h->certificate.at, h->certificate.size);
    TRY(certificate_parse(&s->cert, &r, &k->memory, err));
    if (r.at != r.size) return fail(err, TACIT_MALFORMED, "key file: bytes after its certificate");
    TRY(check_against_certificate(k, err));
    TRY(make_parts(&s->data, &s->cert, s->map + h->weights.at, &k->memory, err));
    s->data.tail = (const gl *)(const void *)(s->map + h->tail.at);
    s->leaves = h->leaves.size ? s->map + h->leaves.at : NULL;
    s->salts = rng_stream(&h->seed, RNG_CERT_SALT, 0);
    s->leaf_size = h->leaf_size;
    s->nodes = (const digest *)(const void *)(s->map + h->nodes.at);
    s->model = s->map + h->model.at;
    s->model_size = h->model.size;
    const digest *root = s->nodes + merkle_size(s->cert.shape.a + RATE_LOG) - 1;
    if (memcmp(root->b, s->cert.root.b, sizeof root->b) != 0)
        return fail(err, TACIT_MALFORMED, "key file: its tree is not the certificate's");
    return TACIT_OK;
}

static tacit_status open_key(opened_key *k, const char *path, tacit_error *err) {
    k->secret.fd = open(path, O_RDWR | O_CLOEXEC);
    if (k->secret.fd < 0)
        return errno == ENOENT ? fail(err, TACIT_MISSING, "%s: no such key file", path)
                               : fail(err, TACIT_IO, "%s: cannot be opened for reading and counting (error %d)", path,
                                      (int64_t)errno);
    TRY(key_read_header(&k->h, k->secret.fd, err));
    TRY(check_header(&k->h, k->secret.fd, err));
    TRY(read_sections(k, err));
    k->h.identity = k->secret.cert.digest;
    return counter_used(&k->h, k->secret.fd, &k->secret.openings_used, err);
}

/* Address space for the parsed certificate; touched as far as it is used. */
enum { KEY_MEMORY_LOG = 29 };

tacit_status key_open(certificate_secret **out, const char *path, tacit_error *err) {
    arena memory;
    *out = NULL;
    TRY(arena_map(&memory, (size_t)1 << KEY_MEMORY_LOG, err));
    opened_key *k = ARENA_ZNEW(&memory, opened_key, 1);
    if (!k) {
        arena_unmap(&memory);
        return full(err);
    }
    k->memory = memory;
    k->secret.fd = -1;
    tacit_status st = open_key(k, path, err);
    if (st != TACIT_OK)
        key_close(&k->secret);
    else
        *out = &k->secret;
    return st;
}

void key_close(certificate_secret *k) {
    if (!k) return;
    if (k->map) (void)munmap(k->map, k->map_size);
    if (k->fd >= 0) (void)close(k->fd);
    arena memory = self(k)->memory; /* holds *k */
    arena_unmap(&memory);
}

tacit_status key_spend(certificate_secret *k, tacit_error *err) {
    return counter_advance(&self(k)->h, k->fd, k->cert.openings, &k->openings_used, err);
}

uint64_t key_left(const certificate_secret *k) {
    return k->openings_used >= k->cert.openings ? 0 : k->cert.openings - k->openings_used;
}
