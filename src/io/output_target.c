/* SPDX-License-Identifier: MIT */
/*
 * A link is followed by hand, one after the other, because what is renamed over it would take its
 * place. Those that the system has for open descriptors (/proc/self/fd/1, to which /dev/stdout
 * leads) name what may have no other name, and are not followed.
 */
#include "output_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINKS = 40 };

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The descriptor that a path is the system's name for; -1 if it is none. */
static int descriptor_of(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(path, names[i]) == 0) {
            return i;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        const char *number = path + strlen(folders[i]);
        if (starts_with(path, folders[i]) && *number >= '0' && *number <= '9') {
            char *end;
            long descriptor = strtol(number, &end, 10);
            return *end == '\0' && descriptor < 1 << 20 ? (int)descriptor : -1;
        }
    }
    return -1;
}

/* Puts what the link says in place of its name; false, and errno, if it is too long. */
static bool replace_name(char path[REELI_PATH_SIZE], const char *with)
{
    char *slash = strrchr(path, '/'), *name = *with == '/' || !slash ? path : slash + 1;
    size_t room = REELI_PATH_SIZE - (size_t)(name - path);
    int length = snprintf(name, room, "%s", with);
    errno = ENAMETOOLONG;
    return length >= 0 && (size_t)length < room;
}

/* Follows links to the last, whose target need not be there; false, and errno, if that cannot
 * be. */
static bool follow_links(reeli_target *it)
{
    char to[REELI_PATH_SIZE];
    for (int i = 0; i < MOST_LINKS; i++) {
        it->descriptor = descriptor_of(it->path);
        it->in_place = it->descriptor >= 0 || starts_with(it->path, "/proc/");
        ssize_t length = it->in_place ? 0 : reeli_file_link(it->path, to, sizeof to - 1);
        if (length <= 0) {
            return length == 0;
        }
        to[length] = '\0';
        if (!replace_name(it->path, to)) {
            return false;
        }
    }
    errno = ELOOP;
    return false;
}

/* What is there, if anything is. */
static bool look(reeli_target *it)
{
    int found =
        it->descriptor >= 0 ? fstat(it->descriptor, &it->status) : stat(it->path, &it->status);
    if (found != 0) {
        return !it->in_place && errno == ENOENT; /* a folder that is not there shows later */
    }
    if (S_ISDIR(it->status.st_mode)) {
        it->why = "it is a folder";
    }
#ifdef S_ISBLK
    if (S_ISBLK(it->status.st_mode)) {
        it->why = "it is a disk, and not a file";
    }
#endif
    it->there = S_ISREG(it->status.st_mode) && !it->in_place;
    it->in_place = !it->there;
    return !it->why && (it->descriptor >= 0 || reeli_file_may_write(it->path) == 0);
}

bool reeli_find_target(reeli_target *it, const char *path)
{
    *it = (reeli_target){.descriptor = -1};
    if (*path == '\0') {
        it->why = "the name is empty";
        return false;
    }
    errno = ENAMETOOLONG;
    return replace_name(it->path, path) && follow_links(it) && look(it);
}
