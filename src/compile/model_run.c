/* compile/model_run: a compiled model on reals and on integers. It is here and not with the file format because it
 * needs floats and the executor. */
#include "compile/memory.h"
#include "execute/execute.h"
#include "program/model.h"
#include "tacit/model.h"
#include <math.h>
#include <string.h>

/* An input that chooses rows of a table: another value is another row, never a rounding of it. */
static bool is_index(const struct tacit_model *m, size_t io) {
    const program *p = &m->pub.program;
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        const lookup *k = &p->lookups[i];
        uint32_t id = k->columns[0];
        while (p->tensors[id].kind == TENSOR_VIEW) id = p->tensors[id].source;
        if (p->tables[k->table].gather && id == m->pub.io[io].tensor) return true;
    }
    return false;
}

static tacit_status outside(const struct tacit_model *m, size_t io, const tacit_io *q, uint64_t element,
                            tacit_error *err) {
    if (is_index(m, io))
        return fail(err, TACIT_VALUE, "\"%s\": element %u is none of 0 to %d", q->name, element, q->hi);
    return fail(err, TACIT_OVERFLOW, "\"%s\": element %u is outside the calibrated range", q->name, element);
}

tacit_status tacit_quantise(const tacit_model *m, size_t io, const double *x, int64_t *out, uint64_t *clipped,
                            tacit_error *err) {
    if (err) *err = (tacit_error){0};
    if (io >= tacit_model_io_count(m))
        return fail(err, TACIT_USAGE, "the model has no input or output %u", (uint64_t)io);
    const tacit_io q = tacit_model_io(m, io);
    const bool strict = tacit_model_overflow(m) == TACIT_REFUSE || is_index(m, io);
    uint64_t clips = 0;
    tacit_status s = TACIT_OK;
    for (uint64_t i = 0; i < q.count && s == TACIT_OK; i++) {
        double v = round(ldexp(x[i], q.scale)), kept = fmin(fmax(v, (double)q.lo), (double)q.hi);
        if (!isfinite(x[i]))
            s = fail(err, TACIT_VALUE, "\"%s\": element %u is not a finite number", q.name, i);
        else if (kept != v && strict)
            s = outside(m, io, &q, i, err);
        clips += kept != v;
        out[i] = s == TACIT_OK ? (int64_t)kept : 0;
    }
    if (s != TACIT_OK) memset(out, 0, q.count * sizeof *out);
    if (clipped) *clipped = s == TACIT_OK ? clips : 0;
    return s;
}

void tacit_dequantise(const tacit_io *io, const int64_t *x, double *out) {
    for (uint64_t i = 0; i < io->count; i++) out[i] = ldexp((double)x[i], -io->scale);
}

static tacit_status run_in(const struct tacit_model *m, const int64_t *const *inputs, int64_t *const *outputs,
                           uint64_t *saturated, arena *a, tacit_error *err) {
    const program *p = &m->pub.program;
    trace t;
    uint32_t in = 0, out = 0;
    TRY(trace_make(&t, p, m->weights, a, err));
    for (uint32_t i = 0; i < m->pub.io_count; i++) {
        uint32_t id = m->pub.io[i].tensor;
        if (p->tensors[id].kind == TENSOR_INPUT) TRY(trace_set(&t, id, inputs[in++], err));
    }
    TRY(execute(&t, a, saturated, err));
    for (uint32_t i = 0; i < m->pub.io_count; i++) {
        uint32_t id = m->pub.io[i].tensor;
        if (p->tensors[id].kind == TENSOR_OUTPUT) trace_values(&t, id, outputs[out++]);
    }
    return TACIT_OK;
}

tacit_status tacit_run(const tacit_model *m, const int64_t *const *inputs, int64_t *const *outputs, uint64_t *saturated,
                       tacit_error *err) {
    arena a = {0};
    if (err) *err = (tacit_error){0};
    TRY(memory_reserve(&a, err));
    tacit_status s = run_in(m, inputs, outputs, saturated, &a, err);
    arena_unmap(&a); /* wiped: intermediate values are secret */
    return s;
}
