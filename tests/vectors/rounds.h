/* A sumcheck small enough to be written out: sum over products of multilinear tables, or in Gruen's form the sum of
 * eq(z, .) times one product. */
#ifndef TESTS_VECTORS_ROUNDS_H
#define TESTS_VECTORS_ROUNDS_H
#include "sumcheck/sumcheck.h"
#include "vectors.h"

typedef struct round_product {
    unsigned factors, vars;
    ext *table[3]; /* 2^vars values each */
    ext late;
} round_product;

typedef struct round_case {
    bool gruen;
    unsigned rounds, degree;
    ext claim, *z; /* z: of the variables that are still free */
    unsigned products;
    round_product *product;
} round_case;

round_case round_case_of(json *test);
/* The sum over all free variables; without free variables the value. In Gruen's form with eq(z, .). */
ext round_case_value(const round_case *c);
/* The round's polynomial at a small number; Gruen's: without the eq factor of the round's own variable. */
ext round_case_at(const round_case *c, ext x);
void round_case_fold(round_case *c, ext r);
#endif
