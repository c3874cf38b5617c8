/* SPDX-License-Identifier: MIT */
/* Text of a program as it is written: it grows, and pieces are put in before others. */
#ifndef LAB_CODE_H
#define LAB_CODE_H

#include "compiler.h"
#include "experiment.h"

#include <stddef.h>

typedef struct lab_text {
    char *text; /* NULL before the first byte */
    size_t length, room;
    bool failed; /* memory is out: nothing more is written */
} lab_text;

/* As printf; at the end, or before what is at `where`. */
REELI_PRINTF(2, 3) void lab_write(lab_text *t, const char *format, ...);
REELI_PRINTF(3, 4) void lab_insert(lab_text *t, size_t where, const char *format, ...);

/* An expression's statements, one a line, after `indent`. The last one's name goes to `last`. */
void lab_write_statements(lab_text *t, const char *program, const char *indent, bool python,
                          bool single, char last[LAB_PIECE]);
/* "[[1, 2], [3, 4]]" or "3" as a tensor. */
void lab_write_value(lab_text *t, const char *value, bool python, bool single);
/* A name that the language does not have for itself. */
const char *lab_free_name(char to[LAB_PIECE], const char *name, size_t length);

#endif
