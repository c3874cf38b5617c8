/* SPDX-License-Identifier: MIT */
/* gnuplot as a child process, and its picture brought to its place. */
#include "gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What gnuplot calls a format, in what it counts its size, and what a whole picture ends with. */
static const struct {
    const char *extension, *terminal, *unit;
    double per_inch;
    const char *end;
} formats[] = {
    {".svg", "svg noenhanced font 'Helvetica,15' linewidth 1.3 background 'white'", "", 100,
     "</svg>"},
    {".png", "pngcairo noenhanced font 'Helvetica,11' fontscale 2 pointscale 2 linewidth 2.6", "",
     200, "IEND"},
    {".pdf", "pdfcairo noenhanced font 'Helvetica,16' linewidth 1.3", "in", 1, "%%EOF"},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static bool refuse(char message[GNUPLOT_MESSAGE], const char *what, const char *why)
{
    snprintf(message, GNUPLOT_MESSAGE, "%s: %s", what, why);
    return false;
}

/* The format that a path's extension names; FORMATS if there is none. */
static size_t format_of(const char *path)
{
    size_t length = strlen(path), i = 0;
    for (; i < FORMATS; i++) {
        size_t n = strlen(formats[i].extension);
        if (length > n && strcmp(path + length - n, formats[i].extension) == 0) {
            break;
        }
    }
    return i;
}

static void ignore(void *context, reel_level level, const char *said)
{
    (void)context;
    (void)level;
    (void)said;
}

/* A reel for files alone, whose errors are no others': a picture that fails harms no model. */
static bool open_files(picture *it, char message[GNUPLOT_MESSAGE])
{
    it->files = reel_new_with(&(reel_options){.handler = ignore});
    bool ok = it->files && reel_file_check(it->files, it->path) == REEL_OK;
    snprintf(message, GNUPLOT_MESSAGE, "%s", ok ? "" : reel_error(it->files));
    return ok;
}

/* As many characters as the terminal has, within reason. */
static void begin_dumb(const picture *it)
{
    struct winsize size = {0};
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    int columns = known && size.ws_col < 100 ? size.ws_col - 1 : known ? 100 : 79;
    fprintf(it->script, "set terminal dumb noenhanced mono size %d,%d\n",
            columns < 40 ? 40 : columns, 22);
}

bool picture_is_text(const picture *it) { return strcmp(it->path, "-") == 0; }

bool picture_begin(picture *it, const char *path, double width, double height,
                   char message[GNUPLOT_MESSAGE])
{
    *it = (picture){.path = path ? path : "-"};
    bool text = picture_is_text(it);
    size_t format = text ? 0 : format_of(it->path);
    if (format == FORMATS) {
        return refuse(message, it->path, "a picture's name ends in .svg, .png or .pdf");
    }
    it->script = tmpfile();
    it->drawn = tmpfile();
    if (!it->script || !it->drawn) {
        return refuse(message, "no temporary file for gnuplot", strerror(errno));
    }
    if (!text && !open_files(it, message)) {
        return false;
    }
    fprintf(it->script, "set encoding utf8\n");
    if (!text) {
        const char *unit = formats[format].unit;
        fprintf(it->script, "set terminal %s size %g%s,%g%s\n", formats[format].terminal,
                width * formats[format].per_inch, unit, height * formats[format].per_inch, unit);
    } else {
        begin_dumb(it);
    }
    return true;
}

void picture_text(const picture *it, const char *text)
{
    fputc('\'', it->script);
    for (const char *c = text; *c; c++) {
        bool control = (unsigned char)*c < ' ' || *c == 127;
        fputs(*c == '\'' ? "'" : "", it->script);
        fputc(control ? ' ' : *c, it->script);
    }
    fputc('\'', it->script);
}

/* Starts gnuplot on the three files; an errno. It reads no settings of the user's (-d). */
static int start(const picture *it, FILE *errors, pid_t *child)
{
    static char name[] = "gnuplot", defaults[] = "-d";
    char *arguments[] = {name, defaults, NULL};
    posix_spawn_file_actions_t files;
    int failure = posix_spawn_file_actions_init(&files);
    if (failure) {
        return failure;
    }
    FILE *standard[] = {it->script, it->drawn, errors};
    for (int i = 0; i < 3 && !failure; i++) {
        failure = posix_spawn_file_actions_adddup2(&files, fileno(standard[i]), i);
    }
    failure = failure ? failure : posix_spawnp(child, name, &files, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    return failure;
}

static bool not_found(char message[GNUPLOT_MESSAGE])
{
    snprintf(message, GNUPLOT_MESSAGE,
             "gnuplot was not found: install gnuplot (Debian: gnuplot-nox), or leave out --plot");
    return false;
}

/* The line of gnuplot's own words that says most: the last that is not blank. */
static void last_line(FILE *errors, char line[GNUPLOT_MESSAGE / 2])
{
    char next[GNUPLOT_MESSAGE / 2];
    line[0] = '\0';
    rewind(errors);
    while (fgets(next, sizeof next, errors)) {
        size_t from = strspn(next, " \t"), to = strcspn(next, "\r\n");
        if (to > from) {
            snprintf(line, GNUPLOT_MESSAGE / 2, "%.*s", (int)(to - from), next + from);
        }
    }
}

static bool wait_for(pid_t child, FILE *errors, char message[GNUPLOT_MESSAGE])
{
    int status = 0;
    char said[GNUPLOT_MESSAGE / 2];
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return refuse(message, "gnuplot", strerror(errno));
        }
    }
    if (WIFSIGNALED(status)) {
        snprintf(message, GNUPLOT_MESSAGE, "gnuplot was ended by signal %d", WTERMSIG(status));
        return false;
    }
    if (WEXITSTATUS(status) == 127) { /* a child that could not start the program */
        return not_found(message);
    }
    last_line(errors, said);
    return WEXITSTATUS(status) == 0 || refuse(message, "gnuplot", *said ? said : "failed");
}

bool picture_draw(picture *it, char message[GNUPLOT_MESSAGE])
{
    pid_t child = 0;
    if (fflush(it->script) != 0 || ferror(it->script)) {
        return refuse(message, "a temporary file for gnuplot", strerror(errno));
    }
    rewind(it->script);
    FILE *errors = tmpfile();
    if (!errors) {
        return refuse(message, "no temporary file for gnuplot", strerror(errno));
    }
    int failure = start(it, errors, &child);
    bool ok = failure == 0        ? wait_for(child, errors, message)
              : failure == ENOENT ? not_found(message)
                                  : refuse(message, "gnuplot", strerror(failure));
    fclose(errors);
    return ok;
}

/* The drawing in characters begins with a form feed. */
static bool show(FILE *drawn)
{
    rewind(drawn);
    for (int c = fgetc(drawn); c != EOF; c = fgetc(drawn)) {
        if (c != '\f') {
            fputc(c, stderr);
        }
    }
    return fflush(stderr) == 0;
}

/* gnuplot does not always notice that a disk is full. */
static bool is_whole(const picture *it)
{
    char tail[17] = "";
    const char *end = formats[format_of(it->path)].end;
    if (fseek(it->drawn, -(long)(sizeof tail - 1), SEEK_END) != 0) {
        return false;
    }
    size_t length = fread(tail, 1, sizeof tail - 1, it->drawn);
    for (size_t i = 0; i + strlen(end) <= length; i++) {
        if (memcmp(tail + i, end, strlen(end)) == 0) {
            return true;
        }
    }
    return false;
}

/* Copies what was drawn to its path. */
static bool copy(picture *it, char message[GNUPLOT_MESSAGE])
{
    char piece[1 << 12];
    size_t count;
    reel_file *file = reel_file_create(it->files, it->path);
    rewind(it->drawn);
    while ((count = fread(piece, 1, sizeof piece, it->drawn)) > 0) {
        reel_file_write(file, piece, count);
    }
    if (ferror(it->drawn)) {
        reel_file_discard(file);
        return refuse(message, "a temporary file of gnuplot's", strerror(errno));
    }
    bool ok = reel_file_commit(file) == REEL_OK;
    snprintf(message, GNUPLOT_MESSAGE, "%s", ok ? "" : reel_error(it->files));
    return ok;
}

bool picture_keep(picture *it, char message[GNUPLOT_MESSAGE])
{
    if (picture_is_text(it)) {
        return show(it->drawn) || refuse(message, "standard error", strerror(errno));
    }
    if (!is_whole(it)) {
        return refuse(message, it->path, "gnuplot wrote half a picture; is the disk full?");
    }
    return copy(it, message);
}

void picture_end(picture *it)
{
    reel_free(it->files);
    if (it->script) {
        fclose(it->script);
    }
    if (it->drawn) {
        fclose(it->drawn);
    }
    *it = (picture){.path = NULL};
}
