/* compile/memory: address space for work whose size is not known before it is done. Pages come on first touch. */
#ifndef COMPILE_MEMORY_H
#define COMPILE_MEMORY_H
#include "base/arena.h"

/* 64 GiB of address space, or the largest half, quarter .. of it that the system grants, down to 64 MiB. */
tacit_status memory_reserve(arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* RESOURCES, with both sizes, if the machine has less memory than `bytes`. */
tacit_status memory_fits(uint64_t bytes, const char *what, tacit_error *err) TACIT_MUST_CHECK;
/* Nobody reads these bytes of an arena again: whole pages among them go back to the system. */
void memory_forget(const void *p, size_t size);
#endif
