/* SPDX-License-Identifier: MIT */
/* Charts in SVG: a frame, its ends' values, and what lies within. */
#include "svg_chart.h"
#include "html.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 460, HEIGHT = 320, LEFT = 84, RIGHT = 15, TOP = 30, BOTTOM = 45, MOST_DOTS = 2000 };
enum { LABELS = 150, VALUES = 84, BAR = 16 };

typedef struct range {
    double low, high;
} range;

static range range_of(const double *values, int64_t n)
{
    range r = {HUGE_VAL, -HUGE_VAL};
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(values[i])) {
            r.low = fmin(r.low, values[i]);
            r.high = fmax(r.high, values[i]);
        }
    }
    if (!(r.high > r.low)) {
        double at = isfinite(r.low) ? r.low : 0, around = fabs(at) > 0 ? fabs(at) / 10 : 1;
        return (range){at - around, at + around};
    }
    return r;
}

static double place_x(range r, double x)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * (x - r.low) / (r.high - r.low);
}

static double place_y(range r, double y)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - r.low) / (r.high - r.low);
}

static void put_text(FILE *to, double x, double y, const char *how, const char *text)
{
    fprintf(to, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, how);
    reeli_put_html(to, text);
    fputs("</text>\n", to);
}

/* What a picture is called is read out where it is not seen. */
static void begin(FILE *to, int height, const char *title)
{
    fprintf(to, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
    reeli_put_html(to, title);
    fputs("\">\n", to);
}

static void put_frame(FILE *to, const chart *it, range x, range y)
{
    char ends[4][32];
    double middle = (LEFT + WIDTH - RIGHT) / 2.0, bottom = HEIGHT - BOTTOM;
    const double values[] = {x.low, x.high, y.low, y.high};
    for (int i = 0; i < 4; i++) {
        snprintf(ends[i], sizeof ends[i], "%.4g", values[i]);
    }
    begin(to, HEIGHT, it->title);
    fprintf(to,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" "
            "height=\"%d\" class=\"frame\"/>\n",
            LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    put_text(to, middle, TOP - 10, "text-anchor=\"middle\" class=\"title\"", it->title);
    put_text(to, middle, bottom + 35, "text-anchor=\"middle\"", it->x_label);
    put_text(to, LEFT, bottom + 16, "text-anchor=\"start\"", ends[0]);
    put_text(to, WIDTH - RIGHT, bottom + 16, "text-anchor=\"end\"", ends[1]);
    put_text(to, LEFT - 6, bottom, "text-anchor=\"end\"", ends[2]);
    put_text(to, LEFT - 6, TOP + 10, "text-anchor=\"end\"", ends[3]);
    fprintf(to, "<g transform=\"rotate(-90 16 %d)\">", HEIGHT / 2);
    put_text(to, 16, HEIGHT / 2.0, "text-anchor=\"middle\"", it->y_label);
    fputs("</g>\n", to);
}

static void put_guide(FILE *to, int guide, range x, range y)
{
    double from = guide == 1 ? fmax(x.low, y.low) : x.low;
    double until = guide == 1 ? fmin(x.high, y.high) : x.high;
    if (guide == 0 || until <= from || (guide == 2 && (y.low > 0 || y.high < 0))) {
        return;
    }
    fprintf(to, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"guide\"/>\n",
            place_x(x, from), place_y(y, guide == 1 ? from : 0), place_x(x, until),
            place_y(y, guide == 1 ? until : 0));
}

/* Which colour is whose, below one another in a corner. */
static void put_names(FILE *to, int series, const char *const *names)
{
    for (int i = 0; i < series && series > 1; i++) {
        char how[64];
        snprintf(how, sizeof how, "text-anchor=\"end\" class=\"name s%d\"", i);
        put_text(to, WIDTH - RIGHT - 6, TOP + 14.0 * (i + 1), how, names[i]);
    }
}

static void put_points(FILE *to, const chart *it, const double *values, range x, range y)
{
    int64_t every = it->line || it->n <= MOST_DOTS ? 1 : it->n / MOST_DOTS + 1;
    for (int64_t i = 0; i < it->n; i += every) {
        if (isfinite(it->x[i]) && isfinite(values[i])) {
            fprintf(to, it->line ? "%.1f,%.1f " : "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/>\n",
                    place_x(x, it->x[i]), place_y(y, values[i]));
        }
    }
}

void put_chart(FILE *to, const chart *it)
{
    int series = it->series > 1 ? it->series : 1;
    range x = range_of(it->x, it->n), y = range_of(it->y, it->n * series);
    put_frame(to, it, x, y);
    put_guide(to, it->guide, x, y);
    for (int s = 0; s < series; s++) {
        if (it->line) {
            fprintf(to, "<polyline class=\"s%d\" points=\"", s);
        }
        put_points(to, it, it->y + s * it->n, x, y);
        fputs(it->line ? "\"/>\n" : "", to);
    }
    put_names(to, series, it->names);
    fputs("</svg>\n", to);
}

/* A label that has room beside its bar. */
static void put_label(FILE *to, double y, const char *label)
{
    char text[64];
    size_t length = strlen(label), cut = length <= 24 ? length : 21;
    while (cut > 0 && cut < length && (label[cut] & 0xC0) == 0x80) {
        cut--; /* not within a character */
    }
    snprintf(text, sizeof text, "%.*s%s", (int)cut, label, cut < length ? "…" : "");
    put_text(to, LABELS - 6, y, "text-anchor=\"end\"", text);
}

void put_bars(FILE *to, const bars *it)
{
    int series = it->series > 1 ? it->series : 1, step = BAR * series + 6;
    int height = TOP + it->n * step + BOTTOM;
    range r = range_of(it->values, (int64_t)it->n * series);
    r.low = fmin(r.low, 0);
    r.high = fmax(r.high, 0);
    double unit = (WIDTH - LABELS - VALUES) / (r.high > r.low ? r.high - r.low : 1);
    double zero = LABELS - r.low * unit;
    begin(to, height, it->title);
    put_text(to, WIDTH / 2.0, TOP - 10, "text-anchor=\"middle\" class=\"title\"", it->title);
    put_text(to, WIDTH / 2.0, height - 12, "text-anchor=\"middle\"", it->x_label);
    for (int i = 0; i < it->n; i++) {
        double top = TOP + i * step;
        put_label(to, top + (step - 6) / 2.0 + 4, it->labels[i]);
        for (int s = 0; s < series; s++) {
            char value[32];
            double x = it->values[i * series + s], width = fabs(x) * unit, y = top + s * BAR;
            fprintf(
                to,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" class=\"bar s%d\"/>\n",
                x < 0 ? zero - width : zero, y, width, BAR - 2, s);
            snprintf(value, sizeof value, "%.4g", x);
            put_text(to, (x < 0 ? zero : zero + width) + 5, y + BAR - 5, "", value);
        }
    }
    put_names(to, series, it->names);
    fputs("</svg>\n", to);
}
