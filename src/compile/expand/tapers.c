#include "compile/expand/tapers.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

enum { MAX_TAPER = 1 << 20 };

/* a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n). */
typedef struct taper {
    const char *op;
    double a0, a1, a2;
} taper;
static const taper TAPERS[] = {
    {"HannWindow", 0.5, 0.5, 0}, {"HammingWindow", 25.0 / 46, 21.0 / 46, 0}, {"BlackmanWindow", 0.42, 0.5, 0.08}};

tacit_status taper_expand(expansion *x, const gnode *n, tacit_error *err) {
    const gtensor *size = ex_tensor(x, n->in[0]);
    const taper *p = TAPERS;
    int64_t periodic;
    TRY(attribute_int(n, "periodic", 1, &periodic, err));
    if (!size->constant || size->type != ELEM_WHOLE || shape_count(&size->shape) != 1)
        return unsupported(n, "the size must be a constant", err);
    if (size->whole[0] < 1 || size->whole[0] > MAX_TAPER) return misshapen(n, "its size is out of range", err);
    while (strcmp(p->op, n->op) != 0) p++;
    const shape s = {.rank = 1, .dim = {(uint32_t)size->whole[0]}};
    double *v = ex_new_reals(x, s.dim[0]), around = periodic ? s.dim[0] : s.dim[0] > 1 ? s.dim[0] - 1 : 1;
    for (uint32_t i = 0; v && i < s.dim[0]; i++)
        v[i] = p->a0 - p->a1 * cos(2 * M_PI * i / around) + p->a2 * cos(4 * M_PI * i / around);
    if (v) ex_result(x, 0, ex_reals(x, &s, v));
    return x->status;
}
