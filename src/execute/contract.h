/* execute/contract: acc += coef * contraction, for all indices of a constraint. This is the inference itself.
 *
 * Labels fall into batch (both factors and the result), rows (result and one factor), columns (result and the other)
 * and summed ones. Per batch index both factors are packed into matrices with the summed index innermost (views are
 * resolved while packing, block by block of rows, so an im2col matrix is never laid out as a whole) and multiplied:
 * int16 x int16 while the program's intervals bound the int32 partial sums, where a factor of more than 16 bits is two
 * matrices of its halves; otherwise int32 x int32 in int64. Fewer than four summed indices: row by row along the last
 * axis. Scratch: index tables (8 bytes per row, column and summed index, factor and map), blocks per thread, and the
 * values of a factor that is a linear tensor. */
#ifndef EXECUTE_CONTRACT_H
#define EXECUTE_CONTRACT_H
#include "execute/operand.h"

/* acc: shape_count(&c->shape) sums, modulo 2^64. The constraint's own interval (program_check) makes them exact. */
tacit_status contract(int64_t *acc, const trace *t, const constraint *c, const product *x, arena *scratch,
                      tacit_error *err) TACIT_MUST_CHECK;
#endif
