/* SPDX-License-Identifier: MIT */
#include "binding.h"

/* The mean of x in another dtype is that of x converted. */
static reel_tensor *mean(call *c) {
    reel_tensor *x = GIVEN(3) ? reel_to(T(0), DTYPE_OF(3, REEL_F32)) : T(0);
    return GIVEN(1) ? reel_mean_dim(x, DIMS(1), B(2, false)) : reel_mean(x);
}

#define FAMILY reduction_rows
#define ROWS "reductions.def"
#include "family.h"
