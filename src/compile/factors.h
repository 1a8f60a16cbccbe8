/* compile/factors: a positive number by which queries or keys are multiplied before their products (exporters write
 * sqrt(scale) on both sides of an attention) joins the factor of the exponentials behind: no rounding of its own. */
#ifndef COMPILE_FACTORS_H
#define COMPILE_FACTORS_H
#include "compile/graph.h"

/* As merge_affine (compile/merge). */
tacit_status carry_factors(graph *g, void (*bypass)(graph *g, gnode *n), tacit_error *err) TACIT_MUST_CHECK;
#endif
