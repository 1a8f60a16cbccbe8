#include "vectors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "field/vec.h"

/* ---------------------------------------------------------------- answers */
void put_valid(json *out) {
    put(out, "result", text_of("valid"));
}

void put_invalid(json *out, const char *reason) {
    put(out, "result", text_of("invalid"));
    put(out, "reason", text_of(reason));
}

void put_status(json *out, tacit_status status, const tacit_error *err) {
    if (status == TACIT_OK) return put_valid(out);
    if (getenv("VECTORS_EXPLAIN")) fprintf(stderr, "  %s\n", err->text);
    put_invalid(out, status == TACIT_REJECTED ? tacit_reject_name(err->reject) : tacit_status_name(status));
}

void answer(scene *s, const char *type, json *test, json *out) {
    const answer_entry *const tables[] = {arithmetic_answers, protocol_answers, file_answers};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const answer_entry *e = tables[i]; e->type; e++) {
            if (strcmp(e->type, type) != 0) continue;
            size_t mark = arena_mark(&s->a);
            memset(&s->err, 0, sizeof s->err);
            e->function(s, test, out);
            arena_release(&s->a, mark);
            return;
        }
    vectors_fail("no answer to \"%s\"", type);
}

/* ---------------------------------------------------------------- files */
const vector_file vector_files[] = {{"field", false, field_cases},
                                    {"extension", true, extension_cases},
                                    {"transform", false, transform_cases},
                                    {"sha256", false, sha256_cases},
                                    {"merkle", true, merkle_cases},
                                    {"transcript", true, transcript_cases},
                                    {"ladder", true, ladder_cases},
                                    {"sumcheck", true, sumcheck_cases},
                                    {"logup", true, logup_cases},
                                    {"program", false, program_cases},
                                    {"certificate", false, certificate_cases},
                                    {"model", false, model_cases},
                                    {"proof", true, proof_cases}};
const size_t vector_file_count = sizeof vector_files / sizeof *vector_files;

bool vector_file_name(const vector_file *f, char name[64]) {
    snprintf(name, 64, f->of_degree ? "%s-%d.json" : "%s.json", f->name, EXT_DEG);
    return f->of_degree || EXT_DEG == 2;
}

json *new_file(const char *algorithm, const char *text, bool of_degree) {
    json *file = json_object_new_object();
    put(file, "algorithm", text_of(algorithm));
    put(file, "header", text_of(text));
    put_count(file, "formatVersion", 1);
    if (of_degree) put_count(file, "extensionDegree", EXT_DEG);
    put_count(file, "numberOfTests", 0);
    put(file, "notes", json_object_new_object());
    put(file, "testGroups", json_object_new_array());
    return file;
}

void add_note(json *file, const char *flag, const char *text) {
    put(get(file, "notes"), flag, text_of(text));
}

json *add_group(json *file, const char *type, const char *comment) {
    json *group = json_object_new_object();
    put(group, "type", text_of(type));
    put(group, "comment", text_of(comment));
    put(group, "tests", json_object_new_array());
    json_object_array_add(get(file, "testGroups"), group);
    return group;
}

json *add_case(json *group, const char *flag, const char *comment) {
    json *test = json_object_new_object(), *flags = json_object_new_array();
    put_count(test, "tcId", 0);
    put(test, "comment", text_of(comment));
    if (flag) json_object_array_add(flags, text_of(flag));
    put(test, "flags", flags);
    json_object_array_add(get(group, "tests"), test);
    return test;
}

/* ---------------------------------------------------------------- numbers */
static uint64_t random_state;

void random_start(uint64_t seed) {
    random_state = seed;
}

/* splitmix64 */
uint64_t random_word(void) {
    uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

gl random_gl(void) {
    uint64_t v;
    do v = random_word();
    while (v >= GL_P);
    return v;
}

ext random_ext(void) {
    ext e;
    for (int j = 0; j < EXT_DEG; j++) e.c[j] = random_gl();
    return e;
}

/* ---------------------------------------------------------------- printing: one test a line */
/* A case may state a result itself (published elsewhere): then the library must give the same. */
static void merge(json *test, json *out) {
    json_object_object_foreach(out, key, value) {
        json *own;
        if (!json_object_object_get_ex(test, key, &own))
            json_object_object_add(test, key, json_object_get(value));
        else if (!json_object_equal(own, value))
            vectors_fail("the library gives another result for \"%s\"", get_text(test, "comment"));
    }
}

static void complete(scene *s, json *file) {
    json *groups = get(file, "testGroups");
    uint64_t number = 0;
    for (size_t g = 0; g < length(groups); g++) {
        json *tests = get(at(groups, g), "tests");
        for (size_t i = 0; i < length(tests); i++) {
            json *test = at(tests, i), *out = json_object_new_object(), *flags = get(test, "flags");
            for (size_t k = 0; k < length(flags); k++)
                (void)get_text(get(file, "notes"), json_object_get_string(at(flags, k)));
            if (getenv("VECTORS_EXPLAIN")) fprintf(stderr, "%s\n", get_text(test, "comment"));
            answer(s, get_text(at(groups, g), "type"), test, out);
            merge(test, out);
            json_object_put(out);
            json_object_object_add(test, "tcId", json_object_new_int64((int64_t)++number));
        }
    }
    json_object_object_add(file, "numberOfTests", json_object_new_int64((int64_t)number));
}

static void print_line(FILE *f, const char *indent, json *v, const char *end) {
    fprintf(f, "%s%s%s\n", indent, json_object_to_json_string_ext(v, JSON_C_TO_STRING_NOSLASHESCAPE), end);
}

static void print_group(FILE *f, json *group, bool last) {
    json *tests = get(group, "tests");
    fprintf(f, "    {\n      \"type\": \"%s\",\n      \"comment\": \"%s\",\n      \"tests\": [\n",
            get_text(group, "type"), get_text(group, "comment"));
    for (size_t i = 0; i < length(tests); i++)
        print_line(f, "        ", at(tests, i), i + 1 < length(tests) ? "," : "");
    fprintf(f, "      ]\n    }%s\n", last ? "" : ",");
}

char *make_file(scene *s, const vector_file *v) {
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    memset(&s->err, 0, sizeof s->err);
    json *file = v->make(s);
    complete(s, file);
    fprintf(f, "{\n");
    json_object_object_foreach(file, key, value) {
        if (json_object_is_type(value, json_type_array)) continue; /* the groups are last */
        fprintf(f, "  \"%s\": ", key);
        print_line(f, "", value, ",");
    }
    fprintf(f, "  \"testGroups\": [\n");
    json *groups = get(file, "testGroups");
    for (size_t i = 0; i < length(groups); i++) print_group(f, at(groups, i), i + 1 == length(groups));
    fprintf(f, "  ]\n}\n");
    fclose(f);
    json_object_put(file);
    return text;
}
