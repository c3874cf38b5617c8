/* SPDX-License-Identifier: MIT */
#include "binding.h"

#define FAMILY linalg_rows
#define ROWS "linalg.def"
#include "family.h"
