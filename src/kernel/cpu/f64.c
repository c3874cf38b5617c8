/* SPDX-License-Identifier: MIT */
#define T double
#define TYPE f64
#define GRADIENTS
#define LANES 4 /* of PyTorch's vectors: 32 bytes on every machine */
#define fused(a, b, c) fma(a, b, c)
#include "loops.h"
