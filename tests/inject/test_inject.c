/* Failure injection: each command is run once for every allocation and every input/output call that it makes, with this
 * call failing. Whatever fails, the command ends with an exit code and one line, leaves no half-written file and no
 * temporary, leaks nothing (under AddressSanitizer), never turns a valid proof down or an invalid one up, and the key's
 * counter never goes back. Writes that stop half-way and a process that is killed at the call are tried as well. */
#define _GNU_SOURCE
#include "inject.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tacit/tacit.h"

int tacit_main(int argc, char **argv);

enum { MOST_WORDS = 20, KEY_OPENINGS = 60 };
#define EXAMPLE TACIT_SOURCE_DIR "/examples/breast-cancer/"

typedef struct scenario {
    const char *name, *words[MOST_WORDS];
    const char *outputs[2]; /* files it makes */
    bool same;              /* outputs are a function of the inputs: compared with those of a good run */
    bool must_fail;         /* a forged proof: exit code 0 is never right */
    bool proves, creates_key;
} scenario;

static const scenario scenarios[] = {
    {"compile",
     {"compile", EXAMPLE "model.onnx", "--calibrate", EXAMPLE "calibration.npz", "-o", "out.tacit"},
     {"out.tacit"},
     .same = true},
    {"commit",
     {"commit", "m.tacit", "-o", "out.cert", "--key", "out.key", "--proofs", "2"},
     {"out.cert", "out.key"},
     .creates_key = true},
    {"run", {"run", "m.tacit", "--input", EXAMPLE "patient.npy", "--output", "out.npy"}, {"out.npy"}, .same = true},
    {"run npz", {"run", "m.tacit", "--input", EXAMPLE "patient.npy", "--output", "out.npz"}, {"out.npz"}},
    {"run json",
     {"run", "m.tacit", "--input", EXAMPLE "patient.npy", "--output", "out.json"},
     {"out.json"},
     .same = true},
#if defined(__SANITIZE_ADDRESS__) /* else json-c's own allocations fail, and its parser (0.16) then reads address 0 */
    {"read json", {"run", "m.tacit", "--input", EXAMPLE "patient.json"}, {NULL}},
#endif
    {"prove",
     {"prove", "--key", "m.key", "--input", EXAMPLE "patient.npy", "-o", "out.proof", "--output", "out.npy"},
     {"out.proof", "out.npy"},
     .proves = true},
    {"verify", {"verify", "--cert", "m.cert", "m.proof", "--output", "m.npy"}, {NULL}},
    {"verify a forgery", {"verify", "--cert", "m.cert", "bad.proof"}, {NULL}, .must_fail = true},
    {"verify another output",
     {"verify", "--cert", "m.cert", "m.proof", "--output", "bad.npy"},
     {NULL},
     .must_fail = true},
    {"inspect", {"inspect", "m.cert", "--json"}, {NULL}},
    {"params", {"params", "m.tacit"}, {NULL}},
    {"check", {"check", EXAMPLE "model.onnx"}, {NULL}},
};

static inject_report *report;
static char folder[64];
static unsigned failures;

static void wrong(const scenario *s, inject_mode mode, unsigned long k, const char *what) {
    static const char *const modes[] = {"", "fails", "stops half-way", "is the last"};
    fprintf(stderr, "%s: call %lu (%s) %s: %s\n", s->name, k, report->name, modes[mode], what);
    char line[512];
    FILE *f = fopen("err", "r");
    while (f && fgets(line, sizeof line, f)) fprintf(stderr, "  | %s", line);
    if (f) fclose(f);
    if (++failures > 20) exit(1);
}

/* Exit code, or 256 + signal. */
static int run(const scenario *s, inject_mode mode, unsigned long k) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char *argv[MOST_WORDS + 2] = {(char *)"tacit"};
        int argc = 1;
        for (; s->words[argc - 1]; argc++) argv[argc] = strdup(s->words[argc - 1]);
        if (!freopen("out", "w", stdout) || !freopen("err", "w", stderr)) _exit(99);
        inject_start(report, mode, k);
        int code = tacit_main(argc, argv);
        inject_start(report + 1, INJECT_COUNT, 0);
        for (int i = 1; i < argc; i++) free(argv[i]);
        exit(code);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) exit(99);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* ---------------------------------------------------------------- what is left */
static bool read_file(const char *path, unsigned char **data, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    *data = malloc(1 << 24);
    *size = fread(*data, 1, 1 << 24, f);
    fclose(f);
    return true;
}
static bool equal_files(const char *a, const char *b) {
    unsigned char *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    bool same = read_file(a, &x, &n) && read_file(b, &y, &m) && n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}
static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}
/* Files that are not in the list of the start: outputs and temporaries. */
static unsigned strangers(const scenario *s, bool remove_them) {
    static const char *const own[] = {"m.tacit", "m.cert", "m.key", "m.proof", "m.npy", "bad.proof",
                                      "bad.npy", "state",  "cache", "out",     "err",   "good.0",
                                      "good.1",  ".",      "..",    NULL};
    DIR *d = opendir(".");
    unsigned n = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        bool known = false;
        for (int i = 0; own[i]; i++) known = known || strcmp(own[i], e->d_name) == 0;
        for (int i = 0; i < 2 && s->outputs[i]; i++) known = known || strcmp(s->outputs[i], e->d_name) == 0;
        if (known) continue;
        n++;
        if (remove_them) unlink(e->d_name);
    }
    if (d) closedir(d);
    return n;
}
static unsigned lines_of(const char *path, bool *begins) {
    unsigned char *data = NULL;
    size_t size = 0;
    unsigned n = 0;
    *begins = read_file(path, &data, &size) && size > 6 && memcmp(data, "tacit ", 6) == 0;
    for (size_t i = 0; i < size; i++) n += data[i] == '\n';
    free(data);
    return n;
}
/* Openings left; UINT64_MAX if the key does not open. */
static uint64_t left(const char *path) {
    tacit_key *k;
    tacit_error err;
    if (tacit_key_open(&k, path, &err) != TACIT_OK) return UINT64_MAX;
    uint64_t n = tacit_key_budget(k);
    tacit_key_close(k);
    return n;
}
static bool certificate_whole(const char *path) {
    unsigned char *data = NULL;
    size_t size = 0;
    tacit_verdict v;
    tacit_error err;
    bool whole = false;
    if (read_file(path, &data, &size) && tacit_verify_scratch(data, size)) {
        void *scratch = malloc(tacit_verify_scratch(data, size));
        whole = tacit_verify_certificate(data, size, scratch, tacit_verify_scratch(data, size), &v, &err) == TACIT_OK;
        free(scratch);
    }
    free(data);
    return whole;
}
static bool proof_whole(const char *path) {
    const scenario s = {"verify", {"verify", "--cert", "m.cert", path}, {NULL}};
    inject_report before = *report;
    bool whole = run(&s, INJECT_COUNT, 0) == 0;
    *report = before;
    return whole;
}

/* Every output that is there is whole. */
static bool outputs_whole(const scenario *s) {
    for (int i = 0; i < 2 && s->outputs[i]; i++) {
        const char *path = s->outputs[i], *good = i ? "good.1" : "good.0";
        if (!exists(path)) continue;
        if (s->creates_key && !(i ? left(path) != UINT64_MAX : certificate_whole(path))) return false;
        if (s->proves && !(i ? equal_files(path, good) : proof_whole(path))) return false;
        if (s->same && !equal_files(path, good)) return false;
    }
    return true;
}
static void remove_outputs(const scenario *s) {
    for (int i = 0; i < 2 && s->outputs[i]; i++) unlink(s->outputs[i]);
}

/* ---------------------------------------------------------------- one failure */
static void check_line(const scenario *s, inject_mode mode, unsigned long k) {
    bool begins;
    if (lines_of("err", &begins) != 1 || !begins) wrong(s, mode, k, "not one line that begins with 'tacit'");
}
static void check_exit(const scenario *s, inject_mode mode, unsigned long k, int code) {
    if (code >= TACIT_INTERNAL) wrong(s, mode, k, "a crash, a leak or an internal error");
    if (code == TACIT_REJECTED && !s->must_fail) wrong(s, mode, k, "a valid proof was rejected");
    if (code == 0 && s->must_fail) wrong(s, mode, k, "a forgery was accepted");
    if (code != 0) check_line(s, mode, k);
    bool made = true, none = true;
    for (int i = 0; i < 2 && s->outputs[i]; i++) {
        made = made && exists(s->outputs[i]);
        none = none && !exists(s->outputs[i]);
    }
    if (code == 0 && !made) wrong(s, mode, k, "success without its output");
    /* two files get their names one after the other: when the second does not, the first has its own and is whole */
    bool second = s->outputs[1] && strcmp(report->name, "rename") == 0;
    if (code != 0 && !none && !second) wrong(s, mode, k, "an output although the command failed");
    if (strangers(s, true) && strcmp(report->name, "unlink") != 0) wrong(s, mode, k, "a temporary file stays");
}
static void one(const scenario *s, inject_mode mode, unsigned long k) {
    uint64_t before = s->proves ? left("m.key") : 0;
    int code = run(s, mode, k);
    if (report->calls < k) return; /* fewer calls than in the run that counted */
    if (mode == INJECT_CRASH)
        (void)strangers(s, true);
    else
        check_exit(s, mode, k, code);
    if (!outputs_whole(s)) wrong(s, mode, k, "an output is not whole");
    if (s->proves) {
        uint64_t after = left("m.key");
        if (after == UINT64_MAX) wrong(s, mode, k, "the key does not open any more");
        if (after > before || (exists("out.proof") && after >= before)) wrong(s, mode, k, "the counter went back");
    }
    remove_outputs(s);
}

static void make_key(void) {
    const scenario commit = {"", {"commit", "m.tacit", "-o", "m.cert", "--key", "m.key", "--proofs", "60"}, {NULL}};
    const scenario prove = {
        "",
        {"prove", "--key", "m.key", "--input", EXAMPLE "patient.npy", "-o", "m.proof", "--output", "m.npy"},
        {NULL}};
    unsigned char *data = NULL;
    size_t size = 0;
    unlink("m.key");
    if (run(&commit, INJECT_COUNT, 0) != 0 || run(&prove, INJECT_COUNT, 0) != 0) exit(99);
    if (!read_file("m.proof", &data, &size)) exit(99);
    data[size / 2] ^= 1;
    FILE *f = fopen("bad.proof", "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) exit(99);
    free(data);
    if (!read_file("m.npy", &data, &size)) exit(99);
    data[size - 2] ^= 0x10;
    f = fopen("bad.npy", "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) exit(99);
    free(data);
}

static void all(const scenario *s) {
    int good = run(s, INJECT_COUNT, 0);
    unsigned long calls = report->calls, step, runs = 0;
    step = 1 + calls / (getenv("TACIT_SAMPLE") ? 60 : getenv("TACIT_ALL_CALLS") ? 1 << 20 : 200);
    if ((good == 0) == s->must_fail) {
        wrong(s, INJECT_COUNT, 0, "does not do what it should when nothing fails");
        return;
    }
    for (int i = 0; i < 2 && s->outputs[i]; i++) (void)rename(s->outputs[i], i ? "good.1" : "good.0");
    for (inject_mode mode = INJECT_FAIL; mode <= INJECT_CRASH; mode++) {
        if (mode != INJECT_FAIL && !s->proves && !s->creates_key) continue;
        for (unsigned long k = 1; k <= calls; k += step, runs++) {
            if (s->proves && left("m.key") < 3) make_key();
            one(s, mode, k);
        }
    }
    unlink("good.0");
    unlink("good.1");
    printf("%s: %lu calls, %lu runs\n", s->name, calls, runs);
}

int main(int argc, char **argv) {
    const scenario compile = {
        "", {"compile", EXAMPLE "model.onnx", "--calibrate", EXAMPLE "calibration.npz", "-o", "m.tacit"}, {NULL}};
    char command[128], state[96], cache[96];
    report = mmap(NULL, 2 * sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)snprintf(folder, sizeof folder, "/tmp/tacit-inject-XXXXXX");
    if (report == MAP_FAILED || !mkdtemp(folder) || chdir(folder) != 0) return 99;
    (void)snprintf(state, sizeof state, "%s/state", folder);
    (void)snprintf(cache, sizeof cache, "%s/cache", folder);
    setenv("XDG_STATE_HOME", state, 1);
    setenv("XDG_CACHE_HOME", cache, 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    if (run(&compile, INJECT_COUNT, 0) != 0) return 99;
    make_key();
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (argc < 2 || strcmp(argv[1], scenarios[i].name) == 0) all(&scenarios[i]);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    if (chdir("/") != 0 || system(command) != 0) return 99;
    return failures ? 1 : 0;
}
