#include "vectors.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- memory */
static void **kept;
static size_t kept_count, kept_capacity;

void *vectors_new(size_t count, size_t size) {
    if (kept_count == kept_capacity) {
        kept_capacity = kept_capacity * 2 + 64;
        kept = realloc(kept, kept_capacity * sizeof *kept);
    }
    void *p = calloc(count ? count : 1, size);
    if (!kept || !p) vectors_fail("out of memory%s", "");
    return kept[kept_count++] = p;
}

void vectors_free(void) {
    while (kept_count) free(kept[--kept_count]);
    free(kept);
    kept = NULL;
    kept_capacity = 0;
}

void vectors_fail(const char *format, const char *what) {
    fprintf(stderr, "vectors: ");
    fprintf(stderr, format, what);
    fprintf(stderr, "\n");
    exit(1);
}

/* ---------------------------------------------------------------- reading */
bool has(json *o, const char *key) {
    json *v;
    return json_object_object_get_ex(o, key, &v);
}

json *get(json *o, const char *key) {
    json *v;
    if (!json_object_object_get_ex(o, key, &v)) vectors_fail("no \"%s\"", key);
    return v;
}

size_t length(json *array) {
    if (!json_object_is_type(array, json_type_array)) vectors_fail("not a list: %s", json_object_to_json_string(array));
    return json_object_array_length(array);
}

json *at(json *array, size_t i) {
    return json_object_array_get_idx(array, i);
}

const char *get_text(json *o, const char *key) {
    return json_object_get_string(get(o, key));
}

uint64_t number_of(json *v) {
    const char *text = json_object_get_string(v);
    char *end;
    uint64_t n = strtoull(text, &end, 10);
    if (*end || end == text || *text == '-') vectors_fail("not a number: %s", text);
    return n;
}

int64_t signed_of(json *v) {
    const char *text = json_object_get_string(v);
    char *end;
    int64_t n = strtoll(text, &end, 10);
    if (*end || end == text) vectors_fail("not a number: %s", text);
    return n;
}

uint64_t get_number(json *o, const char *key) {
    return number_of(get(o, key));
}
int64_t get_signed(json *o, const char *key) {
    return signed_of(get(o, key));
}

static unsigned nibble(char c) {
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f') return (unsigned)(c - 'a') + 10;
    vectors_fail("bad hexadecimal digits%s", "");
}

bytes bytes_of(json *v) {
    const char *text = json_object_get_string(v);
    size_t n = strlen(text);
    if (n % 2) vectors_fail("an odd number of hexadecimal digits: %s", text);
    bytes b = {vectors_new(n / 2, 1), n / 2};
    for (size_t i = 0; i < n / 2; i++) b.data[i] = (unsigned char)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
    return b;
}

bytes get_bytes(json *o, const char *key) {
    return bytes_of(get(o, key));
}

digest digest_of(json *v) {
    digest d;
    bytes b = bytes_of(v);
    if (b.size != sizeof d.b) vectors_fail("not 32 bytes: %s", json_object_get_string(v));
    memcpy(d.b, b.data, sizeof d.b);
    return d;
}

gl gl_of(json *v) {
    gl a = number_of(v);
    if (a >= GL_P) vectors_fail("not an element of F: %s", json_object_get_string(v));
    return a;
}

ext ext_of(json *v) {
    ext r = EXT_ZERO;
    if (length(v) != EXT_DEG) vectors_fail("not an element of E: %s", json_object_to_json_string(v));
    for (size_t j = 0; j < EXT_DEG; j++) r.c[j] = gl_of(at(v, j));
    return r;
}

gl *get_gls(json *o, const char *key, size_t *n) {
    json *v = get(o, key);
    *n = length(v);
    gl *out = vectors_new(*n, sizeof *out);
    for (size_t i = 0; i < *n; i++) out[i] = gl_of(at(v, i));
    return out;
}

ext *get_exts(json *o, const char *key, size_t *n) {
    json *v = get(o, key);
    *n = length(v);
    ext *out = vectors_new(*n, sizeof *out);
    for (size_t i = 0; i < *n; i++) out[i] = ext_of(at(v, i));
    return out;
}

bytes file_bytes(const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0) vectors_fail("cannot read %s", path);
    long size = ftell(f);
    bytes b = {vectors_new((size_t)size, 1), (size_t)size};
    rewind(f);
    if (fread(b.data, 1, b.size, f) != b.size) vectors_fail("cannot read %s", path);
    fclose(f);
    return b;
}

/* ---------------------------------------------------------------- writing */
json *text_of(const char *text) {
    return json_object_new_string(text);
}

json *json_word(uint64_t v) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, v);
    return text_of(text);
}

json *json_signed(int64_t v) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, v);
    return text_of(text);
}

json *json_bytes(const void *data, size_t size) {
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = data;
    char *text = vectors_new(2 * size + 1, 1);
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[p[i] >> 4];
        text[2 * i + 1] = digits[p[i] & 15];
    }
    return text_of(text);
}

json *json_digest(digest d) {
    return json_bytes(d.b, sizeof d.b);
}

json *json_words(const uint64_t *v, size_t n) {
    json *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) json_object_array_add(list, json_word(v[i]));
    return list;
}

json *json_ext(ext v) {
    return json_words(v.c, EXT_DEG);
}

json *json_exts(const ext *v, size_t n) {
    json *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) json_object_array_add(list, json_ext(v[i]));
    return list;
}

void put(json *o, const char *key, json *v) {
    json *old;
    if (json_object_object_get_ex(o, key, &old)) vectors_fail("\"%s\" twice in one case", key);
    json_object_object_add(o, key, v);
}

void put_count(json *o, const char *key, uint64_t v) {
    put(o, key, json_object_new_int64((int64_t)v));
}
