/* compile/quantise: power-of-two scales. A real x is the integer round(x * 2^scale), half away from zero. */
#ifndef COMPILE_QUANTISE_H
#define COMPILE_QUANTISE_H
#include <stdbool.h>
#include <stdint.h>

enum { MIN_SCALE = -24, MAX_SCALE = 40 };

/* Largest scale in [MIN_SCALE, MAX_SCALE] at which |x| <= magnitude becomes at most `limit`; 0 for magnitude 0. */
int32_t scale_for(double magnitude, int64_t limit);
/* False when the magnitude is beyond `limit` even at MIN_SCALE. */
bool scale_exists(double magnitude, int64_t limit);
/* round(x * 2^scale), clamped to [-limit, limit]. */
int64_t quantise_one(double x, int32_t scale, int64_t limit);
/* The same of x[i] * factor, n times. */
void quantise_all(const double *x, uint64_t n, double factor, int32_t scale, int32_t limit, int32_t *out);
/* Largest |v[i] * factor|. */
double largest_magnitude(const double *v, uint64_t n, double factor);
#endif
