/* execute/reader: pieces of any tensor's values, linear ones too; threads may read one column_reader at the same time.
 */
#ifndef EXECUTE_READER_H
#define EXECUTE_READER_H
#include "execute/operand.h"

typedef struct column_reader {
    uint32_t count;
    operand *atoms;
    int64_t *coefs;
    int64_t constant;
    bool plain; /* one atom, coefficient 1, constant 0 */
} column_reader;

tacit_status reader_make(column_reader *r, const trace *t, uint32_t id, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* n <= READ_CHUNK; the interval of the tensor fits int32. */
enum { READ_CHUNK = 2048 };
void reader_i32(const column_reader *r, uint64_t begin, uint64_t n, int32_t *out);
/* out[i] += coef * atom[begin + i] modulo 2^64, any n. */
void atom_add(const operand *o, int64_t coef, uint64_t begin, uint64_t n, int64_t *out);
#endif
