#include "compile/share.h"
#include <stdlib.h>
#include <string.h>

enum { LEAST_SHARED = 64, TILE = 32 };

/* A matrix of reals; `sum` does not depend on the order of its elements. */
typedef struct matrix {
    uint32_t t;
    bool table; /* of a gather, which reads parameters only, no views */
    uint64_t count, sum;
} matrix;

static uint64_t bits_of(const double *v) {
    uint64_t b;
    memcpy(&b, v, sizeof b);
    return b;
}

/* Its two longest axes make a matrix; false where that says little. */
static bool is_matrix(const gtensor *x) {
    uint64_t n = x->constant && x->known && x->type == ELEM_REAL ? shape_count(&x->shape) : 0;
    uint32_t longer = 0;
    for (uint32_t k = 0; k < x->shape.rank; k++) longer += x->shape.dim[k] > 1;
    if (x->open || n < LEAST_SHARED || longer < 2) return false;
    for (uint64_t i = 1; i < n; i++) {
        if (bits_of(&x->real[i]) != bits_of(&x->real[0])) return true;
    }
    return false;
}

static uint64_t sum_of(const double *v, uint64_t n) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t b = bits_of(&v[i]) * 0x9e3779b97f4a7c15u;
        sum += b ^ b >> 29;
    }
    return sum;
}

/* a[i][j] = b[j][i] for a of rows x columns, in tiles that stay in the cache. */
static bool is_turned(const double *a, const double *b, uint32_t rows, uint32_t columns) {
    for (uint64_t i0 = 0; i0 < rows; i0 += TILE) {
        for (uint64_t j0 = 0; j0 < columns; j0 += TILE) {
            for (uint64_t i = i0; i < rows && i < i0 + TILE; i++) {
                for (uint64_t j = j0; j < columns && j < j0 + TILE; j++) {
                    if (bits_of(&a[i * columns + j]) != bits_of(&b[j * rows + i])) return false;
                }
            }
        }
    }
    return true;
}

/* Is x the matrix `base`, as it is or (`turned`) transposed? */
static bool equal(const gtensor *base, const gtensor *x, bool *turned) {
    const shape *s = &base->shape, *r = &x->shape;
    *turned = false;
    if (memcmp(base->real, x->real, shape_count(s) * sizeof(double)) == 0) return true;
    *turned = s->rank == 2 && r->rank == 2 && s->dim[0] == r->dim[1] && s->dim[1] == r->dim[0];
    return *turned && is_turned(base->real, x->real, s->dim[0], s->dim[1]);
}

bool constant_has_twin(const graph *g, uint32_t t) {
    const gtensor *x = &g->tensors[t];
    bool turned, twin = false;
    for (uint32_t k = 0; is_matrix(x) && !twin && k < g->tensor_count; k++) {
        const gtensor *y = &g->tensors[k];
        twin = k != t && y->uses > 0 && is_matrix(y) && shape_count(&y->shape) == shape_count(&x->shape) &&
               equal(x, y, &turned);
    }
    return twin;
}

/* Candidates of one count and sum lie together; the table of a gather first, then in the graph's order. */
static int by_content(const void *p, const void *q) {
    const matrix *a = p, *b = q;
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    if (a->sum != b->sum) return a->sum < b->sum ? -1 : 1;
    if (a->table != b->table) return a->table ? -1 : 1;
    return a->t < b->t ? -1 : a->t > b->t;
}

static tacit_status find_matrices(graph *g, matrix **out, uint32_t *count, tacit_error *err) {
    void *list, *tables;
    TRY(graph_alloc(g, &list, g->tensor_count + 1, sizeof(matrix), err));
    TRY(graph_alloc(g, &tables, g->tensor_count + 1, sizeof(bool), err));
    bool *is_table = tables;
    *out = list;
    *count = 0;
    for (uint32_t k = 0; k < g->node_count; k++) {
        const gnode *n = &g->nodes[k];
        if (!n->dead && strcmp(n->op, "GatherRows") == 0) is_table[n->in[0]] = true;
    }
    for (uint32_t t = 0; t < g->tensor_count; t++) {
        const gtensor *x = &g->tensors[t];
        if (x->uses == 0 || !is_matrix(x)) continue;
        uint64_t n = shape_count(&x->shape);
        (*out)[(*count)++] = (matrix){.t = t, .table = is_table[t], .count = n, .sum = sum_of(x->real, n)};
    }
    return TACIT_OK;
}

tacit_status share_constants(graph *g, tacit_error *err) {
    matrix *m;
    uint32_t count;
    TRY(find_matrices(g, &m, &count, err));
    qsort(m, count, sizeof *m, by_content);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = i + 1; j < count && m[j].count == m[i].count && m[j].sum == m[i].sum; j++) {
            bool turned;
            gtensor *base = &g->tensors[m[i].t], *x = &g->tensors[m[j].t];
            if (base->same != NO_INDEX || x->same != NO_INDEX || !equal(base, x, &turned)) continue;
            x->same = m[i].t;
            x->turned = turned;
        }
    }
    return TACIT_OK;
}

bool constant_is_own(const graph *g, uint32_t t) {
    const gtensor *x = &g->tensors[t];
    bool own = x->constant && x->type == ELEM_REAL && x->uses == 1 && x->same == NO_INDEX;
    for (uint32_t k = 0; own && k < g->tensor_count; k++) own = g->tensors[k].same != t;
    return own;
}
