/* SPDX-License-Identifier: MIT */
/* What the tests use of POSIX, where Windows has other words for it; included before everything. */
#ifndef ON_WINDOWS_H
#define ON_WINDOWS_H

#include <dirent.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Check's messages are C's printf's, and declared as Microsoft's. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

/* The folder /tmp of the drive that the test runs on. */
static inline char *mkdtemp(char *path)
{
    mkdir("/tmp");
    return _mktemp(path) && mkdir(path) == 0 ? path : NULL;
}

static inline int setenv(const char *name, const char *value, int overwrite)
{
    (void)overwrite;
    return _putenv_s(name, value);
}

static inline int unsetenv(const char *name) { return _putenv_s(name, ""); }

static inline int alphasort(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static inline int order_entries(const void *a, const void *b)
{
    return strcmp((*(struct dirent *const *)a)->d_name, (*(struct dirent *const *)b)->d_name);
}

/* Sorted by name, whatever the order that is asked for. */
static inline int scandir(const char *folder, struct dirent ***entries,
                          int (*is_wanted)(const struct dirent *),
                          int (*order)(const struct dirent **, const struct dirent **))
{
    enum { MOST = 4096 };
    DIR *list = opendir(folder);
    int count = 0;
    (void)order;
    *entries = list ? malloc(MOST * sizeof **entries) : NULL;
    for (struct dirent *it; *entries && count < MOST && (it = readdir(list)) != NULL;) {
        if (is_wanted(it)) {
            (*entries)[count] = malloc(sizeof *it);
            memcpy((*entries)[count++], it, sizeof *it);
        }
    }
    if (list) {
        closedir(list);
    }
    if (*entries) {
        qsort(*entries, (size_t)count, sizeof **entries, order_entries);
    }
    return *entries ? count : -1;
}

#endif
