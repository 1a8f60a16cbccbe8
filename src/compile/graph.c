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

/* Twice the room. */
static tacit_status grow(graph *g, tacit_error *err) {
    graph old = *g, larger = *g;
    if (old.tensor_count >= MAX_GRAPH_TENSORS) return fail(err, TACIT_UNSUPPORTED, "the model has too many tensors");
    TRY(graph_init(&larger, g->a, 2 * old.tensor_capacity + 16, err));
    g->names = larger.names;
    g->tensor_capacity = larger.tensor_capacity;
    g->tensors = larger.tensors;
    memcpy(g->tensors, old.tensors, old.tensor_count * sizeof *old.tensors);
    for (uint32_t t = 0; t < old.tensor_count; t++) *slot_of(g, g->tensors[t].name) = t + 1;
    return TACIT_OK;
}

tacit_status graph_add(graph *g, const char *name, uint32_t *out, tacit_error *err) {
    if (g->tensor_count == g->tensor_capacity) TRY(grow(g, err));
    uint32_t *slot = slot_of(g, name);
    if (*slot != 0) return fail(err, TACIT_MALFORMED, "two tensors are named \"%s\"", name);
    *out = g->tensor_count++;
    g->tensors[*out] = (gtensor){.name = name, .producer = NO_INDEX, .source = NO_INDEX, .same = NO_INDEX};
    *slot = *out + 1;
    return TACIT_OK;
}

tacit_status graph_add_node(graph *g, const gnode *n, tacit_error *err) {
    if (g->node_count == g->node_capacity) {
        void *nodes;
        if (g->node_count >= MAX_NODES) return fail(err, TACIT_UNSUPPORTED, "the model has too many nodes");
        g->node_capacity = 2 * g->node_count + 64;
        TRY(graph_alloc(g, &nodes, g->node_capacity, sizeof(gnode), err));
        if (g->node_count > 0) memcpy(nodes, g->nodes, g->node_count * sizeof(gnode));
        g->nodes = nodes;
    }
    for (uint32_t k = 0; k < n->out_count; k++) {
        if (n->out[k] != NO_INDEX) g->tensors[n->out[k]].producer = g->node_count;
    }
    g->nodes[g->node_count++] = *n;
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

uint32_t graph_only_user(const graph *g, uint32_t t) {
    for (uint32_t k = 0; k < g->node_count && g->tensors[t].uses == 1 && !g->tensors[t].is_output; k++) {
        const gnode *n = &g->nodes[k];
        for (uint32_t i = 0; !n->dead && i < n->in_count; i++) {
            if (n->in[i] == t) return k;
        }
    }
    return NO_INDEX;
}

bool node_is_one_of(const gnode *n, const char *const *ops, size_t count) {
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) found = node_is(n, ops[i]);
    return found;
}

bool node_reshapes(const gnode *n) {
    static const char *const OPS[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"};
    return node_is_one_of(n, OPS, sizeof OPS / sizeof OPS[0]);
}

bool node_moves(const gnode *n) {
    static const char *const OPS[] = {"Transpose", "Slice", "Pick", "Take", "Concat", "Expand"};
    return node_reshapes(n) || node_is_one_of(n, OPS, sizeof OPS / sizeof OPS[0]);
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

void set_output_at(graph *g, const gnode *n, uint32_t k, elem_type type, const shape *s) {
    if (k >= n->out_count || n->out[k] == NO_INDEX) return;
    gtensor *t = node_out(g, n, k);
    t->type = type;
    t->shape = *s;
    t->known = true;
}

void set_output(graph *g, const gnode *n, elem_type type, const shape *s) {
    set_output_at(g, n, 0, type, s);
}

void set_output_like(graph *g, const gnode *n, const shape *s) {
    set_output_at(g, n, 0, node_in(g, n, 0)->type, s);
    node_out(g, n, 0)->boolean = node_in(g, n, 0)->boolean;
    node_out(g, n, 0)->stored = node_in(g, n, 0)->stored;
}

void set_output_boolean(graph *g, const gnode *n, const shape *s) {
    set_output_at(g, n, 0, ELEM_WHOLE, s);
    node_out(g, n, 0)->boolean = true;
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

const gnode *graph_source(const graph *g, uint32_t t) {
    bool known = g->file_nodes && t < g->tensor_count && g->tensors[t].source != NO_INDEX;
    return known ? &g->file_nodes[g->tensors[t].source] : NULL;
}

tacit_status graph_new_constant(graph *g, const char *base, const char *suffix, const shape *s, uint32_t *t,
                                double **out, tacit_error *err) {
    void *values;
    const char *name = name_copy(g->a, base, suffix);
    while (name && graph_find(g, name) != NO_INDEX) name = name_copy(g->a, name, "_");
    if (!name) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    TRY(graph_alloc(g, &values, shape_count(s), sizeof(double), err));
    TRY(graph_add(g, name, t, err));
    gtensor *x = &g->tensors[*t];
    x->type = ELEM_REAL;
    x->known = x->constant = true;
    x->shape = *s;
    x->real = *out = values;
    return TACIT_OK;
}
