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
#ifndef LAB_EXPRESSION_H
#define LAB_EXPRESSION_H

#include <reel/tensor.h>

enum { LAB_NAMES = 64, LAB_NAME = 32, LAB_SENTENCE = 256, LAB_HELD = 16 };

/* What a program's calls of detach gave, one after another. When it is run again with an input that
 * has been nudged they give the same: what is detached is a constant. */
typedef struct lab_held {
    reel_tensor *value[LAB_HELD];
    int count, next;
    bool again;
} lab_held;

/* What names mean. */
typedef struct lab_scope {
    lab_held *held; /* NULL: nothing is run again */
    int count;
    char name[LAB_NAMES][LAB_NAME];
    reel_tensor *value[LAB_NAMES];
} lab_scope;

typedef struct lab_mistake {
    int at; /* the byte of the text, from 0 */
    char text[LAB_SENTENCE];
    char missing[LAB_NAME]; /* the name without a value that it is; "": it is none */
} lab_mistake;

/* The value of the last statement; NULL, and why, where the text is wrong or an operation fails. */
reel_tensor *lab_run_expression(reel *r, reel_dtype dtype, const char *text, lab_scope *names,
                                lab_mistake *why);
/* "a=3", "w=[[1,2],[3,4]]": whether this gives a name a value, and nothing else. */
bool lab_gives_number(const char *text);
reel_tensor *lab_look_up(const lab_scope *names, const char *name, size_t length);

#endif
