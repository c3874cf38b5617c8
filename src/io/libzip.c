/* SPDX-License-Identifier: MIT */
/* libzip's functions, found by name. */
#include "libzip.h"

#include <dlfcn.h>
#include <string.h>

/* A function of the library; ISO C has no conversion from what dlsym returns. */
static bool find(void *library, const char *name, void *function)
{
    void *symbol = library ? dlsym(library, name) : NULL;
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* Never closed again: the second loading is only a count. */
bool reeli_zip_load(reel *r, const char *what, reeli_zip *zip)
{
    void *library = dlopen(REELI_LIBZIP, RTLD_NOW | RTLD_LOCAL);
    bool found = true;
#define F(name) found = find(library, #name, &zip->name) && found;
    REELI_ZIP_FUNCTIONS(F)
#undef F
    if (!found) {
        reeli_error(r, REEL_ERR_FILE, "%s: %s, which reads and writes archives, is not installed",
                    what, REELI_LIBZIP);
    }
    return found;
}
