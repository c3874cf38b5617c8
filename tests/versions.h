/* SPDX-License-Identifier: MIT */
/* Which PyTorch wrote the files that a runner has read. */
#ifndef VERSIONS_H
#define VERSIONS_H

#include <stdio.h>
#include <string.h>

enum { MAX_VERSIONS = 8, VERSION_SIZE = 32 };

typedef struct versions {
    char name[MAX_VERSIONS][VERSION_SIZE];
    long files[MAX_VERSIONS];
} versions;

/* Counts a file of this version (NULL: it does not say). */
static inline void note_version(versions *v, const char *name)
{
    int i = 0;
    name = name ? name : "unknown";
    while (i < MAX_VERSIONS - 1 && v->files[i] && strcmp(v->name[i], name) != 0) {
        i++;
    }
    snprintf(v->name[i], VERSION_SIZE, "%s", name);
    v->files[i]++;
}

static inline void print_versions(const versions *v)
{
    for (int i = 0; i < MAX_VERSIONS && v->files[i]; i++) {
        printf("%ld files of PyTorch %s\n", v->files[i], v->name[i]);
    }
}

#endif
