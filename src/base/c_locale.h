/* SPDX-License-Identifier: MIT */
/* Numbers by C's rules, with a point, whatever locale the program has set. */
#ifndef REELI_C_LOCALE_H
#define REELI_C_LOCALE_H

#include "compiler.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(_WIN32)
typedef struct reeli_c_locale {
    int before;     /* whether the thread had a locale of its own */
    char name[128]; /* of the one that it had */
} reeli_c_locale;
#elif defined(__unix__) || defined(__APPLE__)
#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif
typedef struct reeli_c_locale {
    locale_t c, before;
} reeli_c_locale;
#else
typedef char reeli_c_locale; /* no system, no locales */
#endif

/* From here to the end this thread has C's locale; false, and nothing to end, if memory is out. */
bool reeli_c_locale_begin(reeli_c_locale *it);
void reeli_c_locale_end(reeli_c_locale *it);

/* snprintf and vsnprintf. */
int reeli_format(char *text, size_t size, const char *format, ...) REELI_PRINTF(3, 4);
int reeli_vformat(char *text, size_t size, const char *format, va_list arguments)
    REELI_PRINTF(3, 0);

#endif
