/* SPDX-License-Identifier: MIT */
#define T float
#define TYPE f32
#define GRADIENTS
#define OWN_EXP_TANH
#define LANES 8 /* of PyTorch's vectors: 32 bytes on every machine */
#define fused(a, b, c) fmaf(a, b, c)
#include "loops.h"
