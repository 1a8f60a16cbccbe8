/* compile/columns: an input whose columns are multiplied by constants of different sizes (a scaler written as Mul, or
 * Div) becomes internal operator ScaledColumns (lower/affine.h): such an input has 30 bits, and small columns are not
 * lost. */
#ifndef COMPILE_COLUMNS_H
#define COMPILE_COLUMNS_H
#include "compile/operator.h"

tacit_status scale_columns(graph *g, tacit_error *err) TACIT_MUST_CHECK;
#endif
