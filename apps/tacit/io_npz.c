#include "io_npz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>
#include "errors.h"
#include "io_npy.h"

/* 1980-01-02, the same everywhere: equal content makes equal files. */
enum { ENTRY_TIME = 315619200, ENTRY_NAME_SIZE = ARRAY_NAME_SIZE + 8 };

bool npz_is(const unsigned char *data, size_t size) {
    return size >= 4 && data[0] == 'P' && data[1] == 'K' &&
           ((data[2] == 3 && data[3] == 4) || (data[2] == 5 && data[3] == 6));
}

static tacit_status zip_fail(tacit_error *err, const char *what, zip_error_t *e) {
    tacit_status status = zip_error_code_zip(e) == ZIP_ER_MEMORY ? TACIT_RESOURCES : TACIT_MALFORMED;
    tacit_status answer = cli_fail(err, status, "%s: %.150s", what, zip_error_strerror(e));
    zip_error_fini(e);
    return answer;
}

/* Exactly stat.size bytes; libzip compares the checksum when the end is reached. */
static tacit_status unpack(zip_t *z, const zip_stat_t *s, file_bytes *out, tacit_error *err) {
    size_t size = (size_t)s->size;
    *out = (file_bytes){.data = malloc(size + 1), .size = size};
    if (out->data == NULL) return cli_fail(err, TACIT_RESOURCES, "no memory for %zu bytes", size);
    zip_file_t *f = zip_fopen_index(z, s->index, 0);
    if (f == NULL) return cli_fail(err, TACIT_MALFORMED, "cannot be unpacked: %.150s", zip_strerror(z));
    zip_int64_t got = zip_fread(f, out->data, size);
    unsigned char beyond;
    bool whole = got >= 0 && (size_t)got == size && zip_fread(f, &beyond, 1) == 0;
    (void)zip_fclose(f);
    if (!whole) return cli_fail(err, TACIT_MALFORMED, "cannot be unpacked: wrong size or checksum");
    return TACIT_OK;
}

static tacit_status check_entry(const zip_stat_t *s, uint64_t *total, tacit_error *err) {
    const zip_uint64_t need = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((s->valid & need) != need) return cli_fail(err, TACIT_MALFORMED, "incomplete zip entry");
    if (s->encryption_method != ZIP_EM_NONE) return cli_fail(err, TACIT_UNSUPPORTED, "is encrypted");
    if (s->comp_method != ZIP_CM_STORE && s->comp_method != ZIP_CM_DEFLATE)
        return cli_fail(err, TACIT_UNSUPPORTED, "compression %u; save it with numpy.savez", s->comp_method);
    /* Deflate packs at most 1032 bytes in one: a larger claim is not worth an allocation. */
    if (s->size / 1040 > s->comp_size) return cli_fail(err, TACIT_MALFORMED, "cannot be unpacked: wrong size");
    if (s->size > DATA_MAX_BYTES || (*total += s->size) > DATA_MAX_BYTES)
        return cli_fail(err, TACIT_RESOURCES, "unpacks to more than %llu bytes", (unsigned long long)DATA_MAX_BYTES);
    return TACIT_OK;
}

static tacit_status read_entry(data_set *d, zip_t *z, const zip_stat_t *s, uint64_t *total, tacit_error *err) {
    if (d->count == DATA_MAX_ARRAYS) return cli_fail(err, TACIT_RESOURCES, "more than %d arrays", DATA_MAX_ARRAYS);
    CLI_TRY(check_entry(s, total, err));
    file_bytes npy = {0};
    array a = {0};
    tacit_status status = unpack(z, s, &npy, err);
    if (status == TACIT_OK) status = npy_read(&a, npy.data, npy.size, err);
    disk_wipe(&npy);
    if (status != TACIT_OK) return status;
    memcpy(a.name, s->name, strlen(s->name) - 4);
    d->item[d->count++] = a;
    return TACIT_OK;
}

static bool has_name(const data_set *d, const char *name, size_t length) {
    for (size_t i = 0; i < d->count; i++)
        if (strlen(d->item[i].name) == length && memcmp(d->item[i].name, name, length) == 0) return true;
    return false;
}

static tacit_status read_archive(data_set *d, zip_t *z, tacit_error *err) {
    uint64_t total = 0;
    zip_int64_t entries = zip_get_num_entries(z, 0);
    for (zip_int64_t i = 0; i < entries; i++) {
        zip_stat_t s;
        if (zip_stat_index(z, (zip_uint64_t)i, 0, &s) != 0 || (s.valid & ZIP_STAT_NAME) == 0)
            return cli_fail(err, TACIT_MALFORMED, "entry %lld: no name", (long long)i);
        char clean[ENTRY_NAME_SIZE];
        size_t length = strlen(s.name);
        cli_clean(clean, sizeof clean, s.name, length);
        if (length < 5 || strcmp(s.name + length - 4, ".npy") != 0)
            return cli_fail(err, TACIT_MALFORMED, "%.100s: not an .npy entry", clean);
        if (length - 4 >= ARRAY_NAME_SIZE || has_name(d, s.name, length - 4))
            return cli_fail(err, TACIT_MALFORMED, "%.100s: name too long or twice", clean);
        tacit_status status = read_entry(d, z, &s, &total, err);
        if (status != TACIT_OK) return cli_at(clean, status, err);
    }
    if (d->count == 0) return cli_fail(err, TACIT_MALFORMED, "an npz file without arrays");
    return TACIT_OK;
}

tacit_status npz_read(data_set *d, const unsigned char *data, size_t size, tacit_error *err) {
    zip_error_t e;
    zip_error_init(&e);
    zip_source_t *source = zip_source_buffer_create(data, size, 0, &e);
    if (source == NULL) return zip_fail(err, "npz", &e);
    zip_t *z = zip_open_from_source(source, ZIP_RDONLY, &e);
    if (z == NULL) {
        zip_source_free(source);
        return zip_fail(err, "not a whole npz file", &e);
    }
    tacit_status status = read_archive(d, z, err);
    zip_discard(z);
    zip_error_fini(&e);
    return status;
}

static tacit_status add_entry(zip_t *z, const npz_entry *entry, tacit_error *err) {
    char name[ENTRY_NAME_SIZE];
    int length = snprintf(name, sizeof name, "%s.npy", entry->name);
    if (length < 0 || (size_t)length >= sizeof name)
        return cli_fail(err, TACIT_UNSUPPORTED, "%.60s...: name too long for an npz file", entry->name);
    zip_source_t *s = zip_source_buffer(z, entry->npy.data, entry->npy.size, 0);
    if (s == NULL) return cli_fail(err, TACIT_RESOURCES, "npz: %.150s", zip_strerror(z));
    zip_int64_t i = zip_file_add(z, name, s, ZIP_FL_ENC_UTF_8);
    if (i < 0) {
        zip_source_free(s);
        return cli_fail(err, TACIT_RESOURCES, "npz: %.150s", zip_strerror(z));
    }
    (void)zip_file_set_mtime(z, (zip_uint64_t)i, ENTRY_TIME, 0);
    return TACIT_OK;
}

/* The archive's bytes, once it is closed. It lies in memory, so all that can fail is for want of it. */
static tacit_status take_bytes(file_bytes *out, zip_source_t *source, tacit_error *err) {
    zip_stat_t s;
    zip_stat_init(&s);
    if (zip_source_stat(source, &s) != 0 || (s.valid & ZIP_STAT_SIZE) == 0 || zip_source_open(source) != 0)
        return cli_fail(err, TACIT_RESOURCES, "npz: cannot be read back");
    *out = (file_bytes){.data = malloc((size_t)s.size), .size = (size_t)s.size};
    bool whole = out->data != NULL && zip_source_read(source, out->data, s.size) == (zip_int64_t)s.size;
    (void)zip_source_close(source);
    if (whole) return TACIT_OK;
    disk_wipe(out);
    return cli_fail(err, TACIT_RESOURCES, "npz: cannot be read back");
}

tacit_status npz_write(file_bytes *out, const npz_entry *entry, size_t count, tacit_error *err) {
    *out = (file_bytes){0};
    zip_error_t e;
    zip_error_init(&e);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &e);
    if (source == NULL) return zip_fail(err, "npz", &e);
    zip_source_keep(source); /* zip_close frees one */
    zip_t *z = zip_open_from_source(source, ZIP_TRUNCATE, &e);
    if (z == NULL) {
        zip_source_free(source);
        zip_source_free(source);
        return zip_fail(err, "npz", &e);
    }
    tacit_status status = TACIT_OK;
    for (size_t i = 0; i < count && status == TACIT_OK; i++) status = add_entry(z, &entry[i], err);
    if (status == TACIT_OK && zip_close(z) != 0)
        status = cli_fail(err, TACIT_RESOURCES, "npz: %.150s", zip_strerror(z));
    if (status != TACIT_OK) {
        zip_discard(z);
    } else {
        status = take_bytes(out, source, err);
    }
    zip_source_free(source);
    zip_error_fini(&e);
    return status;
}
