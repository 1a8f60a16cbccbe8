/* compile/lower/window: the sliding windows of convolution and pooling, one per spatial axis (1 to 3; always three
 * here, missing ones in front are trivial). Position k of window o reads index o * stride + k * dilation - pad_begin;
 * of a transposed window (ConvTranspose) index (o + pad_begin - k * dilation) / stride, where that is an integer. */
#ifndef COMPILE_LOWER_WINDOW_H
#define COMPILE_LOWER_WINDOW_H
#include "compile/lower/views.h"

enum { MAX_SPATIAL = 3 };

typedef struct window {
    uint32_t in, out, kernel, stride, dilation, pad_begin, pad_end;
    bool transposed;
} window;
typedef struct windows {
    uint32_t axes, first; /* true axes are w[first .. 3) */
    window w[MAX_SPATIAL];
} windows;

/* From the attributes kernel_shape, strides, dilations, pads, auto_pad, ceil_mode. `in`: [N, C, spatial ..]. `kernel`:
 * the weights' spatial lengths (kernel_shape, if given, must agree), or NULL. */
tacit_status windows_read(const gnode *n, const shape *in, const uint32_t *kernel, windows *out,
                          tacit_error *err) TACIT_MUST_CHECK;
/* Transposed windows, from kernel_shape, strides, dilations, pads, output_padding, output_shape, auto_pad. */
tacit_status windows_read_transposed(const gnode *n, const shape *in, const uint32_t *kernel, windows *out,
                                     tacit_error *err) TACIT_MUST_CHECK;
/* Source index, or -1 in the padding. */
int64_t window_at(const window *w, uint32_t o, uint32_t k);
/* [N, channels, out ..]. */
shape windows_shape(const windows *w, const shape *in, uint32_t channels);
uint64_t windows_taps(const windows *w);      /* product of the kernels */
uint64_t windows_positions(const windows *w); /* product of the outs */
/* Adds to the draft, for each true axis i, view axes at+2i (out) and at+2i+1 (kernel), from source axis src+i. */
void windows_draft(lowering *l, view_draft *d, const windows *w, uint32_t at, uint32_t src);
#endif
