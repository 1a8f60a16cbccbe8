/* compile/expand/choose: operators that select by value or by computed index, made of OneHotBits, Top and Choice
 * (lower/choose.h). */
#ifndef COMPILE_EXPAND_CHOOSE_H
#define COMPILE_EXPAND_CHOOSE_H
#include "compile/expand.h"

tacit_status argmax_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status topk_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status hardmax_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status onehot_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status gather_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status gather_elements_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status gather_nd_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status scatter_elements_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status scatter_nd_expand(expansion *x, const gnode *n, tacit_error *err);
/* Known operators that cannot be proved: says why. */
tacit_status refused_expand(expansion *x, const gnode *n, tacit_error *err);

/* One-hot rows [.., depth] of a whole tensor of indices: those that exist already where they do. */
uint32_t ex_bits(expansion *x, uint32_t index, uint32_t depth);
/* sum over the labels >= rank of a b; `select`: a's rows are one-hot. */
typedef struct ex_labels {
    uint32_t rank, a_count, b_count;
    int64_t a[MAX_RANK], b[MAX_RANK];
    bool select, boolean;
} ex_labels;
uint32_t ex_choice(expansion *x, uint32_t a, uint32_t b, const ex_labels *labels);
/* Along the last axis: values, bits, index (lower/choose.h). */
void ex_top(expansion *x, uint32_t t, uint32_t k, uint32_t mode, uint32_t out[3]);
uint32_t ex_reshape(expansion *x, uint32_t t, const shape *s);
/* Moves axis `from` to place `to`, the others keep their order. */
uint32_t ex_move_axis(expansion *x, uint32_t t, uint32_t from, uint32_t to);
#endif
