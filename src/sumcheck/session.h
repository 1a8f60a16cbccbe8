/* sumcheck/session: what one proof is while it is made or checked.
 *
 * Prover and verifier run the same step functions (message order, equations and summands are written once). The
 * prover's side of a step is an oracle, a small table of functions that answers "the value of this message" from its
 * tables; at the verifier every oracle pointer is NULL and the values come from the proof.
 *
 * Zero-knowledge (protocol.md, section 4): every hidden field message v is sent as v - pad; the verifier carries
 * affine expressions in the unknown pads. An expression is const + sum coef * term. */
#ifndef SUMCHECK_SESSION_H
#define SUMCHECK_SESSION_H
#include "base/arena.h"
#include "field/ext.h"
#include "hash/transcript.h"
#include "program/program.h"

typedef enum cell_array { CELL_PAD, CELL_A, CELL_B, CELL_C, CELL_ARRAYS } cell_array;
/* One E cell of x: a pad, or a member of triple i (a, b, c = a b). */
typedef struct cell {
    cell_array array;
    uint32_t index;
} cell;

typedef enum term_kind {
    TERM_MLE,  /* tensor (committed, private or certified) at the flat point z */
    TERM_VIEW, /* view at z; consumed by step 5 */
    TERM_CELL, /* cell (array, index) */
    TERM_EMLE, /* <array, eq(z)> */
    TERM_SIGMA /* cell `index` of sigma */
} term_kind;
typedef struct term {
    ext coef;
    term_kind kind;
    cell_array array;
    uint32_t index; /* tensor, cell or sigma cell */
    const ext *z;
} term;

typedef struct expr {
    ext constant;
    term *terms;
    uint32_t count, capacity;
} expr;

/* How many cells a statement needs: a function of program, kinds of binding and parameters (session_plan). */
typedef struct plan {
    uint32_t pads, triples; /* triples: the dummy, at the last index, included */
    uint32_t sigmas;
} plan;

typedef enum binding_kind { BIND_PUBLIC, BIND_PRIVATE, BIND_CERTIFIED } binding_kind;
typedef struct binding {
    binding_kind kind;
    const int64_t *values; /* public */
    uint32_t certificate;  /* certified: index into the statement's certificates ... */
    uint32_t item;         /* ... and tensor inside it */
} binding;

typedef struct copy_rule {
    cell copy, original;
} copy_rule;

/* The prover's answers; NULL at the verifier. */
struct prover;

typedef struct session {
    const program *p;
    const binding *bind; /* per tensor; used for external ones */
    transcript *ch;
    arena *a;
    tacit_error *err;
    struct prover *prover;
    const ext *cells[CELL_ARRAYS]; /* the prover's; NULL at the verifier */
    const ext *sigma;
    plan plan;                      /* known beforehand, except while counting */
    uint32_t pads, triples, sigmas; /* used so far */
    copy_rule *copies;
    uint32_t copy_count, copy_capacity;
    expr *equations; /* LogUp's, step 4's, what step 5 leaves */
    uint32_t equation_count, equation_capacity;
    expr zero[3]; /* 5b's */
    bool out_of_memory;
    uint64_t work; /* field operations that the evaluations will take, about; summed while counting */
} session;

/* A program may not ask a verifier for more (seconds on one core); the counting walk refuses it first. */
#define MAX_VERIFIER_WORK (UINT64_C(1) << 31)

void session_init(session *s, const program *p, const binding *bind, transcript *ch, arena *a, tacit_error *err);
/* First failure of transcript or arena. */
tacit_status session_status(session *s);

/* ---- expressions (terms live in the arena) */
void expr_add(session *s, expr *e, const expr *other, ext factor); /* e += factor * other */
void expr_add_term(session *s, expr *e, term t);
/* A copy of a point in the arena. */
const ext *session_point(session *s, const ext *z, unsigned n);
void session_equation(session *s, const expr *e); /* e = 0; the expression is taken over */

/* ---- hidden messages */
typedef struct hidden {
    ext sent;
    cell cell;
} hidden;
cell session_new_pad(session *s);
uint32_t session_new_triple(session *s);
/* value: the prover's; ignored at the verifier. */
hidden session_hidden(session *s, transcript_tag tag, ext value, cell c);
void hidden_add(session *s, expr *e, const hidden *h, ext factor); /* e += factor * h */
/* e += factor * u * v through triple t: cells a[t], b[t] are the pads of u, v or copies tied to them. */
void hidden_product(session *s, expr *e, const hidden *u, const hidden *v, uint32_t t, ext factor);

/* e += factor * T~(z): public tensors evaluated, linear ones expanded, views kept as terms. z: flat point in the
 * arena. */
tacit_status session_evaluate(session *s, expr *e, uint32_t tensor, const ext *z, ext factor) TACIT_MUST_CHECK;
/* Counting walks: add to the verifier's work; UNSUPPORTED above MAX_VERIFIER_WORK. */
tacit_status session_work(session *s, uint64_t work) TACIT_MUST_CHECK;
/* True when T~ has no hidden term. */
bool session_public(const session *s, uint32_t tensor);
/* Bound values of a public external tensor or constant, else NULL (fill constants: NULL too). */
const int64_t *session_values(const session *s, uint32_t tensor);
#endif
