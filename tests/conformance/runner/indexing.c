/* SPDX-License-Identifier: MIT */
#define FAMILY indexing_rows
#define ROWS "indexing.def"
#include "family.h"
