/* compile/narrow_plan: which parts of which tensors are made. */
#ifndef COMPILE_NARROW_PLAN_H
#define COMPILE_NARROW_PLAN_H
#include "compile/needs.h"

struct part;

/* What a node reads of a tensor. */
typedef struct need {
    box b, made;       /* made: b, or more where its maker cannot make just that */
    struct part *of;   /* b lies in this one; NULL for constants */
    struct need *next; /* of the same tensor */
} need;

/* What has been cut out of a part. */
typedef struct cutting {
    box b;
    uint32_t tensor;
    struct cutting *next;
} cutting;

/* A part of a node's result that is made by itself. */
typedef struct part {
    box b;
    need *needs;     /* per input of the node */
    uint32_t tensor; /* once it is there */
    cutting *cuttings;
    struct part *next; /* of the same tensor */
} part;

typedef struct narrowing {
    graph *g;
    need **asked; /* per tensor */
    part **parts; /* per tensor */
    bool *kept;   /* per node: makes all of its result whatever is read of it */
    bool *whole;  /* per tensor: all of it is made */
} narrowing;

/* *less: there is something that need not be made. */
tacit_status narrow_plan(narrowing *w, bool *less, tacit_error *err) TACIT_MUST_CHECK;
#endif
