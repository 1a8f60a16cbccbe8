/* commit/columns: some columns of an encoded object without encoding it. Prover only.
 *
 * Column j of the code holds, per lane, the lane's polynomial at the point x_j. For a certificate of 100 million
 * weights the code is gigabytes, and a proof opens some 150 columns: they are computed from the weights, as a product
 * of the matrix of the values' bytes with the bytes of the points' powers. Cost: 8 t byte products per byte of a value.
 */
#ifndef COMMIT_COLUMNS_H
#define COMMIT_COLUMNS_H
#include "commit/object.h"

/* out[i * 2^k + lane] = lane `lane` of x at position positions[i] of the domain 2^log_n. x has no field ranges. The
 * last `tail` of its 2^a columns lie in x->tail. */
tacit_status columns_at(const object_data *x, unsigned a, unsigned k, uint32_t tail, unsigned log_n,
                        const uint32_t *positions, uint32_t count, gl *out, arena *scratch,
                        tacit_error *err) TACIT_MUST_CHECK;
#endif
