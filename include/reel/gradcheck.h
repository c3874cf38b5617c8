/* SPDX-License-Identifier: MIT */
/* Checks of gradients against differences of the function's values. */
#ifndef REEL_GRADCHECK_H
#define REEL_GRADCHECK_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A function of `count` inputs to be checked. It must return the same values for the same inputs
 * (the reel's random numbers start from the same place at each call) and not change its inputs.
 */
typedef reel_tensor *(*reel_function)(reel_tensor *const *inputs, size_t count, void *context);

/** Options of the checks; all zero is PyTorch's default. */
typedef struct reel_gradcheck_options {
    double eps;  /**< the step of the differences; 0: 1e-6 */
    double atol; /**< |gradient - difference| may be atol + rtol |difference|; 0: 1e-5 */
    double rtol; /**< 0: 1e-3; REEL_ZERO stands for none */
    /** Whether the function may have kinks or jumps (relu at 0). A gradient that differs is then
     *  let pass, and counted as skipped, where there is no derivative to compare it with: where the
     *  differences to the left and right, or over eps and eps / 2, do not agree. */
    bool skip_kinks;
} reel_gradcheck_options;

/** What a check found: the element whose gradient is furthest off, in units of what is allowed. */
typedef struct reel_gradcheck_report {
    size_t input;    /**< which input */
    int64_t element; /**< which element of it, counted row by row */
    double analytic; /**< its gradient by backward */
    double numeric;  /**< the same by central differences */
    double error;    /**< |analytic - numeric| / allowed: above 1 is wrong */
    int64_t checked; /**< elements compared */
    int64_t skipped; /**< elements at kinks */
} reel_gradcheck_report;

/**
 * Compares the gradients of Σ w y, for y = function(inputs) and fixed weights w, with
 * (f(x + eps) - f(x - eps)) / 2 eps, sign included, for every element of every input that requires
 * grad.
 *
 * `options` and `report` may be NULL. What the function made is gone when the check returns; inputs
 * and their gradients are as before.
 *
 * Fails: REEL_ERR_VALUE if a gradient is wrong (the sentence names the worst element) or all
 *        elements are at kinks; REEL_ERR_DTYPE unless inputs that require grad, and y, are float64;
 *        REEL_ERR_STATE if no input requires grad, or one is no leaf or repeats its elements, or
 *        while a step is being captured; the function's own errors.
 * Source: torch.autograd.gradcheck.
 */
REEL_API reel_status reel_gradcheck(reel_function function, void *context,
                                    reel_tensor *const *inputs, size_t count,
                                    const reel_gradcheck_options *options,
                                    reel_gradcheck_report *report);

/**
 * The same one order up: the gradients of the function's gradients, with respect to the inputs and
 * to the gradient that backward starts from, which is input number `count` in the report.
 *
 * Fails: as `reel_gradcheck`; the error of an operation that cannot be differentiated twice.
 * Source: torch.autograd.gradgradcheck.
 */
REEL_API reel_status reel_gradgradcheck(reel_function function, void *context,
                                        reel_tensor *const *inputs, size_t count,
                                        const reel_gradcheck_options *options,
                                        reel_gradcheck_report *report);

#ifdef __cplusplus
}
#endif
#endif
