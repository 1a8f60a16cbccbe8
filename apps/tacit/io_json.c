#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "io_json.h"
#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "errors.h"

enum { MAX_DEPTH = ARRAY_MAX_RANK + 3 };

bool json_is(const unsigned char *data, size_t size) {
    size_t i = 0;
    while (i < size && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t')) i++;
    return i < size && data[i] == '{';
}

/* The tree holds the inputs twice: as numbers and, for reals, as their text. */
static void wipe_tree(struct json_object *o) {
    if (json_object_is_type(o, json_type_array)) {
        size_t n = json_object_array_length(o);
        for (size_t i = 0; i < n; i++) wipe_tree(json_object_array_get_idx(o, i));
    } else if (json_object_is_type(o, json_type_object)) {
        json_object_object_foreach(o, key, value) {
            (void)key;
            wipe_tree(value);
        }
    } else if (json_object_is_type(o, json_type_double)) {
        char *text = json_object_get_userdata(o);
        if (text != NULL) explicit_bzero(text, strlen(text));
        (void)json_object_set_double(o, 0.0);
    } else if (json_object_is_type(o, json_type_int)) {
        (void)json_object_set_int64(o, 0);
    }
}

/* Shape by the first element of each level; fill() holds the others against it. */
static tacit_status find_shape(array *a, struct json_object *list, tacit_error *err) {
    a->rank = 0;
    for (struct json_object *o = list; json_object_is_type(o, json_type_array); o = json_object_array_get_idx(o, 0)) {
        if (a->rank == ARRAY_MAX_RANK) return cli_fail(err, TACIT_SHAPE, "more than %d axes", ARRAY_MAX_RANK);
        a->dim[a->rank++] = json_object_array_length(o);
        if (json_object_array_length(o) == 0) break;
    }
    a->flat = a->rank == 1;
    return TACIT_OK;
}

static tacit_status store(array *a, uint64_t to, struct json_object *o, tacit_error *err) {
    if (json_object_is_type(o, json_type_boolean)) {
        a->real[to] = json_object_get_boolean(o) ? 1.0 : 0.0;
    } else if (json_object_is_type(o, json_type_int)) {
        const int64_t v = json_object_get_int64(o); /* the nearest int64 */
        if (v > DATA_EXACT || v < -DATA_EXACT)
            return cli_fail(err, TACIT_VALUE, "element %llu is beyond 2^53", (unsigned long long)to);
        a->real[to] = (double)v;
    } else if (json_object_is_type(o, json_type_double)) {
        a->real[to] = json_object_get_double(o);
    } else if (json_object_is_type(o, json_type_array)) {
        return cli_fail(err, TACIT_MALFORMED,
                        "element %llu is a list where others are numbers; give all parts one shape",
                        (unsigned long long)to);
    } else {
        return cli_fail(err, TACIT_VALUE, "element %llu is not a number", (unsigned long long)to);
    }
    if (isfinite(a->real[to])) return TACIT_OK;
    return cli_fail(err, TACIT_VALUE, "element %llu is %s; only finite numbers can be used", (unsigned long long)to,
                    isnan(a->real[to]) ? "NaN" : "infinite");
}

static tacit_status fill(array *a, struct json_object *o, uint32_t axis, uint64_t *to, tacit_error *err) {
    if (axis == a->rank) {
        tacit_status status = store(a, *to, o, err);
        ++*to;
        return status;
    }
    if (!json_object_is_type(o, json_type_array) || json_object_array_length(o) != a->dim[axis])
        return cli_fail(err, TACIT_MALFORMED, "near element %llu: a list with parts of different shapes",
                        (unsigned long long)*to);
    for (size_t i = 0; i < a->dim[axis]; i++) CLI_TRY(fill(a, json_object_array_get_idx(o, i), axis + 1, to, err));
    return TACIT_OK;
}

static tacit_status read_list(data_set *d, struct json_object *list, tacit_error *err) {
    if (d->count == DATA_MAX_ARRAYS) return cli_fail(err, TACIT_RESOURCES, "more than %d lists", DATA_MAX_ARRAYS);
    array a = {0};
    CLI_TRY(find_shape(&a, list, err));
    CLI_TRY(array_allocate(&a, false, err));
    uint64_t to = 0;
    tacit_status status = fill(&a, list, 0, &to, err);
    if (status != TACIT_OK) {
        array_free(&a);
        return status;
    }
    d->item[d->count++] = a;
    return TACIT_OK;
}

/* [[null]]: how exporters write the data of a model without inputs. */
static bool says_nothing(struct json_object *lists) {
    if (json_object_array_length(lists) != 1) return false;
    struct json_object *list = json_object_array_get_idx(lists, 0);
    return json_object_is_type(list, json_type_array) && json_object_array_length(list) == 1 &&
           json_object_is_type(json_object_array_get_idx(list, 0), json_type_null);
}

static tacit_status read_tree(data_set *d, struct json_object *root, const char *key, tacit_error *err) {
    struct json_object *lists = NULL;
    if (!json_object_is_type(root, json_type_object) || !json_object_object_get_ex(root, key, &lists) ||
        !json_object_is_type(lists, json_type_array))
        return cli_fail(err, TACIT_MALFORMED, "no list \"%s\"; expected {\"%s\": [[...]]}", key, key);
    d->ordered = true;
    size_t n = json_object_array_length(lists);
    if (n == 0) return cli_fail(err, TACIT_MALFORMED, "\"%s\" is empty", key);
    if (says_nothing(lists)) return TACIT_OK;
    for (size_t i = 0; i < n; i++) CLI_TRY(read_list(d, json_object_array_get_idx(lists, i), err));
    return TACIT_OK;
}

static bool only_blanks(const unsigned char *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (data[i] != ' ' && data[i] != '\n' && data[i] != '\r' && data[i] != '\t') return false;
    return true;
}

tacit_status json_read(data_set *d, const unsigned char *data, size_t size, const char *key, tacit_error *err) {
    if (size > JSON_MAX_BYTES || size > INT_MAX)
        return cli_fail(err, TACIT_RESOURCES, "more than %llu bytes of JSON; use npz",
                        (unsigned long long)JSON_MAX_BYTES);
    struct json_tokener *t = json_tokener_new_ex(MAX_DEPTH);
    if (t == NULL) return cli_fail(err, TACIT_RESOURCES, "out of memory");
    struct json_object *root = json_tokener_parse_ex(t, (const char *)data, (int)size);
    enum json_tokener_error e = json_tokener_get_error(t);
    size_t end = json_tokener_get_parse_end(t);
    if (t->pb != NULL && t->pb->buf != NULL) explicit_bzero(t->pb->buf, (size_t)t->pb->size);
    json_tokener_free(t);
    tacit_status status;
    if (e == json_tokener_success && only_blanks(data + end, size - end)) {
        status = read_tree(d, root, key, err);
    } else {
        status = cli_fail(err, TACIT_MALFORMED, "not JSON at byte %zu: %s", end,
                          e == json_tokener_success    ? "text after the object"
                          : e == json_tokener_continue ? "it ends too early"
                                                       : json_tokener_error_desc(e));
    }
    wipe_tree(root);
    (void)json_object_put(root);
    return status;
}

/* Numbers as json-c reads them back exactly: 17 digits, and ".0" behind what would look like an integer. Its own writer
 * is not used: without memory it leaves parts out and does not say so. */
enum { NUMBER_SIZE = 32 };
static size_t put_number(char *to, double x) {
    if (!isfinite(x))
        return (size_t)snprintf(to, NUMBER_SIZE, "%s", isnan(x) ? "NaN" : x < 0 ? "-Infinity" : "Infinity");
    int n = snprintf(to, NUMBER_SIZE - 2, "%.17g", x);
    if (strpbrk(to, ".e") == NULL) n += snprintf(to + n, 3, ".0");
    return (size_t)n;
}

static size_t put_list(char *to, const json_tensor *t) {
    size_t at = 0;
    to[at++] = '[';
    for (uint64_t i = 0; i < t->count; i++) {
        if (i > 0) to[at++] = ',';
        at += put_number(to + at, t->x[i]);
    }
    to[at++] = ']';
    return at;
}

tacit_status json_write(file_bytes *out, const json_tensor *tensor, size_t count, tacit_error *err) {
    static const char head[] = "{\"output_data\":[", tail[] = "]}\n";
    size_t room = sizeof head + sizeof tail, at = sizeof head - 1;
    for (size_t i = 0; i < count; i++) {
        if (tensor[i].count > (SIZE_MAX - room) / (NUMBER_SIZE + 1) - 1)
            return cli_fail(err, TACIT_RESOURCES, "too many numbers for JSON");
        room += (size_t)(tensor[i].count + 1) * (NUMBER_SIZE + 1);
    }
    *out = (file_bytes){.data = malloc(room), .size = 0};
    if (out->data == NULL) return cli_fail(err, TACIT_RESOURCES, "out of memory");
    char *to = (char *)out->data;
    memcpy(to, head, sizeof head - 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) to[at++] = ',';
        at += put_list(to + at, &tensor[i]);
    }
    memcpy(to + at, tail, sizeof tail - 1);
    out->size = at + sizeof tail - 1;
    return TACIT_OK;
}
