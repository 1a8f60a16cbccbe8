#include "field/vec_narrow.h"

enum { PIECE = 512 };

/* a itself, or a piece of it in `room`. */
static const int32_t *wide(narrow a, size_t at, size_t n, int32_t *room) {
    if (a.bytes == 4) return narrow_as_i32(a) + at;
    narrow_read(narrow_at(a, at), n, room);
    return room;
}

void vec_axpy_narrow(extv out, narrow a, ext s, size_t n) {
    int32_t room[PIECE];
    for (size_t at = 0; at < n; at += PIECE) {
        size_t count = n - at < PIECE ? n - at : PIECE;
        vec->axpy_i32(extv_at(out, at), wide(a, at, count, room), s, count);
    }
}

void vec_from_narrow(gl *out, narrow a, size_t n) {
    int32_t room[PIECE];
    for (size_t at = 0; at < n; at += PIECE) {
        size_t count = n - at < PIECE ? n - at : PIECE;
        vec->from_i32(out + at, wide(a, at, count, room), count);
    }
}
