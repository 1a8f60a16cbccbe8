/* compile/expand/tapers: HannWindow, HammingWindow, BlackmanWindow of a constant size: constants. */
#ifndef COMPILE_EXPAND_TAPERS_H
#define COMPILE_EXPAND_TAPERS_H
#include "compile/expand.h"

tacit_status taper_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
