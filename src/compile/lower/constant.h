/* compile/lower/constant: what exists while folding only: Constant, ConstantOfShape, Shape, Size, Cast. */
#ifndef COMPILE_LOWER_CONSTANT_H
#define COMPILE_LOWER_CONSTANT_H
#include "compile/operator.h"

tacit_status constant_infer(graph *g, gnode *n, tacit_error *err);
tacit_status constant_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status fill_infer(graph *g, gnode *n, tacit_error *err);
tacit_status fill_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status shape_infer(graph *g, gnode *n, tacit_error *err);
tacit_status shape_eval(frame *f, const gnode *n, tacit_error *err);
/* IsNaN, IsInf: false, since every number here is finite. */
tacit_status finite_infer(graph *g, gnode *n, tacit_error *err);
tacit_status finite_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status cast_infer(graph *g, gnode *n, tacit_error *err);
tacit_status cast_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status cast_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
