#include "program/program.h"

int64_t view_source(const tensor *view, const shape *source, uint64_t i) {
    uint32_t out[MAX_RANK], src[MAX_RANK] = {0};
    int64_t flat = 0;
    for (uint32_t k = view->shape.rank; k-- > 0;) {
        out[k] = (uint32_t)(i % view->shape.dim[k]);
        i /= view->shape.dim[k];
    }
    for (uint32_t g = 0; g < view->group_count; g++) {
        const view_group *v = &view->groups[g];
        uint64_t at = 0;
        for (uint32_t k = 0; k < v->out_count; k++) at = at * view->shape.dim[v->out_axis[k]] + out[v->out_axis[k]];
        int64_t m = v->map ? v->map[at] : (int64_t)at;
        if (m < 0) return -1;
        for (uint32_t k = v->src_count; k-- > 0;) {
            src[v->src_axis[k]] = (uint32_t)(m % source->dim[v->src_axis[k]]);
            m /= source->dim[v->src_axis[k]];
        }
    }
    for (uint32_t k = 0; k < source->rank; k++) flat = flat * source->dim[k] + src[k];
    return flat;
}
