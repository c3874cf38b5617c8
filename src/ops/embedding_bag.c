/* SPDX-License-Identifier: MIT */
/* Rows of a table, looked up and made one by the bag: of other operations. */
#include "checks.h"
#include "tensor.h"

#include <math.h>
#include <reel/compare.h>
#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/reduce.h>
#include <reel/views.h>

static const char what[] = "embedding_bag";

/* Weights go with sums alone, as a mean's or a maximum's would have more than one meaning. */
static bool bags_are_sound(const reel_tensor *index, const reel_tensor *weights, reel_bag mode)
{
    if (index->ndim != 2) {
        reeli_error(index->r, REEL_ERR_SHAPE,
                    "%s: index %s must be a matrix, a row for each bag; bags of fewer are filled "
                    "up with padding_idx",
                    what, REELI_SHAPE_OF(index));
    } else if ((unsigned)mode > REEL_BAG_MAX) {
        reeli_error(index->r, REEL_ERR_VALUE, "%s: there is no mode %d", what, (int)mode);
    } else if (weights && mode != REEL_BAG_SUM) {
        reeli_error(index->r, REEL_ERR_VALUE, "%s: weights of rows are for REEL_BAG_SUM alone",
                    what);
    } else if (weights && !reeli_same_shape(weights, index)) {
        reeli_error(index->r, REEL_ERR_SHAPE, "%s: weights %s must have the shape of index %s",
                    what, REELI_SHAPE_OF(weights), REELI_SHAPE_OF(index));
    } else {
        return true;
    }
    return false;
}

/* Over the rows of each bag, of which those are left out that `absent` marks, if that is not
 * NULL. */
static reel_tensor *reduce(reel_tensor *rows, reel_tensor *absent, reel_bag mode)
{
    const int64_t each = 1;
    if (absent) {
        rows = reel_masked_fill(rows, reel_unsqueeze(absent, -1),
                                mode == REEL_BAG_MAX ? -(double)INFINITY : 0);
    }
    if (mode == REEL_BAG_MAX) {
        reel_tensor *most = reel_max_dim(rows, 1, false).values;
        return absent
                   ? reel_masked_fill(most, reel_unsqueeze(reel_all_dim(absent, 1, false), -1), 0)
                   : most;
    }
    if (mode == REEL_BAG_MEAN && !absent) {
        return reel_mean_dim(rows, &each, 1, false);
    }
    reel_tensor *sum = reel_sum_dim(rows, &each, 1, false);
    if (mode == REEL_BAG_SUM) {
        return sum;
    }
    reel_tensor *present = reel_sum_dim(reel_logical_not(absent), &each, 1, true);
    present = reel_clamp_min(present, reel_number(rows->r, 1)); /* a bag of none is 0 */
    return reel_div(sum, reel_to(present, (reel_dtype)rows->dtype));
}

reel_tensor *reel_embedding_bag(reel_tensor *index, reel_tensor *weight, reel_bag mode,
                                int64_t padding_idx, reel_tensor *weights)
{
    reel_tensor *in[] = {index, weight, weights};
    const int inputs = weights ? 3 : 2;
    if (!reeli_all_usable(what, inputs, in)) {
        return reeli_poison_for(inputs, in);
    }
    if (!bags_are_sound(index, weights, mode)) {
        return index->r->poison;
    }
    reel_tensor *rows = reel_embedding(index, weight, padding_idx), *absent = NULL;
    if (reeli_bad(rows)) {
        return rows;
    }
    if (padding_idx != REEL_NO_PADDING) {
        const int64_t row = padding_idx < 0 ? padding_idx + weight->size[0] : padding_idx;
        absent = reel_eq_scalar(index, (double)row);
    }
    rows = weights ? reel_mul(rows, reel_unsqueeze(weights, -1)) : rows;
    if (index->size[1] == 0) { /* no row that could be the largest */
        mode = REEL_BAG_SUM;
    }
    return reduce(rows, absent, mode);
}
