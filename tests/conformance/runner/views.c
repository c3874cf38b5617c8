/* SPDX-License-Identifier: MIT */
#include "binding.h"

#include <string.h>

#define FAMILY view_rows
#define ROWS "views.def"
#include "family.h"
