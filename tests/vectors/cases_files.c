/* Cases for programs, certificates, models and whole proofs. Each is a text for assemble() with one place changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commit/geometry.h"
#include "commit/queries.h"
#include "program/model.h"
#include "vectors.h"

char *replaced(const char *text, const char *from, const char *to) {
    const char *place = strstr(text, from);
    if (!place || strstr(place + 1, from)) vectors_fail("not once in the text: %s", from);
    char *out = vectors_new(strlen(text) + strlen(to) + 1, 1);
    memcpy(out, text, (size_t)(place - text));
    strcpy(out + (place - text), to);
    strcat(out, place + strlen(from));
    return out;
}

/* A change of a base text; from == NULL: `to` is the whole text. */
typedef struct change {
    const char *flag, *comment, *from, *to;
} change;

static void change_cases(json *g, const char *key, const char *base, const change *changes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const change *c = &changes[i];
        bytes b = assemble(c->from ? replaced(base, c->from, c->to) : c->to ? c->to : base);
        put(add_case(g, c->flag, c->comment), key, json_bytes(b.data, b.size));
    }
}
#define CHANGES(g, key, base, list) change_cases(g, key, base, list, sizeof(list) / sizeof *(list))

#include "program_changes.h"

const char small_public[] = SMALL_PUBLIC;

bytes small_model(void) {
    return assemble(SMALL_MODEL);
}

json *program_cases(scene *s) {
    json *file = new_file(
        "Programs (TACP, relation part)",
        "docs/formats.md, section 2; docs/protocol.md, section 3; intervals: of all tensors but the multiplicities",
        false);
    (void)s;
    add_note(file, "Form",
             "bytes: numbers in shortest form, names, nothing after the end, version: MALFORMED, VERSION");
    add_note(file, "Limit", "a list or number at its limit, or beyond it: MALFORMED");
    add_note(file, "Sequence", "one string of bytes per sequence: MALFORMED");
    add_note(file, "Tensor", "kinds, order, names, terms: MALFORMED");
    add_note(file, "View", "groups partition the axes, sorted; maps stay in the source: MALFORMED");
    add_note(file, "Relation", "tables, constraints, labels, lookups: MALFORMED");
    add_note(file, "Gather", "rows of a parameter or constant by index, version 2: MALFORMED");
    add_note(file, "Range", "equality in F is equality of integers (docs/protocol.md, 3.2): MALFORMED");
    json *g = add_group(file, "Program", "the relation part alone");
    CHANGES(g, "program", PROGRAM_BASE, program_changes);
    return file;
}

json *certificate_cases(scene *s) {
    json *file =
        new_file("Certificate bytes", "docs/formats.md, section 4; rangeProgram: the range program made of it", false);
    char base[512], to[64];
    unsigned t = certificate_queries(10);
    (void)s;
    snprintf(base, sizeof base, "1 1  10 3 %u 4 %u  3  'w1 2 5 6 %%-4 %%3  'w2 1 7 %%0 %%0  'w3 2 2 3 %%-4 %%3  xab*32",
             4 * t, t);
    snprintf(to, sizeof to, "%u 4 %u", 4 * t, t);
    add_note(file, "Form",
             "bytes: numbers in shortest form, names, nothing after the end, version, field: MALFORMED, VERSION, "
             "UNSUPPORTED");
    add_note(file, "Sizes", "the tail hides all openings, and the weights end before it: MALFORMED");
    add_note(file, "Item", "names, shapes, intervals: MALFORMED");
    json *g = add_group(file, "Certificate", "the certificate bytes alone");
    CHANGES(g, "certificate", base, certificate_changes);
    const int sizes[][3] = {{4, 4, 1}, {4, 4, -1}, {4, 5, 0}, {4, 0, 0}, {3, 4, 0}, {0, 1, 0}};
    static const char *const why[] = {"t_max above the least",
                                      "t_max below the least",
                                      "more openings than the tail hides",
                                      "no openings",
                                      "a tail shorter than openings times t_max",
                                      "no tail"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char with[64];
        unsigned t_max = (unsigned)((int)t + sizes[i][2]);
        snprintf(with, sizeof with, "%u %d %u", (unsigned)sizes[i][0] * t_max, sizes[i][1], t_max);
        bytes b = assemble(replaced(base, to, with));
        put(add_case(g, "Sizes", why[i]), "certificate", json_bytes(b.data, b.size));
    }
    return file;
}

json *model_cases(scene *s) {
    json *file =
        new_file("Models (TACM)", "docs/formats.md, section 3; weights: of the parameters in program order", false);
    (void)s;
    add_note(file, "Form", "magic, version, lengths, checksum: MALFORMED, VERSION");
    add_note(file, "Public", "the list of inputs and outputs: MALFORMED");
    add_note(file, "Advice", "the executor's steps fit their relations: MALFORMED");
    add_note(file, "Weights", "shortest width, inside the interval: MALFORMED, VALUE");
    json *g = add_group(file, "Model", "a whole file");
    CHANGES(g, "model", MODEL_BASE, model_changes);
    return file;
}
