/* base/error: a formatter for %s, %u (uint64_t), %d (int64_t) and %%; text that does not fit is cut off. */
#include "base/error.h"
#include <stdarg.h>

/* Text being written: at <= cap, and one byte beyond cap is kept for the terminator. */
typedef struct line {
    char *text;
    size_t cap, at;
} line;

static void put_char(line *l, char c) {
    if (l->at < l->cap) l->text[l->at++] = c;
}

static void put_text(line *l, const char *s) {
    if (s == NULL) s = "(null)";
    while (*s != '\0') put_char(l, *s++);
}

static void put_u64(line *l, uint64_t v) {
    char digits[20]; /* 2^64 - 1 has 20 digits */
    int n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    while (n > 0) put_char(l, digits[--n]);
}

static void put_i64(line *l, int64_t v) {
    if (v < 0) put_char(l, '-');
    put_u64(l, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static void put_format(line *l, const char *format, va_list args) {
    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%') {
            put_char(l, *f);
            continue;
        }
        f++;
        if (*f == '\0') return; /* a lone % at the end */
        if (*f == 's') {
            put_text(l, va_arg(args, const char *));
        } else if (*f == 'u') {
            put_u64(l, va_arg(args, uint64_t));
        } else if (*f == 'd') {
            put_i64(l, va_arg(args, int64_t));
        } else {
            put_char(l, *f);
        }
    }
}

tacit_status fail(tacit_error *err, tacit_status status, const char *format, ...) {
    if (err == NULL || err->status != TACIT_OK) return status;
    line l = {err->text, sizeof err->text - 1, 0};
    va_list args;
    va_start(args, format);
    put_format(&l, format, args);
    va_end(args);
    l.text[l.at] = '\0';
    err->status = status;
    err->reject = TACIT_REJECT_NONE;
    return status;
}

tacit_status reject(tacit_error *err, tacit_reject code) {
    if (err == NULL || err->status != TACIT_OK) return TACIT_REJECTED;
    (void)fail(err, TACIT_REJECTED, "%s", tacit_reject_text(code));
    err->reject = code;
    return TACIT_REJECTED;
}
