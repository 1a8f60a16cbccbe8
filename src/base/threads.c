#define _GNU_SOURCE
#include "base/threads.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    MOST = 64,
    SPINS = 2000,   /* some 20 us: the gaps inside a proof are shorter */
    YIELDS_AT = 200 /* the caller gives way to a worker that was interrupted in a piece */
};

/* One word: generation (odd: open), workers inside, next piece. Who is inside has read a job that stays as it is until
 * it leaves: a generation is closed only when nobody is inside, and a closed one cannot be entered. */
#define NEXT_MASK UINT64_C(0xffffffff)
#define INSIDE_ONE (UINT64_C(1) << 32)
#define INSIDE_MASK (UINT64_C(0xff) << 32)
#define GENERATION_ONE (UINT64_C(1) << 40)
#define OPEN GENERATION_ONE

static struct {
    _Atomic uint64_t state;
    threads_body *body;
    void *ctx;
    size_t pieces;
    atomic_flag busy;
    /* sleepers wait for `epoch` to change */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    _Atomic uint32_t epoch, sleepers;
    unsigned started; /* workers that exist */
} team = {.busy = ATOMIC_FLAG_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static _Atomic unsigned team_size; /* 0: not yet known */

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* ---- size */
static unsigned clamp(long n) {
    return n < 1 ? 1 : n > MOST ? MOST : (unsigned)n;
}

static unsigned find_size(void) {
    const char *wish = getenv("OMP_NUM_THREADS");
    cpu_set_t mine;
    if (wish && strtol(wish, NULL, 10) > 0) return clamp(strtol(wish, NULL, 10));
    return sched_getaffinity(0, sizeof mine, &mine) == 0 ? clamp(CPU_COUNT(&mine)) : 1;
}

unsigned threads_max(void) {
    unsigned n = atomic_load_explicit(&team_size, memory_order_relaxed);
    if (n == 0) atomic_store(&team_size, n = find_size());
    return n;
}

void threads_set(unsigned count) {
    atomic_store(&team_size, clamp((long)count));
}

/* ---- workers */
static void take_pieces(unsigned worker) {
    size_t at;
    while ((at = atomic_fetch_add(&team.state, 1) & NEXT_MASK) < team.pieces) team.body(team.ctx, at, worker);
}

/* True inside an open generation. */
static bool enter(void) {
    uint64_t s = atomic_load(&team.state);
    while (s & OPEN)
        if (atomic_compare_exchange_weak(&team.state, &s, s + INSIDE_ONE)) return true;
    return false;
}

static void wait_for_change(uint32_t seen) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&team.epoch, memory_order_acquire) != seen) return;
        pause_briefly();
    }
    pthread_mutex_lock(&team.lock);
    atomic_fetch_add(&team.sleepers, 1);
    while (atomic_load(&team.epoch) == seen) pthread_cond_wait(&team.changed, &team.lock);
    atomic_fetch_sub(&team.sleepers, 1);
    pthread_mutex_unlock(&team.lock);
}

static void *work(void *argument) {
    unsigned worker = (unsigned)(uintptr_t)argument;
    for (uint32_t seen = 0;; seen = atomic_load(&team.epoch)) {
        if (worker < threads_max() && enter()) {
            take_pieces(worker);
            atomic_fetch_sub(&team.state, INSIDE_ONE);
        }
        wait_for_change(seen);
    }
    return NULL;
}

/* A child has the caller's thread alone. */
static void forget_workers(void) {
    team.started = 0;
    atomic_store(&team.state, 0);
    atomic_store(&team.sleepers, 0);
    atomic_flag_clear(&team.busy);
    (void)pthread_mutex_init(&team.lock, NULL);
    (void)pthread_cond_init(&team.changed, NULL);
}

/* Called by who holds `busy`. Signals are for the program's own threads. */
static void start_workers(void) {
    static bool registered;
    sigset_t all, old;
    if (!registered) registered = pthread_atfork(NULL, NULL, forget_workers) == 0;
    (void)sigfillset(&all);
    if (!registered || pthread_sigmask(SIG_SETMASK, &all, &old) != 0) return;
    while (team.started + 1 < threads_max()) {
        pthread_t t;
        if (pthread_create(&t, NULL, work, (void *)(uintptr_t)(team.started + 1)) != 0) break;
        (void)pthread_detach(t);
        team.started++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---- jobs */
static void open_job(size_t pieces, threads_body *body, void *ctx) {
    team.body = body, team.ctx = ctx, team.pieces = pieces;
    uint64_t generation = atomic_load(&team.state) & ~(NEXT_MASK | INSIDE_MASK);
    atomic_store(&team.state, generation + GENERATION_ONE);
    atomic_fetch_add(&team.epoch, 1);
    if (atomic_load(&team.sleepers) == 0) return;
    pthread_mutex_lock(&team.lock);
    pthread_cond_broadcast(&team.changed);
    pthread_mutex_unlock(&team.lock);
}

/* All pieces are taken; when nobody is inside they are done. */
static void close_job(void) {
    uint64_t s = atomic_load(&team.state);
    for (int i = 0;; i++) {
        if ((s & INSIDE_MASK) == 0 && atomic_compare_exchange_weak(&team.state, &s, s + GENERATION_ONE)) return;
        if (i >= YIELDS_AT) (void)sched_yield();
        pause_briefly();
        s = atomic_load(&team.state);
    }
}

static void run_alone(size_t pieces, threads_body *body, void *ctx) {
    for (size_t i = 0; i < pieces; i++) body(ctx, i, 0);
}

void threads_run(size_t pieces, threads_body *body, void *ctx) {
    enum { TAKES = MOST }; /* the counter of pieces runs on by one for each thread */
    if (pieces < 2 || pieces > NEXT_MASK - TAKES || threads_max() == 1 || atomic_flag_test_and_set(&team.busy)) {
        run_alone(pieces, body, ctx);
        return;
    }
    if (team.started + 1 < threads_max()) start_workers();
    open_job(pieces, body, ctx);
    take_pieces(0);
    close_job();
    atomic_flag_clear(&team.busy);
}

typedef struct ranges {
    size_t n, step;
    threads_range_body *body;
    void *ctx;
} ranges;

static void range(void *ctx, size_t piece, unsigned worker) {
    const ranges *r = ctx;
    size_t first = piece * r->step, rest = r->n - first;
    r->body(r->ctx, first, rest < r->step ? rest : r->step, worker);
}

void threads_range(size_t n, size_t unit, size_t alone_below, threads_range_body *body, void *ctx) {
    enum { PIECES = 8 }; /* a thread: uneven ones are evened out, and taking one costs nothing beside it */
    size_t units = (n + unit - 1) / unit, pieces = (size_t)threads_max() * PIECES;
    if (n <= alone_below || units < 2 || threads_max() == 1) {
        if (n) body(ctx, 0, n, 0);
        return;
    }
    ranges r = {n, (units + pieces - 1) / pieces * unit, body, ctx};
    threads_run((n + r.step - 1) / r.step, range, &r);
}
