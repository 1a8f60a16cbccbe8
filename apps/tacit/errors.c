#include "errors.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

tacit_status cli_fail(tacit_error *err, tacit_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    *err = (tacit_error){.status = status};
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

/* Whether the text says "where:" as a word of its own. */
static bool names(const char *text, const char *where) {
    size_t length = strlen(where);
    for (const char *p = strstr(text, where); p != NULL && length > 0; p = strstr(p + 1, where))
        if ((p == text || p[-1] == ' ') && p[length] == ':') return true;
    return false;
}

tacit_status cli_at(const char *where, tacit_status status, tacit_error *err) {
    if (status == TACIT_OK) return status;
    err->status = status;
    const char *text = err->text[0] != '\0' ? err->text : tacit_status_text(status);
    if (names(text, where)) return status;
    char joined[2 * sizeof err->text];
    (void)snprintf(joined, sizeof joined, "%.200s: %s", where, text);
    joined[sizeof err->text - 1] = '\0';
    memcpy(err->text, joined, sizeof err->text);
    return status;
}

const char *cli_advice(tacit_status status) {
    switch (status) {
    case TACIT_RESOURCES:
        return "free some memory, or use a smaller file or model";
    case TACIT_UNSUPPORTED:
        return "`tacit check` lists what a model needs";
    case TACIT_BUDGET:
        return "commit again for a new key: tacit commit --proofs N";
    case TACIT_OVERFLOW:
        return "calibrate on wider samples, or compile with --headroom or --overflow saturate";
    case TACIT_VERSION:
        return "make the file again with this version";
    case TACIT_INTERNAL:
        return "this is a bug in tacit, please report it";
    default:
        return "";
    }
}

/* Bytes of the well-formed UTF-8 character at text[0 .. length), 0 if there is none [RFC 3629]. */
static size_t character_size(const unsigned char *text, size_t length) {
    unsigned char c = text[0];
    size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    if (n > length) return 0;
    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xC0) != 0x80) return 0;
    /* Longer than needed, surrogates, above U+10FFFF. */
    if (c == 0xE0 && text[1] < 0xA0) return 0;
    if (c == 0xED && text[1] >= 0xA0) return 0;
    if (c == 0xF0 && text[1] < 0x90) return 0;
    if (c == 0xF4 && text[1] >= 0x90) return 0;
    return n;
}

/* U+0000 .. U+001F and U+007F .. U+009F. */
static bool is_control(const unsigned char *text) {
    return text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0);
}

void cli_clean(char *out, size_t size, const char *text, size_t length) {
    const unsigned char *in = (const unsigned char *)text;
    size_t at = 0, step;
    for (size_t i = 0; i < length; i += step) {
        size_t n = character_size(in + i, length - i);
        step = n > 0 ? n : 1;
        bool keep = n > 0 && !is_control(in + i);
        if (at + (keep ? n : 1) >= size) break;
        if (keep) {
            memcpy(out + at, in + i, n);
            at += n;
        } else {
            out[at++] = '?';
        }
    }
    out[at] = '\0';
}
