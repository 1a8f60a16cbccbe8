#include "compile/expand/forest.h"
#include "compile/lower/trees.h"
#include "compile/onnx/attribute.h"
#include "compile/onnx/data.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FOREST = 1 << 20, MAX_DEPTH = 512 };

typedef struct ints {
    const int64_t *v;
    size_t n;
} ints;

static ints read_ints(const gnode *n, const char *name) {
    const Onnx__AttributeProto *p = attribute_proto(n, name);
    return p ? (ints){p->ints, p->n_ints} : (ints){NULL, 0};
}

static tacit_status from_tensor(expansion *x, const gnode *n, const Onnx__TensorProto *p, const double **out,
                                uint32_t *count, tacit_error *err) {
    gtensor t = {.name = n->name, .producer = NO_INDEX};
    TRY(data_load(x->g, p, &t, err));
    if (t.type != ELEM_REAL) return unsupported(n, "a list of integers where reals are expected", err);
    *out = t.real;
    *count = (uint32_t)shape_count(&t.shape);
    return TACIT_OK;
}

tacit_status read_reals(expansion *x, const gnode *n, const char *name, const double **out, uint32_t *count,
                        tacit_error *err) {
    char other[64];
    const Onnx__AttributeProto *p = attribute_proto(n, name);
    (void)snprintf(other, sizeof other, "%s_as_tensor", name);
    *out = NULL;
    *count = 0;
    if (p && p->t) return from_tensor(x, n, p->t, out, count, err);
    if (attribute_tensor(n, other)) return from_tensor(x, n, attribute_tensor(n, other), out, count, err);
    if (!p) return TACIT_OK;
    double *v = ex_new_reals(x, p->n_floats);
    if (!v) return x->status;
    for (size_t i = 0; i < p->n_floats; i++) {
        v[i] = (double)p->floats[i];
        if (v[i] - v[i] != 0) return unsupported(n, "a number that is not finite", err);
    }
    *out = v;
    *count = (uint32_t)p->n_floats;
    return TACIT_OK;
}

/* ---- TreeEnsembleClassifier, TreeEnsembleRegressor: nodes are named by tree and number */
typedef struct node_name {
    int64_t tree, number;
    uint32_t node;
} node_name;

static int by_name(const void *a, const void *b) {
    const node_name *p = a, *q = b;
    if (p->tree != q->tree) return p->tree < q->tree ? -1 : 1;
    return (p->number > q->number) - (p->number < q->number);
}

static uint32_t find_node(const node_name *names, uint32_t count, int64_t tree, int64_t number) {
    const node_name key = {tree, number, 0}, *found = bsearch(&key, names, count, sizeof key, by_name);
    return found ? found->node : NO_INDEX;
}

static tacit_status read_mode(const gnode *n, const ProtobufCBinaryData *s, node_mode *out, tacit_error *err) {
    static const char *const MODES[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                        "BRANCH_EQ",  "BRANCH_NEQ", "LEAF"};
    for (uint32_t i = 0; i < 7; i++) {
        *out = (node_mode)i;
        if (s->len == strlen(MODES[i]) && memcmp(s->data, MODES[i], s->len) == 0) return TACIT_OK;
    }
    return unsupported(n, "this mode of a node", err);
}

static node_name *name_nodes(expansion *x, ints trees, ints numbers) {
    node_name *names = (node_name *)(void *)ex_new_wholes(x, 3 * (uint64_t)trees.n);
    for (uint32_t i = 0; names && i < trees.n; i++) names[i] = (node_name){trees.v[i], numbers.v[i], i};
    if (names) qsort(names, trees.n, sizeof *names, by_name);
    return names;
}

static tacit_status read_nodes(expansion *x, const gnode *n, forest *f, node_name **names, tacit_error *err) {
    const ints trees = read_ints(n, "nodes_treeids"), numbers = read_ints(n, "nodes_nodeids"),
               features = read_ints(n, "nodes_featureids"), yes = read_ints(n, "nodes_truenodeids"),
               no = read_ints(n, "nodes_falsenodeids");
    const Onnx__AttributeProto *modes = attribute_proto(n, "nodes_modes");
    const double *values;
    uint32_t value_count;
    TRY(read_reals(x, n, "nodes_values", &values, &value_count, err));
    if (trees.n == 0 || trees.n > MAX_FOREST) return unsupported(n, "this number of nodes", err);
    if (numbers.n != trees.n || features.n != trees.n || yes.n != trees.n || no.n != trees.n ||
        value_count != trees.n || !modes || modes->n_strings != trees.n)
        return misshapen(n, "lists of nodes of different lengths", err);
    f->node_count = (uint32_t)trees.n;
    f->nodes = (forest_node *)(void *)ex_new_wholes(x, (f->node_count * sizeof *f->nodes + 7) / 8);
    *names = name_nodes(x, trees, numbers);
    for (uint32_t i = 0; f->nodes && *names && i < f->node_count; i++) {
        forest_node *m = &f->nodes[i];
        TRY(read_mode(n, &modes->strings[i], &m->mode, err));
        m->feature = features.v[i];
        m->value = values[i];
        if (m->mode == LEAF) continue;
        m->yes = find_node(*names, f->node_count, trees.v[i], yes.v[i]);
        m->no = find_node(*names, f->node_count, trees.v[i], no.v[i]);
        if (m->yes == NO_INDEX || m->no == NO_INDEX) return misshapen(n, "a child that does not exist", err);
    }
    return x->status;
}

static tacit_status read_weights(expansion *x, const gnode *n, const char *kind, const node_name *names, forest *f,
                                 tacit_error *err) {
    char name[4][32];
    static const char *const PARTS[4] = {"treeids", "nodeids", "ids", "weights"};
    const double *weights;
    uint32_t count;
    for (uint32_t i = 0; i < 4; i++) (void)snprintf(name[i], sizeof name[i], "%s_%s", kind, PARTS[i]);
    const ints trees = read_ints(n, name[0]), numbers = read_ints(n, name[1]), ids = read_ints(n, name[2]);
    TRY(read_reals(x, n, name[3], &weights, &count, err));
    if (trees.n != count || numbers.n != count || ids.n != count || count > MAX_FOREST * 4u)
        return misshapen(n, "lists of leaves of different lengths", err);
    f->weight_count = count;
    f->weights = (forest_weight *)(void *)ex_new_wholes(x, (count * sizeof *f->weights + 7) / 8);
    for (uint32_t i = 0; f->weights && i < count; i++) {
        uint32_t node = find_node(names, f->node_count, trees.v[i], numbers.v[i]);
        if (node == NO_INDEX || f->nodes[node].mode != LEAF) return misshapen(n, "a weight of no leaf", err);
        if (ids.v[i] < 0 || ids.v[i] >= f->targets) return misshapen(n, "a weight of no target", err);
        f->weights[i] = (forest_weight){node, (uint32_t)ids.v[i], weights[i]};
    }
    return x->status;
}

/* Roots are no one's children; they come in the order of their nodes. */
static tacit_status find_roots(expansion *x, const gnode *n, forest *f, tacit_error *err) {
    for (uint32_t i = 0; i < f->node_count; i++) {
        if (f->nodes[i].mode == LEAF) continue;
        if (f->nodes[f->nodes[i].yes].child || f->nodes[f->nodes[i].no].child || f->nodes[i].yes == f->nodes[i].no)
            return misshapen(n, "a node with two parents", err);
        f->nodes[f->nodes[i].yes].child = f->nodes[f->nodes[i].no].child = true;
    }
    f->roots = (uint32_t *)(void *)ex_new_wholes(x, f->node_count);
    for (uint32_t i = 0; f->roots && i < f->node_count; i++) {
        if (!f->nodes[i].child) f->roots[f->root_count++] = i;
    }
    return x->status;
}

tacit_status forest_read(expansion *x, const gnode *n, const char *kind, uint32_t targets, forest *out,
                         tacit_error *err) {
    node_name *names = NULL;
    *out = (forest){.targets = targets};
    TRY(read_nodes(x, n, out, &names, err));
    TRY(read_weights(x, n, kind, names, out, err));
    return find_roots(x, n, out, err);
}

/* ---- in order: left subtree (where the split's bit is 0), split, right subtree */
static bool swaps(node_mode m) {
    return m == GTE || m == GT || m == EQ;
}
static split_mode bit_of(node_mode m) {
    return m == LEQ || m == GT ? SPLIT_GREATER : m == LT || m == GTE ? SPLIT_AT_LEAST : SPLIT_EQUAL;
}

static tacit_status visit(const gnode *n, forest *f, uint32_t at, uint32_t tree, uint32_t depth, tacit_error *err) {
    forest_node *m = &f->nodes[at];
    if (depth == MAX_DEPTH) return unsupported(n, "a tree of more than 512 levels", err);
    if (m->seen) return misshapen(n, "nodes that form no trees", err);
    m->seen = true;
    if (m->mode == LEAF) {
        m->place = f->leaves++;
        return TACIT_OK;
    }
    uint32_t first = f->splits, own;
    TRY(visit(n, f, swaps(m->mode) ? m->no : m->yes, tree, depth + 1, err));
    own = f->splits++;
    f->feature[own] = m->feature, f->mode[own] = bit_of(m->mode), f->value[own] = m->value;
    f->tree[own] = tree, f->first[own] = first;
    TRY(visit(n, f, swaps(m->mode) ? m->yes : m->no, tree, depth + 1, err));
    f->end[own] = f->splits;
    return TACIT_OK;
}

tacit_status forest_order(expansion *x, const gnode *n, forest *f, tacit_error *err) {
    int64_t **lists[5] = {&f->feature, &f->mode, &f->first, &f->end, &f->tree};
    for (uint32_t i = 0; i < 5; i++) *lists[i] = ex_new_wholes(x, f->node_count);
    f->value = ex_new_reals(x, f->node_count);
    f->first_leaf = (uint32_t *)(void *)ex_new_wholes(x, f->root_count);
    if (x->status != TACIT_OK) return x->status;
    for (uint32_t t = 0; t < f->root_count; t++) {
        f->first_leaf[t] = f->leaves;
        TRY(visit(n, f, f->roots[t], t, 0, err));
    }
    if (f->leaves + f->splits != f->node_count && !f->some_unused) return misshapen(n, "nodes that form no trees", err);
    return TACIT_OK;
}

/* weight[leaf, target], or [leaf, tree, target] with the tree's own. */
static double *leaf_table(expansion *x, const forest *f, double factor, bool each) {
    uint64_t columns = (uint64_t)f->targets * (each ? f->root_count : 1);
    double *w = ex_new_reals(x, f->leaves * columns);
    for (uint32_t i = 0; w && i < f->weight_count; i++) {
        uint32_t leaf = f->nodes[f->weights[i].node].place, tree = f->root_count - 1;
        if (!f->nodes[f->weights[i].node].seen) continue;
        while (each && f->first_leaf[tree] > leaf) tree--;
        w[leaf * columns + (each ? tree * f->targets : 0) + f->weights[i].target] += f->weights[i].weight * factor;
    }
    return w;
}

static uint32_t whole_list(expansion *x, const int64_t *v, uint32_t count) {
    return ex_list(x, count, v);
}

/* Where every split leads, as one tensor of bits. */
static uint32_t splits_of(expansion *x, const forest *f) {
    const shape s = {.rank = 1, .dim = {f->splits}};
    return EX(x, "Trees", ex_in(x, 0), whole_list(x, f->feature, f->splits), whole_list(x, f->mode, f->splits),
              ex_reals(x, &s, f->value), whole_list(x, f->first, f->splits), whole_list(x, f->end, f->splits));
}

/* Sums of the first leaves: what is there without any split. Trees without a split are this alone. */
static double *first_leaves(expansion *x, const forest *f, const double *w, const double *base, bool each) {
    uint32_t columns = f->targets * (each ? f->root_count : 1);
    double *total = ex_new_reals(x, columns);
    for (uint32_t c = 0; total && base && c < columns; c++) total[c] = base[c % f->targets];
    for (uint32_t t = 0; total && t < f->root_count; t++) {
        for (uint32_t c = 0; c < columns; c++) total[c] += w[(uint64_t)f->first_leaf[t] * columns + c];
    }
    return total;
}

uint32_t forest_scores(expansion *x, const forest *f, const double *base, double factor, bool each) {
    const uint32_t columns = f->targets * (each ? f->root_count : 1);
    const shape s = *ex_shape(x, ex_in(x, 0)), weights = {.rank = 2, .dim = {f->leaves, columns}},
                row = {.rank = 1, .dim = {columns}}, all = {.rank = 2, .dim = {s.dim[0], columns}};
    double *w = leaf_table(x, f, factor, each), *start = w ? first_leaves(x, f, w, base, each) : NULL;
    if (!start) return NO_INDEX;
    uint32_t constant = ex_reals(x, &row, start);
    if (f->splits == 0) {
        const int64_t dim[2] = {all.dim[0], all.dim[1]};
        return EX(x, "Expand", constant, ex_list(x, 2, dim));
    }
    return EX(x, "Leaves", splits_of(x, f), ex_reals(x, &weights, w), whole_list(x, f->tree, f->splits), constant);
}
