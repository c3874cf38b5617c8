/* SPDX-License-Identifier: MIT */
/* Questions: numbers of their own each time, and answers looked at by the library. A wrong one is
 * compared with what each known mistake would give. */
#include "questions.h"

#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <string.h>

enum { DRAWS = 100 }; /* until truth and mistakes are all different, where they can be drawn */

/* dNAME is the gradient of NAME. */
static void name_gradients(lab_scope *names)
{
    const int count = names->count;
    for (int i = 0; i < count && names->count < LAB_NAMES; i++) {
        reel_tensor *grad = reel_grad(names->value[i]);
        if (grad) {
            snprintf(names->name[names->count], LAB_NAME, "d%.*s", LAB_NAME - 2, names->name[i]);
            names->value[names->count++] = grad;
        }
    }
}

/* What an expression of the question's names comes to; NaN where it is none. */
static double value_of(lab_asked *it, const char *expression)
{
    lab_scope names = it->program.names;
    names.held = NULL;
    lab_mistake why;
    const bool was = reel_set_grad_enabled(it->r, false);
    reel_tensor *t = lab_run_expression(it->r, REEL_F64, expression, &names, &why);
    const double value = t && reel_numel(t) == 1 ? reel_item(t) : (double)NAN;
    reel_set_grad_enabled(it->r, was);
    return value;
}

static bool alike(double a, double b) { return fabs(a - b) <= 1e-3 * fmax(1e-2, fabs(b)); }

/* What is as it is, is right first, and then the first mistake of its value. */
static bool told_apart(const lab_asked *it)
{
    const int count = it->question->draws ? it->question->mistakes : 0;
    bool apart = isfinite(it->truth);
    for (int i = 0; i < it->question->parts; i++) {
        apart = apart && isfinite(it->part[i]);
    }
    for (int i = 0; i < count; i++) {
        apart = apart && isfinite(it->mistake[i]) && !alike(it->mistake[i], it->truth);
        for (int k = 0; k < i; k++) {
            apart = apart && !alike(it->mistake[i], it->mistake[k]);
        }
    }
    return apart;
}

static void draw(lab_asked *it)
{
    const lab_question *q = it->question;
    for (int i = 0; i < q->draws; i++) {
        reel_tensor *which = reel_randint(it->r, REEL_I64, 0, q->draw[i].count, REEL_SHAPE(1));
        snprintf(it->drawn[i], LAB_PIECE, "%.32s=%g", q->draw[i].name,
                 q->draw[i].from[(int)reel_item(which)]);
    }
}

static bool run(lab_asked *it)
{
    const lab_question *q = it->question;
    int count = 0;
    for (int i = 0; i < q->draws; i++) {
        it->pieces[count++] = it->drawn[i];
    }
    for (int i = 0; i < q->values; i++) {
        it->pieces[count++] = q->value[i];
    }
    it->pieces[count++] = q->program;
    it->program = (lab_program){.r = it->r,
                                .dtype = REEL_F64,
                                .pieces = it->pieces,
                                .count = count,
                                .constants = q->constants};
    reel_tensor *root = lab_read_inputs(&it->program) ? lab_run_program(&it->program) : NULL;
    if (!root || !lab_go_back(&it->program, root)) {
        return false;
    }
    name_gradients(&it->program.names);
    for (int i = 0; i < q->parts; i++) {
        it->part[i] = value_of(it, q->part[i].truth);
    }
    it->truth = q->parts ? it->part[0] : value_of(it, q->truth);
    for (int i = 0; i < q->mistakes; i++) {
        it->mistake[i] = value_of(it, q->mistake[i].value);
    }
    return true;
}

bool lab_ask(lab_asked *it, reel *r, const lab_question *question, uint64_t seed)
{
    it->r = r;
    it->question = question;
    reel_retain_all_grads(r, true);
    reel_manual_seed(r, seed);
    for (int i = 0; i < (question->draws ? DRAWS : 1); i++) {
        draw(it);
        if (!run(it)) {
            return false;
        }
        if (told_apart(it)) {
            return true;
        }
    }
    snprintf(it->program.why.text, LAB_SENTENCE,
             "a truth that is no number, or a mistake that gives it or another's value");
    return false;
}

void lab_fill_in(lab_asked *it, const char *text, char filled[LAB_LONG])
{
    size_t at = 0;
    for (const char *c = text; *c && at < LAB_LONG - 1; c++) {
        char expression[LAB_PIECE], number[32];
        const size_t length = *c == '{' ? strcspn(c, "}") : 0;
        if (length == 0 || length >= sizeof expression) {
            filled[at++] = *c;
            continue;
        }
        snprintf(expression, sizeof expression, "%.*s", (int)length - 1, c + 1);
        const double value = value_of(it, expression);
        const int written = snprintf(number, sizeof number, "%.6g", value == 0 ? 0.0 : value);
        const size_t room = LAB_LONG - 1 - at,
                     some = (size_t)written < room ? (size_t)written : room;
        memcpy(filled + at, number, some);
        at += some;
        c += length;
    }
    filled[at] = '\0';
}

static void say(lab_asked *it, lab_reply *reply, const char *first, const char *then)
{
    char filled[LAB_LONG];
    lab_fill_in(it, then, filled);
    snprintf(reply->says, LAB_LONG, "%s%.*s", first, LAB_LONG - 32, filled);
}

/* An answer is a number, or what a calculator takes: "-2 * 3", "1/3". NaN where it is neither. */
static double number_of(lab_asked *it, const char *answer)
{
    lab_scope nothing = {0};
    lab_mistake why;
    reel_tensor *t = lab_run_expression(it->r, REEL_F64, answer, &nothing, &why);
    return t && reel_numel(t) == 1 ? reel_item(t) : (double)NAN;
}

/* How many numbers there are, with commas or semicolons between them; 0 where one is none. */
static int numbers_of(lab_asked *it, const char *answer, double x[LAB_PARTS])
{
    for (int count = 0; count < LAB_PARTS; count++) {
        char one[LAB_PIECE];
        const size_t length = strcspn(answer, ",;");
        snprintf(one, sizeof one, "%.*s", (int)(length < LAB_PIECE ? length : 0), answer);
        x[count] = number_of(it, one);
        if (!isfinite(x[count])) {
            return 0;
        }
        if (!answer[length]) {
            return count + 1;
        }
        answer += length + 1;
    }
    return 0;
}

/* A list is right up to its first number that is not, and that one is spoken of. */
static lab_reply check_parts(lab_asked *it, const char *answer)
{
    const lab_question *q = it->question;
    lab_reply reply = {.mistake = -1};
    double x[LAB_PARTS];
    char first[64];
    reply.is_answer = numbers_of(it, answer, x) == q->parts;
    if (!reply.is_answer) {
        snprintf(reply.says, LAB_LONG, "Numbers, please: %d, with commas between.", q->parts);
        return reply;
    }
    for (int i = 0; i < q->parts && reply.mistake < 0; i++) {
        reply.mistake = alike(x[i], it->part[i]) ? -1 : i;
    }
    reply.right = reply.mistake < 0;
    snprintf(first, sizeof first, "Not yet, from number %d on. ", reply.mistake + 1);
    say(it, &reply, reply.right ? "Right: " : first,
        reply.right ? q->because : q->part[reply.mistake].says);
    return reply;
}

void lab_solution(const lab_asked *it, char text[LAB_LONG])
{
    const int parts = it->question->parts;
    size_t at = 0;
    for (int i = 0; i < (parts ? parts : 1); i++) {
        const double x = parts ? it->part[i] : it->truth;
        at += (size_t)snprintf(text + at, LAB_LONG - at, "%s%.6g", i ? ", " : "", x == 0 ? 0.0 : x);
    }
}

lab_reply lab_check(lab_asked *it, const char *answer)
{
    if (it->question->parts) {
        return check_parts(it, answer);
    }
    lab_reply reply = {.mistake = -1};
    const double x = number_of(it, answer);
    reply.is_answer = isfinite(x);
    reply.right = reply.is_answer && alike(x, it->truth);
    for (int i = 0; !reply.right && i < it->question->mistakes && reply.mistake < 0; i++) {
        reply.mistake = reply.is_answer && alike(x, it->mistake[i]) ? i : -1;
    }
    if (!reply.is_answer) {
        snprintf(reply.says, LAB_LONG, "A number, please, or a sum such as -2 * 3 or 1/3.");
    } else if (reply.right) {
        say(it, &reply, "Right: ", it->question->because);
    } else if (reply.mistake >= 0) {
        say(it, &reply, "Not yet. ", it->question->mistake[reply.mistake].says);
    } else {
        say(it, &reply, "Not yet. ", it->question->hint);
    }
    return reply;
}
