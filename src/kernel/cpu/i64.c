/* SPDX-License-Identifier: MIT */
#define T int64_t
#define TYPE i64
#define fused(a, b, c) ((a) * (b) + (c))
#include "table.h"
