/* base/error: filling a tacit_error without stdio (the verifier is freestanding). */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H
#include <stdint.h>
#include <stddef.h>
#include "tacit/status.h"

/* Set status and text (format: %s, %u = uint64_t, %d = int64_t, nothing else); the first failure stays. Returns status.
 */
tacit_status fail(tacit_error *err, tacit_status status, const char *format, ...);
/* The verifier's rejections: status REJECTED with the check's own code and its text from the table. */
tacit_status reject(tacit_error *err, tacit_reject code);

#define TRY(expr)                                                                                                      \
    do {                                                                                                               \
        tacit_status try_status_ = (expr);                                                                             \
        if (try_status_ != TACIT_OK) return try_status_;                                                               \
    } while (0)

#endif
