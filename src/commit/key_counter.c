#define _GNU_SOURCE /* statx */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/bytes.h"
#include "commit/key_file.h"
#include "commit/key_state.h"

/* ---------------------------------------------------------------- whole transfers */
static tacit_status io_failure(int code, const char *what, tacit_error *err) {
    if (code == ENOSPC || code == EDQUOT || code == EFBIG)
        return fail(err, TACIT_IO, "%s: no space left on the disk", what);
    return fail(err, TACIT_IO, "%s: input/output error %d", what, (int64_t)code);
}

tacit_status file_write_at(int fd, const void *data, uint64_t n, uint64_t at, const char *what, tacit_error *err) {
    const unsigned char *from = data;
    while (n > 0) {
        ssize_t done = pwrite(fd, from, n < 1 << 30 ? (size_t)n : (size_t)1 << 30, (off_t)at);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return io_failure(done < 0 ? errno : ENOSPC, what, err);
        from += done;
        at += (uint64_t)done;
        n -= (uint64_t)done;
    }
    return TACIT_OK;
}

tacit_status file_read_at(int fd, void *data, uint64_t n, uint64_t at, const char *what, tacit_error *err) {
    unsigned char *to = data;
    while (n > 0) {
        ssize_t done = pread(fd, to, (size_t)n, (off_t)at);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return io_failure(errno, what, err);
        if (done == 0) return fail(err, TACIT_MALFORMED, "%s: the file is too short", what);
        to += done;
        at += (uint64_t)done;
        n -= (uint64_t)done;
    }
    return TACIT_OK;
}

/* ---------------------------------------------------------------- header */
static digest machine_digest(void) {
    unsigned char id[256];
    digest none = {{0}};
    int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return none;
    ssize_t n = read(fd, id, sizeof id);
    (void)close(fd);
    return n > 0 ? sha256_of(id, (size_t)n) : none;
}

/* The device number is left out: it may change when the machine starts again. */
tacit_status key_bind(key_header *h, int fd, tacit_error *err) {
    struct statx st;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &st) != 0) return io_failure(errno, "key file", err);
    h->inode = st.stx_ino;
    h->birth =
        st.stx_mask & STATX_BTIME ? (uint64_t)st.stx_btime.tv_sec * UINT64_C(1000000000) + st.stx_btime.tv_nsec : 0;
    h->machine = machine_digest();
    return TACIT_OK;
}

static void write_section(writer *w, key_section s) {
    write_u64(w, s.at);
    write_u64(w, s.size);
}

static void write_header(const key_header *h, writer *w) {
    write_bytes(w, "TACK", 4);
    write_u32(w, KEY_VERSION);
    write_u64(w, h->file_size);
    write_section(w, h->model);
    write_section(w, h->certificate);
    write_section(w, h->weights);
    write_section(w, h->tail);
    write_section(w, h->leaves);
    write_section(w, h->nodes);
    write_u64(w, h->leaf_size);
    write_u64(w, h->inode);
    write_u64(w, h->birth);
    write_bytes(w, h->machine.b, sizeof h->machine.b);
    write_bytes(w, h->seed.b, sizeof h->seed.b);
}

tacit_status key_write_header(key_header *h, int fd, tacit_error *err) {
    unsigned char page[KEY_PAGE] = {0};
    writer w = {page, sizeof page, 0};
    write_header(h, &w);
    h->check = sha256_of(page, w.at);
    write_bytes(&w, h->check.b, sizeof h->check.b);
    return file_write_at(fd, page, sizeof page, 0, "key file", err);
}

static key_section read_section(reader *r) {
    key_section s;
    s.at = read_u64(r);
    s.size = read_u64(r);
    return s;
}

static void read_digest(reader *r, uint8_t out[32]) {
    const unsigned char *p = read_bytes(r, 32);
    if (p) memcpy(out, p, 32);
}

tacit_status key_read_header(key_header *h, int fd, tacit_error *err) {
    unsigned char page[KEY_PAGE];
    memset(h, 0, sizeof *h);
    TRY(file_read_at(fd, page, sizeof page, 0, "key file", err));
    reader r = reader_of(page, sizeof page);
    const unsigned char *magic = read_bytes(&r, 4);
    if (memcmp(magic, "TACK", 4) != 0) return fail(err, TACIT_MALFORMED, "not a key file: wrong magic");
    uint32_t version = read_u32(&r);
    if ((version ^ KEY_VERSION) >> 16 == 1) return fail(err, TACIT_VERSION, "key file of another security profile");
    if (version != KEY_VERSION) return fail(err, TACIT_VERSION, "key file of version %u", (uint64_t)version);
    h->file_size = read_u64(&r);
    h->model = read_section(&r);
    h->certificate = read_section(&r);
    h->weights = read_section(&r);
    h->tail = read_section(&r);
    h->leaves = read_section(&r);
    h->nodes = read_section(&r);
    h->leaf_size = read_u64(&r);
    h->inode = read_u64(&r);
    h->birth = read_u64(&r);
    read_digest(&r, h->machine.b);
    read_digest(&r, h->seed.b);
    digest check = sha256_of(page, r.at);
    read_digest(&r, h->check.b);
    if (memcmp(check.b, h->check.b, sizeof check.b) != 0) return fail(err, TACIT_MALFORMED, "key file: damaged header");
    return TACIT_OK;
}

/* ---------------------------------------------------------------- counter */
typedef struct counter {
    uint64_t number, used;
} counter;

static digest record_check(const key_header *h, const counter *c) {
    unsigned char bytes[64] = "tacit counter";
    store_le64(bytes + 16, c->number);
    store_le64(bytes + 24, c->used);
    memcpy(bytes + 32, h->check.b, 32);
    return sha256_of(bytes, sizeof bytes);
}

static tacit_status write_record(const key_header *h, int fd, const counter *c, tacit_error *err) {
    unsigned char bytes[KEY_RECORD_SIZE];
    writer w = {bytes, sizeof bytes, 0};
    digest check = record_check(h, c);
    write_bytes(&w, "TACC", 4);
    write_u64(&w, c->number);
    write_u64(&w, c->used);
    write_bytes(&w, check.b, sizeof check.b);
    return file_write_at(fd, bytes, sizeof bytes, KEY_PAGE * (1 + c->number % 2), "key file's counter", err);
}

static tacit_status read_record(const key_header *h, int fd, unsigned slot, counter *c, bool *valid, tacit_error *err) {
    unsigned char bytes[KEY_RECORD_SIZE];
    TRY(file_read_at(fd, bytes, sizeof bytes, (uint64_t)KEY_PAGE * (1 + slot), "key file's counter", err));
    c->number = load_le64(bytes + 4);
    c->used = load_le64(bytes + 12);
    digest check = record_check(h, c);
    *valid = memcmp(bytes, "TACC", 4) == 0 && c->number % 2 == slot && memcmp(bytes + 20, check.b, 32) == 0;
    return TACIT_OK;
}

/* The newest record, or the copy outside the file if that is ahead; a record that was cut off by a crash counts as one
 * more opening. */
static tacit_status read_counter(const key_header *h, int fd, counter *out, tacit_error *err) {
    counter c[2];
    bool valid[2];
    for (unsigned slot = 0; slot < 2; slot++) TRY(read_record(h, fd, slot, &c[slot], &valid[slot], err));
    if (!valid[0] && !valid[1])
        return fail(err, TACIT_BUDGET, "key file: both counter records are damaged; it counts as used up");
    unsigned newest = !valid[0] || (valid[1] && c[1].number > c[0].number);
    *out = c[newest];
    if (!valid[1 - newest] && out->used != UINT64_MAX) out->used++;
    uint64_t copy = key_state_read(&h->identity);
    if (copy > out->used) out->used = copy;
    return TACIT_OK;
}

/* Both records from the start, so that a missing one is always damage. */
tacit_status counter_create(const key_header *h, int fd, tacit_error *err) {
    counter first = {0, 0}, second = {1, 0};
    TRY(write_record(h, fd, &first, err));
    TRY(write_record(h, fd, &second, err));
    key_state_write(&h->identity, 0, true);
    return TACIT_OK;
}

static tacit_status check_host(const key_header *h, int fd, bool *same, tacit_error *err) {
    key_header here = {.inode = 0};
    TRY(key_bind(&here, fd, err));
    *same = here.inode == h->inode && (h->birth == 0 || here.birth == h->birth) &&
            memcmp(here.machine.b, h->machine.b, sizeof h->machine.b) == 0;
    return TACIT_OK;
}

/* flock excludes other open files (processes), the mutex other threads with the same one. */
static pthread_mutex_t counter_mutex = PTHREAD_MUTEX_INITIALIZER;

static tacit_status lock(int fd, tacit_error *err) {
    (void)pthread_mutex_lock(&counter_mutex);
    while (flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        tacit_status st = io_failure(errno, "key file's lock", err);
        (void)pthread_mutex_unlock(&counter_mutex);
        return st;
    }
    return TACIT_OK;
}

static void unlock(int fd) {
    (void)flock(fd, LOCK_UN);
    (void)pthread_mutex_unlock(&counter_mutex);
}

tacit_status counter_used(const key_header *h, int fd, uint64_t *used, tacit_error *err) {
    counter c = {0, 0};
    bool same = false;
    TRY(lock(fd, err));
    tacit_status st = check_host(h, fd, &same, err);
    if (st == TACIT_OK && same) st = read_counter(h, fd, &c, err);
    unlock(fd);
    *used = same ? c.used : UINT64_MAX;
    return st;
}

static tacit_status advance_locked(const key_header *h, int fd, uint64_t openings, uint64_t *used, tacit_error *err) {
    bool same;
    counter c;
    TRY(check_host(h, fd, &same, err));
    if (!same)
        return fail(err, TACIT_BUDGET,
                    "this key file was copied, restored or moved: its hiding budget is counted only in the file and on "
                    "the host where it was made, so it counts as used up");
    TRY(read_counter(h, fd, &c, err));
    if (c.used >= openings) return fail(err, TACIT_BUDGET, "key file: all %u openings are used", openings);
    c.number++;
    c.used++;
    TRY(write_record(h, fd, &c, err));
    if (fdatasync(fd) != 0) return io_failure(errno, "key file's counter", err);
    key_state_write(&h->identity, c.used, false);
    *used = c.used;
    return TACIT_OK;
}

tacit_status counter_advance(const key_header *h, int fd, uint64_t openings, uint64_t *used, tacit_error *err) {
    TRY(lock(fd, err));
    tacit_status st = advance_locked(h, fd, openings, used, err);
    unlock(fd);
    return st;
}
