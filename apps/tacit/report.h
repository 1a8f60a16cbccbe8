/* report: what a subcommand prints, once for people and once for programs.
 *
 * Each fact has one key: "prove_seconds" is the member of the JSON object and the label "prove seconds". As text, facts
 * appear at once; with --json they are gathered and printed as one object at the end, also after a failure. Doubles
 * that are no numbers are null. */
#ifndef TACIT_APP_REPORT_H
#define TACIT_APP_REPORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tacit/status.h"

struct json_object;

typedef struct report_column {
    const char *key;
    int width; /* of the text; negative: left-aligned */
} report_column;

typedef struct report_cell {
    enum { CELL_TEXT, CELL_COUNT, CELL_INTEGER, CELL_REAL, CELL_YES, CELL_NONE } kind;
    const char *text;
    uint64_t count;
    int64_t integer;
    double real;
    bool yes;
} report_cell;

#define REPORT_TEXT(v) ((report_cell){.kind = CELL_TEXT, .text = (v)})
#define REPORT_COUNT(v) ((report_cell){.kind = CELL_COUNT, .count = (v)})
#define REPORT_INTEGER(v) ((report_cell){.kind = CELL_INTEGER, .integer = (v)})
#define REPORT_REAL(v) ((report_cell){.kind = CELL_REAL, .real = (v)})
#define REPORT_YES(v) ((report_cell){.kind = CELL_YES, .yes = (v)})
#define REPORT_NONE ((report_cell){.kind = CELL_NONE})

typedef struct report {
    bool json;
    bool no_memory;            /* for JSON: something could not be kept */
    struct json_object *root;  /* NULL as text */
    struct json_object *table; /* the rows of the table that is open */
    const report_column *column;
    size_t columns, rows, hidden;
    size_t row_limit; /* rows shown as text; JSON has all */
} report;

void report_open(report *r, bool json);
/* Text is cleaned of control characters. */
void report_text(report *r, const char *key, const char *text);
void report_count(report *r, const char *key, uint64_t count);
void report_integer(report *r, const char *key, int64_t value);
void report_real(report *r, const char *key, double value);
void report_yes(report *r, const char *key, bool yes);
void report_bytes(report *r, const char *key, uint64_t bytes); /* text: with a unit people read */
void report_hex(report *r, const char *key, const uint8_t *bytes, size_t size);
/* "part of whole (percent)"; JSON has the part alone. */
void report_share(report *r, const char *key, uint64_t part, uint64_t whole);
/* A remark for people; not in JSON. */
void report_note(report *r, const char *text);

void report_table(report *r, const char *key, const report_column *column, size_t columns, size_t row_limit);
void report_row(report *r, const report_cell *cell); /* one cell a column */
void report_table_end(report *r);

/* Shows at once what has been reported so far (before long work). */
void report_flush(report *r);
/* Prints the JSON object with the status in it and closes; IO when standard output cannot take it. */
TACIT_MUST_CHECK tacit_status report_close(report *r, const char *command, tacit_status status, tacit_error *err);

#endif
