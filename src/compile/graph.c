#include "compile/graph.h"
#include <string.h>

static uint32_t hash_name(const char *s) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *s != '\0'; s++) h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

tacit_status graph_alloc(graph *g, void **out, size_t count, size_t size, tacit_error *err) {
    *out = arena_zalloc(g->a, count, size);
    return *out ? TACIT_OK : fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
}

tacit_status graph_init(graph *g, arena *a, uint32_t tensors, tacit_error *err) {
    *g = (graph){.a = a, .tensor_capacity = tensors};
    g->names.size = 1u << (log2_ceil(tensors + 1u) + 1);
    void *slots, *array;
    TRY(graph_alloc(g, &slots, g->names.size, sizeof(uint32_t), err));
    TRY(graph_alloc(g, &array, tensors + 1u, sizeof(gtensor), err));
    g->names.slot = slots;
    g->tensors = array;
    return TACIT_OK;
}

static uint32_t *slot_of(const graph *g, const char *name) {
    uint32_t i = hash_name(name) & (g->names.size - 1);
    while (g->names.slot[i] != 0 && strcmp(g->tensors[g->names.slot[i] - 1].name, name) != 0)
        i = (i + 1) & (g->names.size - 1);
    return &g->names.slot[i];
}

uint32_t graph_find(const graph *g, const char *name) {
    uint32_t s = *slot_of(g, name);
    return s == 0 ? NO_INDEX : s - 1;
}

tacit_status graph_add(graph *g, const char *name, uint32_t *out, tacit_error *err) {
    uint32_t *slot = slot_of(g, name);
    if (*slot != 0) return fail(err, TACIT_MALFORMED, "two tensors are named \"%s\"", name);
    if (g->tensor_count == g->tensor_capacity) return fail(err, TACIT_INTERNAL, "graph: tensor table is full");
    *out = g->tensor_count++;
    g->tensors[*out] = (gtensor){.name = name, .producer = NO_INDEX};
    *slot = *out + 1;
    return TACIT_OK;
}

void graph_count_uses(graph *g) {
    for (uint32_t t = 0; t < g->tensor_count; t++) g->tensors[t].uses = 0;
    for (uint32_t k = 0; k < g->node_count; k++) {
        const gnode *n = &g->nodes[k];
        for (uint32_t i = 0; !n->dead && i < n->in_count; i++) {
            if (n->in[i] != NO_INDEX) g->tensors[n->in[i]].uses++;
        }
    }
}

const char *name_copy(arena *a, const char *name, const char *suffix) {
    size_t n = strlen(name), m = strlen(suffix);
    if (m > MAX_NAME / 2) m = MAX_NAME / 2;
    if (n + m > MAX_NAME - 1) n = MAX_NAME - 1 - m;
    char *out = ARENA_ZNEW(a, char, n + m + 1);
    if (!out) return NULL;
    for (size_t i = 0; i < n; i++) out[i] = name[i] >= 0x20 && name[i] <= 0x7e ? name[i] : '_';
    memcpy(out + n, suffix, m);
    return out;
}

tacit_status unsupported(const gnode *n, const char *what, tacit_error *err) {
    return fail(err, TACIT_UNSUPPORTED, "node \"%s\" (%s): %s", n->name, n->op, what);
}

tacit_status misshapen(const gnode *n, const char *what, tacit_error *err) {
    return fail(err, TACIT_SHAPE, "node \"%s\" (%s): %s", n->name, n->op, what);
}

void set_output(graph *g, const gnode *n, elem_type type, const shape *s) {
    gtensor *t = node_out(g, n, 0);
    t->type = type;
    t->shape = *s;
    t->known = true;
}

bool shape_broadcast(shape *out, const shape *a, const shape *b) {
    uint32_t rank = a->rank > b->rank ? a->rank : b->rank;
    shape s = {.rank = rank};
    for (uint32_t k = 0; k < rank; k++) {
        uint32_t p = k + a->rank < rank ? 1 : a->dim[k + a->rank - rank];
        uint32_t q = k + b->rank < rank ? 1 : b->dim[k + b->rank - rank];
        if (p != q && p != 1 && q != 1) return false;
        s.dim[k] = p == 1 ? q : p;
    }
    *out = s;
    return true;
}

void broadcast_strides(const shape *operand, const shape *as, uint64_t stride[MAX_RANK]) {
    uint64_t step = 1;
    for (uint32_t k = as->rank; k-- > 0;) {
        stride[k] = 0;
        if (k + operand->rank < as->rank) continue;
        uint32_t n = operand->dim[k + operand->rank - as->rank];
        if (n > 1) stride[k] = step;
        step *= n;
    }
}
