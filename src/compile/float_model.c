/* compile/float_model: the ONNX file run on floats: read once, for any number of inputs. */
#include "compile/calibrate.h"
#include "compile/fold.h"
#include "compile/memory.h"
#include "compile/onnx/import.h"
#include "compile/options.h"
#include <stdlib.h>

struct tacit_float_model {
    arena a;
    graph g;
    frame f;
};

static tacit_status load(tacit_float_model *m, const char *path, const tacit_compile_options *o, tacit_error *err) {
    TRY(options_check(o, err));
    TRY(memory_reserve(&m->a, err));
    TRY(import_file(&m->g, &m->a, path, o, err));
    TRY(fold_graph(&m->g, err));
    return frame_make(&m->f, &m->g, &m->a, err);
}

tacit_status tacit_float_load(tacit_float_model **out, const char *path, const tacit_compile_options *o,
                              tacit_error *err) {
    if (err) *err = (tacit_error){0};
    *out = NULL;
    tacit_float_model *m = calloc(1, sizeof *m);
    if (!m) return fail(err, TACIT_RESOURCES, "no memory for the float model");
    tacit_status s = load(m, path, o, err);
    if (s == TACIT_OK)
        *out = m;
    else
        tacit_float_free(m);
    return s;
}

void tacit_float_free(tacit_float_model *m) {
    if (m) arena_unmap(&m->a);
    free(m);
}

int tacit_float_whole(const tacit_float_model *m, size_t output) {
    return output < m->g.output_count && m->g.tensors[m->g.outputs[output]].type == ELEM_WHOLE;
}

tacit_status tacit_float_answer(tacit_float_model *m, const double *const *inputs, double *const *outputs,
                                tacit_error *err) {
    if (err) *err = (tacit_error){0};
    size_t mark = arena_mark(&m->a);
    tacit_status s = frame_run(&m->f, inputs, NULL, NULL, err);
    for (uint32_t k = 0; k < m->g.output_count && s == TACIT_OK; k++) {
        uint32_t t = m->g.outputs[k];
        for (uint64_t i = 0; i < shape_count(&m->g.tensors[t].shape); i++) outputs[k][i] = frame_number(&m->f, t, i);
    }
    arena_release(&m->a, mark);
    return s;
}

tacit_status tacit_float_run(const char *path, const tacit_compile_options *o, const double *const *inputs,
                             double *const *outputs, tacit_error *err) {
    tacit_float_model *m;
    TRY(tacit_float_load(&m, path, o, err));
    tacit_status s = tacit_float_answer(m, inputs, outputs, err);
    tacit_float_free(m);
    return s;
}
