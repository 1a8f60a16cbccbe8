#include "execute/gather.h"

void block_gather(const shape *s, const block *b, narrow values, uint64_t first, uint64_t count, int32_t *out) {
    unsigned run_log = s->rank ? b->axis_log[s->rank - 1] : 0;
    uint64_t run = UINT64_C(1) << run_log;
    while (count) {
        uint64_t inside = first & (run - 1), n = run - inside < count ? run - inside : count;
        narrow_read(narrow_at(values, block_element(s, b, first)), n, out);
        out += n;
        first += n;
        count -= n;
    }
}
