/* compile/expand/recurrent: RNN, GRU, LSTM, step by step. */
#ifndef COMPILE_EXPAND_RECURRENT_H
#define COMPILE_EXPAND_RECURRENT_H
#include "compile/expand.h"

tacit_status recurrent_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
