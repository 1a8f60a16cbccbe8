#include "compile/memory.h"
#include <sys/mman.h>
#include <unistd.h>

#define MOST ((size_t)64 << 30)
#define LEAST ((size_t)64 << 20)

tacit_status memory_reserve(arena *a, tacit_error *err) {
    for (size_t size = MOST; size >= LEAST; size /= 2) {
        tacit_error ignored = {0};
        if (arena_map(a, size, &ignored) == TACIT_OK) return TACIT_OK;
    }
    return fail(err, TACIT_RESOURCES, "cannot reserve 64 MiB of memory");
}

tacit_status memory_fits(uint64_t bytes, const char *what, tacit_error *err) {
    uint64_t physical = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    if (bytes <= physical) return TACIT_OK;
    return fail(err, TACIT_RESOURCES, "%s needs %u MiB of memory, the machine has %u MiB", what, bytes >> 20,
                physical >> 20);
}

void memory_forget(const void *p, size_t size) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = ((uintptr_t)p + page - 1) & ~(page - 1),
                    end = ((uintptr_t)p + size) & ~(page - 1);
    if (p && end > begin) (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
}
