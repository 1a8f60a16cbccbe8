/* compile/expand/attention: what transformers are made of, as products, softmax (expand/norms.h) and moves. */
#ifndef COMPILE_EXPAND_ATTENTION_H
#define COMPILE_EXPAND_ATTENTION_H
#include "compile/expand.h"

tacit_status attention_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status rotary_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status swish_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
