/* compile/formula: a function of one number as a short list of steps. Value 0 is x, value k the result of step k - 1,
 * the last step's is the function's. Single operators (compile/functions) and whole sub-graphs (compile/fuse) have one;
 * a table is filled from it (lower/plan.h), in double precision. */
#ifndef COMPILE_FORMULA_H
#define COMPILE_FORMULA_H
#include <stdbool.h>
#include <stdint.h>

enum { FORMULA_STEPS = 48, FORMULA_PARAMETERS = 3 };

typedef double (*formula_operation)(double a, double b, const double *p);
typedef struct formula_step {
    formula_operation f;
    uint32_t a, b; /* values; b = a where there is no second operand */
    double p[FORMULA_PARAMETERS];
} formula_step;

/* Scales of results: a number, or one of these. */
#define SCALE_OF_INPUT INT32_MIN         /* x's own */
#define SCALE_CALIBRATED (INT32_MIN + 1) /* such that the result's calibrated range fills 16 bits */
#define SCALE_WHOLE (INT32_MIN + 2)      /* results are whole numbers: 0, or x's own where that is coarser */

typedef enum formula_result { RESULT_LIKE_INPUT, RESULT_REAL, RESULT_WHOLE, RESULT_BOOLEAN } formula_result;

typedef struct formula {
    uint32_t count;
    const formula_step *steps;
    int32_t scale;
    bool monotone;         /* non-decreasing */
    formula_result result; /* type */
    /* The same on integers; NULL: on reals only. */
    int64_t (*whole)(int64_t x, const double *p);
} formula;

double formula_value(const formula *f, double x);
bool formula_equal(const formula *a, const formula *b);

/* Operations that other modules name. */
double formula_relu(double a, double b, const double *p);
double formula_constant(double a, double b, const double *p); /* p[0] */
double formula_add(double a, double b, const double *p);
double formula_sub(double a, double b, const double *p);
double formula_mul(double a, double b, const double *p);
double formula_div(double a, double b, const double *p);
double formula_neg(double a, double b, const double *p);
#endif
