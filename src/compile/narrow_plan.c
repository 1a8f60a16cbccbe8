#include "compile/narrow_plan.h"

enum { MOST_PARTS = 8 }; /* of one tensor */

static tacit_status new_part(narrowing *w, uint32_t t, const box *b, part **out, tacit_error *err) {
    void *p;
    TRY(graph_alloc(w->g, &p, 1, sizeof(part), err));
    *out = p;
    **out = (part){.b = *b, .tensor = NO_INDEX, .next = w->parts[t]};
    w->parts[t] = *out;
    return TACIT_OK;
}

/* What node n, or an unknown one, reads to make part p of its result is asked of those who make it. */
static tacit_status ask(narrowing *w, const gnode *n, bool known, part *p, tacit_error *err) {
    void *boxes, *needs;
    TRY(graph_alloc(w->g, &boxes, n->in_count + 1u, sizeof(box), err));
    TRY(graph_alloc(w->g, &needs, n->in_count + 1u, sizeof(need), err));
    const box *in = boxes;
    if (known) TRY(needs_of(w->g, n, &p->b, boxes, err));
    p->needs = needs;
    for (uint32_t i = 0; i < n->in_count; i++) {
        const uint32_t t = n->in[i];
        if (t == NO_INDEX) continue;
        p->needs[i].b = known ? in[i] : box_whole(&w->g->tensors[t].shape);
        if (w->g->tensors[t].constant) continue;
        p->needs[i].next = w->asked[t];
        w->asked[t] = &p->needs[i];
    }
    return TACIT_OK;
}

/* ---- one result */
typedef struct wanted {
    box list[MOST_PARTS], all; /* different ones; the least box that holds them */
    uint32_t count;            /* MOST_PARTS + 1: too many */
    uint64_t apart;            /* elements */
} wanted;

/* What the readers ask for, each as the node can make it. */
static tacit_status gather_wanted(narrowing *w, const gnode *n, wanted *q, tacit_error *err) {
    const shape *s = &node_out(w->g, n, 0)->shape;
    void *in;
    *q = (wanted){.count = 0};
    TRY(graph_alloc(w->g, &in, n->in_count + 1u, sizeof(box), err));
    for (need *a = w->asked[n->out[0]]; a; a = a->next) {
        uint32_t i = 0;
        a->made = a->b;
        TRY(needs_of(w->g, n, &a->made, in, err));
        if (q->count == 0) q->all = a->made;
        TRY(box_join(w->g->a, &q->all, &a->made, s, err));
        while (i < q->count && i < MOST_PARTS && !box_equal(&q->list[i], &a->made)) i++;
        if (i < q->count && i < MOST_PARTS) continue;
        if (q->count < MOST_PARTS) q->list[q->count] = a->made;
        if (q->count <= MOST_PARTS) q->count++;
        q->apart += shape_count(&a->made.shape);
    }
    return needs_of(w->g, n, &q->all, in, err);
}

static bool apart_pays(const wanted *q) {
    return q->count > 1 && q->count <= MOST_PARTS && 4 * q->apart <= 3 * shape_count(&q->all.shape);
}

static tacit_status make_parts(narrowing *w, const gnode *n, tacit_error *err) {
    wanted q;
    part *p;
    TRY(gather_wanted(w, n, &q, err));
    const bool apart = apart_pays(&q);
    for (uint32_t i = 0; i < (apart ? q.count : 1); i++) {
        TRY(new_part(w, n->out[0], apart ? &q.list[i] : &q.all, &p, err));
        TRY(ask(w, n, true, p, err));
        for (need *a = w->asked[n->out[0]]; a; a = a->next) {
            if (!apart || box_equal(&a->made, &q.list[i])) a->of = p;
        }
    }
    return TACIT_OK;
}

/* All of every result. */
static tacit_status make_whole(narrowing *w, const gnode *n, tacit_error *err) {
    bool first = true;
    for (uint32_t i = 0; i < n->out_count; i++) {
        part *p;
        if (n->out[i] == NO_INDEX) continue;
        const box all = box_whole(&node_out(w->g, n, i)->shape);
        TRY(new_part(w, n->out[i], &all, &p, err));
        if (first) TRY(ask(w, n, needs_known(w->g, n), p, err));
        for (need *a = w->asked[n->out[i]]; a; a = a->next) a->of = p;
        first = false;
    }
    return TACIT_OK;
}

static tacit_status plan_once(narrowing *w, tacit_error *err) {
    graph *g = w->g;
    memset(w->asked, 0, g->tensor_count * sizeof(need *));
    memset(w->parts, 0, g->tensor_count * sizeof(part *));
    for (uint32_t k = g->node_count; k-- > 0;) {
        const gnode *n = &g->nodes[k];
        if (n->dead) continue;
        bool all = w->kept[k] || !needs_known(g, n) || node_out(g, n, 0)->is_output || !w->asked[n->out[0]];
        TRY(all ? make_whole(w, n, err) : make_parts(w, n, err));
    }
    for (uint32_t i = 0; i < g->input_count; i++) {
        part *p;
        const uint32_t t = g->inputs[i];
        const box all = box_whole(&g->tensors[t].shape);
        TRY(new_part(w, t, &all, &p, err));
        p->tensor = t;
        for (need *a = w->asked[t]; a; a = a->next) a->of = p;
    }
    return TACIT_OK;
}

/* ---- what does not pay */
/* Tensor t is numbers when it is made: whoever reads it joins no sum. */
static bool is_numbers(const graph *g, uint32_t t) {
    static const char *const OPS[] = {"RowSoftmax", "Quotient", "QuotientByRow"};
    const uint32_t k = g->tensors[t].producer;
    if (k == NO_INDEX) return true;
    return g->nodes[k].formula || node_is_one_of(&g->nodes[k], OPS, sizeof OPS / sizeof OPS[0]);
}

/* Does making part p alone save something? */
static bool saves(const narrowing *w, const gnode *n, const part *p) {
    bool less = !needs_nothing(w->g, n) || (n->formula && is_numbers(w->g, n->in[0]));
    for (uint32_t i = 0; i < n->in_count; i++) {
        const need *a = &p->needs[i];
        less = less || (n->in[i] != NO_INDEX && a->of && !w->whole[n->in[i]] && !box_is_whole(&a->of->b));
    }
    return less;
}

/* A node that costs nothing beside the sum that it joins makes all of its result where all of the sum is made: a
 * selection before it would keep it from joining. */
static bool keep_more(narrowing *w) {
    bool more = false;
    memset(w->whole, 0, w->g->tensor_count * sizeof(bool));
    for (uint32_t k = 0; k < w->g->node_count; k++) {
        const gnode *n = &w->g->nodes[k];
        bool whole = true, keep = false;
        if (n->dead || n->out_count != 1 || n->out[0] == NO_INDEX) continue;
        for (const part *p = w->parts[n->out[0]]; p; p = p->next) {
            whole = whole && box_is_whole(&p->b);
            keep = keep || (!box_is_whole(&p->b) && !saves(w, n, p));
        }
        w->kept[k] = w->kept[k] || keep;
        w->whole[n->out[0]] = whole || keep;
        more = more || keep;
    }
    return more;
}

tacit_status narrow_plan(narrowing *w, bool *less, tacit_error *err) {
    const size_t mark = arena_mark(w->g->a);
    TRY(plan_once(w, err));
    while (keep_more(w)) {
        arena_release(w->g->a, mark);
        TRY(plan_once(w, err));
    }
    *less = false;
    for (uint32_t k = 0; k < w->g->node_count; k++) {
        const gnode *n = &w->g->nodes[k];
        if (!n->dead && n->out_count == 1 && n->out[0] != NO_INDEX) *less = *less || !w->whole[n->out[0]];
    }
    return TACIT_OK;
}
