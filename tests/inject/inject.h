/* tests/inject: call number k, counted over all allocations and input/output calls of the command and the library,
 * fails. The executable is linked with --wrap for each name of the table (cmake/inject.cmake). */
#ifndef TESTS_INJECT_H
#define TESTS_INJECT_H

typedef enum inject_mode {
    INJECT_COUNT, /* nothing fails */
    INJECT_FAIL,  /* the call fails: no memory, no space, an input/output error */
    INJECT_SHORT, /* a write puts half of its bytes, then fails; other calls fail */
    INJECT_CRASH  /* the process ends before the call, as if killed; a write has put half of its bytes */
} inject_mode;

/* In memory that parent and child share. */
typedef struct inject_report {
    unsigned long calls;
    char name[32]; /* of the call that failed */
} inject_report;

void inject_start(inject_report *report, inject_mode mode, unsigned long number);
#endif
