/* SPDX-License-Identifier: MIT */
/* The functions and the table of one file of rows. FAMILY names the table, ROWS the file. */
#include "binding.h"
#include "families.h"

#define ROW MAKE_FUNCTION
#include ROWS
#undef ROW

#define ROW MAKE_ENTRY
const binding FAMILY[] = {
#include ROWS
    {NULL, NULL, NULL}};
#undef ROW
