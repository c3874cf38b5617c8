/* SPDX-License-Identifier: MIT */
#include "binding.h"

/* The older flags are not among the cases; a reduction that there is not becomes -1, as a user's. */
#define REDUCTION(i) ((reel_reduction)reel_reduction_from_name(TEXT_OF(i, "mean")))

#define FAMILY loss_rows
#define ROWS "losses.def"
#include "family.h"
