#include "commit/open_prove.h"
#include <string.h>
#include "base/threads.h"
#include "poly/ntt.h"

enum {
    SHORT_LOG = 11,
    LINE = 8,
    LINES = 8,
    TASKS = 8
}; /* log m; elements of a cache line; most lines of i0 per task;
      tasks at least, if they have a line each */

typedef struct power_sum {
    extv v; /* at the block's first element */
    size_t size;
    unsigned log_n, log_m;
    uint32_t count;
    const gl *x;
    const uint32_t *place; /* position mod m */
    const ext *weight;
    const gl *scale; /* GL_GEN^(B i1) */
} power_sum;

/* From transform to transform: a cache line more than m, so that they do not share cache sets. */
static size_t line_stride(const power_sum *p) {
    return ((size_t)1 << p->log_m) + LINE;
}

/* One cache line of i0: its transforms, then m-strided lines of v. state: w_i x_i^i0 for the first i0, advanced. */
static void power_line(const power_sum *p, size_t i0, size_t lines, gl *state, gl *buffer, unsigned j) {
    size_t b_log = p->log_n - p->log_m, b = (size_t)1 << b_log, outputs = (p->size + b - 1) >> b_log;
    size_t stride = line_stride(p);
    memset(buffer, 0, lines * stride * sizeof *buffer);
    for (size_t q = 0; q < lines; q++) {
        gl *d = buffer + q * stride;
        for (uint32_t i = 0; i < p->count; i++) {
            d[p->place[i]] = gl_add(d[p->place[i]], state[i]);
            state[i] = gl_mul(state[i], p->x[i]);
        }
        ntt_forward(d, p->log_m);
        vec->gl_mul(d, d, p->scale, outputs);
    }
    for (size_t i1 = 0; i1 < outputs; i1++) {
        size_t at = i0 + (i1 << b_log), room = at < p->size ? p->size - at : 0;
        gl *to = p->v.c[j] + at;
        for (size_t q = 0; q < lines && q < room; q++) to[q] = gl_add(to[q], buffer[q * stride + i1]);
    }
}

static void power_task(const power_sum *p, size_t first, size_t count, gl *memory) {
    gl *state = memory, *buffer = memory + p->count;
    for (unsigned j = 0; j < EXT_DEG; j++) {
        for (uint32_t i = 0; i < p->count; i++) state[i] = gl_mul(p->weight[i].c[j], gl_pow(p->x[i], first));
        for (size_t i0 = first; i0 < first + count; i0 += LINE) {
            size_t rest = first + count - i0;
            power_line(p, i0, rest < LINE ? rest : LINE, state, buffer, j);
        }
    }
}

/* Whole lines, and enough tasks for the threads of a small sum. */
static size_t task_step(size_t b) {
    size_t step = b / TASKS < LINE * LINES ? b / TASKS : LINE * LINES;
    if (step < LINE) step = LINE;
    return step < b ? step : b;
}

typedef struct power_job {
    const power_sum *p;
    gl *memory;
    size_t own, step; /* elements of a worker; of a task */
} power_job;
static void power_piece(void *ctx, size_t i, unsigned worker) {
    const power_job *j = ctx;
    power_task(j->p, i * j->step, j->step, j->memory + j->own * worker);
}

static tacit_status run_tasks(const power_sum *p, arena *scratch, tacit_error *err) {
    size_t b = (size_t)1 << (p->log_n - p->log_m), step = task_step(b);
    size_t own = p->count + LINE * line_stride(p);
    gl *memory = ARENA_NEW(scratch, gl, own * (size_t)threads_max());
    if (!memory) return fail(err, TACIT_RESOURCES, "not enough memory for the opening");
    ntt_prepare(p->log_m);
    threads_run(b / step, power_piece, &(power_job){p, memory, own, step});
    return TACIT_OK;
}

tacit_status add_powers(extv v, uint64_t start, size_t size, const ladder_opening *list, uint32_t count,
                        const ext *weights, arena *scratch, tacit_error *err) {
    size_t mark = arena_mark(scratch);
    gl *x = ARENA_NEW(scratch, gl, count);
    uint32_t *place = ARENA_NEW(scratch, uint32_t, count);
    ext *weight = ARENA_NEW(scratch, ext, count);
    gl *scale = ARENA_NEW(scratch, gl, (size_t)1 << SHORT_LOG);
    power_sum p = {.v = extv_at(v, start), .size = size, .x = x, .place = place, .weight = weight, .scale = scale};
    if (!x || !place || !weight || !scale) return fail(err, TACIT_RESOURCES, "not enough memory for the opening");
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].at.start != start) continue;
        p.log_n = list[i].log_n;
        p.log_m = p.log_n < SHORT_LOG ? p.log_n : SHORT_LOG;
        x[p.count] = rs_point(p.log_n, list[i].position);
        place[p.count] = list[i].position & ((UINT32_C(1) << p.log_m) - 1);
        weight[p.count++] = weights[i];
    }
    if (p.count == 0) return TACIT_OK;
    gl step = gl_pow(GL_GEN, UINT64_C(1) << (p.log_n - p.log_m)), power = 1;
    for (size_t i = 0; i < (size_t)1 << SHORT_LOG; i++, power = gl_mul(power, step)) scale[i] = power;
    TRY(run_tasks(&p, scratch, err));
    arena_release(scratch, mark);
    return TACIT_OK;
}
