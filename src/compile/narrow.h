/* compile/narrow: nothing is computed that nobody reads.
 *
 * Where a tensor is read by selections of constant places only (the class token of a transformer, its last position),
 * what makes it makes these places alone, and so on upwards, as long as every element of a result is computed from the
 * same places of the inputs (compile/needs). A tensor that others read as a whole stays, and the selection is made of
 * it.
 *
 *   the places that node n's result needs = the least box that holds what all its readers need of it   (compile/box)
 *
 * A node whose readers need so different parts that these together are a quarter less than their box (queries of one
 * token, keys of all) becomes one node for each part. */
#ifndef COMPILE_NARROW_H
#define COMPILE_NARROW_H
#include "compile/graph.h"

/* Uses are counted, before and after. */
tacit_status narrow_graph(graph *g, tacit_error *err) TACIT_MUST_CHECK;
#endif
