/* SPDX-License-Identifier: MIT */
/* Jacobians from the tape. */
#ifndef REELI_JACOBIAN_H
#define REELI_JACOBIAN_H

#include "tensor.h"

#include <reel/optim.h>

/* J[j * rows + i] = ∂r_i / ∂p_j, j counting through the elements of all parameters. False, and an
 * error, if r depends on none, or memory is out. */
bool reeli_jacobian(reel_tensor *r, reel_tensor *const *parameters, size_t count, reel_jacobian how,
                    int64_t rows, double *J);

#endif
