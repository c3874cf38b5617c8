/* SPDX-License-Identifier: MIT */
/* The lab's one function: a request read, what it asks for done, an object written. */
#include "lab.h"

#include "answers.h"

#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct request {
    reeli_json *json;
    char task[LAB_PIECE], language[LAB_PIECE], lesson[LAB_PIECE], answer[LAB_PIECE];
    lab_experiment experiment;
    bool has_experiment;
    int64_t question, seed;
    lab_wants wants;
} request;

static bool text(request *q, char to[LAB_PIECE])
{
    if (!reeli_json_text(q->json)) {
        return false;
    }
    if (q->json->text.count >= LAB_PIECE) {
        return reeli_json_refuse(q->json, "this text is too long");
    }
    memcpy(to, q->json->text.data, q->json->text.count + 1);
    return true;
}

#define KEY(key, read)                                                                             \
    static bool read_##key(void *context)                                                          \
    {                                                                                              \
        request *q = context;                                                                      \
        return read;                                                                               \
    }
KEY(task, text(q, q->task))
KEY(language, text(q, q->language))
KEY(lesson, text(q, q->lesson))
KEY(answer, text(q, q->answer))
KEY(question, reeli_json_integer(q->json, &q->question))
KEY(seed, reeli_json_integer(q->json, &q->seed))
KEY(page, reeli_json_bool(q->json, &q->wants.page))
KEY(tape, reeli_json_bool(q->json, &q->wants.tape))
KEY(surface, reeli_json_bool(q->json, &q->wants.surface))
KEY(experiment, q->has_experiment = lab_read_experiment(q->json, &q->experiment))

static bool read_request(reel *r, const char *from, request *q)
{
    static const reeli_json_key keys[] = {
        {"do", read_task},           {"experiment", read_experiment},
        {"language", read_language}, {"lesson", read_lesson},
        {"question", read_question}, {"seed", read_seed},
        {"answer", read_answer},     {"page", read_page},
        {"tape", read_tape},         {"surface", read_surface}};
    unsigned seen;
    reeli_json json = reeli_json_of(r, "the request", from);
    q->json = &json;
    const bool read = reeli_json_object(&json, keys, sizeof keys / sizeof *keys, q, &seen) &&
                      reeli_json_end(&json);
    reeli_json_free(&json);
    return read;
}

static void put_run(reeli_json_writer *w, const request *q)
{
    (q->experiment.training ? lab_put_training : lab_put_expression)(w, &q->experiment, q->wants);
}

/* What does not run has no program. */
static bool runs(reeli_json_writer *w, const lab_experiment *e)
{
    const char *pieces[LAB_PIECES];
    lab_program p = lab_program_of(e, pieces);
    const bool fine = e->training || (lab_read_inputs(&p) && lab_run_program(&p));
    if (!fine) {
        lab_put_error(w, p.why.text, p.at, p.why.at);
    }
    reel_free(p.r);
    return fine;
}

static void put_code(reeli_json_writer *w, const request *q)
{
    if (!runs(w, &q->experiment)) {
        return;
    }
    char *code = lab_code(&q->experiment, strcmp(q->language, "python") == 0);
    reeli_json_put_text(w, "code", code);
    free(code);
}

/* The experiment that shows the question's answer. */
static void put_solution(reeli_json_writer *w, const lab_asked *asked)
{
    reeli_json_put_open(w, "experiment", '{');
    reeli_json_put_text(w, "kind", "expression");
    reeli_json_put_text(w, "program", asked->question->program);
    reeli_json_put_text(w, "constants", asked->question->constants);
    reeli_json_put_open(w, "values", '[');
    for (int i = 0; i < asked->program.count - 1; i++) {
        reeli_json_put_text(w, NULL, asked->pieces[i]);
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_close(w, '}');
}

static void put_question(reeli_json_writer *w, lab_asked *asked)
{
    char filled[LAB_LONG];
    lab_fill_in(asked, asked->question->text, filled);
    reeli_json_put_text(w, "text", filled);
    reeli_json_put_open(w, "choices", '[');
    for (int i = 0; i < asked->question->choices; i++) {
        reeli_json_put_text(w, NULL, asked->question->choice[i]);
    }
    reeli_json_put_close(w, ']');
    put_solution(w, asked);
}

static void put_reply(reeli_json_writer *w, lab_asked *asked, const char *answer)
{
    const lab_reply reply = lab_check(asked, answer);
    reeli_json_put_bool(w, "right", reply.right);
    reeli_json_put_integer(w, "mistake", reply.mistake);
    reeli_json_put_text(w, "says", reply.says);
}

static void put_truth(reeli_json_writer *w, lab_asked *asked)
{
    char truth[LAB_LONG], why[LAB_LONG], says[2 * LAB_LONG + 64];
    lab_solution(asked, truth);
    lab_fill_in(asked, asked->question->because, why);
    snprintf(says, sizeof says, "It is %s: %s", truth, why);
    reeli_json_put_text(w, "says", says);
}

static void put_asked(reeli_json_writer *w, const request *q)
{
    reel *r = lab_reel();
    lab_lesson *lesson = lab_find_lesson(r, q->lesson, 0);
    lab_asked asked;
    if (!lesson || q->question < 0 || q->question >= lesson->questions) {
        lab_put_error(w, lesson ? "there is no such question" : "there is no such lesson", -1, -1);
    } else if (!lab_ask(&asked, r, &lesson->question[q->question], (uint64_t)q->seed)) {
        lab_put_error(w, asked.program.why.text, asked.program.at, asked.program.why.at);
    } else if (strcmp(q->task, "check") == 0) {
        put_reply(w, &asked, q->answer);
    } else if (strcmp(q->task, "solve") == 0) {
        put_truth(w, &asked);
    } else {
        put_question(w, &asked);
    }
    free(lesson);
    reel_free(r);
}

static void put_answer(reeli_json_writer *w, const request *q)
{
    const bool runs = strcmp(q->task, "run") == 0, codes = strcmp(q->task, "code") == 0;
    const bool asks = strcmp(q->task, "ask") == 0 || strcmp(q->task, "check") == 0 ||
                      strcmp(q->task, "solve") == 0;
    if ((runs || codes) && !q->has_experiment) {
        lab_put_error(w, "the request has no experiment", -1, -1);
    } else if (runs) {
        put_run(w, q);
    } else if (codes) {
        put_code(w, q);
    } else if (strcmp(q->task, "lessons") == 0) {
        char *all = lab_lessons_text();
        reeli_json_put_json(w, "lessons", all ? all : "[]");
        free(all);
    } else if (asks) {
        put_asked(w, q);
    } else {
        lab_put_error(w, "a request has a do: run, code, lessons, ask, check or solve", -1, -1);
    }
}

char *lab_answer(const char *from)
{
    reel *r = lab_reel();
    request *q = calloc(1, sizeof *q);
    char *copy = NULL;
    if (r && q) {
        size_t length;
        reeli_json_writer w = {.r = r};
        reeli_json_put_open(&w, NULL, '{');
        if (read_request(r, from, q)) {
            put_answer(&w, q);
        } else {
            lab_put_error(&w, reel_error(r), -1, -1);
        }
        reeli_json_put_close(&w, '}');
        const char *written = reeli_json_written(&w, &length);
        copy = written ? malloc(length + 1) : NULL;
        if (copy) {
            memcpy(copy, written, length + 1);
        }
        reeli_json_writer_free(&w);
    }
    free(q);
    reel_free(r);
    return copy;
}
