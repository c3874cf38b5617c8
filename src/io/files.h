/* SPDX-License-Identifier: MIT */
/* What all that reads and writes files needs: text for messages, and a file to read. */
#ifndef REELI_FILES_H
#define REELI_FILES_H

#include "state.h"

#include <stdio.h>

/* A name or path fit for a message: cut short, control characters replaced. */
enum { REELI_QUOTE_SIZE = 128 };
const char *reeli_quote(char text[REELI_QUOTE_SIZE], const char *name);
#define REELI_QUOTED(name) reeli_quote((char[REELI_QUOTE_SIZE]){0}, name)

/* What errno says, in a buffer that lives as long as the enclosing block. */
const char *reeli_system_error(char text[REELI_QUOTE_SIZE], int number);
#define REELI_SYSTEM_ERROR(number) reeli_system_error((char[REELI_QUOTE_SIZE]){0}, number)

/* Opens a regular file to read; NULL, and an error that starts with `what`, if there is none. */
FILE *reeli_open_regular(reel *r, const char *what, const char *path, int64_t *bytes);

#endif
