#include "fidelity.h"
#include <math.h>
#include <string.h>
#include "data.h"
#include "errors.h"
#include "interrupt.h"

typedef struct totals {
    uint64_t samples, refused, clipped, saturated, compared;
    uint64_t rows, agree, labelled, float_right, integer_right;
    double largest, sum;
} totals;

typedef struct trial {
    const tacit_model *m;
    const io_list *list;
    const char *onnx;
    const tacit_compile_options *o;
    int_arrays ints;         /* outputs of the integer model */
    real_arrays reals, want; /* the same as reals; outputs of the float model */
    const array *label;      /* NULL: the file has none */
    uint64_t rows;           /* of the first output in one sample, each with an answer of its own */
} trial;

/* The answer of one row of outputs: the place of the largest, or, for a single number, whether it is above 1/2. */
static uint64_t answer(const double *x, uint64_t n) {
    if (n == 1) return x[0] > 0.5 ? 1 : 0;
    uint64_t best = 0;
    for (uint64_t i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static void count_answers(totals *t, const trial *k, uint64_t sample) {
    uint64_t width = k->list->io[k->list->inputs].count / k->rows;
    for (uint64_t row = 0; row < k->rows && width > 0; row++) {
        uint64_t mine = answer(k->reals.x[0] + row * width, width);
        uint64_t truth = answer(k->want.x[0] + row * width, width);
        t->rows++;
        t->agree += mine == truth;
        if (k->label == NULL) continue;
        int64_t label = k->label->integer[sample * k->rows + row];
        t->labelled++;
        t->float_right += label >= 0 && truth == (uint64_t)label;
        t->integer_right += label >= 0 && mine == (uint64_t)label;
    }
}

static void count_errors(totals *t, const trial *k) {
    for (size_t o = 0; o < k->list->outputs; o++) {
        for (uint64_t i = 0; i < k->want.size[o]; i++) {
            double e = fabs(k->reals.x[o][i] - k->want.x[o][i]);
            t->largest = fmax(t->largest, e);
            t->sum += e;
            t->compared++;
        }
    }
}

static tacit_status one_sample(totals *t, trial *k, const double *const *x, uint64_t sample, tacit_error *err) {
    int_arrays inputs = {0};
    uint64_t clipped = 0, saturated = 0;
    tacit_status status = data_quantise(&inputs, k->m, k->list, x, &clipped, err);
    if (status == TACIT_OK) status = tacit_run(k->m, (const int64_t *const *)inputs.x, k->ints.x, &saturated, err);
    int_arrays_free(&inputs);
    t->samples++;
    if (status == TACIT_OVERFLOW) {
        t->refused++;
        *err = (tacit_error){0};
        return TACIT_OK;
    }
    if (status != TACIT_OK) return status;
    t->clipped += clipped;
    t->saturated += saturated;
    CLI_TRY(tacit_float_run(k->onnx, k->o, x, k->want.x, err));
    for (size_t o = 0; o < k->list->outputs; o++)
        tacit_dequantise(&k->list->io[k->list->inputs + o], k->ints.x[o], k->reals.x[o]);
    count_errors(t, k);
    count_answers(t, k, sample);
    return TACIT_OK;
}

static tacit_status all_samples(totals *t, trial *k, const data_samples *s, tacit_error *err) {
    for (uint64_t i = 0; i < s->count; i++) {
        const double *x[IO_MAX] = {NULL};
        for (size_t j = 0; j < k->list->inputs; j++) x[j] = s->x[j] + i * k->list->io[j].count;
        CLI_TRY(one_sample(t, k, x, i, err));
        if (interrupt_progress(NULL, "test", (double)(i + 1) / (double)s->count) != 0)
            return cli_fail(err, TACIT_INTERRUPTED, "interrupted");
    }
    return TACIT_OK;
}

/* Labels are used when there is one for every row of the outputs. */
static tacit_status find_labels(trial *k, const data_set *d, const char *test, uint64_t samples, tacit_error *err) {
    const tacit_io *first = &k->list->io[k->list->inputs];
    k->rows = 1;
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->item[i].name, "label") == 0 || strcmp(d->item[i].name, "labels") == 0) k->label = &d->item[i];
    if (first->rank > 1 && first->dim[0] > 0) k->rows = first->dim[0];
    if (k->label == NULL) return TACIT_OK;
    if (!k->label->is_integer || k->label->count < samples * k->rows)
        return cli_fail(err, TACIT_SHAPE, "%s: label: must be integers, %llu of them", test,
                        (unsigned long long)(samples * k->rows));
    return TACIT_OK;
}

static void report_totals(report *r, const totals *t) {
    uint64_t answered = t->samples - t->refused;
    report_count(r, "test_samples", t->samples);
    if (t->refused > 0) report_share(r, "test_refused", t->refused, t->samples);
    if (answered == 0) return;
    report_real(r, "test_largest_error", t->largest);
    report_real(r, "test_mean_error", t->compared > 0 ? t->sum / (double)t->compared : 0.0);
    report_share(r, "test_same_answer", t->agree, t->rows);
    report_count(r, "test_clipped_inputs", t->clipped);
    report_count(r, "test_saturated", t->saturated);
    if (t->labelled == 0) return;
    report_share(r, "test_right_float", t->float_right, t->labelled);
    report_share(r, "test_right_integer", t->integer_right, t->labelled);
}

static tacit_status run_trial(report *r, trial *k, const data_set *d, const char *test, tacit_error *err) {
    data_samples s;
    totals t = {0};
    CLI_TRY(data_samples_of(&s, d, test, k->list->io, k->list->inputs, err));
    CLI_TRY(find_labels(k, d, test, s.count, err));
    const tacit_io *outputs = k->list->io + k->list->inputs;
    CLI_TRY(int_arrays_init(&k->ints, outputs, k->list->outputs, err));
    CLI_TRY(real_arrays_init(&k->reals, outputs, k->list->outputs, err));
    CLI_TRY(real_arrays_init(&k->want, outputs, k->list->outputs, err));
    tacit_status status = all_samples(&t, k, &s, err);
    interrupt_progress_end();
    if (status == TACIT_OK) report_totals(r, &t);
    return status;
}

tacit_status fidelity_report(report *r, const tacit_model *m, const char *onnx, const tacit_compile_options *o,
                             const char *test, tacit_error *err) {
    io_list list;
    CLI_TRY(io_list_of(&list, m, err));
    if (list.outputs == 0) return TACIT_OK;
    data_set d;
    CLI_TRY(data_read(&d, test, "input_data", err));
    trial k = {.m = m, .list = &list, .onnx = onnx, .o = o};
    tacit_status status = run_trial(r, &k, &d, test, err);
    int_arrays_free(&k.ints);
    real_arrays_free(&k.reals);
    real_arrays_free(&k.want);
    data_set_free(&d);
    return status;
}
