/* fuzz_npy: the readers of data files (npy, npz, JSON) on any bytes. What they accept must be finite, must have the
 * count its shape says, and must survive being written and read again. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "array.h"
#include "io_json.h"
#include "io_npy.h"
#include "io_npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_array(const array *a) {
    uint64_t count = 1;
    for (uint32_t i = 0; i < a->rank; i++) count *= a->dim[i];
    if (a->rank > ARRAY_MAX_RANK || count != a->count || memchr(a->name, 0, sizeof a->name) == NULL) abort();
    for (uint64_t i = 0; i < a->count; i++)
        if (!isfinite(a->real[i]) || (a->is_integer && (double)a->integer[i] != a->real[i])) abort();
}

static void check_round_trip(const array *a) {
    tacit_error err = {0};
    file_bytes b = {0};
    array again = {0};
    if (npy_write(&b, a->real, a->dim, a->rank, &err) != TACIT_OK) abort();
    if (npy_read(&again, b.data, b.size, &err) != TACIT_OK || again.count != a->count) abort();
    if (memcmp(again.real, a->real, (size_t)a->count * sizeof *a->real) != 0) abort();
    array_free(&again);
    disk_wipe(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tacit_error err = {0};
    array a = {0};
    if (npy_read(&a, data, size, &err) == TACIT_OK) {
        check_array(&a);
        check_round_trip(&a);
    } else if (err.text[0] == '\0') {
        abort();
    }
    array_free(&a);
    for (int reader = 0; reader < 2; reader++) {
        data_set d;
        if (data_set_init(&d, &err) != TACIT_OK) return 0;
        tacit_status status =
            reader == 0 ? npz_read(&d, data, size, &err) : json_read(&d, data, size, "input_data", &err);
        for (size_t i = 0; status == TACIT_OK && i < d.count; i++) check_array(&d.item[i]);
        data_set_free(&d);
    }
    return 0;
}
