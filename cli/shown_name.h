/* SPDX-License-Identifier: MIT */
/* Names from tables on a terminal: nothing in them moves its cursor, and columns stay below one
 * another. */
#ifndef CLI_SHOWN_NAME_H
#define CLI_SHOWN_NAME_H

#include <stddef.h>
#include <stdio.h>

/* A text without control characters, which become '?', cut where `to` ends. */
const char *shown_text(const char *text, char *to, size_t size);
/* Prints a file's name as a shell takes it for one word, and a command for no option. */
void print_shell_word(FILE *to, const char *name);
/* How many columns a name takes, if each character takes one. */
int shown_width(const char *name);
/* A name, and spaces up to the width. */
void print_name(FILE *to, const char *name, int width);

#endif
