#include "fidelity.h"
#include <math.h>
#include <string.h>
#include "data.h"
#include "errors.h"
#include "interrupt.h"

/* Of one output, over all samples. */
typedef struct output_totals {
    double largest, sum, cosine; /* cosine: the smallest of all rows */
    uint64_t compared, rows, agree;
} output_totals;

typedef struct totals {
    uint64_t samples, refused, clipped, saturated;
    uint64_t labelled, float_right, integer_right;
    output_totals of[IO_MAX];
} totals;

typedef struct trial {
    const tacit_model *m;
    const io_list *list;
    tacit_float_model *floats;
    tacit_answers answers[IO_MAX]; /* of each output */
    int_arrays ints;               /* outputs of the integer model */
    real_arrays reals, want;       /* the same as reals; outputs of the float model */
    const array *label;            /* NULL: the file has none */
} trial;

static void count_errors(output_totals *t, const trial *k, size_t o) {
    for (uint64_t i = 0; i < k->want.size[o]; i++) {
        double e = fabs(k->reals.x[o][i] - k->want.x[o][i]);
        t->largest = fmax(t->largest, e);
        t->sum += e;
    }
    t->compared += k->want.size[o];
}

static void count_answers(output_totals *t, const trial *k, size_t o) {
    const tacit_answers *a = &k->answers[o];
    for (uint64_t row = 0; row < a->rows; row++) {
        double cosine = tacit_answer_cosine(a, k->reals.x[o], k->want.x[o], row);
        t->cosine = t->rows == 0 ? cosine : fmin(t->cosine, cosine);
        t->rows++;
        t->agree += tacit_answer(a, k->reals.x[o], row) == tacit_answer(a, k->want.x[o], row);
    }
}

/* Labels belong to the first output. */
static void count_labels(totals *t, const trial *k, uint64_t sample) {
    const tacit_answers *a = &k->answers[0];
    for (uint64_t row = 0; row < a->rows && k->label != NULL; row++) {
        int64_t label = k->label->integer[sample * a->rows + row];
        t->labelled++;
        t->float_right += tacit_answer(a, k->want.x[0], row) == label;
        t->integer_right += tacit_answer(a, k->reals.x[0], row) == label;
    }
}

static tacit_status one_sample(totals *t, trial *k, const double *const *x, uint64_t sample, tacit_error *err) {
    uint64_t clipped = 0, saturated = 0;
    tacit_status status = data_run(k->m, k->list, x, k->ints.x, &clipped, &saturated, err);
    t->samples++;
    if (status == TACIT_OVERFLOW) {
        t->refused++;
        *err = (tacit_error){0};
        return TACIT_OK;
    }
    if (status != TACIT_OK) return status;
    t->clipped += clipped;
    t->saturated += saturated;
    CLI_TRY(tacit_float_answer(k->floats, x, k->want.x, err));
    for (size_t o = 0; o < k->list->outputs; o++) {
        tacit_dequantise(&k->list->io[k->list->inputs + o], k->ints.x[o], k->reals.x[o]);
        count_errors(&t->of[o], k, o);
        count_answers(&t->of[o], k, o);
    }
    count_labels(t, k, sample);
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

/* Labels are used when there is one for every row of the first output. */
static tacit_status find_labels(trial *k, const data_set *d, const char *test, uint64_t samples, tacit_error *err) {
    uint64_t rows = samples * k->answers[0].rows;
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->item[i].name, "label") == 0 || strcmp(d->item[i].name, "labels") == 0) k->label = &d->item[i];
    if (k->label == NULL || (k->label->is_integer && k->label->count >= rows)) return TACIT_OK;
    return cli_fail(err, TACIT_SHAPE, "%s: label: must be integers, %llu of them", test, (unsigned long long)rows);
}

static double share_of(double sum, uint64_t count) {
    return count > 0 ? sum / (double)count : 0.0;
}

/* One line for each output, where there are several. */
static void report_outputs(report *r, const trial *k, const totals *t) {
    static const report_column column[] = {{"output", -20}, {"largest_error", 13}, {"mean_error", 12},
                                           {"answers", 9},  {"same_answer", 11},   {"smallest_cosine", 15}};
    if (k->list->outputs < 2) return;
    report_table(r, "test_outputs", column, 6, IO_MAX);
    for (size_t o = 0; o < k->list->outputs; o++) {
        const output_totals *s = &t->of[o];
        report_row(r, (report_cell[]){REPORT_TEXT(k->list->io[k->list->inputs + o].name), REPORT_REAL(s->largest),
                                      REPORT_REAL(share_of(s->sum, s->compared)), REPORT_COUNT(s->rows),
                                      REPORT_COUNT(s->agree),
                                      k->answers[o].width > 1 ? REPORT_REAL(s->cosine) : REPORT_NONE});
    }
    report_table_end(r);
}

static void report_errors(report *r, const trial *k, const totals *t) {
    double largest = 0, sum = 0;
    uint64_t compared = 0;
    for (size_t o = 0; o < k->list->outputs; o++) {
        largest = fmax(largest, t->of[o].largest);
        sum += t->of[o].sum;
        compared += t->of[o].compared;
    }
    report_real(r, "test_largest_error", largest);
    report_real(r, "test_mean_error", share_of(sum, compared));
    report_share(r, "test_same_answer", t->of[0].agree, t->of[0].rows);
    if (k->answers[0].width > 1) report_real(r, "test_smallest_cosine", t->of[0].cosine);
}

static void report_totals(report *r, const trial *k, const totals *t) {
    report_count(r, "test_samples", t->samples);
    if (t->refused > 0) report_share(r, "test_refused", t->refused, t->samples);
    if (t->refused == t->samples) return;
    report_errors(r, k, t);
    report_outputs(r, k, t);
    report_count(r, "test_clipped_inputs", t->clipped);
    report_count(r, "test_saturated", t->saturated);
    if (t->labelled == 0) return;
    report_share(r, "test_right_float", t->float_right, t->labelled);
    report_share(r, "test_right_integer", t->integer_right, t->labelled);
}

static tacit_status run_trial(report *r, trial *k, const data_set *d, const char *test, tacit_error *err) {
    static totals t;
    data_samples s;
    t = (totals){0};
    CLI_TRY(data_samples_of(&s, d, test, k->list->io, k->list->inputs, err));
    const tacit_io *outputs = k->list->io + k->list->inputs;
    for (size_t o = 0; o < k->list->outputs; o++)
        k->answers[o] = tacit_answers_of(outputs[o].rank, outputs[o].dim, tacit_float_whole(k->floats, o));
    CLI_TRY(find_labels(k, d, test, s.count, err));
    CLI_TRY(int_arrays_init(&k->ints, outputs, k->list->outputs, err));
    CLI_TRY(real_arrays_init(&k->reals, outputs, k->list->outputs, err));
    CLI_TRY(real_arrays_init(&k->want, outputs, k->list->outputs, err));
    tacit_status status = all_samples(&t, k, &s, err);
    interrupt_progress_end();
    if (status == TACIT_OK) report_totals(r, k, &t);
    return status;
}

tacit_status fidelity_report(report *r, const tacit_model *m, const char *onnx, const tacit_compile_options *o,
                             const char *test, tacit_error *err) {
    io_list list;
    CLI_TRY(io_list_of(&list, m, err));
    if (list.outputs == 0) return TACIT_OK;
    data_set d;
    CLI_TRY(data_read(&d, test, "input_data", err));
    trial k = {.m = m, .list = &list};
    tacit_status status = cli_at(onnx, tacit_float_load(&k.floats, onnx, o, err), err);
    if (status == TACIT_OK) status = run_trial(r, &k, &d, test, err);
    tacit_float_free(k.floats);
    int_arrays_free(&k.ints);
    real_arrays_free(&k.reals);
    real_arrays_free(&k.want);
    data_set_free(&d);
    return status;
}
