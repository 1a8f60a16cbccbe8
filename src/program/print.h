/* program/print: a program as text, one line per tensor, table and relation (`tacit inspect`, and between passes of the
 * compiler). Hosted. Never prints values of external tensors (it has none). */
#ifndef PROGRAM_PRINT_H
#define PROGRAM_PRINT_H
#include <stdio.h>
#include "program/program.h"

const char *tensor_kind_name(tensor_kind kind);
void program_print(FILE *out, const program *p);
#endif
