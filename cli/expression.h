/* SPDX-License-Identifier: MIT */
/*
 * Expressions that one types, run on tensors:
 *
 *   program   statement { (";" | newline) statement }
 *   statement [ name "=" ] sum [ ("<" | ">") sum ]
 *   sum       product { ("+" | "-") product }
 *   product   sign { ("*" | "/" | "@") sign }
 *   sign      "-" sign | power
 *   power     value [ ("^" | "**") sign ]
 *   value     number | name | name "(" sum { "," sum } ")" | "(" sum ")" | list
 *   list      "[" number { "," number } "]" | "[" list { "," list } "]"
 *
 * Precedence is Python's: -a^2 is -(a^2).
 */
#ifndef CLI_EXPRESSION_H
#define CLI_EXPRESSION_H

#include <reel/tensor.h>

enum { NAMES = 64, NAME_SIZE = 32, MISTAKE_SIZE = 256 };

/* What names mean. */
typedef struct scope {
    int count;
    char name[NAMES][NAME_SIZE];
    reel_tensor *value[NAMES];
} scope;

typedef struct mistake {
    int at; /* the byte of the text, from 0 */
    char text[MISTAKE_SIZE];
} mistake;

/* The value of the last statement; NULL, and why, where the text is wrong or an operation fails. */
reel_tensor *run_expression(reel *r, reel_dtype dtype, const char *text, scope *names,
                            mistake *why);
/* "a=3", "w=[[1,2],[3,4]]": whether this gives a name a value, and nothing else. */
bool is_assignment_of_numbers(const char *text);
reel_tensor *look_up(const scope *names, const char *name, size_t length);

#endif
