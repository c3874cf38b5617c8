/* SPDX-License-Identifier: MIT */
/* Rows as the elements of an int64 tensor. */
#ifndef REELI_SPLIT_H
#define REELI_SPLIT_H

#include "tensor.h"

/* Whether t, int64 of one dim, can name rows; records the error if not. Which rows there are is not
 * looked at. */
bool reeli_rows_usable(reel *r, const char *what, const reel_tensor *t);

#endif
