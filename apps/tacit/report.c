#include "report.h"
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "errors.h"

enum { LABEL_WIDTH = 24, TEXT_SIZE = 512, INDENT = 2 };

/* Keys of the JSON object are labels with underscores. */
static void print_label(const char *key) {
    int width = 0;
    for (; key[width] != '\0'; width++) (void)putchar(key[width] == '_' ? ' ' : key[width]);
    (void)printf("%*s", width < LABEL_WIDTH ? LABEL_WIDTH - width : 1, "");
}

/* What is asked of json-c is noted when it has no memory for it; report_close says so. */
static struct json_object *got(report *r, struct json_object *value) {
    if (value == NULL) r->no_memory = true;
    return value;
}

static struct json_object *json_real(report *r, double value) {
    return isfinite(value) ? got(r, json_object_new_double(value)) : NULL;
}

static struct json_object *json_count(report *r, uint64_t count) {
    return got(r, json_object_new_uint64(count));
}

static struct json_object *json_text(report *r, const char *text) {
    return got(r, json_object_new_string(text));
}

/* to: an object, or NULL if there was no memory for it. */
static void add_to(report *r, struct json_object *to, const char *key, struct json_object *value) {
    if (to != NULL && json_object_object_add(to, key, value) == 0) return;
    r->no_memory = true;
    (void)json_object_put(value);
}

static void add(report *r, const char *key, struct json_object *value) {
    add_to(r, r->root, key, value);
}

void report_open(report *r, bool json) {
    *r = (report){.json = json};
    if (json) r->root = got(r, json_object_new_object());
}

void report_text(report *r, const char *key, const char *text) {
    char clean[TEXT_SIZE];
    cli_clean(clean, sizeof clean, text, strlen(text));
    if (r->json) {
        add(r, key, json_text(r, clean));
        return;
    }
    print_label(key);
    (void)puts(clean);
}

void report_count(report *r, const char *key, uint64_t count) {
    if (r->json) {
        add(r, key, json_count(r, count));
        return;
    }
    print_label(key);
    (void)printf("%" PRIu64 "\n", count);
}

void report_integer(report *r, const char *key, int64_t value) {
    if (r->json) {
        add(r, key, got(r, json_object_new_int64(value)));
        return;
    }
    print_label(key);
    (void)printf("%" PRId64 "\n", value);
}

void report_real(report *r, const char *key, double value) {
    if (r->json) {
        add(r, key, json_real(r, value));
        return;
    }
    print_label(key);
    (void)printf("%.6g\n", value);
}

void report_yes(report *r, const char *key, bool yes) {
    if (r->json) {
        add(r, key, got(r, json_object_new_boolean(yes)));
        return;
    }
    print_label(key);
    (void)puts(yes ? "yes" : "no");
}

void report_bytes(report *r, const char *key, uint64_t bytes) {
    if (r->json) {
        add(r, key, json_count(r, bytes));
        return;
    }
    static const char *const unit[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    print_label(key);
    if (bytes < 1024) {
        (void)printf("%" PRIu64 " bytes\n", bytes);
        return;
    }
    double value = (double)bytes / 1024.0;
    size_t u = 0;
    for (; value >= 1024.0 && u + 1 < sizeof unit / sizeof unit[0]; u++) value /= 1024.0;
    (void)printf("%.1f %s (%" PRIu64 " bytes)\n", value, unit[u], bytes);
}

void report_hex(report *r, const char *key, const uint8_t *bytes, size_t size) {
    char text[TEXT_SIZE];
    size_t at = 0;
    for (size_t i = 0; i < size && at + 2 < sizeof text; i++, at += 2)
        (void)snprintf(text + at, sizeof text - at, "%02x", bytes[i]);
    text[at] = '\0';
    report_text(r, key, text);
}

void report_share(report *r, const char *key, uint64_t part, uint64_t whole) {
    if (r->json) {
        add(r, key, json_count(r, part));
        return;
    }
    print_label(key);
    (void)printf("%" PRIu64 " of %" PRIu64 " (%.2f %%)\n", part, whole,
                 whole > 0 ? 100.0 * (double)part / (double)whole : 0.0);
}

void report_note(report *r, const char *text) {
    if (!r->json) (void)puts(text);
}

/* Keys as people read them. */
static void readable(char *out, size_t size, const char *key) {
    (void)snprintf(out, size, "%s", key);
    for (char *p = out; *p != '\0'; p++)
        if (*p == '_') *p = ' ';
}

/* A left-aligned cell at the end of its line needs no blanks behind it. */
static int width_of(const report *r, size_t i) {
    return i + 1 == r->columns && r->column[i].width < 0 ? 0 : r->column[i].width;
}

void report_table(report *r, const char *key, const report_column *column, size_t columns, size_t row_limit) {
    r->column = column;
    r->columns = columns;
    r->rows = r->hidden = 0;
    r->row_limit = row_limit;
    if (r->json) {
        r->table = got(r, json_object_new_array());
        add(r, key, r->table);
        if (r->no_memory) r->table = NULL; /* it may not have been kept */
        return;
    }
    char name[64];
    readable(name, sizeof name, key);
    (void)puts(name);
    for (size_t i = 0; i < columns; i++) {
        readable(name, sizeof name, column[i].key);
        (void)printf("%*s%*s", INDENT, "", width_of(r, i), name);
    }
    (void)putchar('\n');
}

static struct json_object *json_cell(report *r, const report_cell *c) {
    char clean[TEXT_SIZE];
    switch (c->kind) {
    case CELL_TEXT:
        cli_clean(clean, sizeof clean, c->text, strlen(c->text));
        return json_text(r, clean);
    case CELL_COUNT:
        return json_count(r, c->count);
    case CELL_INTEGER:
        return got(r, json_object_new_int64(c->integer));
    case CELL_REAL:
        return json_real(r, c->real);
    case CELL_YES:
        return got(r, json_object_new_boolean(c->yes));
    case CELL_NONE:
        break;
    }
    return NULL;
}

static void print_cell(const report_cell *c, int width) {
    char clean[TEXT_SIZE] = "-";
    switch (c->kind) {
    case CELL_TEXT:
        cli_clean(clean, sizeof clean, c->text, strlen(c->text));
        break;
    case CELL_COUNT:
        (void)snprintf(clean, sizeof clean, "%" PRIu64, c->count);
        break;
    case CELL_INTEGER:
        (void)snprintf(clean, sizeof clean, "%" PRId64, c->integer);
        break;
    case CELL_REAL:
        (void)snprintf(clean, sizeof clean, "%.6g", c->real);
        break;
    case CELL_YES:
        (void)snprintf(clean, sizeof clean, "%s", c->yes ? "yes" : "no");
        break;
    case CELL_NONE:
        break;
    }
    (void)printf("%*s%*s", INDENT, "", width, clean);
}

void report_row(report *r, const report_cell *cell) {
    r->rows++;
    if (r->json) {
        struct json_object *row = got(r, json_object_new_object());
        for (size_t i = 0; i < r->columns; i++) add_to(r, row, r->column[i].key, json_cell(r, &cell[i]));
        if (r->table != NULL && json_object_array_add(r->table, row) == 0) return;
        r->no_memory = true;
        (void)json_object_put(row);
        return;
    }
    if (r->rows > r->row_limit) {
        r->hidden++;
        return;
    }
    for (size_t i = 0; i < r->columns; i++) print_cell(&cell[i], width_of(r, i));
    (void)putchar('\n');
}

void report_table_end(report *r) {
    if (!r->json && r->hidden > 0) (void)printf("%*s... %zu more; --json shows all\n", INDENT, "", r->hidden);
    r->table = NULL;
}

void report_flush(report *r) {
    if (!r->json) (void)fflush(stdout);
}

static void add_status(report *r, const char *command, tacit_status status, const tacit_error *err) {
    add(r, "command", json_text(r, command));
    add(r, "status", json_text(r, tacit_status_name(status)));
    add(r, "exit_code", got(r, json_object_new_int((int)status)));
    if (status == TACIT_OK) return;
    char clean[TEXT_SIZE];
    cli_clean(clean, sizeof clean, err->text, strlen(err->text));
    add(r, "message", json_text(r, clean));
    if (status == TACIT_REJECTED) add(r, "rejected_by", json_text(r, tacit_reject_name(err->reject)));
}

tacit_status report_close(report *r, const char *command, tacit_status status, tacit_error *err) {
    if (r->json) {
        add_status(r, command, status, err);
        const char *text =
            r->no_memory
                ? NULL
                : json_object_to_json_string_ext(r->root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (text != NULL) (void)puts(text);
        (void)json_object_put(r->root);
        r->root = NULL;
        if (text == NULL && status == TACIT_OK) status = cli_fail(err, TACIT_RESOURCES, "no memory for the report");
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        return status != TACIT_OK ? status : cli_fail(err, TACIT_IO, "standard output: cannot write");
    return status;
}
