/* SPDX-License-Identifier: MIT */
/* Libraries that are loaded when something first needs them, and never closed again. Without
 * REELI_LOADS there are none. */
#ifndef REELI_LIBRARY_H
#define REELI_LIBRARY_H

#include <stdbool.h>

/* The library of that name or path, as the loader finds it; NULL where there is none. */
void *reeli_library_open(const char *name);

/* The same if the program has loaded it already; NULL if not. */
void *reeli_library_present(const char *name);

/* Puts the function of that name into *function, a pointer to a function of its type; NULL and
 * false where the library, which may be NULL, has none. */
bool reeli_library_find(void *library, const char *name, void *function);

/* The file that a function came from; "" where that cannot be told. */
const char *reeli_library_of(void (*function)(void));

/* Why the last one did not open. */
const char *reeli_library_error(void);

/* Whether this program was linked with -static. It can load nothing. */
bool reeli_program_is_static(void);

#endif
