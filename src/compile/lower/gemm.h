/* compile/lower/gemm: Gemm (alpha A B + beta C) and MatMul (batched, numpy broadcasting). Contractions over the
 * operands as they are; either factor may be constant or computed. */
#ifndef COMPILE_LOWER_GEMM_H
#define COMPILE_LOWER_GEMM_H
#include "compile/operator.h"

tacit_status gemm_infer(graph *g, gnode *n, tacit_error *err);
tacit_status gemm_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status gemm_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status matmul_infer(graph *g, gnode *n, tacit_error *err);
tacit_status matmul_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status matmul_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
