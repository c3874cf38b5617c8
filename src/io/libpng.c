/* SPDX-License-Identifier: MIT */
/* libpng's functions, found by name. */
#include "libpng.h"

#include "library.h"

/* Never closed again: the second loading is only a count. */
bool reeli_png_load(reel *r, const char *what, reeli_png *png)
{
    void *library = reeli_library_open(REELI_LIBPNG);
    if (!library) {
        reeli_error(r, REEL_ERR_FILE,
                    "%s: libpng, which reads and writes .png files, is not there: %s; .ppm files "
                    "need no library",
                    what, reeli_library_error());
        return false;
    }
    bool found = true;
#define F(name) found = reeli_library_find(library, #name, &png->name) && found;
    REELI_PNG_FUNCTIONS(F)
#undef F
    if (!found) {
        reeli_error(r, REEL_ERR_FILE, "%s: %s is an older libpng than the one this was built with",
                    what, REELI_LIBPNG);
    }
    return found;
}
