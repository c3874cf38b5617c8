/* SPDX-License-Identifier: MIT */
/* libzip's functions, found by name. */
#include "libzip.h"

#include "library.h"

/* Never closed again: the second loading is only a count. */
bool reeli_zip_load(reel *r, const char *what, reeli_zip *zip)
{
    void *library = reeli_library_open(REELI_LIBZIP);
    if (!library) {
        reeli_error(r, REEL_ERR_FILE,
                    "%s: libzip, which reads and writes archives, is not there: %s", what,
                    reeli_library_error());
        return false;
    }
    bool found = true;
#define F(name) found = reeli_library_find(library, #name, &zip->name) && found;
    REELI_ZIP_FUNCTIONS(F)
#undef F
    if (!found) {
        reeli_error(r, REEL_ERR_FILE, "%s: %s is an older libzip than the one this was built with",
                    what, REELI_LIBZIP);
    }
    return found;
}
