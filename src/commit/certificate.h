/* commit/certificate: the public description of committed weights (protocol.md, section 5, "Certificates").
 * digest = SHA-256(tag block "tacit certificate", canonical bytes): version, EXT_DEG-independent field id, a, k, tail
 * (= R), openings (= T), t_max, ordered tensor list (name, shape, interval; offsets follow from the layout), root. */
#ifndef COMMIT_CERTIFICATE_H
#define COMMIT_CERTIFICATE_H
#include "commit/geometry.h"
#include "hash/sha256.h"
#include "program/layout.h"

enum { CERTIFICATE_VERSION = 1 };

typedef struct certificate_item {
    const char *name;
    shape shape;
    int64_t lo, hi;
} certificate_item;
typedef struct certificate {
    certificate_shape shape;
    uint64_t openings;
    uint32_t t_max;
    uint32_t item_count;
    certificate_item *items;
    digest root;
    digest digest;
    layout layout;
} certificate;

/* Freestanding: canonical bytes; parse checks every field, computes digest and layout. */
tacit_status certificate_parse(certificate *c, reader *r, arena *a, tacit_error *err) TACIT_MUST_CHECK;
void certificate_write(const certificate *c, writer *w);
/* The canonical bytes of the range program, a function of the certificate alone: one PARAM tensor per item, one range
 * lookup each (equal intervals share a table). Parsed like any program. Freestanding. */
void certificate_range_program(const certificate *c, writer *w);
#endif
