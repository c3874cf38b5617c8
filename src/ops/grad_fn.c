/* SPDX-License-Identifier: MIT */
/* What PyTorch's tensors say they were made by: <MulBackward0>. */
#include "ops.h"
#include "parameters.h"

#include <ctype.h>
#include <reel/loss.h>
#include <stdio.h>
#include <string.h>

/* Where that is not the operation's own name in capitals, and 0. */
static const struct {
    const char *name, *shown;
} others[] = {
    {"to", "ToCopy0"},
    {"square", "Pow0"},
    {"cube", "Pow0"},
    {"max", "Max1"},
    {"min", "Min1"},
    {"max_dim", "Max0"},
    {"min_dim", "Min0"},
    {"median_dim", "Median1"},
    {"linear", "Addmm0"},
    {"linear_relu", "Relu0"},
    {"convolution_transpose", "Convolution0"},
    {"max_pool", "MaxPool2DWithIndices0"},
    {"convolution_max_pool", "MaxPool2DWithIndices0"},
    {"batch_norm", "NativeBatchNorm0"},
    {"reshape", "View0"},
    {"norm", "LinalgVectorNorm0"},
    {"cross_entropy", "NllLoss0"},
    {"log1p", "Log1P0"},
    {"clamp", "Clamp1"},
    {"clamp_between", "Clamp1"},
};

/* Of a few, what is said depends on what they were called with. */
static const char *by_parameters(const reeli_node *n)
{
    static const char *const reductions[][2] = {
        {"Sum0", "Sum1"}, {"Mean0", "Mean1"}, {"Prod0", "Prod1"}};
    static const reeli_op *const reduced[] = {&reeli_op_sum, &reeli_op_mean, &reeli_op_prod};
    const reel_tensor *x = n->in[0].t;
    for (int k = 0; k < 3; k++) {
        if (n->op == reduced[k]) {
            const unsigned dims = ((const reeli_reduction *)reeli_parameters(n))->dims;
            return reductions[k][x->ndim > 0 && dims != (1U << x->ndim) - 1];
        }
    }
    if (n->op == &reeli_op_l1_loss) {
        const int reduction = reeli_row_of(n)->reduction;
        return reduction == REEL_MEAN ? "Mean0" : reduction == REEL_SUM ? "Sum0" : "Abs0";
    }
    if (n->op == &reeli_op_pow) {
        return x->flags & REELI_NUMBER            ? "Pow2"
               : n->in[1].t->flags & REELI_NUMBER ? "Pow0"
                                                  : "Pow1";
    }
    return n->op == &reeli_op_linear && n->inputs == 2 ? "Mm0" : NULL;
}

/* binary_cross_entropy: BinaryCrossEntropy0 */
static void capitals(char *to, size_t room, const char *name)
{
    bool up = true;
    size_t at = 0;
    for (; *name && at + 2 < room; name++) {
        if (*name != '_') {
            to[at++] = (char)(up ? toupper((unsigned char)*name) : *name);
        }
        up = *name == '_';
    }
    memcpy(to + at, "0", 2);
}

void reeli_grad_fn(char text[REELI_GRAD_FN], const reel_tensor *t)
{
    char own[REELI_GRAD_FN / 2];
    const reeli_node *n = t->node;
    const char *shown = by_parameters(n);
    for (size_t i = 0; !shown && i < sizeof others / sizeof *others; i++) {
        shown = strcmp(others[i].name, n->op->name) == 0 ? others[i].shown : NULL;
    }
    if (!shown) {
        capitals(own, sizeof own, n->op->name);
        shown = own;
    }
    snprintf(text, REELI_GRAD_FN, "grad_fn=<%.*sBackward%s>", (int)strlen(shown) - 1, shown,
             shown + strlen(shown) - 1);
}
