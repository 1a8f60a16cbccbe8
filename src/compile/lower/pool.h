/* compile/lower/pool: MaxPool, AveragePool, GlobalAveragePool.
 *
 * Maximum: max(a, b) = a + relu(b - a); pairs along one axis after the other, k - 1 lookups for k elements, no
 * products, results are linear. A position in the padding reads another element of its window: a maximum does not mind.
 * Average: one contraction with public ones (or, where windows have different counts, public weights), then a rescale.
 */
#ifndef COMPILE_LOWER_POOL_H
#define COMPILE_LOWER_POOL_H
#include "compile/operator.h"

tacit_status maxpool_infer(graph *g, gnode *n, tacit_error *err);
tacit_status maxpool_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status maxpool_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status average_infer(graph *g, gnode *n, tacit_error *err);
tacit_status average_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status average_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
