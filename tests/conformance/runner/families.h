/* SPDX-License-Identifier: MIT */
/* The tables of rows, one for each family of operators. */
#ifndef CONFORMANCE_FAMILIES_H
#define CONFORMANCE_FAMILIES_H

#include "runner.h"

extern const binding elementwise_rows[];
extern const binding reduction_rows[];
extern const binding linalg_rows[];
extern const binding view_rows[];
extern const binding indexing_rows[];
extern const binding loss_rows[];
extern const binding image_rows[];
extern const binding module_rows[];

#endif
