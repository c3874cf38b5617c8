/* SPDX-License-Identifier: MIT */
/* A lesson in the terminal: its screens, what their experiments come to, and its questions. */
#include "lesson_text.h"

#include "answers.h"
#include "counted.h"
#include "training.h"

#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 78, WIDTH = 60, HEIGHT = 14 };

/* A text in lines of up to COLUMNS characters, of which the first has some already. */
static void print_wrapped(int column, const char *text, FILE *to)
{
    while (*text) {
        const size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + (int)word > COLUMNS) {
            fprintf(to, "\n");
            column = 0;
        }
        column += fprintf(to, "%s%.*s", column ? " " : "", (int)word, text);
        text += word + strspn(text + word, " ");
    }
    fprintf(to, "\n");
}

static void print_nudge(const lab_nudge *it, void *context)
{
    fprintf(context, "  %8g %14.8g %14.8g %12.2g\n", it->h, it->one, it->both, it->apart);
}

static void print_update(const lab_update *it, void *context)
{
    fprintf(context, "      %s: from %s", it->name, reel_repr(reel_detach(it->before)));
    fprintf(context, " to %s\n", reel_repr(reel_detach(it->after)));
}

static void print_expression(const lab_experiment *e, FILE *to)
{
    const char *pieces[LAB_PIECES];
    lab_program p = lab_program_of(e, pieces);
    fprintf(to, "\n  reel explain '%s'", e->program);
    for (int i = 0; i < e->values; i++) {
        fprintf(to, " '%s'", e->value[i]);
    }
    fprintf(to, "%s%s", *e->constants ? " --constant " : "", e->constants);
    fprintf(to, e->single ? " --dtype float32\n\n" : "\n\n");
    bool fine = lab_read_inputs(&p);
    for (int i = 0; fine && i < e->times; i++) {
        reel_rewind(p.r);
        reel_tensor *root = lab_run_program(&p);
        fine = root && lab_go_back(&p, root);
        if (fine && i == 0) {
            reel_tape_explain(root, to);
        }
        for (int k = 0; fine && e->times > 1 && k < p.inputs.count; k++) {
            fprintf(to, "%safter backward number %d: %s.grad = %s\n", i || k ? "" : "\n", i + 1,
                    p.inputs.name[k], reel_repr(reel_grad(p.inputs.value[k])));
        }
    }
    if (fine && e->update > 0) {
        fprintf(to, "\nA step: each less its gradient times the learning rate, %g:\n", e->update);
        lab_updates(&p, print_update, to);
    }
    if (fine && *e->nudges) {
        fprintf(to, "\n  %s moved by       up alone    up and down     off by\n", e->nudges);
        lab_nudges(&p, e->nudges, print_nudge, to);
    }
    reel_free(p.r);
}

/* The points and the model's curve in characters. */
static void print_picture(lab_training *t, FILE *to)
{
    char cell[HEIGHT][WIDTH + 1];
    double x[WIDTH], y[WIDTH], left = (double)INFINITY, right = -(double)INFINITY, low = 0,
                               high = 0;
    const lab_experiment *e = t->e;
    for (int i = 0; i < e->points; i++) {
        left = fmin(left, e->point[i][0]);
        right = fmax(right, e->point[i][0]);
        low = fmin(low, e->point[i][1]);
        high = fmax(high, e->point[i][1]);
    }
    for (int i = 0; i < WIDTH; i++) {
        x[i] = left + (right - left) * i / (WIDTH - 1);
    }
    memset(cell, ' ', sizeof cell);
    lab_predict(t, WIDTH, x, y);
    for (int i = 0; i < WIDTH; i++) {
        const double row = (HEIGHT - 1) * (high - y[i]) / (high - low);
        if (row > -0.5 && row < HEIGHT - 0.5) {
            cell[(int)lround(row)][i] = '-';
        }
    }
    for (int i = 0; i < e->points; i++) {
        cell[(int)lround((HEIGHT - 1) * (high - e->point[i][1]) / (high - low))]
            [(int)lround((WIDTH - 1) * (e->point[i][0] - left) / (right - left))] = 'o';
    }
    for (int k = 0; k < HEIGHT; k++) {
        int width = WIDTH;
        while (width > 0 && cell[k][width - 1] == ' ') {
            width--;
        }
        fprintf(to, "  %6.1f |%.*s\n", high - (high - low) * k / (HEIGHT - 1), width, cell[k]);
    }
}

/* The first steps, and then fewer and fewer. */
static bool is_shown(int step, int steps)
{
    int scale = 1;
    while (step >= 10 * scale) {
        scale *= 10;
    }
    return step == steps || step == scale || step == 2 * scale || step == 5 * scale;
}

static void print_training(const lab_experiment *e, FILE *to)
{
    char also[LAB_PIECE];
    reel *r = lab_reel();
    lab_training t;
    char digits[LAB_LOSS];
    double loss;
    lab_other_settings(e, also);
    fprintf(to, "\n  loss %s, %s, learning rate %g, momentum %g%s, %s\n\n",
            lab_losses[e->loss].name, lab_optimizers[e->optimizer].name, e->lr, e->momentum, also,
            REELI_COUNTED(e->steps, "step"));
    bool fine = lab_begin(&t, r, e);
    for (int i = 1; fine && i <= e->steps; i++) {
        fine = lab_step(&t, digits, &loss);
        if (is_shown(i, e->steps)) {
            fprintf(to, "  Epoch %4d, Loss: %-20s", i, digits);
            if (e->layers == 0) {
                fprintf(to, " then w = %8.4f, b = %8.4f", lab_weight(&t), lab_bias(&t));
            }
            fprintf(to, "\n");
        }
    }
    fprintf(to, "\n");
    print_picture(&t, to);
    if (*t.warned) {
        fprintf(to, "\n");
        print_wrapped(0, t.warned, to);
    }
    reel_free(r);
}

static void print_question(const lab_question *question, uint64_t seed, int number, FILE *to)
{
    reel *r = lab_reel();
    lab_asked asked;
    char text[LAB_LONG];
    if (lab_ask(&asked, r, question, seed)) {
        lab_fill_in(&asked, question->text, text);
        print_wrapped(fprintf(to, "\nQuestion %d.", number) - 1, text, to);
        for (int i = 0; i < question->choices; i++) {
            fprintf(to, "  %d  %s\n", i + 1, question->choice[i]);
        }
    }
    reel_free(r);
}

void lab_print_lesson(const lab_lesson *lesson, uint64_t seed, FILE *to)
{
    fprintf(to, "%s (%d minutes)\n", lesson->title, lesson->minutes);
    for (int i = 0; i < lesson->screens; i++) {
        fprintf(to, "\n");
        print_wrapped(0, lesson->screen[i].text, to);
        for (int k = 0; k < lesson->screen[i].experiments; k++) {
            const lab_experiment *e = &lesson->screen[i].experiment[k];
            (e->training ? print_training : print_expression)(e, to);
        }
    }
    for (int i = 0; i < lesson->questions; i++) {
        print_question(&lesson->question[i], seed, i + 1, to);
    }
}

void lab_print_lessons(FILE *to)
{
    reel *r = lab_reel();
    lab_lesson *lesson;
    for (int i = 0; (lesson = lab_find_lesson(r, NULL, i)) != NULL; i++) {
        fprintf(to, "%-12s%2d min  %s: %s\n", lesson->name, lesson->minutes, lesson->title,
                lesson->about);
        free(lesson);
    }
    reel_free(r);
}
