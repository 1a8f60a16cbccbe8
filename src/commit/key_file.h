/* commit/key_file: the bytes of the key file (docs/formats.md) and its counter.
 *
 * Page 0: header. Pages 1 and 2: the two counter records. Then page-aligned sections, little-endian:
 * model, certificate, weights (commit/object), tail (F), leaves (none in large files), Merkle nodes.
 *
 * Counter. Record s lies in page 1 + s % 2 and holds its number s, the openings used up to now and a hash over both and
 * the header. An opening reads both pages, writes record s + 1 over the older one, syncs, and only then goes on. A
 * record that does not check was being written when the machine stopped: its opening counts as used. The larger of the
 * newest record and the copy outside the file (commit/key_state) counts. */
#ifndef COMMIT_KEY_FILE_H
#define COMMIT_KEY_FILE_H
#include "commit/key.h"
#include "commit/rng.h"

/* The upper half tells the security profile: a certificate's range proof is of one profile. */
enum { KEY_VERSION = EXT_DEG > 2 ? 65540 : 4, KEY_PAGE = 4096, KEY_RECORD_SIZE = 4 + 8 + 8 + 32 };

typedef struct key_section {
    uint64_t at, size;
} key_section;
typedef struct key_header {
    uint64_t file_size;
    key_section model, certificate, weights, tail, leaves, nodes;
    uint64_t leaf_size;
    uint64_t inode, birth; /* of the file itself; birth in nanoseconds, 0 where the file system does not know it */
    digest machine;        /* of the machine id; zero where there is none */
    rng_key seed;
    digest check;    /* SHA-256 of all before it */
    digest identity; /* not stored: the certificate's digest, name of the counter's copy */
} key_header;

/* The whole of [at, at + n), EINTR and short transfers included. what: for the message. */
tacit_status file_write_at(int fd, const void *data, uint64_t n, uint64_t at, const char *what,
                           tacit_error *err) TACIT_MUST_CHECK;
tacit_status file_read_at(int fd, void *data, uint64_t n, uint64_t at, const char *what,
                          tacit_error *err) TACIT_MUST_CHECK;
/* Fills inode, birth, machine from the open file. */
tacit_status key_bind(key_header *h, int fd, tacit_error *err) TACIT_MUST_CHECK;
/* Computes check and writes page 0. */
tacit_status key_write_header(key_header *h, int fd, tacit_error *err) TACIT_MUST_CHECK;
tacit_status key_read_header(key_header *h, int fd, tacit_error *err) TACIT_MUST_CHECK;

/* The first record, no opening used. */
tacit_status counter_create(const key_header *h, int fd, tacit_error *err) TACIT_MUST_CHECK;
/* Openings used; UINT64_MAX on another host or for a copied file. */
tacit_status counter_used(const key_header *h, int fd, uint64_t *used, tacit_error *err) TACIT_MUST_CHECK;
/* One more, synced; *used becomes its number. BUDGET: nothing is changed. */
tacit_status counter_advance(const key_header *h, int fd, uint64_t openings, uint64_t *used,
                             tacit_error *err) TACIT_MUST_CHECK;
#endif
