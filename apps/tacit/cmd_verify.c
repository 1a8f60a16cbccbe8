/* tacit verify: is it true? Exit code 0: verified, 1: rejected. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "cache.h"
#include "errors.h"
#include "disk.h"
#include "shown.h"
#include "tacit/verify.h"

enum { MAX_CONTEXT = 65535, MORE_SCRATCH = 16 };
#define MAX_SCRATCH ((size_t)1 << 36)

static const option_def options[] = {
    {"cert", 0, "FILE", false, "the model's certificate; required"},
    {"model-digest", 0, "HEX", false, "the digest the model's owner published; without it any certificate will do"},
    {"context", 0, "TEXT", false, "the proof must be bound to exactly this text"},
    {"output", 0, "FILE", false, "the proof must show these outputs (integers exactly, reals after rounding)"},
    {"input", 0, "FILE", false, "the proof must show these inputs (after rounding)"},
    {"no-cache", 0, NULL, false, "check the certificate's range proof even if it was checked before"},
    COMMON_OPTIONS,
};

typedef struct check {
    file_bytes cert, proof;
    void *scratch;
    size_t scratch_size;
    bool has_model;
    uint8_t model[32];
    tacit_expectation expect;
    tacit_verdict verdict;
    bool reached; /* the verdict is filled */
    bool from_cache;
    double certificate_seconds, seconds;
} check;

static double now_seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static tacit_status read_digest(check *k, const arguments *args, tacit_error *err) {
    const char *hex = options_value(args, "model-digest", 0);
    if (hex == NULL) return TACIT_OK;
    size_t i = 0;
    for (; strlen(hex) == 64 && i < 32; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) break;
        k->model[i] = (uint8_t)(high << 4 | low);
    }
    if (i != 32) return cli_fail(err, TACIT_USAGE, "--model-digest: must be 64 hexadecimal digits");
    k->has_model = true;
    k->expect.model = k->model;
    return TACIT_OK;
}

/* Scratch is written once, from its start: on small pages the faults take a good part of a short verification. */
static void *new_scratch(size_t size) {
    const size_t huge = (size_t)2 << 20, whole = (size + huge - 1) / huge * huge;
    void *memory = aligned_alloc(huge, whole);
#ifdef MADV_HUGEPAGE
    if (memory != NULL) (void)madvise(memory, whole, MADV_HUGEPAGE); /* a wish */
#endif
    return memory;
}

static tacit_status read_files(check *k, const arguments *args, tacit_error *err) {
    const char *cert, *context = options_value(args, "context", 0);
    CLI_TRY(options_need(&cert, args, "cert", err));
    CLI_TRY(read_digest(k, args, err));
    if (context != NULL && strlen(context) > MAX_CONTEXT)
        return cli_fail(err, TACIT_USAGE, "--context: more than %d bytes", MAX_CONTEXT);
    k->expect.context = context;
    k->expect.context_size = context != NULL ? (uint32_t)strlen(context) : 0;
    CLI_TRY(disk_read(&k->cert, cert, FILE_MAX_CERTIFICATE, err));
    CLI_TRY(disk_read(&k->proof, args->file[0], FILE_MAX_PROOF, err));
    k->scratch_size = tacit_verify_scratch(k->cert.data, k->cert.size);
    if (k->scratch_size == 0) {
        /* The library says why. */
        CLI_TRY(cli_at(cert, tacit_verify_certificate(k->cert.data, k->cert.size, NULL, 0, &k->verdict, err), err));
        return cli_fail(err, TACIT_MALFORMED, "%s: not a certificate", cert);
    }
    if (k->scratch_size > MAX_SCRATCH)
        return cli_fail(err, TACIT_RESOURCES, "%s: asks for %zu bytes of memory", cert, k->scratch_size);
    k->scratch = new_scratch(k->scratch_size);
    if (k->scratch == NULL) return cli_fail(err, TACIT_RESOURCES, "%s: no memory for %zu bytes", cert, k->scratch_size);
    return TACIT_OK;
}

/* Twice the scratch, when what it stated was too little; at most MORE_SCRATCH times as much. */
static bool more_scratch(check *k, tacit_status status) {
    size_t stated = tacit_verify_scratch(k->cert.data, k->cert.size);
    if (status != TACIT_RESOURCES || k->scratch_size >= MORE_SCRATCH * stated) return false;
    void *larger = new_scratch(2 * k->scratch_size);
    if (larger == NULL) return false;
    free(k->scratch);
    k->scratch = larger;
    k->scratch_size *= 2;
    return true;
}

static tacit_status verify_certificate(check *k, tacit_error *err) {
    tacit_status status;
    do status = tacit_verify_certificate(k->cert.data, k->cert.size, k->scratch, k->scratch_size, &k->verdict, err);
    while (more_scratch(k, status));
    return status;
}

static tacit_status verify_proof(check *k, tacit_error *err) {
    tacit_status status;
    do
        status = tacit_verify(k->cert.data, k->cert.size, k->proof.data, k->proof.size, &k->expect, k->scratch,
                              k->scratch_size, &k->verdict, err);
    while (more_scratch(k, status));
    return status;
}

/* The certificate's own range proof: once for a certificate, then remembered. */
static tacit_status check_certificate(check *k, const arguments *args, tacit_error *err) {
    bool cached = !options_has(args, "no-cache");
    k->from_cache = cached && cache_has(k->cert.data, k->cert.size);
    if (!k->from_cache) {
        double start = now_seconds();
        tacit_status status = verify_certificate(k, err);
        k->certificate_seconds = now_seconds() - start;
        CLI_TRY(cli_at(options_value(args, "cert", 0), status, err));
        if (cached) cache_add(k->cert.data, k->cert.size);
    }
    k->expect.certificate_checked = 1;
    return TACIT_OK;
}

static tacit_status check_proof(check *k, const arguments *args, tacit_error *err) {
    double start = now_seconds();
    k->verdict = (tacit_verdict){0};
    tacit_status status = verify_proof(k, err);
    k->seconds = now_seconds() - start;
    CLI_TRY(cli_at(args->file[0], status, err));
    k->reached = true;
    const char *input = options_value(args, "input", 0), *output = options_value(args, "output", 0);
    if (input != NULL) CLI_TRY(shown_compare(&k->verdict, false, input, err));
    if (output != NULL) CLI_TRY(shown_compare(&k->verdict, true, output, err));
    return TACIT_OK;
}

static void report_context(report *r, const tacit_verdict *v) {
    static char text[MAX_CONTEXT + 1];
    if (v->context_size > MAX_CONTEXT || (v->context == NULL && v->context_size > 0)) return;
    if (v->context_size > 0) memcpy(text, v->context, v->context_size);
    text[v->context_size] = '\0';
    for (size_t i = 0; i < v->context_size; i++)
        if (text[i] == '\0') text[i] = '?';
    report_text(r, "context", text);
    report_count(r, "context_size", v->context_size);
}

static void report_check(report *r, const check *k, tacit_status status, const tacit_error *err) {
    if (status != TACIT_OK && status != TACIT_REJECTED) return;
    report_text(r, "verdict", status == TACIT_OK ? "verified" : "rejected");
    if (status == TACIT_REJECTED) {
        report_text(r, "rejected_by", tacit_reject_name(err->reject));
        report_text(r, "reason", tacit_reject_text(err->reject));
        return; /* what a rejected proof shows means nothing */
    }
    if (!k->reached) return;
    report_hex(r, "model_digest", k->verdict.model, 32);
    report_yes(r, "model_digest_compared", k->has_model);
    report_hex(r, "certificate_digest", k->verdict.certificate, 32);
    report_hex(r, "program_digest", k->verdict.program, 32);
    report_count(r, "security_bits", k->verdict.security);
    report_context(r, &k->verdict);
    shown_report(r, &k->verdict);
    report_yes(r, "certificate_from_cache", k->from_cache);
    report_real(r, "certificate_seconds", k->certificate_seconds);
    report_real(r, "verify_seconds", k->seconds);
    report_bytes(r, "memory", k->scratch_size);
    if (!k->has_model) report_note(r, "Compare the model digest with the one its owner published (--model-digest).");
}

static tacit_status run(const arguments *args, report *r, tacit_error *err) {
    static check k;
    tacit_status status = read_files(&k, args, err);
    if (status == TACIT_OK) status = check_certificate(&k, args, err);
    if (status == TACIT_OK) status = check_proof(&k, args, err);
    report_check(r, &k, status, err);
    disk_wipe(&k.cert);
    disk_wipe(&k.proof);
    free(k.scratch);
    return status;
}

const command cmd_verify = {
    .name = "verify",
    .summary = "verify a proof: exit code 0 verified, 1 rejected",
    .synopsis = "--cert m.cert PROOF [--model-digest HEX] [--context TEXT] [--output FILE] [--input FILE]\n"
                "       [--no-cache] [--json]",
    .examples = "  tacit verify --cert m.cert x.tacit-proof --model-digest 5f1c...\n"
                "  tacit verify --cert m.cert x.tacit-proof --context \"order 17\" --output y.npy\n",
    .options = options,
    .min_files = 1,
    .max_files = 1,
    .run = run,
};
