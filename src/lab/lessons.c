/* SPDX-License-Identifier: MIT */
/* The lessons, read from the JSON that they are written in. */
#include "lessons.h"

#include <stdlib.h>
#include <string.h>

typedef struct reading {
    reeli_json *json;
    lab_lesson *lesson;
    lab_screen *screen;
    lab_question *question;
} reading;

static bool text(reading *in, char *to, size_t size)
{
    if (!reeli_json_text(in->json)) {
        return false;
    }
    if (in->json->text.count >= size) {
        return reeli_json_refuse(in->json, "this text is too long");
    }
    memcpy(to, in->json->text.data, in->json->text.count + 1);
    return true;
}

/* A list, each of whose elements `read` reads; up to `most`, counted in *count. */
static bool list(reading *in, int most, int *count, bool (*read)(reading *in, int i))
{
    bool more = false, fine = reeli_json_expect(in->json, '[');
    *count = 0;
    while (fine && reeli_json_next(in->json, ']', &more)) {
        if (*count == most) {
            return reeli_json_refuse(in->json, "these are too many");
        }
        fine = read(in, *count);
        ++*count;
    }
    return fine && !more;
}

/* read_<key>: a text of the lesson, the screen or the question. */
#define TEXT(key, where)                                                                           \
    static bool read_##key(void *context)                                                          \
    {                                                                                              \
        reading *in = context;                                                                     \
        return text(in, where, sizeof(where));                                                     \
    }
TEXT(name, in->lesson->name)
TEXT(title, in->lesson->title)
TEXT(about, in->lesson->about)
TEXT(screen_text, in->screen->text)
TEXT(question_text, in->question->text)
TEXT(program, in->question->program)
TEXT(constants, in->question->constants)
TEXT(truth, in->question->truth)
TEXT(hint, in->question->hint)
TEXT(ask, in->screen->ask)
TEXT(because, in->question->because)

static bool read_minutes(void *context)
{
    reading *in = context;
    int64_t minutes;
    const bool read = reeli_json_integer(in->json, &minutes);
    in->lesson->minutes = read ? (int)minutes : 0;
    return read;
}

static bool one_experiment(reading *in, int i)
{
    return lab_read_experiment(in->json, &in->screen->experiment[i]);
}

static bool read_experiments(void *context)
{
    reading *in = context;
    return list(in, LAB_TOGETHER, &in->screen->experiments, one_experiment);
}

static bool one_screen(reading *in, int i)
{
    static const reeli_json_key keys[] = {
        {"text", read_screen_text}, {"ask", read_ask}, {"experiments", read_experiments}};
    unsigned seen;
    in->screen = &in->lesson->screen[i];
    return reeli_json_object(in->json, keys, sizeof keys / sizeof *keys, in, &seen);
}

static bool read_screens(void *context)
{
    reading *in = context;
    return list(in, LAB_SCREENS, &in->lesson->screens, one_screen);
}

static bool one_value(reading *in, int i) { return text(in, in->question->value[i], LAB_PIECE); }

static bool read_values(void *context)
{
    reading *in = context;
    return list(in, LAB_PIECES - LAB_DRAWN - 1, &in->question->values, one_value);
}

static bool one_choice(reading *in, int i) { return text(in, in->question->choice[i], LAB_PIECE); }

static bool read_choices(void *context)
{
    reading *in = context;
    return list(in, LAB_CHOICES, &in->question->choices, one_choice);
}

/* ["12 * a", "what is said of it"] */
static bool pair(reading *in, char *value, char *says)
{
    return reeli_json_expect(in->json, '[') && text(in, value, LAB_PIECE) &&
           reeli_json_expect(in->json, ',') && text(in, says, LAB_PIECE) &&
           reeli_json_expect(in->json, ']');
}

static bool one_mistake(reading *in, int i)
{
    return pair(in, in->question->mistake[i].value, in->question->mistake[i].says);
}

static bool one_part(reading *in, int i)
{
    return pair(in, in->question->part[i].truth, in->question->part[i].says);
}

static bool read_parts(void *context)
{
    reading *in = context;
    return list(in, LAB_PARTS, &in->question->parts, one_part);
}

static bool read_mistakes(void *context)
{
    reading *in = context;
    return list(in, LAB_MISTAKES, &in->question->mistakes, one_mistake);
}

static bool one_number(reading *in, int i)
{
    return reeli_json_number(in->json, &in->question->draw[in->question->draws].from[i]);
}

/* {"a": [2, 3], "b": [4, 5]}: what each name is drawn from. */
static bool read_draw(void *context)
{
    reading *in = context;
    lab_question *q = in->question;
    bool more = false, fine = reeli_json_expect(in->json, '{');
    while (fine && reeli_json_next(in->json, '}', &more)) {
        if (q->draws == LAB_DRAWN) {
            return reeli_json_refuse(in->json, "these are too many");
        }
        fine = text(in, q->draw[q->draws].name, LAB_PIECE) && reeli_json_expect(in->json, ':') &&
               list(in, LAB_FROM, &q->draw[q->draws].count, one_number);
        q->draws++;
    }
    return fine && !more;
}

static bool one_question(reading *in, int i)
{
    static const reeli_json_key keys[] = {
        {"text", read_question_text}, {"program", read_program},   {"constants", read_constants},
        {"values", read_values},      {"draw", read_draw},         {"truth", read_truth},
        {"parts", read_parts},        {"mistakes", read_mistakes}, {"choices", read_choices},
        {"hint", read_hint},          {"because", read_because}};
    unsigned seen;
    in->question = &in->lesson->question[i];
    return reeli_json_object(in->json, keys, sizeof keys / sizeof *keys, in, &seen);
}

static bool read_questions(void *context)
{
    reading *in = context;
    return list(in, LAB_QUESTIONS, &in->lesson->questions, one_question);
}

static bool read_lesson(reeli_json *json, lab_lesson *lesson)
{
    static const reeli_json_key keys[] = {{"name", read_name},       {"title", read_title},
                                          {"about", read_about},     {"minutes", read_minutes},
                                          {"screens", read_screens}, {"questions", read_questions}};
    unsigned seen;
    reading in = {.json = json, .lesson = lesson};
    memset(lesson, 0, sizeof *lesson);
    return reeli_json_object(json, keys, sizeof keys / sizeof *keys, &in, &seen);
}

char *lab_lessons_text(void)
{
    size_t length = 1;
    for (const char *const *line = lab_lessons; *line; line++) {
        length += strlen(*line) + 1;
    }
    char *text = malloc(length), *at = text;
    for (const char *const *line = lab_lessons; text && *line; line++) {
        const size_t more = strlen(*line);
        memcpy(at, *line, more);
        at[more] = '\n';
        at += more + 1;
    }
    if (text) {
        *at = '\0';
    }
    return text;
}

lab_lesson *lab_find_lesson(reel *r, const char *name, int number)
{
    char *all = lab_lessons_text();
    lab_lesson *lesson = all ? malloc(sizeof *lesson) : NULL;
    bool found = false, more = false;
    if (lesson) {
        reeli_json json = reeli_json_of(r, "lessons", all);
        bool fine = reeli_json_expect(&json, '[');
        for (int i = 0; fine && !found && reeli_json_next(&json, ']', &more); i++) {
            fine = read_lesson(&json, lesson);
            found = fine && (name ? strcmp(name, lesson->name) == 0 : i == number);
        }
        reeli_json_free(&json);
    }
    free(all);
    if (!found) {
        free(lesson);
    }
    return found ? lesson : NULL;
}
