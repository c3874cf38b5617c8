/* SPDX-License-Identifier: MIT */
/* The one check of outputs, for all commands. */
#include "outputs.h"

#include <string.h>
#include <sys/stat.h>

static bool is_same(const char *a, const char *b)
{
    struct stat x, y;
    return b && stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool output_check(session *s, const options *o, const char *path)
{
    if (!path || strcmp(path, "-") == 0) {
        return true;
    }
    const char *const inputs[] = {o->files[0], o->files[1], o->test, o->test_rows};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (is_same(path, inputs[i])) {
            return complain(s, "%s: it is read here, and would be replaced: give another name",
                            path);
        }
    }
    return reel_file_check(s->r, path) == REEL_OK;
}
