#include "options.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "errors.h"

static const option_def *find_long(const option_def *defs, const char *name, size_t length) {
    for (const option_def *d = defs; d->name != NULL; d++)
        if (strlen(d->name) == length && memcmp(d->name, name, length) == 0) return d;
    return NULL;
}

static const option_def *find_letter(const option_def *defs, char letter) {
    for (const option_def *d = defs; d->name != NULL; d++)
        if (d->letter != '\0' && d->letter == letter) return d;
    return NULL;
}

static tacit_status use(arguments *a, const option_def *d, const char *value, tacit_error *err) {
    if (!d->repeat && options_has(a, d->name))
        return cli_fail(err, TACIT_USAGE, "--%s: given more than once; give it once", d->name);
    if (a->used == MAX_OPTIONS_USED)
        return cli_fail(err, TACIT_USAGE, "--%s: more than %d options", d->name, MAX_OPTIONS_USED);
    a->use[a->used].def = d;
    a->use[a->used].value = value;
    a->used++;
    return TACIT_OK;
}

/* One option at argv[*at]; takes its value from the same word (--name=value, -ovalue) or from the next one. */
static tacit_status take_option(arguments *a, int argc, char *const *argv, int *at, tacit_error *err) {
    const char *word = argv[*at];
    const char *value = NULL;
    const option_def *d;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        size_t length = equals != NULL ? (size_t)(equals - word) - 2 : strlen(word) - 2;
        d = find_long(a->defs, word + 2, length);
        value = equals != NULL ? equals + 1 : NULL;
    } else {
        d = find_letter(a->defs, word[1]);
        value = word[2] != '\0' ? word + 2 : NULL;
    }
    if (d == NULL) return cli_fail(err, TACIT_USAGE, "%s: unknown option; --help lists them", word);
    if (d->value == NULL) {
        if (value != NULL) return cli_fail(err, TACIT_USAGE, "%s: --%s takes no value", word, d->name);
        return use(a, d, "", err);
    }
    if (value == NULL && *at + 1 < argc) value = argv[++*at];
    if (value == NULL) return cli_fail(err, TACIT_USAGE, "--%s: needs a value: --%s %s", d->name, d->name, d->value);
    return use(a, d, value, err);
}

tacit_status options_parse(arguments *a, const option_def *defs, int argc, char *const *argv, tacit_error *err) {
    *a = (arguments){.defs = defs};
    bool options_ended = false;
    for (int i = 0; i < argc; i++) {
        if (!options_ended && strcmp(argv[i], "--") == 0) {
            options_ended = true;
        } else if (!options_ended && argv[i][0] == '-' && argv[i][1] != '\0') {
            CLI_TRY(take_option(a, argc, argv, &i, err));
        } else {
            if (a->files == MAX_FILES) return cli_fail(err, TACIT_USAGE, "%s: too many files; see --help", argv[i]);
            a->file[a->files++] = argv[i];
        }
    }
    return TACIT_OK;
}

const char *options_value(const arguments *a, const char *name, size_t i) {
    for (size_t u = 0; u < a->used; u++)
        if (strcmp(a->use[u].def->name, name) == 0 && i-- == 0) return a->use[u].value;
    return NULL;
}

bool options_has(const arguments *a, const char *name) {
    return options_value(a, name, 0) != NULL;
}

tacit_status options_need(const char **out, const arguments *a, const char *name, tacit_error *err) {
    *out = options_value(a, name, 0);
    if (*out == NULL) return cli_fail(err, TACIT_USAGE, "--%s is missing; see --help", name);
    return TACIT_OK;
}

bool options_parse_u64(uint64_t *out, const char *text) {
    if (text[0] < '0' || text[0] > '9') return false; /* strtoull takes signs and blanks */
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0') return false;
    *out = v;
    return true;
}

tacit_status options_u64(uint64_t *out, const arguments *a, const char *name, uint64_t lo, uint64_t hi,
                         tacit_error *err) {
    const char *text = options_value(a, name, 0);
    if (text == NULL) return TACIT_OK;
    uint64_t v = 0;
    if (!options_parse_u64(&v, text) || v < lo || v > hi)
        return cli_fail(err, TACIT_USAGE, "--%s %s: must be a number from %llu to %llu", name, text,
                        (unsigned long long)lo, (unsigned long long)hi);
    *out = v;
    return TACIT_OK;
}

tacit_status options_real(double *out, const arguments *a, const char *name, double lo, double hi, tacit_error *err) {
    const char *text = options_value(a, name, 0);
    if (text == NULL) return TACIT_OK;
    char *end = NULL;
    double v = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(v) || v < lo || v > hi)
        return cli_fail(err, TACIT_USAGE, "--%s %s: must be a number from %g to %g", name, text, lo, hi);
    *out = v;
    return TACIT_OK;
}
