/* compile/lower/pick: views by constant index maps. Pick (internal): axes `axis` .. axis + span - 1 of x, read as one,
 * are replaced by the axes of the map; y[.., i, ..] = x[.., map[i], ..], or 0 where map[i] = -1. Every move with
 * constant places is a chain of these, one per axis where axes are independent. Expand: numpy broadcasting. */
#ifndef COMPILE_LOWER_PICK_H
#define COMPILE_LOWER_PICK_H
#include "compile/operator.h"

tacit_status pick_infer(graph *g, gnode *n, tacit_error *err);
tacit_status pick_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status pick_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status expand_infer(graph *g, gnode *n, tacit_error *err);
tacit_status expand_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status expand_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
