/* execute/gather: a tensor's values in the order of a block (layout order), in pieces. */
#ifndef EXECUTE_GATHER_H
#define EXECUTE_GATHER_H
#include "base/narrow.h"
#include "program/layout.h"

/* out[i] = values[flat index of the block's element first + i], i < count. */
void block_gather(const shape *s, const block *b, narrow values, uint64_t first, uint64_t count, int32_t *out);
#endif
