/* SPDX-License-Identifier: MIT */
/* Text from outside, made fit for a message. */
#ifndef REELI_QUOTE_H
#define REELI_QUOTE_H

#include <reel/base.h>
#include <stddef.h>

enum { REELI_QUOTE_SIZE = 128 };

/* A name or path: cut short, control characters replaced. */
const char *reeli_quote(char text[REELI_QUOTE_SIZE], const char *name);
#define REELI_QUOTED(name) reeli_quote((char[REELI_QUOTE_SIZE]){0}, name)

/* Text that may be anything and go on long: its start, what is not UTF-8 replaced too. */
const char *reeli_quote_start(char text[REELI_QUOTE_SIZE], const char *start, size_t length);
#define REELI_QUOTED_START(start, length)                                                          \
    reeli_quote_start((char[REELI_QUOTE_SIZE]){0}, (start), (length))

/* What errno says, in a buffer that lives as long as the enclosing block. */
const char *reeli_system_error(char text[REELI_QUOTE_SIZE], int number);
#define REELI_SYSTEM_ERROR(number) reeli_system_error((char[REELI_QUOTE_SIZE]){0}, number)
/* And which status that is: memory may run out in the system, too. */
reel_status reeli_system_status(int number);

#endif
