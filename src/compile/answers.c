/* compile/answers: what an output answers, for every report that counts how often two models agree. */
#include "tacit/model.h"
#include <math.h>

tacit_answers tacit_answers_of(uint32_t rank, const uint32_t *dim, int whole) {
    tacit_answers a = {.rows = 1, .width = 1, .inner = 1, .whole = whole};
    while (rank > 2 && dim[rank - 1] == 1) rank--;
    uint32_t scores = rank > 3 ? 1 : rank - 1;
    for (uint32_t k = 0; k < rank; k++) {
        if (k == scores && !whole)
            a.width = dim[k];
        else
            a.rows *= dim[k];
        if (k > scores) a.inner *= dim[k];
    }
    if (a.width == 0) a.rows = 0;
    return a;
}

static uint64_t first_of(const tacit_answers *a, uint64_t row) {
    return row / a->inner * a->inner * a->width + row % a->inner;
}

int64_t tacit_answer(const tacit_answers *a, const double *x, uint64_t row) {
    if (a->whole) return (int64_t)x[row];
    const double *first = x + first_of(a, row);
    if (a->width == 1) return first[0] > 0.5;
    uint64_t best = 0;
    for (uint64_t k = 1; k < a->width; k++) best = first[k * a->inner] > first[best * a->inner] ? k : best;
    return (int64_t)best;
}

double tacit_answer_cosine(const tacit_answers *a, const double *x, const double *y, uint64_t row) {
    const uint64_t first = first_of(a, row);
    double xx = 0, yy = 0, xy = 0;
    for (uint64_t k = 0; k < a->width; k++) {
        const double p = x[first + k * a->inner], q = y[first + k * a->inner];
        xx += p * p, yy += q * q, xy += p * q;
    }
    if (xx == 0 && yy == 0) return 1;
    return xx > 0 && yy > 0 ? xy / sqrt(xx) / sqrt(yy) : 0;
}
