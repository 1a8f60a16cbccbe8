#include "compile/expand/forest.h"
#include "compile/onnx/attribute.h"
#include "compile/onnx/data.h"

/* TreeEnsemble of ai.onnx.ml 5: splits and leaves are numbered apart; leaf k becomes node (splits + k). */
typedef struct lists {
    const Onnx__AttributeProto *features, *yes, *no, *yes_leaf, *no_leaf, *roots, *targets;
    gtensor modes;
    const double *splits, *weights;
    uint32_t split_count, weight_count;
} lists;

static tacit_status read_lists(expansion *x, const gnode *n, lists *q, tacit_error *err) {
    static const char *const NAMES[] = {"nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids",
                                        "nodes_trueleafs",  "nodes_falseleafs",  "tree_roots",
                                        "leaf_targetids"};
    const Onnx__AttributeProto **to[] = {&q->features, &q->yes,   &q->no,     &q->yes_leaf,
                                         &q->no_leaf,  &q->roots, &q->targets};
    for (uint32_t i = 0; i < 7; i++) {
        *to[i] = attribute_proto(n, NAMES[i]);
        if (!*to[i] || (*to[i])->n_ints == 0) return misshapen(n, "a list is missing", err);
    }
    q->modes = (gtensor){.name = n->name, .producer = NO_INDEX};
    const Onnx__TensorProto *modes = attribute_tensor(n, "nodes_modes");
    if (!modes) return misshapen(n, "a list is missing", err);
    TRY(data_load(x->g, modes, &q->modes, err));
    TRY(read_reals(x, n, "nodes_splits", &q->splits, &q->split_count, err));
    TRY(read_reals(x, n, "leaf_weights", &q->weights, &q->weight_count, err));
    size_t count = q->features->n_ints;
    bool fits = q->yes->n_ints == count && q->no->n_ints == count && q->yes_leaf->n_ints == count &&
                q->no_leaf->n_ints == count && q->split_count == count && q->targets->n_ints == q->weight_count &&
                q->modes.type == ELEM_WHOLE && shape_count(&q->modes.shape) == count;
    if (!fits || count > 1 << 20 || q->weight_count > 1 << 20) return misshapen(n, "lists of different lengths", err);
    return TACIT_OK;
}

/* Node number of a child, or NO_INDEX. */
static uint32_t child(const lists *q, int64_t number, int64_t is_leaf) {
    int64_t most = is_leaf ? q->weight_count : q->split_count;
    if (number < 0 || number >= most) return NO_INDEX;
    return (uint32_t)(is_leaf ? number + q->split_count : number);
}

static tacit_status fill(const gnode *n, const lists *q, forest *f, tacit_error *err) {
    for (uint32_t i = 0; i < q->split_count; i++) {
        forest_node *m = &f->nodes[i];
        if (q->modes.whole[i] < 0 || q->modes.whole[i] >= LEAF) return unsupported(n, "this mode of a node", err);
        *m =
            (forest_node){.mode = (node_mode)q->modes.whole[i], .feature = q->features->ints[i], .value = q->splits[i]};
        m->yes = child(q, q->yes->ints[i], q->yes_leaf->ints[i]);
        m->no = child(q, q->no->ints[i], q->no_leaf->ints[i]);
        if (m->yes == NO_INDEX || m->no == NO_INDEX) return misshapen(n, "a child that does not exist", err);
    }
    for (uint32_t i = 0; i < q->weight_count; i++) {
        f->nodes[q->split_count + i].mode = LEAF;
        if (q->targets->ints[i] < 0 || q->targets->ints[i] >= f->targets)
            return misshapen(n, "a weight of no target", err);
        f->weights[i] = (forest_weight){q->split_count + i, (uint32_t)q->targets->ints[i], q->weights[i]};
    }
    for (size_t t = 0; t < q->roots->n_ints; t++) {
        uint32_t root = child(q, q->roots->ints[t], 0);
        if (root == NO_INDEX) return misshapen(n, "a root that does not exist", err);
        bool single = f->nodes[root].yes == f->nodes[root].no; /* a tree that is one leaf */
        f->roots[f->root_count++] = single ? f->nodes[root].yes : root;
    }
    return TACIT_OK;
}

tacit_status forest_read5(expansion *x, const gnode *n, forest *out, tacit_error *err) {
    lists q;
    int64_t targets;
    TRY(attribute_int(n, "n_targets", 1, &targets, err));
    if (targets < 1 || targets > 1 << 16) return unsupported(n, "this number of targets", err);
    TRY(read_lists(x, n, &q, err));
    *out = (forest){.targets = (uint32_t)targets, .weight_count = q.weight_count, .some_unused = true};
    out->node_count = q.split_count + q.weight_count;
    out->nodes = (forest_node *)(void *)ex_new_wholes(x, (out->node_count * sizeof *out->nodes + 7) / 8);
    out->weights = (forest_weight *)(void *)ex_new_wholes(x, (q.weight_count * sizeof *out->weights + 7) / 8);
    out->roots = (uint32_t *)(void *)ex_new_wholes(x, q.roots->n_ints);
    return x->status == TACIT_OK ? fill(n, &q, out, err) : x->status;
}
