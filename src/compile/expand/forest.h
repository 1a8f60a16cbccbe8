/* compile/expand/forest: the tree ensembles of ai.onnx.ml, in both spellings, as lists. */
#ifndef COMPILE_EXPAND_FOREST_H
#define COMPILE_EXPAND_FOREST_H
#include "compile/expand.h"

/* A node is a split or a leaf. */
typedef enum node_mode { LEQ, LT, GTE, GT, EQ, NEQ, LEAF } node_mode;

typedef struct forest_node {
    node_mode mode;
    int64_t feature;
    double value;
    uint32_t yes, no; /* nodes; where the condition holds and where not */
    uint32_t place;   /* of a leaf: among all leaves in order, filled in by forest_order */
    bool child;       /* of some other node */
    bool seen;
} forest_node;

/* weight of a leaf for a target. */
typedef struct forest_weight {
    uint32_t node, target;
    double weight;
} forest_weight;

typedef struct forest {
    uint32_t node_count, weight_count, root_count, targets;
    bool some_unused; /* nodes that no tree reaches are allowed */
    forest_node *nodes;
    forest_weight *weights;
    uint32_t *roots;
    /* by forest_order: splits and leaves in order */
    uint32_t splits, leaves;
    int64_t *feature, *mode, *first, *end, *tree; /* per split, as internal operator Trees wants them */
    double *value;
    uint32_t *first_leaf; /* per tree */
} forest;

/* Attributes nodes_* and `kind`_treeids .. of TreeEnsembleClassifier ("class") and -Regressor ("target"). */
tacit_status forest_read(expansion *x, const gnode *n, const char *kind, uint32_t targets, forest *out,
                         tacit_error *err) TACIT_MUST_CHECK;
/* TreeEnsemble of ai.onnx.ml 5. */
tacit_status forest_read5(expansion *x, const gnode *n, forest *out, tacit_error *err) TACIT_MUST_CHECK;
tacit_status forest_order(expansion *x, const gnode *n, forest *f, tacit_error *err) TACIT_MUST_CHECK;
/* [B, targets]: sum over the trees; of one tree when `each` is not NULL ([B, trees, targets]). `base`: NULL or per
 * target. */
uint32_t forest_scores(expansion *x, const forest *f, const double *base, double factor, bool each);

/* A list of reals: attribute `name`, or tensor attribute `name`_as_tensor; NULL and 0 when neither is there. */
tacit_status read_reals(expansion *x, const gnode *n, const char *name, const double **out, uint32_t *count,
                        tacit_error *err) TACIT_MUST_CHECK;

tacit_status tree_classifier_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status tree_regressor_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status tree_ensemble_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
