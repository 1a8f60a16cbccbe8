/* Tests of commit/key: what is in the file, and that no opening is ever counted twice or not at all. */
#define _GNU_SOURCE
#include "test_random.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <unistd.h>
#include "base/bytes.h"
#include "commit/columns.h"
#include "commit/encode.h"
#include "commit/key_file.h"
#include "commit/key_state.h"
#include "commit/object.h"
#include "hash/merkle.h"
#include "poly/ntt.h"

static char folder[64], path[128];
static const char model_bytes[] = "the model's own bytes";

typedef struct making {
    arena a;
    certificate cert;
    certificate_item items[2];
    const shape *shapes[2];
    int32_t values0[5 * 12], values1[7];
    narrow weights[2];
    tacit_error err;
} making;

static void describe(making *m, uint64_t openings) {
    memset(m, 0, sizeof *m);
    assert_int_equal(arena_map(&m->a, (size_t)1 << 30, &m->err), TACIT_OK);
    m->items[0] = (certificate_item){"w", {2, {5, 12}}, -1000, 1000};
    m->items[1] = (certificate_item){"b", {1, {7}}, -9, 9};
    for (size_t i = 0; i < 60; i++) m->values0[i] = (int32_t)(test_u64() % 2001) - 1000;
    for (size_t i = 0; i < 7; i++) m->values1[i] = (int32_t)i - 3;
    m->shapes[0] = &m->items[0].shape;
    m->shapes[1] = &m->items[1].shape;
    m->weights[0] = narrow_i32(m->values0);
    m->weights[1] = narrow_i32(m->values1);
    m->cert = (certificate){.openings = openings, .item_count = 2, .items = m->items};
    assert_int_equal(layout_make(&m->cert.layout, m->shapes, 2, &m->a, &m->err), TACIT_OK);
    assert_int_equal(geometry_certificate(&m->cert.shape, m->cert.layout.size, openings, &m->cert.t_max, &m->err),
                     TACIT_OK);
}

static uint64_t stored = KEY_STORED_COLUMNS; /* bytes of columns kept in the file */

static tacit_status create(making *m) {
    const key_options o = {.open = false, .stored = stored};
    return key_create(path, &m->cert, m->weights, o, model_bytes, sizeof model_bytes, &m->a, &m->err);
}

static void make_key(uint64_t openings) {
    making m;
    describe(&m, openings);
    if (create(&m) != TACIT_OK) {
        print_error("%s\n", m.err.text);
        _fail(__FILE__, __LINE__);
    }
    arena_unmap(&m.a);
}

static unsigned files_in_folder(void) {
    unsigned n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static int setup(void **unused) {
    (void)unused;
    strcpy(folder, "/tmp/tacit-key-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/m.key", folder);
    char state[96];
    snprintf(state, sizeof state, "%s/.state", folder);
    return setenv("XDG_STATE_HOME", state, 1);
}

static int teardown(void **unused) {
    (void)unused;
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static certificate_secret *open_ok(void) {
    certificate_secret *k;
    tacit_error err = {.status = TACIT_OK};
    if (key_open(&k, path, &err) != TACIT_OK) {
        print_error("%s\n", err.text);
        _fail(__FILE__, __LINE__);
    }
    return k;
}

static tacit_status spend(certificate_secret *k) {
    tacit_error err = {.status = TACIT_OK};
    return key_spend(k, &err);
}

/* ---------------------------------------------------------------- contents */
static int32_t small_at(const certificate_secret *k, uint64_t i) {
    return narrow_get(object_small(&k->data, i), 0);
}

static gl coefficient(const certificate_secret *k, uint64_t i) {
    const certificate_shape *s = &k->cert.shape;
    uint64_t from = ((UINT64_C(1) << s->a) - s->tail) << s->k;
    if (i >= from) return k->data.tail[i - from];
    return i < k->data.small_count ? gl_from_i64(small_at(k, i)) : 0;
}

static void contents(void **unused) {
    (void)unused;
    making m;
    describe(&m, 4);
    assert_int_equal(create(&m), TACIT_OK);
    certificate_secret *k = open_ok();
    const certificate_shape *s = &k->cert.shape;
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(files_in_folder(), 1);
    assert_memory_equal(k->cert.digest.b, m.cert.digest.b, 32);
    assert_memory_equal(k->cert.root.b, m.cert.root.b, 32);
    assert_int_equal(k->model_size, sizeof model_bytes);
    assert_memory_equal(k->model, model_bytes, sizeof model_bytes);
    for (uint32_t b = 0; b < k->cert.layout.block_count; b++) { /* every weight is where the layout says */
        const block *bl = &k->cert.layout.blocks[b];
        for (uint64_t e = 0; e < UINT64_C(1) << bl->log; e++)
            assert_int_equal(small_at(k, bl->start + e),
                             narrow_get(m.weights[bl->item], block_element(&k->cert.items[bl->item].shape, bl, e)));
    }
    unsigned log_n = s->a + RATE_LOG;
    for (uint64_t j = 0; j < UINT64_C(1) << log_n; j += 61) { /* leaves are the lanes' values and lie under the root */
        const unsigned char *leaf = k->leaves + j * k->leaf_size;
        for (uint64_t lane = 0; lane < UINT64_C(1) << s->k; lane++) {
            gl v = 0, x = rs_point(log_n, j);
            for (uint64_t c = UINT64_C(1) << s->a; c-- > 0;)
                v = gl_add(gl_mul(v, x), coefficient(k, (c << s->k) + lane));
            assert_int_equal(load_le64(leaf + 8 * lane), v);
        }
        digest d = merkle_leaf(leaf, k->leaf_size);
        assert_memory_equal(d.b, k->nodes[j].b, 32);
        if (j) assert_memory_not_equal(leaf + k->leaf_size - 32, leaf - 32, 32); /* salts differ */
    }
    uint64_t lanes = UINT64_C(1) << s->k, whole = (k->data.small_count + lanes - 1) / lanes * lanes;
    for (uint64_t i = k->data.small_count; i < whole; i++) assert_int_equal(small_at(k, i), 0);
    assert_int_equal(key_left(k), 4);
    key_close(k);
    arena_unmap(&m.a);
}

/* The digest of a certificate of m's weights, whose key is not kept. */
static digest digest_of(making *m, bool is_open) {
    certificate cert = m->cert;
    const key_options o = {.open = is_open, .stored = stored};
    assert_int_equal(key_create(path, &cert, m->weights, o, model_bytes, sizeof model_bytes, &m->a, &m->err), TACIT_OK);
    assert_int_equal(unlink(path), 0);
    return cert.digest;
}

/* Open weights: everyone's certificate is the same one, and another one as soon as a weight is another. */
static void open_weights(void **unused) {
    (void)unused;
    making m;
    describe(&m, 4);
    const digest closed = digest_of(&m, false), again = digest_of(&m, false);
    const digest mine = digest_of(&m, true), yours = digest_of(&m, true);
    assert_memory_not_equal(closed.b, again.b, 32);
    assert_memory_not_equal(closed.b, mine.b, 32);
    assert_memory_equal(mine.b, yours.b, 32);
    m.values1[3]++;
    const digest other = digest_of(&m, true);
    assert_memory_not_equal(mine.b, other.b, 32);
    arena_unmap(&m.a);
}

/* A key file without columns: those that columns_at computes, with the key's salts, are the tree's leaves. */
static void computed_columns(void **unused) {
    (void)unused;
    enum { COUNT = 40 };
    making m;
    uint32_t positions[COUNT];
    describe(&m, 4);
    stored = 0;
    assert_int_equal(create(&m), TACIT_OK);
    stored = KEY_STORED_COLUMNS;
    certificate_secret *k = open_ok();
    const certificate_shape *s = &k->cert.shape;
    assert_null(k->leaves);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal((uint64_t)st.st_size, key_file_size(&k->cert, sizeof model_bytes, 0));
    gl *columns = ARENA_NEW(&m.a, gl, (size_t)COUNT << s->k);
    unsigned char *leaf = ARENA_NEW(&m.a, unsigned char, k->leaf_size);
    for (uint32_t i = 0; i < COUNT; i++) positions[i] = i * ((UINT32_C(1) << (s->a + RATE_LOG)) / COUNT);
    assert_int_equal(
        columns_at(&k->data, s->a, s->k, s->tail, s->a + RATE_LOG, positions, COUNT, columns, &m.a, &m.err), TACIT_OK);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t l = 0; l < (size_t)1 << s->k; l++) store_le64(leaf + 8 * l, columns[(i << s->k) + l]);
        digest salt = code_salt(&k->salts, positions[i]);
        memcpy(leaf + k->leaf_size - 32, salt.b, 32);
        digest d = merkle_leaf(leaf, k->leaf_size);
        assert_memory_equal(d.b, k->nodes[positions[i]].b, 32);
    }
    key_close(k);
    arena_unmap(&m.a);
}

static void never_overwrites(void **unused) {
    (void)unused;
    making m;
    struct stat before, after;
    make_key(2);
    assert_int_equal(stat(path, &before), 0);
    describe(&m, 2);
    assert_int_equal(create(&m), TACIT_IO);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(files_in_folder(), 1);
    arena_unmap(&m.a);
}

static void full_disk_leaves_nothing(void **unused) {
    (void)unused;
    making m;
    struct rlimit was, small;
    describe(&m, 2);
    getrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 1024; limit <= 65536; limit *= 4) {
        small = (struct rlimit){limit, was.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        m.err = (tacit_error){.status = TACIT_OK};
        assert_int_equal(create(&m), TACIT_IO);
        setrlimit(RLIMIT_FSIZE, &was);
        assert_int_equal(files_in_folder(), 0);
    }
    m.err = (tacit_error){.status = TACIT_OK};
    assert_int_equal(create(&m), TACIT_OK);
    arena_unmap(&m.a);
}

/* ---------------------------------------------------------------- counting */
static void budget_ends(void **unused) {
    (void)unused;
    make_key(3);
    for (uint64_t i = 0; i < 3; i++) {
        certificate_secret *k = open_ok();
        assert_int_equal(key_left(k), 3 - i);
        assert_int_equal(spend(k), TACIT_OK);
        assert_int_equal(k->openings_used, i + 1);
        key_close(k);
    }
    certificate_secret *k = open_ok();
    assert_int_equal(key_left(k), 0);
    assert_int_equal(spend(k), TACIT_BUDGET);
    assert_int_equal(spend(k), TACIT_BUDGET);
    key_close(k);
}

static void copies_are_used_up(void **unused) {
    (void)unused;
    char command[300], copy[140];
    make_key(5);
    snprintf(copy, sizeof copy, "%s.copy", path);
    snprintf(command, sizeof command, "cp -a '%s' '%s'", path, copy);
    assert_int_equal(system(command), 0);
    certificate_secret *k;
    tacit_error err = {.status = TACIT_OK};
    assert_int_equal(key_open(&k, copy, &err), TACIT_OK);
    assert_int_equal(key_left(k), 0);
    assert_int_equal(key_spend(k, &err), TACIT_BUDGET);
    assert_non_null(strstr(err.text, "copied"));
    key_close(k);
    /* a backup that replaces the file counts as used up, too */
    snprintf(command, sizeof command, "mv '%s' '%s'", copy, path);
    assert_int_equal(system(command), 0);
    k = open_ok();
    assert_int_equal(spend(k), TACIT_BUDGET);
    key_close(k);
}

static void renamed_file_goes_on(void **unused) {
    (void)unused;
    char other[140];
    make_key(5);
    snprintf(other, sizeof other, "%s.renamed", path);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(rename(other, path), 0);
    certificate_secret *k = open_ok();
    assert_int_equal(spend(k), TACIT_OK);
    key_close(k);
}

static unsigned char *whole_file(size_t *size) {
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &st), 0);
    unsigned char *bytes = malloc(*size = (size_t)st.st_size);
    assert_int_equal(read(fd, bytes, *size), st.st_size);
    close(fd);
    return bytes;
}

/* cat backup > m.key keeps the inode and the birth time. */
static void restored_in_place_goes_on_counting(void **unused) {
    (void)unused;
    char copy[400];
    size_t size;
    make_key(5);
    unsigned char *backup = whole_file(&size);
    certificate_secret *k = open_ok();
    for (int i = 0; i < 3; i++) assert_int_equal(spend(k), TACIT_OK);
    digest name = k->cert.digest;
    key_close(k);
    assert_int_equal(key_state_read(&name), 3);
    int fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, backup, size), (ssize_t)size);
    close(fd);
    free(backup);
    k = open_ok();
    assert_int_equal(key_left(k), 2);
    assert_int_equal(spend(k), TACIT_OK);
    assert_int_equal(k->openings_used, 4);
    key_close(k);
    /* the copy is missing, then damaged: written anew */
    int n = snprintf(copy, sizeof copy, "%s/.state/tacit/", folder);
    for (size_t i = 0; i < 32; i++) n += snprintf(copy + n, 3, "%02x", name.b[i]);
    strcpy(copy + n, ".count");
    struct stat st;
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(unlink(copy), 0);
    k = open_ok();
    assert_int_equal(key_left(k), 1);
    assert_int_equal(spend(k), TACIT_OK);
    assert_int_equal(spend(k), TACIT_BUDGET);
    key_close(k);
    assert_int_equal(key_state_read(&name), 5);
    fd = open(copy, O_WRONLY);
    assert_int_equal(write(fd, "nonsense", 8), 8);
    close(fd);
    assert_int_equal(key_state_read(&name), 0);
    key_state_write(&name, 5, true);
    key_state_write(&name, 4, true); /* never lower */
    assert_int_equal(key_state_read(&name), 5);
}

static void works_without_a_home(void **unused) {
    (void)unused;
    char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
    setenv("XDG_STATE_HOME", "relative", 1);
    unsetenv("HOME");
    make_key(2);
    certificate_secret *k = open_ok();
    assert_int_equal(spend(k), TACIT_OK);
    assert_int_equal(key_left(k), 1);
    key_close(k);
    if (home) setenv("HOME", home, 1);
    free(home);
}

static void read_page(unsigned page, unsigned char *out) {
    int fd = open(path, O_RDONLY);
    assert_int_equal(pread(fd, out, KEY_PAGE, (off_t)KEY_PAGE * (1 + page)), KEY_PAGE);
    close(fd);
}
static void write_page(unsigned page, const unsigned char *in, size_t n) {
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, in, n, (off_t)KEY_PAGE * (1 + page)), (ssize_t)n);
    close(fd);
}

/* The machine stops while an opening's record is being written: any prefix of the new record over the old one. The
 * number after it is never one that was given out before. */
static void crash_while_counting(void **unused) {
    (void)unused;
    make_key(100000 / 64);
    certificate_secret *k = open_ok();
    uint64_t used = 0;
    for (size_t cut = 0; cut <= KEY_RECORD_SIZE; cut++) {
        unsigned char before[2][KEY_PAGE], after[2][KEY_PAGE];
        for (unsigned p = 0; p < 2; p++) read_page(p, before[p]);
        assert_int_equal(spend(k), TACIT_OK);
        assert_true(k->openings_used > used);
        used = k->openings_used;
        for (unsigned p = 0; p < 2; p++) read_page(p, after[p]);
        unsigned changed = memcmp(before[0], after[0], KEY_PAGE) != 0 ? 0 : 1;
        assert_memory_equal(before[1 - changed], after[1 - changed], KEY_PAGE); /* one record is left alone */
        memcpy(before[changed], after[changed], cut);
        write_page(changed, before[changed], KEY_PAGE);
        bool whole = cut == KEY_RECORD_SIZE,
             untouched = memcmp(before[changed], after[changed], KEY_PAGE) != 0 && cut < 5;
        assert_int_equal(spend(k), TACIT_OK);
        /* a lost record (nothing was written) gives its number again: that opening never began */
        if (whole)
            assert_int_equal(k->openings_used, used + 1);
        else if (!untouched)
            assert_true(k->openings_used >= used);
        used = k->openings_used;
    }
    key_close(k);
}

static void damaged_records_fail_closed(void **unused) {
    (void)unused;
    make_key(50);
    certificate_secret *k = open_ok();
    unsigned char page[KEY_PAGE];
    for (int i = 0; i < 5; i++) assert_int_equal(spend(k), TACIT_OK);
    /* the newest record is damaged after it was synced: its opening still counts */
    uint64_t used = k->openings_used;
    for (unsigned p = 0; p < 2; p++) {
        read_page(p, page);
        if (load_le64(page + 12) != used) continue;
        page[12] ^= 0xFF;
        write_page(p, page, KEY_PAGE);
        break;
    }
    assert_int_equal(spend(k), TACIT_OK);
    assert_int_equal(k->openings_used, used + 1);
    memset(page, 0, sizeof page);
    write_page(0, page, KEY_PAGE);
    write_page(1, page, KEY_PAGE);
    assert_int_equal(spend(k), TACIT_BUDGET);
    key_close(k);
    tacit_error err = {.status = TACIT_OK};
    assert_int_equal(key_open(&k, path, &err), TACIT_BUDGET);
}

enum { PROCESSES = 4, EACH = 8 };
static void processes_get_distinct_numbers(void **unused) {
    (void)unused;
    int fds[2];
    bool seen[PROCESSES * EACH + 1] = {false};
    make_key(PROCESSES * EACH);
    assert_int_equal(pipe(fds), 0);
    for (int p = 0; p < PROCESSES; p++) {
        if (fork() != 0) continue;
        certificate_secret *k;
        tacit_error err = {.status = TACIT_OK};
        if (key_open(&k, path, &err) != TACIT_OK) _exit(1);
        for (int i = 0; i < EACH; i++) {
            if (key_spend(k, &err) != TACIT_OK) _exit(2);
            if (write(fds[1], &k->openings_used, sizeof k->openings_used) != sizeof k->openings_used) _exit(3);
        }
        _exit(0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    for (int i = 0; i < PROCESSES * EACH; i++) {
        uint64_t n;
        assert_int_equal(read(fds[0], &n, sizeof n), sizeof n);
        assert_true(n >= 1 && n <= PROCESSES * EACH && !seen[n]);
        seen[n] = true;
    }
    certificate_secret *k = open_ok();
    assert_int_equal(spend(k), TACIT_BUDGET);
    key_close(k);
}

static certificate_secret *shared;
static void *spend_some(void *out) {
    uint64_t *spent = out;
    for (int i = 0; i < EACH; i++) *spent += spend(shared) == TACIT_OK;
    return NULL;
}
static void threads_share_one_key(void **unused) {
    (void)unused;
    pthread_t t[PROCESSES];
    uint64_t spent[PROCESSES] = {0}, total = 0;
    make_key(PROCESSES * EACH - 5);
    shared = open_ok();
    for (int i = 0; i < PROCESSES; i++) assert_int_equal(pthread_create(&t[i], NULL, spend_some, &spent[i]), 0);
    for (int i = 0; i < PROCESSES; i++) {
        pthread_join(t[i], NULL);
        total += spent[i];
    }
    assert_int_equal(total, PROCESSES * EACH - 5);
    key_close(shared);
}

/* ---------------------------------------------------------------- bad files */
static void bad_files(void **unused) {
    (void)unused;
    certificate_secret *k;
    tacit_error err = {.status = TACIT_OK};
    assert_int_equal(key_open(&k, path, &err), TACIT_MISSING);
    make_key(2);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    unsigned char *good = malloc((size_t)st.st_size);
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, good, (size_t)st.st_size, 0), st.st_size);
    for (size_t i = 0; i < 232; i++) { /* a changed header */
        unsigned char b = good[i] ^ 0x10;
        assert_int_equal(pwrite(fd, &b, 1, (off_t)i), 1);
        err = (tacit_error){.status = TACIT_OK};
        assert_int_not_equal(key_open(&k, path, &err), TACIT_OK);
        assert_int_equal(pwrite(fd, good + i, 1, (off_t)i), 1);
    }
    for (off_t size = 0; size < st.st_size; size += st.st_size / 7) {
        assert_int_equal(ftruncate(fd, size), 0);
        err = (tacit_error){.status = TACIT_OK};
        assert_int_equal(key_open(&k, path, &err), TACIT_MALFORMED);
    }
    assert_int_equal(pwrite(fd, good, (size_t)st.st_size, 0), st.st_size);
    k = open_ok();
    key_close(k);
    key_close(NULL);
    free(good);
    close(fd);
}

int main(void) {
#define KEY_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        KEY_TEST(contents),
        KEY_TEST(open_weights),
        KEY_TEST(computed_columns),
        KEY_TEST(never_overwrites),
        KEY_TEST(full_disk_leaves_nothing),
        KEY_TEST(budget_ends),
        KEY_TEST(copies_are_used_up),
        KEY_TEST(renamed_file_goes_on),
        KEY_TEST(restored_in_place_goes_on_counting),
        KEY_TEST(works_without_a_home),
        KEY_TEST(crash_while_counting),
        KEY_TEST(damaged_records_fail_closed),
        KEY_TEST(processes_get_distinct_numbers),
        KEY_TEST(threads_share_one_key),
        KEY_TEST(bad_files),
    };
    (void)vec_select(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
