/* compile/expand/batchnorm: BatchNormalization (inference) as x * scale + shift, scale = gamma / sqrt(var + epsilon).
 */
#ifndef COMPILE_EXPAND_BATCHNORM_H
#define COMPILE_EXPAND_BATCHNORM_H
#include "compile/expand.h"

tacit_status batchnorm_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
