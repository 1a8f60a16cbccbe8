#include "data.h"
#include <stdio.h>
#include <string.h>
#include "errors.h"
#include "io_json.h"
#include "io_npy.h"
#include "io_npz.h"

static tacit_status read_bytes_of(data_set *d, const file_bytes *b, const char *json_key, tacit_error *err) {
    if (npz_is(b->data, b->size)) return npz_read(d, b->data, b->size, err);
    if (json_is(b->data, b->size)) return json_read(d, b->data, b->size, json_key, err);
    if (!npy_is(b->data, b->size)) return cli_fail(err, TACIT_MALFORMED, "not an npy, npz or JSON file");
    CLI_TRY(npy_read(&d->item[0], b->data, b->size, err));
    d->count = 1;
    return TACIT_OK;
}

tacit_status data_read(data_set *d, const char *path, const char *json_key, tacit_error *err) {
    CLI_TRY(data_set_init(d, err));
    file_bytes b = {0};
    tacit_status status = disk_read(&b, path, DATA_MAX_BYTES, err);
    if (status == TACIT_OK) status = cli_at(path, read_bytes_of(d, &b, json_key, err), err);
    disk_wipe(&b);
    if (status != TACIT_OK) data_set_free(d);
    return status;
}

static bool is_label(const array *a) {
    return strcmp(a->name, "label") == 0 || strcmp(a->name, "labels") == 0;
}

tacit_status data_find(const array **out, const data_set *d, const char *path, const tacit_io *io, size_t count,
                       size_t i, tacit_error *err) {
    *out = NULL;
    if (d->ordered && d->count != count)
        return cli_fail(err, TACIT_SHAPE, "%s: holds %zu lists, the model has %zu; give one list for each", path,
                        d->count, count);
    if (d->ordered) *out = &d->item[i];
    size_t others = 0;
    const array *other = NULL;
    for (size_t k = 0; k < d->count && *out == NULL; k++) {
        if (strcmp(d->item[k].name, io[i].name) == 0) *out = &d->item[k];
        if (is_label(&d->item[k])) continue;
        others++;
        other = &d->item[k];
    }
    if (*out == NULL && count == 1 && others == 1) *out = other;
    if (*out != NULL) return TACIT_OK;
    char name[ARRAY_NAME_SIZE], first[ARRAY_NAME_SIZE] = "";
    cli_clean(name, sizeof name, io[i].name, strlen(io[i].name));
    if (d->count > 0) cli_clean(first, sizeof first, d->item[0].name, strlen(d->item[0].name));
    return cli_fail(err, TACIT_SHAPE, "%s: no array '%.60s'; it has %zu%s%.60s%s", path, name, d->count,
                    first[0] != '\0' ? ", '" : "", first, first[0] != '\0' ? "' first" : "; use npz with names");
}

/* How many samples of io the array holds; 0 when the shapes do not fit. */
static uint64_t samples_in(const array *a, const tacit_io *io) {
    if (io->count == 0 || a->count == 0) return 0;
    if (a->flat && a->count % io->count == 0) return a->count / io->count;
    /* The array's axes are compared with the tensor's from the last one on. */
    uint32_t same = 0;
    while (same < a->rank && same < io->rank && a->dim[a->rank - 1 - same] == io->dim[io->rank - 1 - same]) same++;
    if (same == io->rank && a->rank == io->rank) return 1;
    if (same == io->rank && a->rank == io->rank + 1) return a->dim[0];
    if (same + 1 == io->rank && a->rank == io->rank && a->dim[0] % io->dim[0] == 0) return a->dim[0] / io->dim[0];
    if (same == a->rank && a->rank + 1 == io->rank && io->dim[0] == 1) return 1;
    return 0;
}

static tacit_status no_fit(const array *a, const char *path, const tacit_io *io, tacit_error *err) {
    char have[SHAPE_TEXT_SIZE], need[SHAPE_TEXT_SIZE], name[ARRAY_NAME_SIZE];
    array_shape_text(have, sizeof have, a->dim, a->rank);
    io_shape_text(need, io);
    cli_clean(name, sizeof name, io->name, strlen(io->name));
    return cli_fail(err, TACIT_SHAPE, "%s: shape %s does not fit '%.60s' of shape %s", path, have, name, need);
}

static tacit_status check_exact(const array *a, const char *path, tacit_error *err) {
    for (uint64_t k = 0; a->is_integer && k < a->count; k++)
        if (a->integer[k] > DATA_EXACT || a->integer[k] < -DATA_EXACT)
            return cli_fail(err, TACIT_VALUE, "%s: element %llu is beyond 2^53", path, (unsigned long long)k);
    return TACIT_OK;
}

tacit_status data_samples_of(data_samples *out, const data_set *d, const char *path, const tacit_io *io, size_t count,
                             tacit_error *err) {
    *out = (data_samples){.count = count == 0 ? 1 : 0}; /* without inputs, everything is one sample */
    for (size_t i = 0; i < count; i++) {
        const array *a = NULL;
        CLI_TRY(data_find(&a, d, path, io, count, i, err));
        uint64_t n = samples_in(a, &io[i]);
        if (n == 0) return no_fit(a, path, &io[i], err);
        if (i > 0 && n != out->count)
            return cli_fail(err, TACIT_SHAPE, "%s: %llu samples of the first input, %llu of input %zu", path,
                            (unsigned long long)out->count, (unsigned long long)n, i + 1);
        CLI_TRY(check_exact(a, path, err));
        out->count = n;
        out->x[i] = a->real;
    }
    return TACIT_OK;
}

tacit_status data_single(data_samples *out, const data_set *d, const char *path, const tacit_io *io, size_t count,
                         tacit_error *err) {
    CLI_TRY(data_samples_of(out, d, path, io, count, err));
    if (count == 0 || out->count == 1) return TACIT_OK;
    const array *a = NULL;
    CLI_TRY(data_find(&a, d, path, io, count, 0, err));
    return no_fit(a, path, &io[0], err);
}

tacit_status data_quantise(int_arrays *out, const tacit_model *m, const io_list *list, const double *const *x,
                           uint64_t *clipped, tacit_error *err) {
    CLI_TRY(int_arrays_init(out, list->io, list->inputs, err));
    *clipped = 0;
    for (size_t i = 0; i < list->inputs; i++) {
        uint64_t more = 0;
        tacit_status status = tacit_quantise(m, i, x[i], out->x[i], &more, err);
        *clipped += more;
        if (status == TACIT_OK) continue;
        int_arrays_free(out);
        return status;
    }
    return TACIT_OK;
}

tacit_status data_run(const tacit_model *m, const io_list *list, const double *const *x, int64_t *const *out,
                      uint64_t *clipped, uint64_t *saturated, tacit_error *err) {
    int_arrays inputs = {0};
    CLI_TRY(data_quantise(&inputs, m, list, x, clipped, err));
    tacit_status status = tacit_run(m, (const int64_t *const *)inputs.x, out, saturated, err);
    int_arrays_free(&inputs);
    return status;
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

tacit_status data_can_write(const char *path, size_t tensors, tacit_error *err) {
    if (!ends_with(path, ".npy") && !ends_with(path, ".npz") && !ends_with(path, ".json"))
        return cli_fail(err, TACIT_USAGE, "%s: name it .npy, .npz or .json", path);
    if (ends_with(path, ".npy") && tensors != 1)
        return cli_fail(err, TACIT_USAGE, "%s: an npy file holds one array, there are %zu; name it .npz", path,
                        tensors);
    return disk_can_write(path, err);
}

static tacit_status npy_of(file_bytes *out, const tacit_io *io, const double *x, tacit_error *err) {
    uint64_t dim[TACIT_MAX_RANK];
    for (uint32_t k = 0; k < io->rank; k++) dim[k] = io->dim[k];
    return npy_write(out, x, dim, io->rank, err);
}

static tacit_status npz_of(file_bytes *out, const tacit_io *io, const double *const *x, size_t count,
                           tacit_error *err) {
    npz_entry entry[IO_MAX] = {{0}};
    tacit_status status = TACIT_OK;
    for (size_t i = 0; i < count && status == TACIT_OK; i++) {
        entry[i].name = io[i].name;
        status = npy_of(&entry[i].npy, &io[i], x[i], err);
    }
    if (status == TACIT_OK) status = npz_write(out, entry, count, err);
    for (size_t i = 0; i < count; i++) disk_wipe(&entry[i].npy);
    return status;
}

tacit_status data_stage(staged_file *s, const char *path, const tacit_io *io, const double *const *x, size_t count,
                        tacit_error *err) {
    file_bytes b = {0};
    tacit_status status;
    if (ends_with(path, ".npz")) {
        status = npz_of(&b, io, x, count, err);
    } else if (ends_with(path, ".json")) {
        json_tensor tensor[IO_MAX];
        for (size_t i = 0; i < count; i++) tensor[i] = (json_tensor){x[i], io[i].count};
        status = json_write(&b, tensor, count, err);
    } else {
        status = npy_of(&b, &io[0], x[0], err);
    }
    status = cli_at(path, status, err);
    if (status == TACIT_OK) status = disk_stage(s, path, b.data, b.size, err);
    disk_wipe(&b);
    return status;
}
