/* SPDX-License-Identifier: MIT */
/* Distances between points. */
#include "losses.h"

#include <reel/distance.h>
#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>

reel_tensor *reel_dist(reel_tensor *a, reel_tensor *b, double p)
{
    reel_tensor *in[] = {a, b};
    return reeli_all_usable("dist", 2, in) ? reel_norm(reel_sub(a, b), p) : reeli_poison_for(2, in);
}

static bool sound_points(reel_tensor *const *x, double p)
{
    if (!reeli_all_usable("cdist", 2, x) || !reeli_floating("cdist", "first input", x[0]) ||
        !reeli_floating("cdist", "second input", x[1]) ||
        !reeli_same_dtype("cdist", "second input", x[1], x[0])) {
        return false;
    }
    if (x[0]->ndim < 2 || x[1]->ndim < 2 ||
        x[0]->size[x[0]->ndim - 1] != x[1]->size[x[1]->ndim - 1]) {
        reeli_error(x[0]->r, REEL_ERR_SHAPE,
                    "cdist: shapes %s and %s are not rows of points of one length",
                    REELI_SHAPE_OF(x[0]), REELI_SHAPE_OF(x[1]));
        return false;
    }
    if (!(p >= 0)) {
        reeli_error(x[0]->r, REEL_ERR_VALUE, "cdist: p must not be negative, and is %g", p);
        return false;
    }
    return true;
}

/* Each of (…, m, 1, k) less each of (…, 1, n, k). */
reel_tensor *reel_cdist(reel_tensor *x1, reel_tensor *x2, double p)
{
    reel_tensor *in[] = {x1, x2};
    if (!sound_points(in, p)) {
        return reeli_poison_for(2, in);
    }
    reel_tensor *d = reel_sub(reel_unsqueeze(x1, -2), reel_unsqueeze(x2, -3));
    if (p == 0) { /* how many differ, which has a gradient: 0 */
        d = reel_clamp_max(reel_ceil(reel_abs(d)), reeli_number(x1->r, 1));
        return reel_sum_dim(d, &(int64_t){-1}, 1, false);
    }
    return reel_norm_dim(d, p, &(int64_t){-1}, 1, false);
}
