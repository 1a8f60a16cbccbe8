/* compile/lower/trees: decision trees (internal operators; compile/expand/forest.c makes them).
 *
 * Trees(x; feature, mode, value, first, end): the N splits of all trees, tree after tree, each in order (left subtree,
 * split, right subtree). Split i sends a sample to the right when x[.., feature] > value (mode GREATER), >= value
 * (AT_LEAST) or == value (EQUAL); its subtree has splits first[i] .. end[i] - 1. Result [B, N]: 1 where the leaf that
 * the sample reaches is right of split i.
 *
 * Leaves(v; weight, tree, start): weight [leaves, C], leaves tree after tree, in order; tree[i]: which tree split i is
 * of. Result [B, C]: start + sum over trees of (weight of the leaf reached - weight of the tree's first leaf).
 *
 * What the program shows: the shapes of the trees, each split's feature and mode, and the order of one feature's
 * thresholds; thresholds and weights are parameters, hidden. */
#ifndef COMPILE_LOWER_TREES_H
#define COMPILE_LOWER_TREES_H
#include "compile/lower/lower.h"

typedef enum split_mode { SPLIT_GREATER, SPLIT_AT_LEAST, SPLIT_EQUAL } split_mode;

tacit_status trees_infer(graph *g, gnode *n, tacit_error *err);
tacit_status trees_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status trees_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status leaves_infer(graph *g, gnode *n, tacit_error *err);
tacit_status leaves_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status leaves_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
