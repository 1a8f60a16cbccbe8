/* The library's source, its search under another name: statement_make takes the test's geometry (toy.c). */
#define geometry_make geometry_make_search
#include "../../src/commit/geometry.c"
