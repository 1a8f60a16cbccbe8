/* field/vec: which kernels are in use. */
#include "field/vec.h"
#include <stdlib.h>
#include <string.h>

const vec_kernels *vec = &vec_portable;

static bool has_avx2(void) {
#if VEC_HAVE_AVX2
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
#else
    return false;
#endif
}

const vec_kernels *vec_find(const char *name) {
    if (strcmp(name, "portable") == 0) return &vec_portable;
#if VEC_HAVE_AVX2
    if (strcmp(name, "avx2") == 0 && has_avx2()) return &vec_avx2;
#endif
    return NULL;
}

const char *vec_select(const char *name) {
    if (name == NULL) {
        const char *forced = getenv("TACIT_KERNEL");
        bool portable = forced != NULL && strcmp(forced, "portable") == 0;
        name = !portable && has_avx2() ? "avx2" : "portable";
    }
    const vec_kernels *found = vec_find(name);
    if (found != NULL) vec = found;
    return vec->name;
}
