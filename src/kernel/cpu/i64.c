/* SPDX-License-Identifier: MIT */
/* The loops for int64, which bools use too. */
#include "level.h"

#define T int64_t
#define TYPE i64
#define fused(a, b, c) ((a) * (b) + (c))
#include "dtype_loops.h"
