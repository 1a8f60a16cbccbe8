/* compile/options: the options of a compilation, checked before anything is read. */
#ifndef COMPILE_OPTIONS_H
#define COMPILE_OPTIONS_H
#include "base/error.h"
#include "tacit/compile.h"

/* USAGE, naming the option. */
tacit_status options_check(const tacit_compile_options *o, tacit_error *err) TACIT_MUST_CHECK;
#endif
