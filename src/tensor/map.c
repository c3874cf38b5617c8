/* SPDX-License-Identifier: MIT */
/* Kernels over tensors of any layout; what they compute is written down where a step is
 * captured. */
#include "map.h"

#include "capture.h"

enum { OPERANDS = 6 };

/* Runs it as outside of a capture, and writes it down. */
static bool write_down(reel *r, reeli_map map, int dtype, reel_tensor *y, bool compares, int inputs,
                       reel_tensor *const *x, const double *p)
{
    reel_graph *graph = r->capture;
    if (!reeli_capture_change(y)) {
        return false;
    }
    r->capture = NULL;
    reeli_run_map(r, map, dtype, y, compares, inputs, x, p);
    r->capture = graph;
    return reeli_capture_map(r, map, dtype, y, compares, inputs, x, p);
}

bool reeli_run_map(reel *r, reeli_map map, int dtype, reel_tensor *y, bool compares, int inputs,
                   reel_tensor *const *x, const double *p)
{
    if (REELI_RARELY(r->capture != NULL)) {
        return write_down(r, map, dtype, y, compares, inputs, x, p);
    }
    const int result = compares ? REEL_BOOL : dtype;
    const void *data[OPERANDS];
    unsigned repeat = 0;
    bool direct = y->dtype == result && (y->flags & REELI_CONTIGUOUS);
    for (int i = 0; i < inputs && direct; i++) {
        bool single = x[i]->numel == 1 && y->numel != 1;
        direct = x[i]->dtype == dtype &&
                 (single || ((x[i]->flags & REELI_CONTIGUOUS) && x[i]->numel == y->numel));
        repeat |= (unsigned)single << i;
        data[i] = x[i]->data;
    }
    if (direct) {
        reeli_map_contiguous(r, map, dtype, result, y->numel, y->data, inputs, data, repeat, p);
        return true;
    }
    int64_t stride[OPERANDS][REEL_MAX_DIMS];
    reeli_operand operands[OPERANDS] = {{y->data, y->stride, y->dtype}};
    for (int i = 0; i < inputs; i++) {
        reeli_broadcast_strides(x[i], y->ndim, stride[i]);
        operands[i + 1] = (reeli_operand){x[i]->data, stride[i], x[i]->dtype};
    }
    reeli_map_strided(r, map, dtype, result, y->ndim, y->size, inputs, operands, p);
    return true;
}
