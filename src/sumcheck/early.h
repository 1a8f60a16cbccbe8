/* sumcheck/early: challenges that a rule left out (base/broken.h) draws too early. Test builds only. */
#ifndef SUMCHECK_EARLY_H
#define SUMCHECK_EARLY_H
#include "base/broken.h"
#ifdef TACIT_RULES
#include "field/ext.h"
extern ext broken_logup_weight, broken_batch_weight, broken_tau[64];
#endif
#endif
