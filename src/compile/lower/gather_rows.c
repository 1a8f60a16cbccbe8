/* GatherRows: rows of a constant table by computed indices, one lookup an index (protocol.md, step 3): Y[i, ..] =
 * T[index[i], ..], index in [0, V). The rows are committed, unique since the index is one of V and decides them. */
#include "compile/lower/choose.h"
#include "compile/lower/lower.h"
#include "compile/quantise.h"
#include <string.h>

tacit_status gather_rows_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *data = node_in(g, n, 0), *index = node_in(g, n, 1);
    shape s = index->shape;
    if (!data->constant || data->shape.rank == 0 || index->type != ELEM_WHOLE)
        return unsupported(n, "needs a constant table and integer indices", err);
    if (s.rank + data->shape.rank - 1 > MAX_RANK) return unsupported(n, "more than 8 axes", err);
    for (uint32_t k = 1; k < data->shape.rank; k++) s.dim[s.rank++] = data->shape.dim[k];
    set_output_like(g, n, &s);
    return TACIT_OK;
}

tacit_status gather_rows_eval(frame *f, const gnode *n, tacit_error *err) {
    const gtensor *data = node_in(f->g, n, 0);
    uint64_t count = shape_count(&node_in(f->g, n, 1)->shape), row = shape_count(&data->shape) / data->shape.dim[0];
    const int64_t *index = frame_whole(f, n->in[1]);
    for (uint64_t i = 0; i < count; i++) {
        if (index[i] < 0 || index[i] >= data->shape.dim[0])
            return unsupported(n, "an index out of range (negative ones are not supported here)", err);
        const uint64_t from = (uint64_t)index[i] * row, to = i * row;
        if (data->type == ELEM_REAL)
            memcpy(f->real[n->out[0]] + to, data->real + from, row * sizeof(double));
        else
            memcpy(f->whole[n->out[0]] + to, data->whole + from, row * sizeof(int64_t));
    }
    return TACIT_OK;
}

tacit_status gather_rows_lower(lowering *l, const gnode *n, tacit_error *err) {
    value table_of, index;
    uint32_t columns[2];
    const char *name = tensor_name(l, n->out[0]);
    double lo, hi;
    TRY(lower_range(l, n->in[1], &lo, &hi, err));
    if (lo < 0) return unsupported(n, "computed indices of a large table may not be negative", err);
    TRY(lower_param(l, n->in[0], 1, l->o->weight_bits, MAX_SCALE, &table_of, err));
    TRY(lower_operand(l, n->in[1], &index, err));
    columns[0] = index.id;
    columns[1] = builder_committed(l->b, lower_name(l, name, ""), &node_out(l->g, n, 0)->shape);
    uint32_t k = builder_lookup(l->b, lower_name(l, name, ".rows"), builder_gather_table(l->b, table_of.id), columns);
    advice a = advice_of(ADVICE_TABLE, k, NO_TENSOR);
    builder_advice(l->b, &a);
    return lower_set_value(l, n->out[0], &(value){columns[1], table_of.scale, table_of.lo, table_of.hi}, err);
}
