/* SPDX-License-Identifier: MIT */
/* A lesson as one page of HTML without scripts of its own: the tapes' pages in frames, trainings as
 * pictures. */
#include "lesson_text.h"

#include "answers.h"
#include "counted.h"
#include "html.h"
#include "page.h"
#include "training.h"

#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>

enum { PLOT_WIDTH = 420, PLOT_HEIGHT = 240, MARGIN = 24, PLACES = 60 };

/* The page of the tape, as a frame's content, which asks for what the screen says. */
static void write_frame(lab_program *p, const reel_tensor *root, const char *title, const char *ask,
                        FILE *to)
{
    char *page = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&page, &length);
    const bool written = stream && lab_write_page(p, root, title, ask, stream);
    if (stream && fclose(stream) == 0 && written) {
        fprintf(to, "<iframe title=\"");
        reeli_put_html(to, title);
        fprintf(to, "\" srcdoc=\"");
        reeli_put_html(to, page);
        fprintf(to, "\"></iframe>\n");
    }
    free(page);
}

static void write_nudge(const lab_nudge *it, void *context)
{
    fprintf(context, "<tr><td>%g<td>%.8g<td>%.8g<td>%.2g\n", it->h, it->one, it->both, it->apart);
}

static void write_expression(const lab_experiment *e, const char *ask, FILE *to)
{
    const char *pieces[LAB_PIECES];
    lab_program p = lab_program_of(e, pieces);
    reel_tensor *root = NULL;
    bool fine = lab_read_inputs(&p);
    for (int i = 0; fine && i < e->times; i++) {
        reel_rewind(p.r);
        root = lab_run_program(&p);
        fine = root && lab_go_back(&p, root);
        for (int k = 0; fine && e->times > 1 && k < p.inputs.count; k++) {
            fprintf(to, "<p>After backward number %d: %s.grad = %s</p>\n", i + 1, p.inputs.name[k],
                    reel_repr(reel_grad(p.inputs.value[k])));
        }
    }
    if (fine && *e->nudges) {
        fprintf(to,
                "<table><thead><tr><th scope=\"col\">%s moved by<th scope=\"col\">up alone"
                "<th scope=\"col\">up and down<th scope=\"col\">that is off by</thead><tbody>\n",
                e->nudges);
        lab_nudges(&p, e->nudges, write_nudge, to);
        fprintf(to, "</table>\n");
    }
    if (fine) {
        write_frame(&p, root, e->program, ask, to);
    }
    reel_free(p.r);
}

/* The corners of what is drawn. */
typedef struct view {
    double left, right, low, high;
} view;

static double across(const view *v, double x)
{
    return MARGIN + (PLOT_WIDTH - 2 * MARGIN) * (x - v->left) / (v->right - v->left);
}

static double down(const view *v, double y)
{
    const double place = MARGIN + (PLOT_HEIGHT - 2 * MARGIN) * (v->high - y) / (v->high - v->low);
    return fmin(fmax(place, -PLOT_HEIGHT), 2 * PLOT_HEIGHT);
}

static void begin_plot(const char *what, FILE *to)
{
    fprintf(to, "<svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\">", what, PLOT_WIDTH,
            PLOT_HEIGHT);
}

static void write_line(const view *v, int count, const double *x, const double *y, FILE *to)
{
    fprintf(to, "<polyline points=\"");
    for (int i = 0; i < count; i++) {
        fprintf(to, "%.1f,%.1f ", across(v, x ? x[i] : i), down(v, y[i]));
    }
    fprintf(to, "\"/>");
}

static void write_points(lab_training *t, FILE *to)
{
    const lab_experiment *e = t->e;
    view v = {e->point[0][0], e->point[0][0] + 1e-9, 0, 1e-9};
    double x[PLACES], y[PLACES];
    for (int i = 0; i < e->points; i++) {
        v.left = fmin(v.left, e->point[i][0]);
        v.right = fmax(v.right, e->point[i][0]);
        v.low = fmin(v.low, e->point[i][1]);
        v.high = fmax(v.high, e->point[i][1]);
    }
    for (int i = 0; i < PLACES; i++) {
        x[i] = v.left + (v.right - v.left) * i / (PLACES - 1);
    }
    begin_plot("The points and the line", to);
    if (lab_predict(t, PLACES, x, y)) {
        write_line(&v, PLACES, x, y, to);
    }
    for (int i = 0; i < e->points; i++) {
        fprintf(to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>", across(&v, e->point[i][0]),
                down(&v, e->point[i][1]));
    }
    fprintf(to, "</svg>\n");
}

static void write_losses(int steps, const double *loss, FILE *to)
{
    view v = {0, fmax(1, steps - 1), 0, 1e-9};
    for (int i = 0; i < steps; i++) {
        v.high = fmax(v.high, loss[i]);
    }
    begin_plot("The loss, step by step", to);
    write_line(&v, steps, NULL, loss, to);
    fprintf(to, "<text x=\"%d\" y=\"16\">loss, from %.4g at the top to 0</text></svg>\n", MARGIN,
            v.high);
}

static void write_training(const lab_experiment *e, FILE *to)
{
    reel *r = lab_reel();
    double *loss = calloc(LAB_STEPS, sizeof *loss);
    lab_training t;
    char digits[LAB_LOSS] = "", also[LAB_PIECE];
    bool fine = loss && lab_begin(&t, r, e);
    lab_other_settings(e, also);
    while (fine && t.done < e->steps) {
        fine = lab_step(&t, digits, &loss[t.done]);
    }
    if (loss) {
        fprintf(to, "<figure><figcaption>%s loss, learning rate %g, momentum %g%s: after %s",
                lab_losses[e->loss].name, e->lr, e->momentum, also, REELI_COUNTED(t.done, "step"));
        if (e->layers == 0) {
            fprintf(to, " w = %.4f, b = %.4f", lab_weight(&t), lab_bias(&t));
        }
        fprintf(to, *digits ? ", loss %s</figcaption>\n" : "</figcaption>\n", digits);
        write_points(&t, to);
        if (t.done > 1) {
            write_losses(t.done, loss, to);
        }
        if (*t.warned) {
            fprintf(to, "<p>");
            reeli_put_html(to, t.warned);
            fprintf(to, "</p>\n");
        }
        fprintf(to, "</figure>\n");
    }
    free(loss);
    reel_free(r);
}

static void write_answer(lab_asked *asked, FILE *to)
{
    char truth[LAB_LONG], why[LAB_LONG];
    lab_solution(asked, truth);
    lab_fill_in(asked, asked->question->because, why);
    fprintf(to, "%s: ", truth);
    reeli_put_html(to, why);
}

/* With its answer to unfold, and in print with room for one. */
static void write_question(lab_asked *asked, FILE *to)
{
    char text[LAB_LONG];
    lab_fill_in(asked, asked->question->text, text);
    reeli_put_html(to, text);
    for (int i = 0; i < asked->question->choices; i++) {
        fprintf(to, "<br>%d. %s", i + 1, asked->question->choice[i]);
    }
    fprintf(to, "<p class=\"room\">Answer: </p><details><summary>Answer</summary>");
    write_answer(asked, to);
    fprintf(to, "</details>");
}

/* The questions, or what is printed on the last page: their answers. */
static void write_questions(const lab_lesson *lesson, uint64_t seed, bool answers, FILE *to)
{
    fprintf(to,
            answers ? "<section class=\"answers\">\n<h2>Answers</h2>\n<p>To the questions of "
                      "seed %llu.</p>\n<ol>\n"
                    : "<h2>Questions</h2>\n<ol>\n",
            (unsigned long long)seed);
    for (int i = 0; i < lesson->questions; i++) {
        reel *r = lab_reel();
        lab_asked asked;
        if (lab_ask(&asked, r, &lesson->question[i], seed)) {
            fprintf(to, "<li>");
            (answers ? write_answer : write_question)(&asked, to);
            fprintf(to, "</li>\n");
        }
        reel_free(r);
    }
    fprintf(to, answers ? "</ol>\n</section>\n" : "</ol>\n");
}

void lab_write_lesson(const lab_lesson *lesson, uint64_t seed, FILE *to)
{
    static const char style[] =
        ":root{color-scheme:light dark}*{box-sizing:border-box}body{font:16px/1.5 system-ui,"
        "sans-serif;max-width:72rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}"
        "iframe{width:100%;height:44rem;border:1px solid #888;border-radius:8px}"
        "figure{margin:1rem 0;display:flex;flex-wrap:wrap;gap:1rem}figcaption{flex-basis:100%}"
        "svg{flex:1 1 15rem;max-width:26rem;min-width:0;border:1px solid #888;border-radius:8px}"
        "polyline{fill:none;stroke:#0b57d0;stroke-width:2.5}circle{fill:#c2410c}"
        "text{fill:currentColor;font-size:12px}li{margin:1rem 0}table{border-spacing:0}"
        "th,td{text-align:left;padding:.1rem 1.5rem .1rem 0;border-bottom:1px solid #8886}"
        "@media(prefers-color-scheme:dark){polyline{stroke:#8ab4f8}circle{fill:#ffab91}}"
        "@media screen{.answers,.room{display:none}}@media print{details{display:none}"
        ".answers{break-before:page}.room{height:3rem}iframe,figure{break-inside:avoid}}";
    fprintf(to, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta "
                "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    reeli_put_html(to, lesson->title);
    fprintf(to, "</title>\n<style>%s</style>\n<main>\n<h1>", style);
    reeli_put_html(to, lesson->title);
    fprintf(to, "</h1>\n");
    for (int i = 0; i < lesson->screens; i++) {
        fprintf(to, "<p>");
        reeli_put_html(to, lesson->screen[i].text);
        fprintf(to, "</p>\n");
        for (int k = 0; k < lesson->screen[i].experiments; k++) {
            const lab_experiment *e = &lesson->screen[i].experiment[k];
            if (e->training) {
                write_training(e, to);
            } else {
                write_expression(e, lesson->screen[i].ask, to);
            }
        }
    }
    write_questions(lesson, seed, false, to);
    write_questions(lesson, seed, true, to);
    fprintf(to, "</main>\n");
}
