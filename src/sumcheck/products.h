/* sumcheck/products: the prover's tables of a plain batched sumcheck: sum over products of coef * f_1 f_2 (f_3), each
 * with its own number of variables; a product whose variables are all bound goes on as coef * prod (1 - X_i). */
#ifndef SUMCHECK_PRODUCTS_H
#define SUMCHECK_PRODUCTS_H
#include "sumcheck/parallel.h"
#include "sumcheck/sumcheck.h"

typedef struct product_tables {
    ext coef;
    unsigned factors, vars; /* 2 or 3 factors; variables still free */
    extv now[3], other[3];  /* 2^vars entries; `other` takes the next fold (half as many) */
    ext late;
} product_tables;

typedef struct product_set {
    unsigned degree; /* 2 or 3: values at 0, 2, .., degree */
    uint32_t count;
    product_tables *products;
} product_set;

/* Makes room for the folds of a product whose `now` tables are filled. */
tacit_status product_ready(product_tables *p, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* The oracle's functions; ctx is the product_set. */
void products_round(void *ctx, ext *values);
void products_bind(void *ctx, ext r);
/* Value of factor k at the point, once all variables are bound. */
ext product_end(const product_tables *p, unsigned k);
#endif
