/* SPDX-License-Identifier: MIT */
#include "binding.h"

/* The older flags are not among the cases; a reduction that there is not becomes -1, as a
 * user's. */
#define REDUCTION(i) ((reel_reduction)reel_reduction_from_name(TEXT_OF(i, "mean")))

static inline int64_t ignored(int64_t given) { return given == 0 ? REEL_INDEX_ZERO : given; }
#define IGNORED(i) (GIVEN(i) ? ignored(I(i, 0)) : 0)

#define FAMILY loss_rows
#define ROWS "losses.def"
#include "family.h"
