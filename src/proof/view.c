#include "proof/view.h"
#include "base/broken.h"
#include "poly/eq.h"
#include "program/tensor_eval.h"

static bool has_view(const expr *e) {
    for (uint32_t i = 0; i < e->count; i++)
        if (e->terms[i].kind == TERM_VIEW) return true;
    return false;
}

/* Moves the equations with view terms to the end of the session's list; answers how many stay. */
static uint32_t split_equations(session *s, expr *mine, uint32_t *mine_count) {
    uint32_t stay = 0;
    for (uint32_t i = 0; i < s->equation_count; i++) {
        if (has_view(&s->equations[i]))
            mine[(*mine_count)++] = s->equations[i];
        else
            s->equations[stay++] = s->equations[i];
    }
    return stay;
}

/* claim -= w * (e without views); the views become jobs. */
static void take_equation(session *s, const expr *e, ext w, expr *claim, view_job *jobs, uint32_t *job_count) {
    claim->constant = ext_sub(claim->constant, ext_mul(w, e->constant));
    for (uint32_t i = 0; i < e->count; i++) {
        term t = e->terms[i];
        t.coef = ext_mul(t.coef, w);
        if (t.kind != TERM_VIEW) {
            t.coef = ext_neg(t.coef);
            expr_add_term(s, claim, t);
            continue;
        }
        const tensor *v = &s->p->tensors[t.index];
        jobs[(*job_count)++] = (view_job){t.coef, t.index, v->source, t.z, shape_vars(&s->p->tensors[v->source].shape)};
    }
}

static tacit_status final_equation(session *s, const view_job *jobs, uint32_t count, const ext *rho, unsigned rounds,
                                   expr *claim) {
    expr total = {EXT_ZERO, NULL, 0, 0};
    const ext *point = session_point(s, rho, rounds);
    for (uint32_t i = 0; i < count; i++) {
        const view_job *j = &jobs[i];
        ext m = EXT_ZERO;
        if (s->ch->mode != TRANSCRIPT_COUNT)
            TRY(view_eval(&m, s->p, &s->p->tensors[j->view], j->z, point, s->a, s->err));
        m = ext_mul(m, ext_mul(j->weight, eq_late(rho, j->vars, rounds)));
        TRY(session_evaluate(s, &total, j->source, point, m));
    }
    expr_add(s, &total, claim, ext_neg(EXT_ONE));
    if (!RULE_OFF(VIEW_FINAL)) session_equation(s, &total);
    return session_status(s);
}

tacit_status views_run(session *s, const view_oracle *oracle) {
    uint32_t mine_count = 0, job_count = 0, terms = 0;
    unsigned rounds = 0;
    ext rho[64], w = EXT_ONE;
    expr claim = {EXT_ZERO, NULL, 0, 0};
    expr *mine = ARENA_NEW(s->a, expr, s->equation_count + 1);
    if (!mine) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    s->equation_count = split_equations(s, mine, &mine_count);
    if (mine_count == 0) return TACIT_OK;
    for (uint32_t i = 0; i < mine_count; i++) terms += mine[i].count;
    view_job *jobs = ARENA_NEW(s->a, view_job, terms);
    if (!jobs) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    ext mu = transcript_challenge(s->ch, TAG_VIEW_WEIGHT);
    if (RULE_OFF(VIEW_MU)) mu = EXT_ONE;
    for (uint32_t i = 0; i < mine_count; i++, w = ext_mul(w, mu))
        take_equation(s, &mine[i], w, &claim, jobs, &job_count);
    TRY(session_status(s));
    for (uint32_t i = 0; i < job_count; i++)
        if (jobs[i].vars > rounds) rounds = jobs[i].vars;
    if (oracle) TRY(oracle->begin(oracle->ctx, jobs, job_count));
    TRY(sumcheck_plain(s, TAG_VIEW_ROUND, rounds, 2, PADS_IN_X, &claim, oracle ? &oracle->rounds : NULL, rho));
    return final_equation(s, jobs, job_count, rho, rounds, &claim);
}
