/* SPDX-License-Identifier: MIT */
/* Lines of progress: one that is redrawn on a terminal, a few in a log. */
#include "progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 256, PART = 96 };

struct progress {
    FILE *to;
    char name[PART / 2]; /* of a trial; else empty */
    bool redrawn, open;  /* open: the cursor is on the line */
    int64_t epochs, rows_per_epoch;
    double began, drawn;  /* seconds of the monotonic clock */
    int64_t rows;         /* that the epoch which has not ended went through */
    int64_t epoch, shown; /* the last that ended; the last that is on a line */
    double train_loss, validation_loss;
    int64_t best_epoch; /* 0: none yet */
    double best_loss;
};

static double now(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool can_redraw(FILE *to)
{
    const char *term = getenv("TERM");
    return isatty(fileno(to)) && term && *term && strcmp(term, "dumb") != 0;
}

/* Columns of the terminal, asked for each time: a window can be resized. */
static int width(FILE *to)
{
    struct winsize size = {0};
    bool known = ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    int columns = known ? size.ws_col : 80;
    return columns < LINE ? columns : LINE;
}

progress *progress_begin(FILE *to, int64_t epochs, int64_t rows_per_epoch, progress_mode mode)
{
    progress *p = mode == PROGRESS_SILENT ? NULL : calloc(1, sizeof *p);
    if (p) {
        double began = now();
        *p = (progress){.to = to,
                        .redrawn = can_redraw(to),
                        .epochs = epochs,
                        .rows_per_epoch = rows_per_epoch,
                        .began = began,
                        .drawn = began,
                        .validation_loss = (double)NAN};
    }
    return p;
}

progress *progress_begin_trial(FILE *to, const char *name, int64_t epochs, int64_t rows_per_epoch,
                               progress_mode mode)
{
    progress *p = can_redraw(to) ? progress_begin(to, epochs, rows_per_epoch, mode) : NULL;
    if (p) {
        snprintf(p->name, sizeof p->name, "%s", name);
    }
    return p;
}

/* 1234567 rows a second as "1.23M rows/s". */
static void rate_text(double rate, char text[PART])
{
    static const struct {
        double unit;
        const char *prefix;
    } scales[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {0, ""}};
    size_t i = 0;
    while (rate < scales[i].unit) {
        i++;
    }
    double shown = scales[i].unit > 0 ? rate / scales[i].unit : rate;
    snprintf(text, PART, "%.*f%s rows/s",
             shown < 10    ? 2
             : shown < 100 ? 1
                           : 0,
             shown, scales[i].prefix);
}

/* 3725 seconds as "1:02:05". */
static void duration_text(double seconds, const char *after, char text[PART])
{
    int64_t whole = seconds < 1e9 ? (int64_t)ceil(seconds) : (int64_t)1e9;
    int hours = (int)(whole / 3600), minutes = (int)(whole / 60 % 60);
    if (hours > 0) {
        snprintf(text, PART, "%d:%02d:%02d %s", hours, minutes, (int)(whole % 60), after);
    } else {
        snprintf(text, PART, "%d:%02d %s", minutes, (int)(whole % 60), after);
    }
}

/* Adds a part to the line if it fits within `room` columns; what comes first matters most. */
static void add(char line[LINE], int room, const char *part)
{
    size_t used = strlen(line);
    const char *between = used > 0 ? "  " : "";
    if (used + strlen(between) + strlen(part) <= (size_t)room) {
        snprintf(line + used, LINE - used, "%s%s", between, part);
    }
}

/* The epoch that ended last or, while another takes its time, that one and its share. */
static void epoch_text(const progress *p, double share, char text[PART])
{
    long long epochs = p->epochs, epoch = p->epoch + (p->rows > 0);
    int digits = snprintf(text, PART, "%lld", epochs);
    int length = snprintf(text, PART, "%s%s%s%*lld/%lld", p->name, *p->name ? ": " : "",
                          p->rows_per_epoch ? "epoch " : "", digits, epoch, epochs);
    if (p->rows > 0) {
        snprintf(text + length, PART - (size_t)length, ", %2d %%", (int)(100 * share));
    }
}

/* Epoch, losses, best, time left, rows a second: as much of it as there is room for. */
static void compose(const progress *p, double at, int room, char line[LINE])
{
    char part[PART];
    double share = p->rows ? (double)p->rows / (double)p->rows_per_epoch : 0;
    double elapsed = at - p->began, done = (double)p->epoch + share;
    line[0] = '\0';
    epoch_text(p, share, part);
    add(line, room, part);
    if (p->epoch > 0 && p->rows_per_epoch) {
        snprintf(part, PART, "loss %-9.4g", p->train_loss);
        add(line, room, part);
    }
    if (!isnan(p->validation_loss)) {
        snprintf(part, PART, "validation %-9.4g", p->validation_loss);
        add(line, room, part);
    }
    bool last = p->epoch >= p->epochs;
    double left = elapsed / done * ((double)p->epochs - done);
    duration_text(last ? elapsed : left, last ? "in all" : "left", part);
    add(line, room, part);
    if (p->rows_per_epoch) {
        rate_text(elapsed > 0 ? done * (double)p->rows_per_epoch / elapsed : 0, part);
        add(line, room, part);
    }
    if (!isnan(p->validation_loss) && p->best_epoch > 0) {
        snprintf(part, PART, "best %.4g at %lld", p->best_loss, (long long)p->best_epoch);
        add(line, room, part);
    }
}

/* The last column stays free: some terminals break the line when it is filled. */
static void draw(progress *p, double at)
{
    char line[LINE];
    compose(p, at, p->redrawn ? width(p->to) - 1 : LINE - 1, line);
    fprintf(p->to, p->redrawn ? "\r%s\033[K" : "%s\n", line);
    fflush(p->to);
    p->open = p->redrawn;
    p->drawn = at;
    p->shown = p->epoch;
}

/* 1, 2, 5, 10, 20, 50, …: the first that leaves at most 18 lines. */
static int64_t line_every(int64_t epochs)
{
    static const int64_t nice[] = {1, 2, 5};
    int64_t power = 1;
    for (;; power *= 10) {
        for (int i = 0; i < 3; i++) {
            if (epochs / (nice[i] * power) <= 18) {
                return nice[i] * power;
            }
        }
    }
}

reading reading_begin(FILE *to, progress_mode mode)
{
    return (reading){.to = mode == PROGRESS_SILENT ? NULL : to, .redrawn = can_redraw(to)};
}

/* On a terminal twice a second, after the first; elsewhere twice a minute. */
void reading_at(void *context, const char *path, int64_t bytes, int64_t size)
{
    reading *it = context;
    double at = now(), every = it->redrawn ? 0.5 : 30;
    if (!it->path || strcmp(it->path, path) != 0) {
        it->path = path;
        it->began = at;
        it->drawn = it->redrawn ? at + 0.5 : at;
    }
    if (!it->to || at - it->drawn < every) {
        return;
    }
    char share[PART] = "", left[PART] = "";
    double rate = (double)bytes / (at - it->began);
    if (size > 0) {
        snprintf(share, sizeof share, ", %d %%", (int)(100 * (double)bytes / (double)size));
        duration_text((double)(size - bytes) / rate, "left", left);
    }
    fprintf(it->to, "%sreading %s: %.0f MB%s, %.0f MB/s  %s%s", it->redrawn ? "\r" : "", path,
            (double)bytes / 1e6, share, rate / 1e6, left, it->redrawn ? "\033[K" : "\n");
    fflush(it->to);
    it->open = it->redrawn;
    it->drawn = at;
}

void reading_end(reading *it)
{
    if (it->open) {
        fputs("\r\033[K", it->to);
        fflush(it->to);
    }
    it->open = false;
}

void progress_rows(progress *p, int64_t rows)
{
    if (p && p->redrawn) {
        double at = now();
        p->rows = rows;
        if (at - p->drawn >= 0.5) {
            draw(p, at);
        }
    }
}

void progress_epoch(progress *p, int64_t epoch, double train_loss, double validation_loss,
                    bool best)
{
    if (!p) {
        return;
    }
    p->epoch = epoch;
    p->rows = 0;
    p->train_loss = train_loss;
    p->validation_loss = validation_loss;
    if (best) {
        p->best_epoch = epoch;
        p->best_loss = isnan(validation_loss) ? train_loss : validation_loss;
    }
    double at = now();
    if (p->redrawn ? at - p->drawn >= 0.1 : epoch == 1 || epoch % line_every(p->epochs) == 0) {
        draw(p, at);
    }
}

void progress_break(progress *p)
{
    if (p && p->epoch > 0 && p->shown != p->epoch) {
        draw(p, now());
    }
    if (p && p->open) {
        fputc('\n', p->to);
        fflush(p->to);
        p->open = false;
    }
}

void progress_erase(progress *p)
{
    if (p && p->open) {
        fputs("\r\033[K", p->to);
        fflush(p->to);
        p->open = false;
    }
}

void progress_end(progress *p, const char *why)
{
    if (p && *p->name) {
        progress_erase(p);
    } else {
        progress_break(p);
    }
    if (p && why) {
        fprintf(p->to, "%s\n", why);
    }
    if (p) {
        fflush(p->to);
    }
    free(p);
}
