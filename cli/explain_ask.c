/* SPDX-License-Identifier: MIT */
/* reel explain --ask: questions in the terminal, answered line by line. An answer is looked at by
 * the lab; after the third wrong one it is told. */
#include "explain_ask.h"

#include "answers.h"

#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 3 };

/* How it went so far. */
typedef struct score {
    int asked, right; /* at the first try */
    bool over;        /* there is no more to read */
} score;

static void tell(lab_asked *asked)
{
    char truth[LAB_LONG], why[LAB_LONG];
    lab_solution(asked, truth);
    lab_fill_in(asked, asked->question->because, why);
    printf("It is %s: %s\n", truth, why);
}

static void put_to(score *it, lab_asked *asked)
{
    char text[LAB_LONG], line[LAB_PIECE];
    lab_fill_in(asked, asked->question->text, text);
    printf("\n%d. %s\n", ++it->asked, text);
    for (int i = 0; i < asked->question->choices; i++) {
        printf("   %d  %s\n", i + 1, asked->question->choice[i]);
    }
    for (int wrong = 0; !it->over;) {
        printf("> ");
        fflush(stdout);
        it->over = !fgets(line, sizeof line, stdin);
        if (it->over) {
            printf("\n");
            it->asked--;
            return;
        }
        line[strcspn(line, "\r\n")] = '\0';
        const lab_reply reply = lab_check(asked, line);
        printf("%s\n", reply.says);
        if (reply.right) {
            it->right += wrong == 0;
            return;
        }
        wrong += reply.is_answer;
        if (wrong == TRIES) {
            tell(asked);
            return;
        }
    }
}

static void sum_up(const score *it)
{
    printf("\n%d of %d right at the first try.\n", it->right, it->asked);
}

bool explain_ask_lesson(const lab_lesson *lesson, uint64_t seed)
{
    score it = {0};
    bool fine = true;
    printf("%s. A calculation is an answer, too: -2 * 3, or 1/3.\n", lesson->title);
    for (int i = 0; fine && !it.over && i < lesson->questions; i++) {
        reel *r = lab_reel();
        lab_asked asked;
        fine = r && lab_ask(&asked, r, &lesson->question[i], seed);
        if (fine) {
            put_to(&it, &asked);
        }
        reel_free(r);
    }
    sum_up(&it);
    return fine;
}

/* A list with 1 where element i is and 0 elsewhere, of a tensor's shape from a dim on. */
static void write_mask(const reel_tensor *t, int dim, int64_t *i, char text[LAB_PIECE])
{
    const int64_t n = reel_size(t, dim);
    for (int64_t k = 0; k < n; k++) {
        const size_t at = strlen(text);
        snprintf(text + at, LAB_PIECE - at, k ? "," : "[");
        if (dim + 1 < reel_ndim(t)) {
            write_mask(t, dim + 1, i, text);
        } else {
            snprintf(text + strlen(text), LAB_PIECE - strlen(text), *i == 0 ? "1" : "0");
            --*i;
        }
    }
    snprintf(text + strlen(text), LAB_PIECE - strlen(text), "]");
}

/* What is asked of a name: its gradient, or its value; of a tensor, each element. */
static void write_question(lab_question *q, const char *name, const char *result,
                           const reel_tensor *t, bool value)
{
    const char *mark = value ? "" : "d";
    char shape[64] = "";
    q->mistakes = q->parts = 0;
    if (reel_ndim(t) > 0) {
        snprintf(shape, sizeof shape, " All %lld numbers, with commas between.",
                 (long long)reel_numel(t));
    }
    if (value) {
        snprintf(q->text, sizeof q->text, "What is %s?%s", name, shape);
        snprintf(q->because, sizeof q->because, "that is what its statement gives.");
    } else {
        snprintf(q->text, sizeof q->text, "What is d %s / d %s, the gradient of %s?%s", result,
                 name, name, shape);
        snprintf(q->because, sizeof q->because,
                 "what comes along each edge to %s, added up; reel explain shows each.", name);
    }
    snprintf(q->hint, sizeof q->hint,
             value ? "Put the numbers into its statement."
                   : "Of each statement that reads it: what has come to its result, times the "
                     "slope; and these are added up.");
    snprintf(q->truth, sizeof q->truth, "%s%s", mark, name);
    for (int64_t i = 0; reel_ndim(t) > 0 && i < reel_numel(t); i++) {
        char mask[LAB_PIECE] = "";
        int64_t at = i;
        write_mask(t, 0, &at, mask);
        snprintf(q->part[i].truth, LAB_PIECE, "sum(%s%.32s * %.180s)", mark, name, mask);
        snprintf(q->part[i].says, LAB_PIECE, "%.180s", q->hint);
        q->parts = (int)i + 1;
    }
    if (!value && q->parts == 0) {
        snprintf(q->mistake[0].value, LAB_PIECE, "%s", name);
        snprintf(q->mistake[0].says, LAB_PIECE,
                 "That is its value. Asked is how the result changes with it.");
        snprintf(q->mistake[1].value, LAB_PIECE, "-d%s", name);
        snprintf(q->mistake[1].says, LAB_PIECE, "The size is right, the sign is not.");
        q->mistakes = 2;
    }
}

static void ask_name(score *it, lab_question *q, const lab_program *p, int which,
                     const char *result, bool value)
{
    const reel_tensor *t = p->names.value[which];
    const char *name = p->names.name[which];
    reel *r = lab_reel();
    lab_asked asked;
    if (!it->over && reel_numel(t) <= LAB_PARTS &&
        lab_look_up(&p->names, name, strlen(name)) == t && (value || reel_grad(t))) {
        write_question(q, name, result, t, value);
        if (lab_ask(&asked, r, q, 0)) {
            put_to(it, &asked);
        }
    }
    reel_free(r);
}

/* The program's statements in one, and its values. */
static bool copy_program(lab_question *q, const lab_program *p)
{
    bool fits = true;
    for (int i = 0; i < p->count; i++) {
        const size_t at = strlen(q->program);
        const bool number = lab_gives_number(p->pieces[i]);
        if (number && q->values < LAB_PIECES - LAB_DRAWN - 1) {
            fits =
                fits && snprintf(q->value[q->values++], LAB_PIECE, "%s", p->pieces[i]) < LAB_PIECE;
        } else {
            fits = fits && !number &&
                   (size_t)snprintf(q->program + at, LAB_PIECE - at, "%s%s", at ? "; " : "",
                                    p->pieces[i]) < LAB_PIECE - at;
        }
    }
    return fits &&
           (!p->constants || snprintf(q->constants, LAB_PIECE, "%s", p->constants) < LAB_PIECE);
}

/* What the last statement calls the result. */
static const char *name_of(const lab_program *p, const reel_tensor *root)
{
    const int last = p->names.count - 1;
    return last >= 0 && p->names.value[last] == root ? p->names.name[last] : "result";
}

bool explain_ask_program(const lab_program *p, const reel_tensor *root, bool values)
{
    lab_question *q = calloc(1, sizeof *q);
    score it = {0};
    const bool fine = q && copy_program(q, p);
    if (fine) {
        printf("%s", q->program);
        for (int i = 0; i < q->values; i++) {
            printf("%s %s", i ? "," : ", at", q->value[i]);
        }
        printf(". A calculation is an answer, too: -2 * 3, or 1/3.\n");
        for (int i = p->inputs.count; values && i < p->names.count; i++) {
            ask_name(&it, q, p, i, NULL, true);
        }
        for (int i = p->names.count - 1; i >= 0; i--) {
            if (p->names.value[i] != root) {
                ask_name(&it, q, p, i, name_of(p, root), false);
            }
        }
        sum_up(&it);
    } else {
        fprintf(stderr, "this is too long to be asked about: at most %d characters\n", LAB_PIECE);
    }
    free(q);
    return fine;
}
