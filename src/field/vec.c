/* field/vec: which kernels are in use. */
#include "field/vec.h"
#include <stdlib.h>
#include <string.h>

const vec_kernels *vec = &vec_portable;

static const vec_kernels *avx2(void) {
#if VEC_HAVE_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) return &vec_avx2;
#endif
    return NULL;
}

static const vec_kernels *avx512(void) {
#if VEC_HAVE_AVX2
    if (avx2() != NULL && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return &vec_avx512;
#endif
    return NULL;
}

const vec_kernels *vec_find(const char *name) {
    if (strcmp(name, "portable") == 0) return &vec_portable;
    if (strcmp(name, "avx2") == 0) return avx2();
    return strcmp(name, "avx512") == 0 ? avx512() : NULL;
}

static const vec_kernels *widest(void) {
    if (avx512() != NULL) return avx512();
    return avx2() != NULL ? avx2() : &vec_portable;
}

const char *vec_select(const char *name) {
    const char *wish = name != NULL ? name : getenv("TACIT_KERNEL");
    const vec_kernels *found = wish != NULL ? vec_find(wish) : NULL;
    if (found != NULL) {
        vec = found;
    } else if (name == NULL) {
        vec = widest();
    }
    return vec->name;
}
