#define _GNU_SOURCE
#include "lab.h"
#include <ftw.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

shape shape1(uint32_t a) {
    return (shape){1, {a}};
}
shape shape2(uint32_t a, uint32_t b) {
    return (shape){2, {a, b}};
}
shape shape3(uint32_t a, uint32_t b, uint32_t c) {
    return (shape){3, {a, b, c}};
}
shape shape4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (shape){4, {a, b, c, d}};
}

static int remove_entry(const char *path, const struct stat *s, int kind, struct FTW *f) {
    (void)s;
    (void)kind;
    (void)f;
    return remove(path);
}

static struct {
    char path[32];
    pid_t owner; /* a child of fork removes nothing of its parent */
} folder;

static void remove_folder(void) {
    if (folder.owner == getpid()) (void)nftw(folder.path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *lab_folder(void) {
    if (folder.owner != 0) return folder.path;
    strcpy(folder.path, "/tmp/tacit-lab-XXXXXX");
    if (!mkdtemp(folder.path)) {
        perror(folder.path);
        abort();
    }
    folder.owner = getpid();
    atexit(remove_folder);
    return folder.path;
}

static void check(const lab *l, tacit_status st, const char *what) {
    if (st == TACIT_OK) return;
    fprintf(stderr, "lab: %s: %s\n", what, l->err.text);
    abort();
}

void lab_start(lab *l) {
    memset(l, 0, sizeof *l);
    vec_select(NULL);
    sha256_select(NULL);
    l->b = builder_new(&l->err);
    l->context = "lab";
    check(l, arena_map(&l->a, (size_t)512 << 20, &l->err), "arena");
}

void lab_load(lab *l) {
    check(l, builder_finish(l->b, &l->bytes, &l->bytes_size, &l->err), "builder");
    check(l, program_parse(&l->p, l->bytes, l->bytes_size, &l->a, &l->err), "parse");
    l->bind = ARENA_ZNEW(&l->a, binding, l->p.tensor_count + 1u);
    uint32_t item = 0;
    for (uint32_t i = 0; i < l->p.tensor_count; i++) {
        tensor_kind k = l->p.tensors[i].kind;
        if (k == TENSOR_INPUT) l->bind[i].kind = BIND_PRIVATE;
        if (k == TENSOR_OUTPUT) l->bind[i].kind = BIND_PUBLIC;
        if (k == TENSOR_PARAM) l->bind[i] = (binding){.kind = BIND_CERTIFIED, .item = item++};
    }
    check(l, trace_make(&l->t, &l->p, NULL, &l->a, &l->err), "trace");
}

void lab_set(lab *l, uint32_t id, const int64_t *values) {
    check(l, trace_set(&l->t, id, values, &l->err), "set");
}

void lab_certify(lab *l, uint64_t openings) {
    certificate *c = ARENA_ZNEW(&l->a, certificate, 1);
    uint32_t n = 0;
    c->items = ARENA_ZNEW(&l->a, certificate_item, l->p.tensor_count + 1u);
    const shape **shapes = ARENA_NEW(&l->a, const shape *, l->p.tensor_count + 1u);
    narrow *weights = ARENA_NEW(&l->a, narrow, l->p.tensor_count + 1u);
    for (uint32_t i = 0; i < l->p.tensor_count; i++) {
        const tensor *t = &l->p.tensors[i];
        if (t->kind != TENSOR_PARAM) continue;
        c->items[n] = (certificate_item){t->name, t->shape, t->lo, t->hi};
        weights[n] = narrow_i32(l->t.values[i]);
        shapes[n++] = &t->shape;
    }
    c->item_count = n;
    c->openings = openings;
    check(l, layout_make(&c->layout, shapes, n, &l->a, &l->err), "layout");
    check(l, geometry_certificate(&c->shape, c->layout.size, openings, &c->t_max, &l->err), "geometry");
    static int made;
    snprintf(l->key_path, sizeof l->key_path, "%s/%d.key", lab_folder(), made++);
    char state[sizeof l->key_path + 8];
    snprintf(state, sizeof state, "%s.state", l->key_path); /* of its own: fixed seeds repeat digests */
    setenv("XDG_STATE_HOME", state, 1);
    const key_options o = {.open = false, .stored = l->stored_columns};
    check(l, key_create(l->key_path, c, weights, o, "model", 5, &l->a, &l->err), "key_create");
    check(l, key_open(&l->secret, l->key_path, &l->err), "key_open");
    l->cert = &l->secret->cert;
}

tacit_status lab_execute(lab *l) {
    uint64_t saturated = 0;
    TRY(execute(&l->t, &l->a, &saturated, &l->err));
    return trace_count(&l->t, &l->a, &l->err);
}

void lab_recount(lab *l) {
    for (uint32_t i = 0; i < l->p.table_count; i++) {
        const table *tb = &l->p.tables[i];
        int32_t *m = l->t.values[tb->multiplicity];
        memset(m, 0, tb->rows * sizeof *m);
        for (uint32_t k = 0; k < l->p.lookup_count; k++) {
            const lookup *lk = &l->p.lookups[k];
            if (lk->table != i) continue;
            uint64_t n = shape_count(&l->p.tensors[lk->columns[0]].shape);
            int64_t *cols[MAX_TABLE_WIDTH];
            uint32_t width = tb->gather ? 1 : tb->width; /* a gather counts its indices */
            for (uint32_t w = 0; w < width; w++) {
                cols[w] = malloc(n * sizeof **cols);
                trace_values(&l->t, lk->columns[w], cols[w]);
            }
            for (uint64_t e = 0; e < n; e++)
                for (uint32_t r = 0; r < tb->rows; r++) {
                    bool same = true;
                    for (uint32_t w = 0; w < width; w++) same = same && table_value(&tb->columns[w], r) == cols[w][e];
                    if (same) {
                        m[r]++;
                        break;
                    }
                }
            for (uint32_t w = 0; w < width; w++) free(cols[w]);
        }
    }
}

tacit_status lab_statement(lab *l) {
    for (uint32_t i = 0; i < l->p.tensor_count; i++) {
        const tensor *t = &l->p.tensors[i];
        if (!tensor_external(t) || l->bind[i].kind != BIND_PUBLIC || l->bind[i].values) continue;
        uint64_t n = shape_count(&t->shape);
        int64_t *v = ARENA_NEW(&l->a, int64_t, n);
        for (uint64_t k = 0; k < n; k++) v[k] = l->t.values[i][k];
        l->bind[i].values = v;
    }
    memset(&l->st, 0, sizeof l->st);
    l->st.p = &l->p;
    l->st.bind = l->bind;
    if (l->cert) {
        l->st.certificate_count = 1;
        l->st.certificates[0] = l->cert;
    }
    l->st.context = (const unsigned char *)l->context;
    l->st.context_size = (uint32_t)strlen(l->context);
    memset(&l->err, 0, sizeof l->err);
    return statement_make(&l->st, &l->a, &l->err);
}

tacit_status lab_prove(lab *l, unsigned char **proof, size_t *size) {
    attempt_request r = {.st = &l->st, .t = &l->t, .secrets = &l->secret};
    return attempt_prove(&r, proof, size, &l->err);
}

tacit_status lab_verify(lab *l, const unsigned char *proof, size_t size) {
    transcript ch;
    session s;
    size_t mark = arena_mark(&l->a);
    memset(&l->err, 0, sizeof l->err);
    transcript_verifier(&ch, proof, size, &l->err);
    session_init(&s, &l->p, l->bind, &ch, &l->a, &l->err);
    tacit_status st = statement_run(&l->st, &s, NULL);
    arena_release(&l->a, mark);
    return st;
}

void lab_end(lab *l) {
    if (l->secret) {
        key_close(l->secret);
        unlink(l->key_path);
    }
    builder_free(l->b);
    free(l->bytes);
    arena_unmap(&l->a);
}
