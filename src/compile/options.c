#include "compile/options.h"

void tacit_compile_defaults(tacit_compile_options *o) {
    *o = (tacit_compile_options){
        .weight_bits = 8, .activation_bits = 16, .overflow = TACIT_OVERFLOW_AUTO, .headroom = 1.5};
}

tacit_status options_check(const tacit_compile_options *o, tacit_error *err) {
    if (o->weight_bits != 8 && o->weight_bits != 16) return fail(err, TACIT_USAGE, "weight bits must be 8 or 16");
    if (o->activation_bits < 8 || o->activation_bits > 16)
        return fail(err, TACIT_USAGE, "activation bits must be 8 to 16");
    if (!(o->headroom >= 1 && o->headroom <= 64)) return fail(err, TACIT_USAGE, "headroom must be 1 to 64");
    if (o->overflow != TACIT_SATURATE && o->overflow != TACIT_REFUSE && o->overflow != TACIT_OVERFLOW_AUTO)
        return fail(err, TACIT_USAGE, "unknown overflow");
    if (!(o->tolerance >= 0)) return fail(err, TACIT_USAGE, "the tolerance must not be negative");
    if (o->batch > 1u << 16) return fail(err, TACIT_USAGE, "the batch is too large");
    return TACIT_OK;
}
