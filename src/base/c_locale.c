/* SPDX-License-Identifier: MIT */
/* A thread in the C locale for a while: each system has its own way. */
#include "c_locale.h"

#include <stdio.h>
#ifdef _WIN32
#include <locale.h>
#endif

#if defined(_WIN32)

bool reeli_c_locale_begin(reeli_c_locale *it)
{
    it->before = _configthreadlocale(_ENABLE_PER_THREAD_LOCALE);
    snprintf(it->name, sizeof it->name, "%s", setlocale(LC_NUMERIC, NULL));
    setlocale(LC_NUMERIC, "C");
    return true;
}

void reeli_c_locale_end(reeli_c_locale *it)
{
    setlocale(LC_NUMERIC, it->name);
    _configthreadlocale(it->before);
}

#elif defined(__unix__) || defined(__APPLE__)

bool reeli_c_locale_begin(reeli_c_locale *it)
{
    it->c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (it->c) {
        it->before = uselocale(it->c);
    }
    return it->c != (locale_t)0;
}

void reeli_c_locale_end(reeli_c_locale *it)
{
    uselocale(it->before);
    freelocale(it->c);
}

#else

bool reeli_c_locale_begin(reeli_c_locale *it)
{
    (void)it;
    return true;
}

void reeli_c_locale_end(reeli_c_locale *it) { (void)it; }

#endif

int reeli_vformat(char *text, size_t size, const char *format, va_list arguments)
{
    reeli_c_locale c;
    const bool changed = reeli_c_locale_begin(&c);
    const int length = vsnprintf(text, size, format, arguments);
    if (changed) {
        reeli_c_locale_end(&c);
    }
    return length;
}

int reeli_format(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = reeli_vformat(text, size, format, arguments);
    va_end(arguments);
    return length;
}
