/* tacit: the command. This file is its table of contents; each subcommand is a file of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "errors.h"
#include "interrupt.h"
#include "version.h"

static const command *const commands[] = {
    &cmd_check,   /* which operators work, what it will cost */
    &cmd_compile, /* onnx -> integer program and weights */
    &cmd_commit,  /* model -> certificate and key */
    &cmd_run,     /* integer and float outputs */
    &cmd_prove,   /* key, input -> proof */
    &cmd_verify,  /* certificate, proof -> verdict */
    &cmd_inspect, /* what is in a file */
    &cmd_params,  /* soundness in bits */
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to) {
    (void)fputs("tacit: prove that a committed model gave this output on this input, without showing the model\n\n"
                "usage: tacit COMMAND ...\n\n",
                to);
    for (size_t i = 0; i < COMMANDS; i++) (void)fprintf(to, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    (void)fputs("\n  tacit COMMAND --help   a command's options and examples\n"
                "  tacit --version\n\nexit codes:\n",
                to);
#define TACIT_X(name, code, text) (void)fprintf(to, "  %2d  %s\n", code, text);
    TACIT_STATUS_TABLE(TACIT_X)
#undef TACIT_X
}

static void print_command_help(const command *c) {
    (void)printf("tacit %s: %s\n\nusage: tacit %s %s\n\noptions:\n", c->name, c->summary, c->name, c->synopsis);
    for (const option_def *d = c->options; d->name != NULL; d++) {
        char left[64];
        (void)snprintf(left, sizeof left, "--%s%s%s%s%c", d->name, d->value != NULL ? " " : "",
                       d->value != NULL ? d->value : "", d->letter != '\0' ? ", -" : "", d->letter);
        (void)printf("  %-28s  %s\n", left, d->help);
    }
    (void)printf("\nexamples:\n%s", c->examples);
}

static int print_error(const char *name, tacit_status status, const tacit_error *err) {
    interrupt_progress_end();
    char clean[2 * sizeof err->text];
    const char *text = err->text[0] != '\0' ? err->text : tacit_status_text(status);
    cli_clean(clean, sizeof clean, text, strlen(text));
    /* A text with a semicolon says itself what to do. */
    const char *advice = strchr(text, ';') == NULL ? cli_advice(status) : "";
    if (status == TACIT_VERSION && strstr(text, "security profile") != NULL)
        advice = "--security 100 or 128 chooses it";
    if (status == TACIT_REJECTED) {
        (void)fprintf(stderr, "tacit %s: %s [%s]\n", name, clean, tacit_reject_name(err->reject));
    } else {
        (void)fprintf(stderr, "tacit %s: %s%s%s\n", name, clean, advice[0] != '\0' ? "; " : "", advice);
    }
    return (int)status;
}

static tacit_status check_files(const command *c, const arguments *args, tacit_error *err) {
    if (args->files < c->min_files)
        return cli_fail(err, TACIT_USAGE, "a file is missing; see tacit %s --help", c->name);
    if (args->files > c->max_files)
        return cli_fail(err, TACIT_USAGE, "%s: one file too many; see tacit %s --help", args->file[c->max_files],
                        c->name);
    return TACIT_OK;
}

/* 100 unless the command line says otherwise. */
static tacit_status read_security(uint64_t *bits, const arguments *args, tacit_error *err) {
    *bits = 100;
    CLI_TRY(options_u64(bits, args, "security", 0, UINT64_MAX, err));
    if (*bits == 100 || *bits == 128) return TACIT_OK;
    return cli_fail(err, TACIT_USAGE, "--security %s: must be 100 or 128", options_value(args, "security", 0));
}

/* argv: the program's name, the command's, then its own. */
static int run_command(const command *c, int argc, char **argv) {
    static arguments args;
    tacit_error err = {0};
    report r;
    uint64_t bits;
    tacit_status status = options_parse(&args, c->options, argc - 2, argv + 2, &err);
    if (status == TACIT_OK && options_has(&args, "help")) {
        print_command_help(c);
        return 0;
    }
    if (status == TACIT_OK) status = read_security(&bits, &args, &err);
#if EXT_DEG == 2
    if (status == TACIT_OK && bits != COMMAND_SECURITY) return command_main_128(argc, argv);
#endif
    report_open(&r, options_has(&args, "json"));
    if (status == TACIT_OK) status = check_files(c, &args, &err);
    if (status == TACIT_OK) status = c->run(&args, &r, &err);
    status = report_close(&r, c->name, status, &err);
    return status == TACIT_OK ? 0 : print_error(c->name, status, &err);
}

int command_main(int argc, char **argv) {
    interrupt_install();
    if (argc < 2) {
        print_help(stderr);
        return TACIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("tacit " APP_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i]->name) == 0) return run_command(commands[i], argc, argv);
    (void)fprintf(stderr, "tacit: %s: unknown command; tacit --help lists them\n", argv[1]);
    return TACIT_USAGE;
}
