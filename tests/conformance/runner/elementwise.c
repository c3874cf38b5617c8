/* SPDX-License-Identifier: MIT */
#define FAMILY elementwise_rows
#define ROWS "elementwise.def"
#include "family.h"
