/* SPDX-License-Identifier: MIT */
/* Loading, by the system's dlopen. */
#ifdef __linux__
#define _GNU_SOURCE /* dl_iterate_phdr, dladdr */
#endif
#include "library.h"

#include <stddef.h>
#include <string.h>

#ifdef REELI_LOADS
#include <dlfcn.h>

#ifdef __linux__
#include <link.h>

/* The first object is the program itself, and PT_INTERP the name of its loader. */
static int look_for_loader(struct dl_phdr_info *program, size_t size, void *has_loader)
{
    (void)size;
    for (int i = 0; i < program->dlpi_phnum; i++) {
        if (program->dlpi_phdr[i].p_type == PT_INTERP) {
            *(bool *)has_loader = true;
        }
    }
    return 1;
}

bool reeli_program_is_static(void)
{
    bool has_loader = false;
    dl_iterate_phdr(look_for_loader, &has_loader);
    return !has_loader;
}
#else
bool reeli_program_is_static(void) { return false; }
#endif

/* glibc's dlopen in a static program brings a second libc along, in whose functions it dies. */
static void *open_with(const char *name, int mode)
{
    return reeli_program_is_static() ? NULL : dlopen(name, mode);
}

void *reeli_library_open(const char *name) { return open_with(name, RTLD_NOW | RTLD_LOCAL); }

void *reeli_library_present(const char *name)
{
    return open_with(name, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
}

/* ISO C has no conversion from what dlsym returns. */
bool reeli_library_find(void *library, const char *name, void *function)
{
    void *symbol = library ? dlsym(library, name) : NULL;
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

const char *reeli_library_of(void (*function)(void))
{
    void *address;
    memcpy(&address, &function, sizeof address);
    Dl_info info;
    return dladdr(address, &info) && info.dli_fname ? info.dli_fname : "";
}

const char *reeli_library_error(void)
{
    if (reeli_program_is_static()) {
        return "a program linked with -static loads no libraries";
    }
    const char *why = dlerror();
    return why ? why : "no reason was given";
}

#else /* nothing is loaded */

bool reeli_program_is_static(void) { return true; }

void *reeli_library_open(const char *name) { return (void)name, NULL; }

void *reeli_library_present(const char *name) { return (void)name, NULL; }

bool reeli_library_find(void *library, const char *name, void *function)
{
    (void)library, (void)name;
    memset(function, 0, sizeof(void (*)(void)));
    return false;
}

const char *reeli_library_of(void (*function)(void)) { return (void)function, ""; }

const char *reeli_library_error(void) { return "this build loads no libraries"; }

#endif
