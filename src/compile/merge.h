/* compile/merge: multiplications and additions by constants per channel (ScaleShift, that is BatchNormalization; Mul,
 * Add, Sub) go into the weights and the bias of the Conv, ConvTranspose or Gemm before them whose result nobody else
 * uses; a ScaleShift goes into those of the Conv behind it, if that has no padding. */
#ifndef COMPILE_MERGE_H
#define COMPILE_MERGE_H
#include "compile/graph.h"

/* `bypass`: takes a node out, its users use its first input. Uses are counted before and kept up to date. */
tacit_status merge_affine(graph *g, void (*bypass)(graph *g, gnode *n), tacit_error *err) TACIT_MUST_CHECK;
#endif
