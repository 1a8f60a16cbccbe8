/* RNN, GRU, LSTM as ONNX writes them: per step and gate one sum x W' + h R' + b, which its activation rounds; a state
 * is a product or two. Weights are the same constants in every step, so they are committed once. */
#include "compile/expand/recurrent.h"
#include "compile/expand/choose.h"
#include "compile/expand/moves.h"
#include "compile/onnx/attribute.h"
#include <string.h>
#include <strings.h>

enum { MAX_GATES = 4, MAX_FUNCS = 3, MAX_STEPS = 4096, MAX_JOINED = 32, TEXT = 24 };

typedef enum kind { KIND_RNN, KIND_GRU, KIND_LSTM } kind;

/* One activation of one direction; the name lives as long as the program: nodes keep it. */
typedef struct act {
    const char *name;
    double alpha, beta;
    bool has_alpha, has_beta;
} act;

typedef struct recurrent {
    kind kind;
    uint32_t gates, funcs, directions;
    bool reverse_first, input_forget, linear_before_reset, batch_first;
    uint32_t steps, batch, inputs, hidden;
    double clip; /* 0: none */
    act act[2][MAX_FUNCS];
} recurrent;

/* What one direction uses in every step. */
typedef struct cell {
    const recurrent *q;
    const act *act;
    uint32_t w[MAX_GATES], r[MAX_GATES];   /* [inputs, hidden], [hidden, hidden] */
    uint32_t wb[MAX_GATES], rb[MAX_GATES]; /* [hidden] or NO_INDEX */
    uint32_t p[3];                         /* peepholes i, o, f: [hidden] or NO_INDEX */
    uint32_t h, c;                         /* the state, [batch, hidden]; NO_INDEX: zeros */
} cell;

/* ---- attributes */
static tacit_status read_directions(const gnode *n, recurrent *q, tacit_error *err) {
    char text[TEXT];
    TRY(attribute_text(n, "direction", "forward", text, sizeof text, err));
    q->directions = strcmp(text, "bidirectional") == 0 ? 2 : 1;
    q->reverse_first = strcmp(text, "reverse") == 0;
    if (q->directions == 1 && !q->reverse_first && strcmp(text, "forward") != 0)
        return unsupported(n, "this direction", err);
    return TACIT_OK;
}

/* Which parameters a function takes, with ONNX's defaults; false: unknown here. */
static bool act_known(act *a, const char *name) {
    static const struct {
        const char *name;
        bool alpha, beta;
        double alpha_default, beta_default;
    } FUNCS[] = {
        {"Sigmoid", false, false, 0, 0},  {"Tanh", false, false, 0, 0},           {"Relu", false, false, 0, 0},
        {"Softsign", false, false, 0, 0}, {"Softplus", false, false, 0, 0},       {"LeakyRelu", true, false, 0.01, 0},
        {"Elu", true, false, 1, 0},       {"ThresholdedRelu", true, false, 1, 0}, {"HardSigmoid", true, true, 0.2, 0.5},
    };
    for (size_t i = 0; i < sizeof FUNCS / sizeof FUNCS[0]; i++) {
        if (strcasecmp(FUNCS[i].name, name) != 0) continue;
        a->name = FUNCS[i].name;
        a->has_alpha = FUNCS[i].alpha, a->has_beta = FUNCS[i].beta;
        a->alpha = FUNCS[i].alpha_default, a->beta = FUNCS[i].beta_default;
        return true;
    }
    return false;
}

static tacit_status read_activations(const gnode *n, recurrent *q, tacit_error *err) {
    static const char *const DEFAULTS[3][MAX_FUNCS] = {{"Tanh"}, {"Sigmoid", "Tanh"}, {"Sigmoid", "Tanh", "Tanh"}};
    double alpha[2 * MAX_FUNCS], beta[2 * MAX_FUNCS];
    uint32_t alphas, betas, a = 0, b = 0, given = attribute_text_count(n, "activations");
    if (given != 0 && given != q->directions * q->funcs)
        return unsupported(n, "activations of another number than the gates have", err);
    TRY(attribute_reals(n, "activation_alpha", alpha, 2 * MAX_FUNCS, &alphas, err));
    TRY(attribute_reals(n, "activation_beta", beta, 2 * MAX_FUNCS, &betas, err));
    for (uint32_t i = 0; i < q->directions * q->funcs; i++) {
        act *f = &q->act[i / q->funcs][i % q->funcs];
        char name[TEXT];
        if (given) TRY(attribute_text_at(n, "activations", i, name, sizeof name, err));
        if (!act_known(f, given ? name : DEFAULTS[q->kind][i % q->funcs]))
            return unsupported(n, "this activation", err);
        if (f->has_alpha && a < alphas) f->alpha = alpha[a++];
        if (f->has_beta && b < betas) f->beta = beta[b++];
    }
    return TACIT_OK;
}

static tacit_status read_flags(const gnode *n, recurrent *q, tacit_error *err) {
    int64_t forget, linear, layout;
    TRY(attribute_int(n, "input_forget", 0, &forget, err));
    TRY(attribute_int(n, "linear_before_reset", 0, &linear, err));
    TRY(attribute_int(n, "layout", 0, &layout, err));
    TRY(attribute_real(n, "clip", 0, &q->clip, err));
    if (layout != 0 && layout != 1) return unsupported(n, "this layout", err);
    if (q->clip < 0) return unsupported(n, "a negative clip", err);
    q->input_forget = forget != 0, q->linear_before_reset = linear != 0, q->batch_first = layout == 1;
    return TACIT_OK;
}

/* ---- shapes */
static bool fits(const expansion *x, uint32_t input, uint32_t a, uint32_t b, uint32_t c) {
    if (ex_in(x, input) == NO_INDEX) return true;
    const shape *s = ex_shape(x, ex_in(x, input)), want = {.rank = c ? 3 : 2, .dim = {a, b, c}};
    return shape_equal(s, &want);
}

static tacit_status full_length(const expansion *x, const gnode *n, const recurrent *q, tacit_error *err) {
    if (ex_in(x, 4) == NO_INDEX) return TACIT_OK;
    const gtensor *t = ex_tensor(x, ex_in(x, 4));
    bool full = t->constant && t->type == ELEM_WHOLE;
    for (uint64_t i = 0; full && i < shape_count(&t->shape); i++) full = t->whole[i] == q->steps;
    return full ? TACIT_OK : unsupported(n, "sequence_lens other than the whole length", err);
}

static tacit_status read_shapes(const expansion *x, const gnode *n, recurrent *q, tacit_error *err) {
    const shape *in = ex_shape(x, ex_in(x, 0)), *r = ex_shape(x, ex_in(x, 2));
    uint32_t d = q->directions, g = q->gates;
    if (in->rank != 3 || r->rank != 3) return misshapen(n, "needs three axes", err);
    q->steps = in->dim[q->batch_first], q->batch = in->dim[!q->batch_first], q->inputs = in->dim[2];
    q->hidden = r->dim[2];
    uint32_t first = q->batch_first ? q->batch : d, second = q->batch_first ? d : q->batch;
    bool good = fits(x, 1, d, g * q->hidden, q->inputs) && fits(x, 2, d, g * q->hidden, q->hidden) &&
                fits(x, 3, d, 2 * g * q->hidden, 0) && fits(x, 5, first, second, q->hidden) &&
                fits(x, 6, first, second, q->hidden) && fits(x, 7, d, 3 * q->hidden, 0);
    if (!good) return misshapen(n, "shapes of weights or states", err);
    if (q->steps > MAX_STEPS) return unsupported(n, "more than 4096 steps", err);
    return full_length(x, n, q, err);
}

static tacit_status read(const expansion *x, const gnode *n, recurrent *q, tacit_error *err) {
    static const uint32_t GATES[3] = {1, 3, 4}, FUNCS[3] = {1, 2, 3};
    q->kind = strcmp(n->op, "RNN") == 0 ? KIND_RNN : strcmp(n->op, "GRU") == 0 ? KIND_GRU : KIND_LSTM;
    q->gates = GATES[q->kind], q->funcs = FUNCS[q->kind];
    TRY(read_directions(n, q, err));
    TRY(read_activations(n, q, err));
    TRY(read_flags(n, q, err));
    return read_shapes(x, n, q, err);
}

/* ---- parts of weights and states */
/* Rows first .. first + hidden - 1 of direction d of t [directions, rows, ..], as [hidden, ..]. */
static uint32_t part(expansion *x, uint32_t t, uint32_t d, uint32_t first, uint32_t hidden) {
    if (t == NO_INDEX) return NO_INDEX;
    shape s = *ex_shape(x, ex_range(x, t, 0, d, 1, 1));
    t = ex_range(x, ex_range(x, t, 0, d, 1, 1), 1, first, 1, hidden);
    s = (shape){.rank = s.rank - 1, .dim = {hidden, s.dim[2]}};
    return ex_reshape(x, t, &s);
}

static uint32_t transposed(expansion *x, uint32_t t) {
    return t == NO_INDEX ? t : EX(x, "Transpose", t);
}

/* State of direction d: [batch, hidden] of [directions, batch, hidden], or with the batch first. */
static uint32_t state(expansion *x, const recurrent *q, uint32_t t, uint32_t d) {
    if (t == NO_INDEX) return t;
    return ex_reshape(x, ex_range(x, t, q->batch_first, d, 1, 1), &(shape){.rank = 2, .dim = {q->batch, q->hidden}});
}

static void make_cell(expansion *x, const recurrent *q, uint32_t d, cell *c) {
    uint32_t h = q->hidden;
    *c = (cell){.q = q, .act = q->act[d]};
    for (uint32_t g = 0; g < q->gates; g++) {
        c->w[g] = transposed(x, part(x, ex_in(x, 1), d, g * h, h));
        c->r[g] = transposed(x, part(x, ex_in(x, 2), d, g * h, h));
        c->wb[g] = part(x, ex_in(x, 3), d, g * h, h);
        c->rb[g] = part(x, ex_in(x, 3), d, (q->gates + g) * h, h);
    }
    for (uint32_t k = 0; k < 3; k++) c->p[k] = part(x, ex_in(x, 7), d, k * h, h);
    c->h = state(x, q, ex_in(x, 5), d);
    c->c = state(x, q, ex_in(x, 6), d);
}

/* ---- one step */
static uint32_t add(expansion *x, uint32_t a, uint32_t b) {
    return a == NO_INDEX ? b : b == NO_INDEX ? a : EX(x, "Add", a, b);
}

static uint32_t times(expansion *x, uint32_t a, uint32_t b) {
    return a == NO_INDEX || b == NO_INDEX ? NO_INDEX : EX(x, "Mul", a, b);
}

static uint32_t activate(expansion *x, const act *a, uint32_t t) {
    if (a->has_alpha) ex_float(x, "alpha", a->alpha);
    if (a->has_beta) ex_float(x, "beta", a->beta);
    return EX(x, a->name, t);
}

/* Activation f of a gate, whose input may be clipped. */
static uint32_t apply(expansion *x, const cell *c, uint32_t f, uint32_t t) {
    if (c->q->clip > 0) {
        ex_float(x, "min", -c->q->clip);
        ex_float(x, "max", c->q->clip);
        t = EX(x, "Clip", t);
    }
    return activate(x, &c->act[f], t);
}

/* x W + h R + both biases. */
static uint32_t gate(expansion *x, const cell *c, uint32_t g, uint32_t in, uint32_t h) {
    uint32_t t = EX(x, "MatMul", in, c->w[g]);
    if (h != NO_INDEX) t = add(x, t, EX(x, "MatMul", h, c->r[g]));
    return add(x, t, add(x, c->wb[g], c->rb[g]));
}

static void rnn_step(expansion *x, cell *c, uint32_t in) {
    c->h = apply(x, c, 0, gate(x, c, 0, in, c->h));
}

/* new + z (h - new) */
static void gru_step(expansion *x, cell *c, uint32_t in) {
    uint32_t z = apply(x, c, 0, gate(x, c, 0, in, c->h)), new;
    if (c->q->linear_before_reset) {
        uint32_t r = apply(x, c, 0, gate(x, c, 1, in, c->h));
        uint32_t back = c->h == NO_INDEX ? c->rb[2] : add(x, EX(x, "MatMul", c->h, c->r[2]), c->rb[2]);
        new = add(x, add(x, EX(x, "MatMul", in, c->w[2]), c->wb[2]), times(x, r, back));
    } else {
        uint32_t r = c->h == NO_INDEX ? NO_INDEX : apply(x, c, 0, gate(x, c, 1, in, c->h));
        new = gate(x, c, 2, in, times(x, r, c->h));
    }
    new = apply(x, c, 1, new);
    if (c->h == NO_INDEX)
        c->h = EX(x, "Sub", new, EX(x, "Mul", z, new));
    else
        c->h = EX(x, "Add", new, EX(x, "Mul", z, EX(x, "Sub", c->h, new)));
}

/* Gates i, o, f, c. */
static void lstm_step(expansion *x, cell *c, uint32_t in) {
    uint32_t i = apply(x, c, 0, add(x, gate(x, c, 0, in, c->h), times(x, c->p[0], c->c))), f;
    uint32_t new = apply(x, c, 1, gate(x, c, 3, in, c->h)), kept = NO_INDEX;
    if (c->c != NO_INDEX) {
        f = c->q->input_forget ? EX(x, "Sub", ex_real(x, 1), i)
                               : apply(x, c, 0, add(x, gate(x, c, 2, in, c->h), times(x, c->p[2], c->c)));
        kept = times(x, f, c->c);
    }
    c->c = add(x, kept, EX(x, "Mul", i, new));
    uint32_t o = apply(x, c, 0, add(x, gate(x, c, 1, in, c->h), times(x, c->p[1], c->c)));
    c->h = EX(x, "Mul", o, activate(x, &c->act[2], c->c));
}

/* ---- all steps */
/* Joined along axis 0, a few at a time. */
static uint32_t join(expansion *x, uint32_t *t, uint32_t count) {
    while (count > 1 && x->status == TACIT_OK) {
        uint32_t made = 0;
        for (uint32_t i = 0; i < count; i += MAX_JOINED) {
            ex_int(x, "axis", 0);
            t[made++] = ex_node(x, "Concat", count - i < MAX_JOINED ? count - i : MAX_JOINED, t + i);
        }
        count = made;
    }
    return t[0];
}

/* Hidden states of direction d as [steps, 1, batch, hidden]; the last ones in the cell. */
static uint32_t run(expansion *x, const recurrent *q, uint32_t in, uint32_t d, cell *c) {
    static void (*const STEP[3])(expansion *, cell *, uint32_t) = {rnn_step, gru_step, lstm_step};
    const shape row = {.rank = 2, .dim = {q->batch, q->inputs}}, out = {4, {1, 1, q->batch, q->hidden}};
    bool reverse = d == 1 || q->reverse_first, keep = ex_wanted(x, 0);
    void *list = NULL;
    (void)ex_fail(x, graph_alloc(x->g, &list, q->steps, sizeof(uint32_t), x->err));
    uint32_t *all = list;
    make_cell(x, q, d, c);
    for (uint32_t k = 0; all && k < q->steps && x->status == TACIT_OK; k++) {
        uint32_t at = reverse ? q->steps - 1 - k : k;
        STEP[q->kind](x, c, ex_reshape(x, ex_range(x, in, 0, at, 1, 1), &row));
        if (keep) all[at] = ex_reshape(x, c->h, &out);
    }
    return keep && all ? join(x, all, q->steps) : NO_INDEX;
}

/* States of all directions, each [batch, hidden], as ONNX wants them. */
static uint32_t states(expansion *x, const recurrent *q, const uint32_t *each) {
    uint32_t part_of[2] = {NO_INDEX, NO_INDEX};
    for (uint32_t d = 0; d < q->directions; d++)
        part_of[d] = ex_reshape(x, each[d], &(shape){.rank = 3, .dim = {1, q->batch, q->hidden}});
    uint32_t t = join(x, part_of, q->directions);
    return q->batch_first ? ex_move_axis(x, t, 0, 1) : t;
}

tacit_status recurrent_expand(expansion *x, const gnode *n, tacit_error *err) {
    recurrent q = {0};
    cell c[2];
    uint32_t y[2], h[2] = {NO_INDEX, NO_INDEX}, last[2] = {NO_INDEX, NO_INDEX};
    TRY(read(x, n, &q, err));
    uint32_t in = q.batch_first ? ex_move_axis(x, ex_in(x, 0), 1, 0) : ex_in(x, 0);
    for (uint32_t d = 0; d < q.directions; d++) {
        y[d] = run(x, &q, in, d, &c[d]);
        h[d] = c[d].h, last[d] = c[d].c;
    }
    if (ex_wanted(x, 0)) {
        uint32_t all = y[0];
        if (q.directions == 2) {
            ex_int(x, "axis", 1);
            all = EX(x, "Concat", y[0], y[1]);
        }
        ex_result(x, 0, q.batch_first ? ex_move_axis(x, all, 2, 0) : all);
    }
    if (ex_wanted(x, 1)) ex_result(x, 1, states(x, &q, h));
    if (ex_wanted(x, 2)) ex_result(x, 2, states(x, &q, last));
    return x->status;
}
