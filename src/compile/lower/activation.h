/* compile/lower/activation: functions of one number, by table. */
#ifndef COMPILE_LOWER_ACTIVATION_H
#define COMPILE_LOWER_ACTIVATION_H
#include "compile/lower/lower.h"

bool activation_is(const gnode *n);
/* The node's function; its scales are settled by whoever rounds its input. */
func activation_func(const gnode *n);

/* Sets formula and output of a node that is function `name` (compile/functions). */
tacit_status activation_as(graph *g, gnode *n, const char *name, tacit_error *err) TACIT_MUST_CHECK;
tacit_status activation_infer(graph *g, gnode *n, tacit_error *err);
tacit_status activation_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status activation_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
