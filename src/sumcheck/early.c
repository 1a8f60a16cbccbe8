#include "sumcheck/early.h"

#ifdef TACIT_RULES
ext broken_logup_weight, broken_batch_weight, broken_tau[64];
#else
typedef int early_is_empty;
#endif
