#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "interrupt.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "errors.h"
#include "disk.h"

enum { TEMPORARIES = 4 };

static volatile sig_atomic_t signalled, held;
/* A name is complete before its flag is set and the flag is down before the name goes: the handler may come between. */
static volatile sig_atomic_t temporary_used[TEMPORARIES];
static char temporary[TEMPORARIES][FILE_NAME_SIZE];
static int line_shown;

static void on_signal(int number) {
    (void)number;
    signalled = 1;
    if (held) return;
    for (int i = 0; i < TEMPORARIES; i++)
        if (temporary_used[i]) (void)unlink(temporary[i]);
    _exit(TACIT_INTERRUPTED);
}

void interrupt_install(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    /* A closed pipe or a full file-size limit is an error of write(), so that temporaries are removed. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL);
}

void interrupt_hold(void) {
    held = 1;
}

tacit_status interrupt_release(tacit_error *err) {
    interrupt_progress_end();
    held = 0;
    if (signalled) return cli_fail(err, TACIT_INTERRUPTED, "interrupted");
    return TACIT_OK;
}

static double now_seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int interrupt_progress(void *ctx, const char *step, double fraction) {
    (void)ctx;
    static double last;
    if (isatty(STDERR_FILENO)) {
        double now = now_seconds();
        if (now - last > 0.1) {
            last = now;
            line_shown = 1;
            (void)fprintf(stderr, "\r\033[K%3.0f%% %.60s", 100.0 * fraction, step != NULL ? step : "");
            (void)fflush(stderr);
        }
    }
    return signalled ? 1 : 0;
}

void interrupt_progress_end(void) {
    if (line_shown) (void)fputs("\r\033[K", stderr);
    line_shown = 0;
}

int interrupt_temporary(const char *path) {
    if (strlen(path) >= FILE_NAME_SIZE) return 0;
    for (int i = 0; i < TEMPORARIES; i++) {
        if (temporary_used[i]) continue;
        memcpy(temporary[i], path, strlen(path) + 1);
        temporary_used[i] = 1;
        return 1;
    }
    return 0;
}

void interrupt_forget(const char *path) {
    for (int i = 0; i < TEMPORARIES; i++)
        if (temporary_used[i] && strcmp(temporary[i], path) == 0) temporary_used[i] = 0;
}
