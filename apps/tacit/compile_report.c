#include "compile_report.h"
#include "disk.h"

enum { LAYERS_SHOWN = 48 };

void compile_report_operators(report *r, const tacit_compile_report *found) {
    static const report_column column[] = {{"operator", -28}, {"count", 6}, {"supported", 9}};
    report_table(r, "operators", column, 3, SIZE_MAX);
    for (uint32_t i = 0; i < found->operator_count; i++)
        report_row(r, (report_cell[]){REPORT_TEXT(found->operators[i].name), REPORT_COUNT(found->operators[i].count),
                                      REPORT_YES(found->operators[i].supported != 0)});
    report_table_end(r);
}

void compile_report_sizes(report *r, const tacit_compile_report *found) {
    report_count(r, "weights", found->weights);
    report_count(r, "multiplications", found->multiplications);
    report_count(r, "committed_elements", found->committed);
    report_count(r, "lookups", found->lookups);
    report_count(r, "table_rows", found->table_rows);
}

void compile_report_fidelity(report *r, const tacit_compile_report *found) {
    static const report_column column[] = {{"layer", -32}, {"largest_error", 13}, {"range", 12}, {"headroom", 9}};
    report_count(r, "calibration_samples", found->samples);
    report_real(r, "headroom", found->headroom);
    report_count(r, "weight_bits", found->weight_bits);
    report_text(r, "overflow", found->overflow == TACIT_REFUSE ? "refuse" : "saturate");
    report_real(r, "largest_error", found->largest_error);
    report_real(r, "mean_error", found->mean_error);
    report_share(r, "same_answer", found->top1_agree, found->answers);
    report_table(r, "layers", column, 4, LAYERS_SHOWN);
    for (uint32_t i = 0; i < found->layer_count; i++)
        report_row(r, (report_cell[]){REPORT_TEXT(found->layers[i].name), REPORT_REAL(found->layers[i].largest_error),
                                      REPORT_REAL(found->layers[i].range), REPORT_REAL(found->layers[i].headroom)});
    report_table_end(r);
}

void cost_report(report *r, const tacit_cost *cost) {
    report_bytes(r, "commit_memory", cost->commit_memory);
    report_bytes(r, "prove_memory", cost->prove_memory);
    report_bytes(r, "verify_memory", cost->verify_scratch);
    report_bytes(r, "predicted_key", cost->key_bytes);
    report_bytes(r, "predicted_certificate", cost->certificate_bytes);
    report_bytes(r, "predicted_proof", cost->proof_bytes);
    report_real(r, "predicted_prove_seconds", cost->prove_seconds);
}

void report_file_size(report *r, const char *key, const char *path) {
    uint64_t size;
    tacit_error ignored = {0};
    if (disk_size(&size, path, &ignored) == TACIT_OK) report_bytes(r, key, size);
}
