#include "compile/lower/window.h"
#include "compile/onnx/attribute.h"
#include <string.h>

enum { MAX_WINDOW = 1 << 20 };

/* One value per axis, `fallback` when the attribute is missing. */
static tacit_status per_axis(const gnode *n, const char *name, uint32_t axes, int64_t least, int64_t fallback,
                             int64_t *out, tacit_error *err) {
    uint32_t count;
    TRY(attribute_ints(n, name, out, 2 * MAX_SPATIAL, &count, err));
    if (count == 0) {
        for (uint32_t i = 0; i < axes; i++) out[i] = fallback;
        return TACIT_OK;
    }
    if (count != axes) return misshapen(n, "an attribute has the wrong number of axes", err);
    for (uint32_t i = 0; i < axes; i++) {
        if (out[i] < least || out[i] > MAX_WINDOW)
            return misshapen(n, "stride, dilation, kernel or pad out of range", err);
    }
    return TACIT_OK;
}

static tacit_status read_kernel(const gnode *n, const uint32_t *kernel, windows *w, tacit_error *err) {
    int64_t v[2 * MAX_SPATIAL];
    TRY(per_axis(n, "kernel_shape", w->axes, 1, 0, v, err));
    for (uint32_t i = 0; i < w->axes; i++) {
        if (!kernel && v[i] == 0) return misshapen(n, "kernel_shape is missing", err);
        if (kernel && v[i] != 0 && v[i] != kernel[i])
            return misshapen(n, "kernel_shape disagrees with the weights", err);
        w->w[w->first + i].kernel = kernel ? kernel[i] : (uint32_t)v[i];
    }
    return TACIT_OK;
}

static tacit_status read_steps(const gnode *n, windows *w, tacit_error *err) {
    int64_t stride[2 * MAX_SPATIAL], dilation[2 * MAX_SPATIAL], pads[2 * MAX_SPATIAL];
    TRY(per_axis(n, "strides", w->axes, 1, 1, stride, err));
    TRY(per_axis(n, "dilations", w->axes, 1, 1, dilation, err));
    TRY(per_axis(n, "pads", 2 * w->axes, 0, 0, pads, err));
    for (uint32_t i = 0; i < w->axes; i++) {
        window *x = &w->w[w->first + i];
        x->stride = (uint32_t)stride[i];
        x->dilation = (uint32_t)dilation[i];
        x->pad_begin = (uint32_t)pads[i];
        x->pad_end = (uint32_t)pads[w->axes + i];
    }
    return TACIT_OK;
}

static uint64_t reach_of(const window *x) {
    return (uint64_t)(x->kernel - 1) * x->dilation + 1;
}

/* SAME: as many windows as strides, the missing elements split over both sides, the odd one at the end (UPPER). */
static void pad_same(window *x, bool upper) {
    x->out = (x->in + x->stride - 1) / x->stride;
    uint64_t need = (uint64_t)(x->out - 1) * x->stride + reach_of(x);
    uint32_t total = need > x->in ? (uint32_t)(need - x->in) : 0;
    x->pad_begin = upper ? total / 2 : total - total / 2;
    x->pad_end = total - x->pad_begin;
}

static tacit_status count_windows(const gnode *n, window *x, bool ceiling, tacit_error *err) {
    uint64_t padded = (uint64_t)x->in + x->pad_begin + x->pad_end, span = reach_of(x);
    if (ceiling && span > padded && span - padded < x->stride) { /* one window, which reaches beyond the padding */
        x->out = 1;
        return TACIT_OK;
    }
    if (span > padded) return misshapen(n, "the window is larger than its input", err);
    uint64_t steps = (padded - span + (ceiling ? x->stride - 1 : 0)) / x->stride;
    if (ceiling && steps * x->stride >= (uint64_t)x->in + x->pad_begin) steps--; /* it would start in the padding */
    x->out = (uint32_t)steps + 1;
    return TACIT_OK;
}

typedef enum auto_pad { PAD_GIVEN, PAD_VALID, PAD_UPPER, PAD_LOWER } auto_pad;

static tacit_status read_auto_pad(const gnode *n, auto_pad *out, tacit_error *err) {
    static const char *const NAMES[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    char text[16];
    TRY(attribute_text(n, "auto_pad", "NOTSET", text, sizeof text, err));
    for (int k = 0; k < 4; k++) {
        *out = (auto_pad)k;
        if (strcmp(text, NAMES[k]) == 0) return TACIT_OK;
    }
    return unsupported(n, "unknown auto_pad", err);
}

static tacit_status start_windows(const gnode *n, const shape *in, const uint32_t *kernel, windows *out,
                                  tacit_error *err) {
    if (in->rank < 3 || in->rank > 2 + MAX_SPATIAL) return unsupported(n, "needs one to three spatial axes", err);
    *out = (windows){.axes = in->rank - 2, .first = MAX_SPATIAL + 2 - in->rank};
    for (uint32_t i = 0; i < MAX_SPATIAL; i++) out->w[i] = (window){1, 1, 1, 1, 1, 0, 0, false};
    for (uint32_t i = 0; i < out->axes; i++) out->w[out->first + i].in = in->dim[2 + i];
    TRY(read_kernel(n, kernel, out, err));
    return read_steps(n, out, err);
}

tacit_status windows_read(const gnode *n, const shape *in, const uint32_t *kernel, windows *out, tacit_error *err) {
    auto_pad pad;
    int64_t ceiling;
    TRY(start_windows(n, in, kernel, out, err));
    TRY(read_auto_pad(n, &pad, err));
    TRY(attribute_int(n, "ceil_mode", 0, &ceiling, err));
    for (uint32_t i = out->first; i < MAX_SPATIAL; i++) {
        if (pad == PAD_VALID) out->w[i].pad_begin = out->w[i].pad_end = 0;
        if (pad == PAD_UPPER || pad == PAD_LOWER)
            pad_same(&out->w[i], pad == PAD_UPPER);
        else
            TRY(count_windows(n, &out->w[i], ceiling != 0, err));
    }
    return TACIT_OK;
}

/* The full length is stride (in - 1) + reach + output_padding; pads cut it, or are what a given length leaves. */
static tacit_status count_transposed(const gnode *n, window *w, auto_pad pad, int64_t extra, int64_t want,
                                     tacit_error *err) {
    int64_t full = (int64_t)w->stride * (w->in - 1) + (int64_t)reach_of(w) + extra;
    w->transposed = true;
    if (pad == PAD_VALID) w->pad_begin = w->pad_end = 0;
    if (want == 0 && (pad == PAD_UPPER || pad == PAD_LOWER)) want = (int64_t)w->in * w->stride;
    if (want > 0) {
        int64_t cut = full > want ? full - want : 0, less = cut / 2;
        w->pad_begin = (uint32_t)(pad == PAD_UPPER ? less : cut - less);
        w->pad_end = (uint32_t)(cut - w->pad_begin);
        w->out = (uint32_t)want;
        return TACIT_OK;
    }
    int64_t left = full - w->pad_begin - w->pad_end;
    if (left < 1 || left > MAX_WINDOW) return misshapen(n, "pads leave nothing", err);
    w->out = (uint32_t)left;
    return TACIT_OK;
}

tacit_status windows_read_transposed(const gnode *n, const shape *in, const uint32_t *kernel, windows *out,
                                     tacit_error *err) {
    auto_pad pad;
    int64_t extra[2 * MAX_SPATIAL], want[2 * MAX_SPATIAL + 2];
    uint32_t count;
    TRY(start_windows(n, in, kernel, out, err));
    TRY(read_auto_pad(n, &pad, err));
    TRY(per_axis(n, "output_padding", out->axes, 0, 0, extra, err));
    TRY(attribute_ints(n, "output_shape", want, 2 * MAX_SPATIAL, &count, err));
    if (count != 0 && count != out->axes && count != out->axes + 2) return misshapen(n, "output_shape", err);
    for (uint32_t i = 0; i < out->axes; i++) {
        int64_t length = count == 0 ? 0 : want[count - out->axes + i];
        if (length < 0 || length > MAX_WINDOW) return misshapen(n, "output_shape out of range", err);
        TRY(count_transposed(n, &out->w[out->first + i], pad, extra[i], length, err));
    }
    return TACIT_OK;
}

int64_t window_at(const window *w, uint32_t o, uint32_t k) {
    if (w->transposed) {
        int64_t at = (int64_t)o + w->pad_begin - (int64_t)k * w->dilation;
        return at >= 0 && at % w->stride == 0 && at / w->stride < (int64_t)w->in ? at / w->stride : -1;
    }
    int64_t at = (int64_t)o * w->stride + (int64_t)k * w->dilation - w->pad_begin;
    return at >= 0 && at < (int64_t)w->in ? at : -1;
}

shape windows_shape(const windows *w, const shape *in, uint32_t channels) {
    shape s = {.rank = in->rank, .dim = {in->dim[0], channels}};
    for (uint32_t i = 0; i < w->axes; i++) s.dim[2 + i] = w->w[w->first + i].out;
    return s;
}

uint64_t windows_taps(const windows *w) {
    return (uint64_t)w->w[0].kernel * w->w[1].kernel * w->w[2].kernel;
}

uint64_t windows_positions(const windows *w) {
    return (uint64_t)w->w[0].out * w->w[1].out * w->w[2].out;
}

void windows_draft(lowering *l, view_draft *d, const windows *w, uint32_t at, uint32_t src) {
    for (uint32_t i = 0; i < w->axes; i++) {
        const window *x = &w->w[w->first + i];
        d->shape.dim[at + 2 * i] = x->out;
        d->shape.dim[at + 2 * i + 1] = x->kernel;
        int32_t *map = draft_map(l, d, at + 2 * i, 2, src + i, 1);
        for (uint32_t o = 0; map && o < x->out; o++) {
            for (uint32_t k = 0; k < x->kernel; k++) map[o * x->kernel + k] = (int32_t)window_at(x, o, k);
        }
    }
}
