/* bench_prove KEY CERT [RUNS]: RUNS (default 5) proofs of pseudo-random inputs inside the model's range, in one process
 * after a first one that is reported apart (its memory is fresh); median times of proving (by step) and verifying, the
 * processor's time, proof size, peak memory. Public API only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tacit/tacit.h"

enum { RUNS = 5, MOST = 50 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *v, int n) {
    qsort(v, (size_t)n, sizeof *v, by_value);
    return v[n / 2];
}

static unsigned char *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    unsigned char *p = malloc(*size);
    if (!p || fread(p, 1, *size, f) != *size) *size = 0;
    fclose(f);
    return p;
}

/* Inputs near zero, 1 / part of the range, so that no layer leaves its own. */
static int64_t **random_inputs(const tacit_model *m, uint64_t seed, int64_t part) {
    static int64_t *in[64];
    size_t n = 0;
    for (size_t i = 0; i < tacit_model_io_count(m); i++) {
        tacit_io io = tacit_model_io(m, i);
        if (io.is_output) continue;
        free(in[n]);
        in[n] = malloc(io.count * sizeof **in);
        for (uint64_t k = 0; k < io.count; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            int64_t span = (io.hi - io.lo) / part + 1, v = (int64_t)((seed >> 33) % (uint64_t)span);
            in[n][k] = io.lo < 0 ? v - span / 2 : v;
            if (in[n][k] < io.lo) in[n][k] = io.lo;
            if (in[n][k] > io.hi) in[n][k] = io.hi;
        }
        n++;
    }
    return in;
}

/* One proof; where noise is refused, of less noise. */
static tacit_status prove_noise(tacit_key *key, uint64_t seed, const tacit_prove_options *o, uint8_t **proof,
                                size_t *size, tacit_prove_report *report, tacit_error *err) {
    static int64_t part = 8;
    for (;; part *= 2) {
        int64_t **in = random_inputs(tacit_key_model(key), seed, part);
        tacit_status s = tacit_prove(key, (const int64_t *const *)in, NULL, o, proof, size, report, err);
        if (s != TACIT_OVERFLOW || part > 1 << 16) return s;
    }
}

int main(int argc, char **argv) {
    tacit_key *key;
    tacit_error err;
    size_t cert_size = 0, proof_size = 0;
    double prove[MOST], verify[MOST], steps[10][MOST], first = 0;
    tacit_prove_report report;
    if (argc < 3) return 2;
    int runs = argc > 3 ? atoi(argv[3]) : RUNS;
    if (runs < 1 || runs > MOST) return 2;
    unsigned char *cert = read_file(argv[2], &cert_size), *proof = NULL;
    size_t scratch_size = tacit_verify_scratch(cert, cert_size);
    void *scratch = malloc(scratch_size);
    if (!cert || !scratch || tacit_key_open(&key, argv[1], &err) != TACIT_OK) {
        fprintf(stderr, "bench_prove: %s\n", err.text);
        return 1;
    }
    clock_t used = 0;
    for (int i = -1; i < runs; i++) {
        tacit_prove_options o = {0};
        tacit_expectation e = {.certificate_checked = 1};
        tacit_verdict v;
        tacit_free(proof);
        if (prove_noise(key, (uint64_t)i + 7, &o, &proof, &proof_size, &report, &err) != TACIT_OK) {
            fprintf(stderr, "bench_prove: %s\n", err.text);
            return 1;
        }
        double start = now();
        if (tacit_verify(cert, cert_size, proof, proof_size, &e, scratch, scratch_size, &v, &err) != TACIT_OK) {
            fprintf(stderr, "bench_prove: verify: %s\n", err.text);
            return 1;
        }
        if (i < 0) {
            first = report.seconds;
            used = clock();
            continue;
        }
        verify[i] = now() - start;
        prove[i] = report.seconds;
        for (int s = 0; s < 10; s++) steps[s][i] = report.step_seconds[s];
    }
    double processor = (double)(clock() - used) / CLOCKS_PER_SEC / runs;
    printf("  first %.2f ms, processor %.2f ms\n", first * 1e3, processor * 1e3);
    printf("  prove %.2f ms, verify %.2f ms, proof %.1f KiB, peak %.0f MiB\n  ", median(prove, runs) * 1e3,
           median(verify, runs) * 1e3, (double)proof_size / 1024, (double)report.peak_memory / 1048576);
    for (int s = 0; s < 10; s++)
        if (report.step_names[s]) printf("%s %.2f  ", report.step_names[s], median(steps[s], runs) * 1e3);
    printf("(ms)\n");
    tacit_cost cost;
    if (tacit_estimate(tacit_key_model(key), NULL, &cost, &err) == TACIT_OK) {
        printf("  predicted: prove %.2f ms, proof %.1f KiB, peak %.0f MiB\n  work:", cost.prove_seconds * 1e3,
               (double)cost.proof_bytes / 1024, (double)cost.prove_memory / 1048576);
        for (int k = 0; k < TACIT_WORK_KINDS; k++)
            printf(" %s %llu", cost.work_names[k], (unsigned long long)cost.work[k]);
        printf("\n");
    }
    tacit_free(proof);
    tacit_key_close(key);
    free(scratch);
    free(cert);
    return 0;
}
