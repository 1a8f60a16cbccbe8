/* io_json: {"input_data": [[...], ...]}: one list per input, flat or nested to its shape; outputs: "output_data".
 * Every number is a real one, however it is written; true and false are 1 and 0. [[null]] is the data of a model
 * without inputs. */
#ifndef TACIT_APP_IO_JSON_H
#define TACIT_APP_IO_JSON_H
#include "array.h"
#include "disk.h"

#define JSON_MAX_BYTES ((uint64_t)1 << 26)

bool json_is(const unsigned char *data, size_t size);
/* Appends the lists under `key` to an initialised set, in their order. MALFORMED: no JSON, no such key, a list with
 * parts of different lengths; VALUE: an element that is no finite number, with its index. */
TACIT_MUST_CHECK tacit_status json_read(data_set *d, const unsigned char *data, size_t size, const char *key,
                                        tacit_error *err);

/* {"output_data": [...]}, each tensor a flat list. */
typedef struct json_tensor {
    const double *x;
    uint64_t count;
} json_tensor;
TACIT_MUST_CHECK tacit_status json_write(file_bytes *out, const json_tensor *tensor, size_t count, tacit_error *err);

#endif
