/* tests/toy/simulator: the simulator of protocol.md, section 8.1: writes a transcript from the statement and the
 * challenges alone. Its digits (F elements) are uniform; the transcript is a function of them. */
#ifndef TESTS_TOY_SIMULATOR_H
#define TESTS_TOY_SIMULATOR_H
#include "lab.h"
#include "toy.h"

enum { MOST = 4096 }; /* words of a transcript; secrets; digits */
typedef struct script {
    size_t count;
    unsigned tag[MOST];
    gl v[MOST];
} script;
void script_note(script *s, unsigned tag, const gl *words, unsigned count);

/* Coins that are a function of a seed and of their order, from the first on. */
extern uint64_t fixed_coins_seed;
void fixed_coins_start(void);

/* Of the part v of a transcript: messages under pads that lie in triples, and a(r), b(r). */
bool under_triples(unsigned tag);

typedef struct simulator simulator;
simulator *simulator_new(void);
size_t simulator_digits(const simulator *s); /* used by the last run */
gl *simulator_digit(simulator *s, size_t i);
/* out: the transcript, its part v as in `given`; with `verify` the verifier must accept it, Merkle paths apart. */
void simulate(lab *l, simulator *s, const script *given, script *out, bool verify);
#endif
