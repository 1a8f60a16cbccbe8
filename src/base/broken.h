/* base/broken: switches for tests that show what each rule of the protocol is for (tests/cheat).
 *
 * In a library built with TACIT_RULES every rule below can be left out (tacit_broken) and a test can step into the
 * prover (tacit_cheat); an attack must get through with its rule off and be rejected with it on. In every other build
 * RULE_OFF is the constant 0, CHEAT is nothing, and no trace of this remains. Builds with TACIT_RULES or with a fixed
 * seed (TACIT_TEST_SEED) have a protocol id of their own, so nothing they write is ever a valid proof. */
#ifndef BASE_BROKEN_H
#define BASE_BROKEN_H

#if defined(TACIT_RULES) || defined(TACIT_TEST_SEED)
enum { TEST_PROTOCOL = 0x80 }; /* top bit of the version byte */
#else
enum { TEST_PROTOCOL = 0 };
#endif

#ifdef TACIT_RULES
#include <stdint.h>

/* Rules of the verifier (and of both sides). */
/* clang-format off */
#define RULE_TABLE(X)                                                                                                  \
    X(COPIES)        /* copy - original = 0 */                                                                         \
    X(A_EQUATION)    /* 5b: <a, eq(r)> = a(r) */                                                                       \
    X(B_EQUATION)    /* 5b: <b, eq(r)> = b(r) */                                                                       \
    X(C_EQUATION)    /* 5b: a(r) b(r) - <c, eq(r)> = claim */                                                          \
    X(SUM)           /* step 3: sum S_i = 0 */                                                                         \
    X(LAYER)         /* step 3: layer equations */                                                                     \
    X(LEAF_LOOKUP)   /* step 3: leaf equations of lookup trees */                                                      \
    X(LEAF_TABLE)    /* step 3: leaf equations of table trees */                                                       \
    X(TABLE_ID)      /* step 3: a row's fingerprint has its table's id */                                              \
    X(BETA)          /* step 3: independent weights of columns */                                                      \
    X(LOGUP_WEIGHT)  /* step 3: a layer's weight is drawn after all roots */                                           \
    X(GATHER)        /* step 3: a gather's rows are folded at a random point */                                         \
    X(AFFINE)        /* step 4: equations of constraints without a contraction */                                      \
    X(OPERAND)       /* step 4: an operand is tied to its tensor */                                                    \
    X(CONTRACTION)   /* step 4: final equation */                                                                      \
    X(TAU)           /* step 4: tau is drawn after the commitment */                                                   \
    X(CONSTRAINT_MU) /* step 4: one weight per constraint */                                                           \
    X(VIEW_MU)       /* step 5: one weight per equation */                                                             \
    X(BATCH_MU)      /* step 6: one weight per equation */                                                             \
    X(VIEW_FINAL)    /* step 5: final equation */                                                                      \
    X(BATCH_WEIGHT)  /* step 6: weights are drawn after a(r), b(r) */                                                  \
    X(PHI)           /* step 6: factor of late joiners */                                                              \
    X(DYADIC)        /* section 2: weight of a block's fixed bits */                                                   \
    X(NU)            /* step 7: nu before gamma */                                                                     \
    X(POSITIONS)     /* step 7: positions cannot be foreseen */                                                        \
    X(DISTINCT)      /* step 7: positions without replacement */                                                       \
    X(LEVEL0)        /* step 7: opened columns agree with the fold */                                                  \
    X(INNER)         /* step 7: the same at the last level */                                                          \
    X(MERKLE)        /* step 7: opened columns lie under their root */                                                 \
    X(FUNCTIONAL)    /* step 7: the final equation on the clear vector */                                              \
    X(CANONICAL)     /* field elements below p */                                                                      \
    X(END)           /* no bytes after the proof */                                                                    \
    X(PUBLIC_RANGE)  /* public values inside their intervals */                                                        \
    X(ABSORB_PROGRAM) X(ABSORB_MODEL) X(ABSORB_PUBLIC) X(ABSORB_CERTIFICATE) X(ABSORB_CONTEXT) /* step 1 */            \
    /* The prover's secrets. */                                                                                        \
    X(LEAK_PADS)     /* pads and triples are 0 */                                                                      \
    X(LEAK_PADS_F)   /* pads and triples in F */                                                                       \
    X(LEAK_DUMMY)    /* the dummy triple is 0 */                                                                       \
    X(LEAK_SIGMA)    /* sigma is 0 */                                                                                  \
    X(LEAK_TAIL)     /* tails are 0 */                                                                                 \
    X(LEAK_OMEGA)    /* masks are 0 */                                                                                 \
    X(LEAK_OMEGA_REUSED) /* one mask for all objects */                                                                \
    X(LEAK_SALTS)    /* salts from a known key */                                                                      \
    X(LEAK_KEY)      /* one key for all attempts */                                                                    \
    /* For measurements: challenges depend on their order alone, so that messages depend on witness and pads alone. */ \
    X(FROZEN)
/* clang-format on */

enum broken_rule {
#define BROKEN_X(name) BROKEN_##name,
    RULE_TABLE(BROKEN_X)
#undef BROKEN_X
        BROKEN_RULES
};
extern uint64_t tacit_broken; /* bit BROKEN_name: the rule is off */
#define RULE_OFF(name) ((int)(tacit_broken >> BROKEN_##name & 1))
extern uint64_t tacit_unabsorbed; /* bit `tag`: neither side absorbs what has this transcript tag */

/* Where a test may step in; what `a` and `b` are, see the calls. */
enum cheat_place {
    CHEAT_CELLS,     /* ext *cells[CELL_ARRAYS], const statement *: before they are committed */
    CHEAT_PROVER,    /* prover *, const void *[2]: session, object_data of x; oracles are made, nothing is sent */
    CHEAT_NU,        /* ext *nu, const void *[4]: commit_prover, geometry, batch_final, gamma */
    CHEAT_MESSAGE,   /* gl *words (digest *), const unsigned[3]: tag, type, words; the prover's, not yet written */
    CHEAT_CHALLENGE, /* const ext *, const unsigned[2]: tag, mode; a challenge just drawn */
    CHEAT_PUBLIC,    /* const void **bytes, const size_t[3]: tag, mode, size; public data to be absorbed */
    CHEAT_CLEAR      /* const ext *: what <V, clear> lacks; the clear vector; at the verifier */
};
extern void (*tacit_cheat)(enum cheat_place place, void *a, const void *b);
#define CHEAT(place, a, b)                                                                                             \
    do {                                                                                                               \
        if (tacit_cheat) tacit_cheat(CHEAT_##place, a, b);                                                             \
    } while (0)
/* A value with the rule off, and the right one; a statement of test builds. */
#define RULE_ELSE(name, off, on) (RULE_OFF(name) ? (off) : (on))
#define BROKEN_ONLY(...) __VA_ARGS__
#else
#define RULE_OFF(name) 0
#define RULE_ELSE(name, off, on) (on)
#define BROKEN_ONLY(...)
#define CHEAT(place, a, b) ((void)0)
#endif
#endif
