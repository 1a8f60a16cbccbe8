/* compile/lower/choose: internal operators that choose by value or by index; expansions make the ONNX operators of
 * them.
 *
 *   OneHotBits(index; depth, loose): bits[.., v] = 1 where v = index (negative ones count from the end).
 *       loose: an index outside has a row of zeros, where calibration has seen one.
 *   Top(x; k, mode): along the last axis the k largest, largest first: values [.., k], bits [.., k, n], index [.., k].
 *       mode 1: smallest; 2: of equal ones the higher index; 3: both.
 *   Choice(a, b; a, b, rank, select, boolean): a product summed over the labels from `rank` on, exact. select: the
 *       numbers of b are chosen by one-hot rows of a, so the result has b's range. boolean: so is the result.
 *   Covered(bits; a, rank): sum over the labels >= rank, a bit again: looked up in {0, 1}.
 *   GatherRows(table, index): table[index[i], ..], a constant table, by one lookup an index.
 *   InRange(index; size): the index, negative ones counted from the end, in [0, size) by a lookup. */
#ifndef COMPILE_LOWER_CHOOSE_H
#define COMPILE_LOWER_CHOOSE_H
#include "compile/operator.h"

tacit_status onehot_infer(graph *g, gnode *n, tacit_error *err);
tacit_status onehot_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status onehot_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status top_infer(graph *g, gnode *n, tacit_error *err);
tacit_status top_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status top_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status choice_infer(graph *g, gnode *n, tacit_error *err);
tacit_status choice_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status choice_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status in_range_infer(graph *g, gnode *n, tacit_error *err);
tacit_status in_range_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status in_range_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status covered_infer(graph *g, gnode *n, tacit_error *err);
tacit_status covered_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status covered_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status gather_rows_infer(graph *g, gnode *n, tacit_error *err);
tacit_status gather_rows_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status gather_rows_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
