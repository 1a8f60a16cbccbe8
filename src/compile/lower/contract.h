/* compile/lower/contract: Contract (internal): y = sum over labels of A[..] B[..], any einsum of two tensors.
 * Attributes: a_label, b_label: a label per axis, none twice in one factor; rank: labels 0 .. rank-1 are y's axes (each
 * in A or B), the others are summed (each in both). */
#ifndef COMPILE_LOWER_CONTRACT_H
#define COMPILE_LOWER_CONTRACT_H
#include "compile/operator.h"

tacit_status contract_infer(graph *g, gnode *n, tacit_error *err);
tacit_status contract_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status contract_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
