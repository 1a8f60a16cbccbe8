/* Bytes of the formats from text, so that a case shows what it changes. Words, parted by spaces:
 *   5        var            %-3     svar           'abc     name (length, bytes)      'abc*9  the last byte 9 times in
 * all "TACP    the bytes      x00ff   bytes          xab*32   the last byte 32 times in all [ .. ]   var length of what
 * is inside, and that         #       SHA-256 of everything before
 */
#include "vectors.h"
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"

enum { CAPACITY = 1 << 20, DEPTH = 4 };

static void word(writer *w, const char *p, size_t n) {
    const char *star = memchr(p, '*', n);
    size_t repeat = star ? strtoul(star + 1, NULL, 10) : 1, size = (star ? (size_t)(star - p) : n) - 1;
    unsigned char raw[256];
    if (*p == '\'' || *p == '"') {
        if (*p == '\'') write_var(w, size + repeat - 1);
        memcpy(raw, p + 1, size);
    } else if (*p == 'x') {
        char digits[513];
        memcpy(digits, p + 1, size);
        digits[size] = 0;
        json *v = text_of(digits);
        bytes b = bytes_of(v);
        json_object_put(v);
        memcpy(raw, b.data, size = b.size);
    } else if (*p == '%') {
        write_svar(w, strtoll(p + 1, NULL, 10));
        return;
    } else {
        write_var(w, strtoull(p, NULL, 10));
        return;
    }
    write_bytes(w, raw, size);
    for (size_t i = 1; i < repeat; i++) write_bytes(w, raw + size - 1, 1);
}

bytes assemble(const char *text) {
    writer w = {vectors_new(CAPACITY, 1), CAPACITY, 0};
    size_t open[DEPTH], depth = 0;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        if (n == 1 && *p == '[') {
            open[depth++] = w.at;
        } else if (n == 1 && *p == ']') {
            size_t start = open[--depth], size = w.at - start;
            unsigned char *inside = vectors_new(size, 1);
            memcpy(inside, w.data + start, size);
            w.at = start;
            write_var(&w, size);
            write_bytes(&w, inside, size);
        } else if (n == 1 && *p == '#') {
            digest d = sha256_of(w.data, w.at);
            write_bytes(&w, d.b, sizeof d.b);
        } else if (n) {
            word(&w, p, n);
        }
        p += n + (p[n] == ' ');
    }
    return (bytes){w.data, w.at};
}
