/* SPDX-License-Identifier: MIT */
/* The one check of outputs, for all commands. */
#include "outputs.h"
#include "plot.h"

#include <stdio.h>
#include <stdlib.h>
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
    bool is_read = is_same(path, o->test) || is_same(path, o->test_rows);
    for (int i = 0; i < o->file_count; i++) {
        is_read = is_read || is_same(path, o->files[i]);
    }
    if (is_read) {
        return complain(s, "%s: it is read here, and would be replaced: give another name", path);
    }
    return reel_file_check(s->r, path) == REEL_OK;
}

static bool has_mark(const char *path, const char *mark, bool whole)
{
    char text[1024];
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = '\0';
    if (file) {
        fclose(file);
    }
    if (!whole) {
        return strstr(text, mark) != NULL;
    }
    text[strcspn(text, "\r\n")] = '\0';
    size_t name = strlen(mark); /* alone, or with more of the target's columns behind it */
    const char *more = text + name + 1;
    return strncmp(text, mark, name) == 0 &&
           (!text[name] || (text[name] == ',' && strncmp(more, mark, name) == 0 &&
                            (more[name] == '_' || more[name] == '=')));
}

bool output_may_replace(session *s, const options *o, const char *path, const char *mark,
                        bool whole)
{
    struct stat there;
    bool new = !path || strcmp(path, "-") == 0 || stat(path, &there) != 0;
    if (new || o->force || !S_ISREG(there.st_mode) || there.st_size == 0 ||
        has_mark(path, mark, whole)) {
        return true;
    }
    return complain(s,
                    "%s: there is a file of that name that this command has not written: give "
                    "another name, or --force to replace it",
                    path);
}

bool output_write(reel *r, const char *path, const char *text, size_t size)
{
    if (strcmp(path, "-") == 0) {
        fwrite(text, 1, size, stdout);
        return true;
    }
    reel_file *file = reel_file_create(r, path);
    if (file) {
        reel_file_write(file, text, size);
    }
    return reel_file_commit(file) == REEL_OK;
}

bool output_predictions(session *s, const char *path, series *truth, series *predicted,
                        const char *name)
{
    char message[PLOT_MESSAGE];
    if (!path) {
        return true;
    }
    double *y = series_copy(s, truth), *p = series_copy(s, predicted);
    bool done =
        y && p &&
        (plot_predictions(path, truth->n, y, p, name, message) || complain(s, "%s", message));
    free(y);
    free(p);
    return done;
}
