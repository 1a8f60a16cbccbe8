/* io_npz: NumPy's .npz format: a zip archive of .npy files, stored or deflated. */
#ifndef TACIT_APP_IO_NPZ_H
#define TACIT_APP_IO_NPZ_H
#include "array.h"
#include "disk.h"

bool npz_is(const unsigned char *data, size_t size);
/* Appends the archive's arrays to an initialised set. MALFORMED, UNSUPPORTED (encryption, other compression), and what
 * npy_read says; messages name the entry. RESOURCES when it unpacks to more than DATA_MAX_BYTES. */
TACIT_MUST_CHECK tacit_status npz_read(data_set *d, const unsigned char *data, size_t size, tacit_error *err);

/* One .npy file of an archive to be written. */
typedef struct npz_entry {
    const char *name; /* without ".npy" */
    file_bytes npy;
} npz_entry;
TACIT_MUST_CHECK tacit_status npz_write(file_bytes *out, const npz_entry *entry, size_t count, tacit_error *err);

#endif
