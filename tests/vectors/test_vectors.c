/* The published vectors (vectors/): every case is answered again, a changed case is noticed, and the files are what the
 * generator prints. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "field/vec.h"
#include "vectors.h" /* before cmocka, which defines a macro fail */
#include <setjmp.h>
#include <cmocka.h>

static scene world = {.folder = TACIT_SOURCE_DIR "/vectors"};

/* Does the library answer as the case says? */
static bool replay(const char *type, json *test) {
    json *out = json_object_new_object();
    answer(&world, type, test, out);
    bool same = true;
    json_object_object_foreach(out, key, value) {
        json *stated;
        same = same && json_object_object_get_ex(test, key, &stated) && json_object_equal(stated, value);
    }
    json_object_put(out);
    return same;
}

static bytes whole_file(const char *name) {
    bytes b = file_bytes(world.folder, name), text = {vectors_new(b.size + 1, 1), b.size};
    memcpy(text.data, b.data, b.size);
    return text;
}

static void replay_file(json *file, const char *name) {
    json *groups = get(file, "testGroups");
    uint64_t replayed = 0;
    for (size_t g = 0; g < length(groups); g++) {
        json *tests = get(at(groups, g), "tests");
        for (size_t i = 0; i < length(tests); i++) {
            json *test = at(tests, i);
            if (get_number(test, "tcId") != ++replayed) fail_msg("%s: tcId %s", name, get_text(test, "tcId"));
            if (!replay(get_text(at(groups, g), "type"), test))
                fail_msg("%s: case %s (%s)", name, get_text(test, "tcId"), get_text(test, "comment"));
        }
    }
    assert_true(replayed > 0);
    assert_int_equal(replayed, get_number(file, "numberOfTests"));
}

/* The first case of each group, said to end otherwise. */
static void alter_file(json *file, const char *name) {
    json *groups = get(file, "testGroups");
    for (size_t g = 0; g < length(groups); g++) {
        json *test = at(get(at(groups, g), "tests"), 0);
        bool valid = strcmp(get_text(test, "result"), "valid") == 0;
        json_object_object_add(test, "result", text_of(valid ? "invalid" : "valid"));
        if (replay(get_text(at(groups, g), "type"), test)) fail_msg("%s: a changed case of group %zu", name, g);
    }
}

static void each_file(void (*check)(json *file, const char *name)) {
    for (size_t i = 0; i < vector_file_count; i++) {
        char name[64];
        if (!vector_file_name(&vector_files[i], name)) continue;
        json *file = json_tokener_parse((char *)whole_file(name).data);
        if (!file) fail_msg("%s is no JSON", name);
        check(file, name);
        json_object_put(file);
    }
}

static void test_replay(void **state) {
    (void)state;
    each_file(replay_file);
}

static void test_altered(void **state) {
    (void)state;
    each_file(alter_file);
}

/* A format that changes without a new version shows here; `make vectors` prints the files again. */
static void test_as_printed(void **state) {
    (void)state;
    for (size_t i = 0; i < vector_file_count; i++) {
        char name[64];
        if (!vector_file_name(&vector_files[i], name)) continue;
        char *text = make_file(&world, &vector_files[i]);
        if (strcmp(text, (char *)whole_file(name).data) != 0) fail_msg("%s is not what make_vectors prints", name);
        free(text);
    }
}

static int start(void **state) {
    (void)state;
    vec_select(NULL);
    sha256_select(NULL);
    return arena_map(&world.a, (size_t)1 << 30, &world.err) == TACIT_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    arena_unmap(&world.a);
    vectors_free();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_replay), cmocka_unit_test(test_altered),
                                       cmocka_unit_test(test_as_printed)};
    return cmocka_run_group_tests(tests, start, end);
}
