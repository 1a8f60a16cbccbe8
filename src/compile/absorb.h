/* compile/absorb: y = x * scale + shift, one number each for every place of the last axis (what follows a norm), in
 * front of matrices with constant weights W, bias b:
 *
 *     y W + b = x (diag(scale) W) + (b + shift W)
 *
 * computed in double precision, before anything is quantised. Scale and shift thereby stay hidden parameters, as W is.
 * Where at most one sum reads y besides, nobody needs y as numbers: it costs no lookup. */
#ifndef COMPILE_ABSORB_H
#define COMPILE_ABSORB_H
#include "compile/graph.h"

/* Uses are counted, shared constants known (share.h); afterwards uses are to be counted again. */
tacit_status absorb_affine(graph *g, tacit_error *err) TACIT_MUST_CHECK;
#endif
