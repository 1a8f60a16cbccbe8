/* compile/expand/windows: ConvTranspose, LpPool, Resize and Upsample: operators over sliding windows or interpolated
 * axes, as Conv, pools, and products with public matrices. */
#ifndef COMPILE_EXPAND_WINDOWS_H
#define COMPILE_EXPAND_WINDOWS_H
#include "compile/expand.h"

tacit_status conv_transpose_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status lp_pool_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status resize_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status upsample_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
