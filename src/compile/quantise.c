#include "compile/quantise.h"
#include <math.h>

int32_t scale_for(double magnitude, int64_t limit) {
    int32_t s = magnitude > 0 ? MAX_SCALE : 0;
    while (s > MIN_SCALE && ceil(ldexp(magnitude, s)) > (double)limit) s--;
    return s;
}

bool scale_exists(double magnitude, int64_t limit) {
    return ceil(ldexp(magnitude, MIN_SCALE)) <= (double)limit;
}

int64_t quantise_one(double x, int32_t scale, int64_t limit) {
    double v = round(ldexp(x, scale));
    if (v > (double)limit) return limit;
    if (v < -(double)limit) return -limit;
    return (int64_t)v;
}

double largest_magnitude(const double *v, uint64_t n, double factor) {
    double m = 0;
    for (uint64_t i = 0; i < n; i++) {
        double a = fabs(v[i] * factor);
        m = a > m ? a : m;
    }
    return m;
}

void quantise_all(const double *x, uint64_t n, double factor, int32_t scale, int32_t limit, int32_t *out) {
    const double unit = ldexp(1, scale), most = limit;
    for (uint64_t i = 0; i < n; i++) {
        double v = x[i] * factor * unit; /* exact: a power of two */
        v = v > most ? most : v < -most ? -most : v;
        int32_t whole = (int32_t)v;
        double rest = v - whole; /* exact */
        out[i] = whole + (rest >= 0.5) - (rest <= -0.5);
    }
}
