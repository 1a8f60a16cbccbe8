/* options: the command line, by a table. Unknown options are errors, nothing is abbreviated, "--" ends the options. */
#ifndef TACIT_APP_OPTIONS_H
#define TACIT_APP_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tacit/status.h"

typedef struct option_def {
    const char *name;  /* without "--"; NULL ends the table */
    char letter;       /* 0: none */
    const char *value; /* what --help calls its value; NULL: a flag */
    bool repeat;       /* may be given more than once */
    const char *help;
} option_def;

enum { MAX_OPTIONS_USED = 128, MAX_FILES = 4 };

typedef struct arguments {
    const option_def *defs;
    size_t used, files;
    struct {
        const option_def *def;
        const char *value;
    } use[MAX_OPTIONS_USED];
    const char *file[MAX_FILES]; /* what is not an option, in order */
} arguments;

/* argv: without the program's and the subcommand's name. */
TACIT_MUST_CHECK tacit_status options_parse(arguments *a, const option_def *defs, int argc, char *const *argv,
                                            tacit_error *err);
bool options_has(const arguments *a, const char *name);
/* The i-th value given for `name`, NULL behind the last one. */
const char *options_value(const arguments *a, const char *name, size_t i);
/* USAGE when the option is missing. */
TACIT_MUST_CHECK tacit_status options_need(const char **out, const arguments *a, const char *name, tacit_error *err);
/* Values of an option that is given: the whole text, decimal, within [lo, hi]. Absent: *out stays. */
TACIT_MUST_CHECK tacit_status options_u64(uint64_t *out, const arguments *a, const char *name, uint64_t lo, uint64_t hi,
                                          tacit_error *err);
TACIT_MUST_CHECK tacit_status options_real(double *out, const arguments *a, const char *name, double lo, double hi,
                                           tacit_error *err);
/* A decimal number and nothing else. */
bool options_parse_u64(uint64_t *out, const char *text);

#endif
