/* SPDX-License-Identifier: MIT */
/* All rows of ops.def, for the tests that walk them; ends with NULL. White-box. */
#ifndef ROWS_H
#define ROWS_H

#include <ops.h>

static const reeli_op *const rows[] = {
#define UNARY(name, ...) &reeli_op_##name,
#define BINARY(name, ...) &reeli_op_##name,
#define TERNARY(name, ...) &reeli_op_##name,
#define LOSS(name, ...) &reeli_op_##name,
#define COMPARE(name, ...) &reeli_op_##name,
#define PREDICATE(name, ...) &reeli_op_##name,
#define SELECT(name, ...) &reeli_op_##name,
#define OP(name, ...) &reeli_op_##name,
#define FIXED(name, ...) &reeli_op_##name,
#define PICK(name) &reeli_op_##name,
#define VIEW(name, ...) &reeli_op_##name,
#include <ops.def>
    NULL};

#endif
