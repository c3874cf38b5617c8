/* SPDX-License-Identifier: MIT */
/* The lab as the playground asks it: the lessons' trainings to PyTorch's digits, its gradients as
 * PyTorch prints them, questions whose truth is nudging's, and requests that are none. */
#include "lab.h"
#include "answers.h"
#include "check_reel.h"

#include <jansson.h>
#include <reel/reel.h>
#include <stdio.h>

/* The lab's answer to a request, as Jansson reads it. */
static json_t *answer_to(const char *request)
{
    json_error_t why;
    char *text = lab_answer(request);
    ck_assert_ptr_nonnull(text);
    json_t *answer = json_loads(text, 0, &why);
    ck_assert_msg(answer != NULL, "%s: %s in %.200s", request, why.text, text);
    free(text);
    return answer;
}

static json_t *ask(json_t *request)
{
    char *text = json_dumps(request, 0);
    json_t *answer = answer_to(text);
    free(text);
    json_decref(request);
    return answer;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text != NULL, "no text %s", key);
    return text;
}

static char expected[1 << 18];

static const char *stored(const char *folder, const char *name, const char *kind)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s.%s", REEL_TEST_DATA, folder, name, kind);
    FILE *stream = fopen(path, "r");
    ck_assert_msg(stream != NULL, "%s", path);
    expected[fread(expected, 1, sizeof expected - 1, stream)] = '\0';
    fclose(stream);
    return expected;
}

/* In tiny blocks no product is added up in PyTorch's order. */
#ifdef REELI_STRESS
enum { IN_ORDER = false };
#else
enum { IN_ORDER = true };
#endif

/* Each "Epoch N, Loss: X" is the Nth loss: to the digit where it is the tutorial's, else, as
 * products are not added up in PyTorch's order, to a hundred-thousandth of it or of the first: a
 * training that diverges carries the difference along. */
static void same_losses(const char *name, const json_t *answer, const char *lines, bool exact)
{
    const json_t *digits = json_object_get(answer, "digits");
    const double first = json_real_value(json_array_get(json_object_get(answer, "loss"), 0));
    int compared = 0, epoch;
    char loss[64];
    for (; sscanf(lines, "Epoch %d, Loss: %60s", &epoch, loss) == 2; compared++) {
        const char *ours = json_string_value(json_array_get(digits, (size_t)epoch - 1));
        ck_assert_msg(
            ours && (strcmp(ours, loss) == 0 ||
                     (!exact && fabs(atof(ours) - atof(loss)) < 1e-5 * fmax(first, atof(loss)))),
            "%s, epoch %d: %s, not %s", name, epoch, ours ? ours : "nothing", loss);
        lines += strcspn(lines, "\n") + 1;
    }
    ck_assert_int_eq(compared, (int)json_array_size(digits) > 400
                                   ? (int)json_array_size(digits) / 50
                                   : (int)json_array_size(digits));
}

START_TEST(the_tutorial)
{
    static const int seeds[] = {0, 1, 2, 3, 4, 42, 123, 1000};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char name[32];
        snprintf(name, sizeof name, "seed-%d", seeds[i]);
        json_t *answer = ask(json_pack("{s:s, s:{s:s, s:i}}", "do", "run", "experiment", "kind",
                                       "training", "seed", seeds[i]));
        same_losses(name, answer, stored("tutorial", name, "txt"), true);
        json_decref(answer);
    }
}
END_TEST

/* The Python that PyTorch ran is the Python that is shown, and what it printed is the answer. */
static void same_as_pytorch(const char *name, json_t *experiment)
{
    json_t *code = ask(
        json_pack("{s:s, s:s, s:O}", "do", "code", "language", "python", "experiment", experiment));
    ck_assert_str_eq(text_of(code, "code"), stored("lab", name, "py"));
    json_decref(code);
    json_t *answer =
        ask(json_pack("{s:s, s:O, s:b}", "do", "run", "experiment", experiment, "tape", 1));
    ck_assert_msg(!json_object_get(answer, "error"), "%s has an error", name);
    ck_assert(json_is_object(json_object_get(answer, "tape")));
    stored("lab", name, "txt");
    if (json_object_get(answer, "digits")) {
        same_losses(name, answer, expected, IN_ORDER && strncmp(name, "tutorial", 8) == 0);
    } else {
        char printed[4096] = "";
        size_t i;
        json_t *line;
        json_array_foreach(json_object_get(answer, "prints"), i, line)
        {
            snprintf(printed + strlen(printed), sizeof printed - strlen(printed), "%s\n",
                     json_string_value(line));
        }
        ck_assert_str_eq(printed, expected);
    }
    json_decref(answer);
}

START_TEST(lessons_are_pytorchs)
{
    json_t *lessons = answer_to("{\"do\": \"lessons\"}"), *lesson, *screen, *experiment;
    size_t l, s, e;
    ck_assert_uint_ge(json_array_size(json_object_get(lessons, "lessons")), 8);
    json_array_foreach(json_object_get(lessons, "lessons"), l, lesson)
    {
        json_array_foreach(json_object_get(lesson, "screens"), s, screen)
        {
            json_array_foreach(json_object_get(screen, "experiments"), e, experiment)
            {
                char name[128];
                snprintf(name, sizeof name, "%s-%zu-%zu", text_of(lesson, "name"), s + 1, e + 1);
                same_as_pytorch(name, experiment);
            }
        }
    }
    json_decref(lessons);
}
END_TEST

/* What no lesson has: sums, flat targets, penalties, clipping, other beginnings. */
START_TEST(settings_are_pytorchs)
{
    json_t *all = json_loads(stored("lab", "settings", "json"), 0, NULL), *experiment;
    size_t i;
    ck_assert_uint_gt(json_array_size(all), 0);
    json_array_foreach(all, i, experiment)
    {
        char name[32];
        snprintf(name, sizeof name, "settings-%zu", i + 1);
        same_as_pytorch(name, experiment);
    }
    json_decref(all);
}
END_TEST

/* One far point: the L1 line stays within 2 %, the MSE line does not. */
START_TEST(an_outlier)
{
    for (int mse = 0; mse < 2; mse++) {
        json_t *answer = ask(json_pack("{s:s, s:{s:s, s:s, s:f, s:i, s:[[ii][ii][ii][ii][ii]]}}",
                                       "do", "run", "experiment", "kind", "training", "loss",
                                       mse ? "mse" : "l1", "lr", mse ? 0.05 : 0.01, "steps", 2000,
                                       "points", 1, 2, 2, 4, 3, 6, 4, 8, 5, 40));
        const json_t *weight = json_object_get(answer, "weight");
        ck_assert_uint_eq(json_array_size(weight), 2001);
        const double w = json_real_value(json_array_get(weight, 2000));
        ck_assert_msg(mse ? fabs(w - 8) < 0.1 : fabs(w - 2) < 0.04, "%s: w = %g",
                      mse ? "mse" : "l1", w);
        json_decref(answer);
    }
}
END_TEST

/* Gradients that a question goes by are what nudging gives. */
static void proven(lab_asked *asked, const char *name)
{
    lab_program *p = &asked->program;
    for (int k = 0; k < p->inputs.count; k++) {
        reel_tensor *x = p->inputs.value[k], *grad = reel_grad(x);
        double all[8];
        const int64_t n = grad ? reel_numel(x) : 0;
        ck_assert_int_le(n, 8);
        if (n > 0) {
            reel_to_f64(grad, all, n);
        }
        for (int64_t i = 0; i < n; i++) {
            const double slope = lab_slope(p, x, i);
            ck_assert_msg(fabs(slope - all[i]) < 1e-4 * fmax(1, fabs(slope)), "%s: %g, not %g",
                          name, all[i], slope);
        }
    }
}

/* A list: right as it is and as calculations; a number that is wrong is the one that is spoken of,
 * also where those after it are wrong, too. */
static void answered_in_parts(lab_asked *asked, const char *name)
{
    const int parts = asked->question->parts;
    char right[LAB_LONG], text[2 * LAB_LONG];
    lab_solution(asked, right);
    lab_reply reply = lab_check(asked, right);
    ck_assert_msg(reply.right && !strchr(reply.says, '{'), "%s: %s: %s", name, right, reply.says);
    for (int wrong = 0; wrong <= parts; wrong++) {
        *text = '\0';
        for (int i = 0; i < parts; i++) {
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.10g + %d", i ? "; " : "",
                     asked->part[i], i >= wrong);
        }
        reply = lab_check(asked, text);
        ck_assert_msg(reply.right == (wrong == parts), "%s: %s: %s", name, text, reply.says);
        ck_assert_int_eq(reply.mistake, wrong == parts ? -1 : wrong);
        ck_assert_msg(!strchr(reply.says, '{'), "%s", reply.says);
    }
    ck_assert(!lab_check(asked, "1").is_answer);
    snprintf(text, sizeof text, "%s, 1", right);
    ck_assert(!lab_check(asked, text).is_answer);
    ck_assert(!lab_check(asked, "1, 2, nonsense, 4, 5").is_answer);
}

/* The truth in three ways is right; what each mistake gives gets that mistake's sentence. */
static void answered(lab_asked *asked, const char *name)
{
    static const char *const ways[][2] = {{"", ""}, {" (", ") * 1"}, {"0 + ", " # so"}};
    char text[64];
    if (asked->question->parts) {
        answered_in_parts(asked, name);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s%.10g%s", ways[i][0], asked->truth, ways[i][1]);
        const lab_reply reply = lab_check(asked, text);
        ck_assert_msg(reply.right, "%s: %s is not right: %s", name, text, reply.says);
    }
    for (int i = 0; i < asked->question->mistakes; i++) {
        snprintf(text, sizeof text, "%.10g", asked->mistake[i]);
        const lab_reply reply = lab_check(asked, text);
        ck_assert_msg(!reply.right && reply.mistake == i && !strchr(reply.says, '{'), "%s: %s: %s",
                      name, text, reply.says);
    }
    ck_assert(!lab_check(asked, "nonsense").is_answer);
    ck_assert_int_eq(lab_check(asked, "123456.789").mistake, -1);
}

START_TEST(questions)
{
    lab_lesson *lesson;
    reel *r = lab_reel();
    for (int l = 0; (lesson = lab_find_lesson(r, NULL, l)) != NULL; l++) {
        ck_assert_int_gt(lesson->questions, 0);
        for (int k = 0; k < lesson->questions; k++) {
            char first[LAB_LONG] = "", text[LAB_LONG];
            int others = 0;
            for (int seed = 0; seed < 60; seed++) {
                reel *own = lab_reel();
                lab_asked asked;
                ck_assert_msg(lab_ask(&asked, own, &lesson->question[k], (uint64_t)seed),
                              "%s, %d: %s", lesson->name, k, asked.program.why.text);
                answered(&asked, lesson->name);
                lab_fill_in(&asked, lesson->question[k].text, text);
                ck_assert_msg(!strstr(text, "nan") && !strchr(text, '{'), "%s", text);
                others += seed > 0 && strcmp(first, text) != 0;
                memcpy(first, text, sizeof first);
                proven(&asked, lesson->name);
                reel_free(own);
            }
            ck_assert_msg(others > 0 || lesson->question[k].choices, "%s, %d: always the same",
                          lesson->name, k);
        }
        free(lesson);
    }
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

#define TRAINING(more) "{\"do\": \"run\", \"experiment\": {\"kind\": \"training\", " more "}}"
#define EXPRESSION(more) "{\"do\": \"run\", \"experiment\": {\"kind\": \"expression\", " more "}}"

START_TEST(what_is_wrong_is_said)
{
    static const struct {
        const char *request, *says;
        int piece, at;
    } wrong[] = {
        {"", "expected '{'", -1, -1},
        {"{}", "a request has a do", -1, -1},
        {"{\"do\": \"run\"}", "has no experiment", -1, -1},
        {"{\"do\": \"ask\", \"lesson\": \"none\"}", "no such lesson", -1, -1},
        {"{\"do\": \"ask\", \"lesson\": \"order\", \"question\": 9}", "no such question", -1, -1},
        {TRAINING("\"loss\": \"l2\""), "there are l1, mse, huber, smooth_l1", -1, -1},
        {TRAINING("\"steps\": 5001"), "from 0 to 5000", -1, -1},
        {TRAINING("\"hidden\": [4, 4, 4]"), "too many hidden layers", -1, -1},
        {TRAINING("\"hidden\": [33]"), "from 1 to 32", -1, -1},
        {TRAINING("\"points\": []"), "expected a point", -1, -1},
        {TRAINING("\"lr\": 0"), "from 1e-09 on", -1, -1},
        {TRAINING("\"momentum\": 1"), "from 0 on, below 1", -1, -1},
        {TRAINING("\"gamma\": 0"), "from 1e-09 on", -1, -1},
        {TRAINING("\"weight_decay\": -1"), "from 0 on", -1, -1},
        {TRAINING("\"hidden\": [4], \"start\": [0, 0]"), "only a line", -1, -1},
        {TRAINING("\"points\": [[1, 2], [3]]"), "expected ','", -1, -1},
        {EXPRESSION("\"program\": \"y = tanh(x\", \"values\": [\"x=1\"]"), "here a ')'", 1, 10},
        {EXPRESSION("\"program\": \"y = x\", \"values\": [\"x=[[1],[2,3]]\"]"), "one length", 0, 8},
        {EXPRESSION("\"program\": \"y = sum(x, 4e21)\", \"values\": [\"x=[1,2]\"]"), "whole", 1, 4},
        {EXPRESSION("\"program\": \"y = sum(x, .5)\", \"values\": [\"x=[1,2]\"]"), "whole", 1, 4},
        {EXPRESSION("\"program\": \"\""), "nothing to compute", 0, 0},
        {EXPRESSION("\"program\": \"x\", \"values\": [\"x=[1, 2]\"]"), "end with sum", -1, -1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *answer = answer_to(wrong[i].request), *error = json_object_get(answer, "error");
        ck_assert_msg(error != NULL, "%s has no error", wrong[i].request);
        ck_assert_msg(strstr(text_of(error, "text"), wrong[i].says) != NULL, "%s: %s",
                      wrong[i].request, text_of(error, "text"));
        const json_t *piece = json_object_get(error, "piece");
        ck_assert_int_eq(piece ? (int)json_integer_value(piece) : -1, wrong[i].piece);
        if (piece) {
            ck_assert_int_eq((int)json_integer_value(json_object_get(error, "at")), wrong[i].at);
        }
        json_decref(answer);
    }
}
END_TEST

/* Nudges of exp at 1, whose slope is e: from both sides the error goes with h^2, from one with h;
 * in float64 1e-5 is about the best, in float32 tiny ones say nothing. */
START_TEST(nudges)
{
    for (int single = 0; single < 2; single++) {
        json_t *answer =
            ask(json_pack("{s:s, s:{s:s, s:s, s:[s], s:s, s:s}}", "do", "run", "experiment", "kind",
                          "expression", "program", "exp(x)", "values", "x=1", "nudges", "x",
                          "dtype", single ? "float32" : "float64"));
        const json_t *all = json_object_get(answer, "nudges");
        const double e = exp(1);
        ck_assert_uint_eq(json_array_size(all), 11);
        for (size_t i = 0; i < 11; i++) {
            const json_t *it = json_array_get(all, i);
            const double h = atof(text_of(it, "h")), one = atof(text_of(it, "one")),
                         both = atof(text_of(it, "both"));
            if (h >= 1e-3 && (!single || h >= 0.1)) {
                ck_assert_msg(fabs(one - (exp(1 + h) - e) / h) < 1e-4, "%g: %g", h, one);
                ck_assert_msg(fabs(both - e * sinh(h) / h) < 1e-4, "%g: %g", h, both);
            }
            ck_assert(single || h < 1e-6 || h > 1e-4 || atof(text_of(it, "apart")) < 1e-7);
            ck_assert_msg(!single || h > 1e-8 || both == 0, "%g: %g", h, both);
        }
        json_decref(answer);
    }
    json_t *answer = answer_to(EXPRESSION("\"program\": \"x\", \"values\": [\"x=1\"], "
                                          "\"nudges\": \"z\""));
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "nudges")), 0);
    json_decref(answer);
}
END_TEST

/* A training that runs away stops, says why, and has what came before. */
START_TEST(divergence)
{
    json_t *answer = answer_to(TRAINING("\"loss\": \"mse\", \"lr\": 0.1, \"steps\": 1000"));
    ck_assert(strstr(text_of(answer, "stopped"), "smaller learning rate") != NULL);
    ck_assert_int_gt((int)json_integer_value(json_object_get(answer, "steps")), 50);
    ck_assert_int_lt((int)json_integer_value(json_object_get(answer, "steps")), 300);
    json_decref(answer);
}
END_TEST

static double number_at(const json_t *object, const char *key, size_t i)
{
    const json_t *list = json_object_get(object, key);
    ck_assert_msg(i < json_array_size(list), "no %s %zu", key, i);
    return json_number_value(json_array_get(list, i));
}

/* What the surface says of a weight and a bias is the loss that a training begins with there. */
START_TEST(a_surface)
{
    static const char *const losses[] = {"l1", "mse", "huber", "smooth_l1"};
    for (size_t l = 0; l < 4; l++) {
        json_t *answer =
            ask(json_pack("{s:s, s:b, s:{s:s, s:s, s:i}}", "do", "run", "surface", 1, "experiment",
                          "kind", "training", "loss", losses[l], "steps", 30));
        const json_t *surface = json_object_get(answer, "surface");
        const size_t side = json_array_size(json_object_get(surface, "weight"));
        ck_assert_uint_eq(json_array_size(json_object_get(surface, "loss")), side * side);
        for (size_t i = 0; i <= 30; i++) {
            const double w = number_at(answer, "weight", i), b = number_at(answer, "bias", i);
            ck_assert(w > number_at(surface, "weight", 0) &&
                      w < number_at(surface, "weight", side - 1));
            ck_assert(b > number_at(surface, "bias", 0) &&
                      b < number_at(surface, "bias", side - 1));
        }
        for (size_t i = 0; i < side * side; i += 97) {
            const double loss = number_at(surface, "loss", i);
            json_t *there = ask(json_pack(
                "{s:s, s:{s:s, s:s, s:i, s:[ff]}}", "do", "run", "experiment", "kind", "training",
                "loss", losses[l], "steps", 0, "start", number_at(surface, "weight", i % side),
                number_at(surface, "bias", i / side)));
            const double now = atof(text_of(there, "now"));
            ck_assert_msg(fabs(now - loss) < 1e-5 * fmax(1, loss), "%s: %g, not %g", losses[l],
                          loss, now);
            ck_assert(loss >= json_number_value(
                                  json_object_get(json_object_get(surface, "lowest"), "loss")));
            json_decref(there);
        }
        json_decref(answer);
    }
}
END_TEST

/* A line that runs away, points above one another, a net: a surface that is finite, or none. */
START_TEST(surfaces_of_odd_trainings)
{
    static const struct {
        const char *experiment;
        bool has;
    } odd[] = {{"\"loss\": \"mse\", \"lr\": 0.1, \"steps\": 1000", true},
               {"\"points\": [[0, 0]], \"start\": [0, 0], \"steps\": 3", true},
               {"\"points\": [[2, 1], [2, 5]], \"steps\": 3", true},
               {"\"start\": [1e300, 0], \"steps\": 3", false},
               {"\"hidden\": [4], \"steps\": 3", false}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char request[256];
        snprintf(
            request, sizeof request,
            "{\"do\": \"run\", \"surface\": true, \"experiment\": {\"kind\": \"training\", %s}}",
            odd[i].experiment);
        json_t *answer = answer_to(request), *surface = json_object_get(answer, "surface");
        ck_assert_msg((surface != NULL) == odd[i].has, "%s", request);
        for (size_t k = 0; surface && k < 41 * 41; k++) {
            ck_assert(isfinite(number_at(surface, "loss", k)));
            ck_assert(number_at(surface, "loss", k) < 1e5);
        }
        json_decref(answer);
    }
}
END_TEST

/* A question of numbers that are given, where mistakes give the truth and one another's value: the
 * truth is right, and a mistake is the first of its value. */
START_TEST(undrawn_question)
{
    lab_question q = {.program = "y = a * a", .value = {"a=2"}, .values = 1, .truth = "da"};
    static const char *const mistakes[] = {"y", "a", "1 + 1"};
    for (int i = 0; i < 3; i++) {
        snprintf(q.mistake[q.mistakes++].value, LAB_PIECE, "%s", mistakes[i]);
    }
    reel *r = lab_reel();
    lab_asked asked;
    ck_assert(lab_ask(&asked, r, &q, 0));
    const lab_reply right = lab_check(&asked, "4"), wrong = lab_check(&asked, "2");
    ck_assert(right.right && right.mistake == -1);
    ck_assert(!wrong.right && wrong.mistake == 1);
    snprintf(q.truth, LAB_PIECE, "log(0 * a)");
    ck_assert(!lab_ask(&asked, r, &q, 0) && strstr(asked.program.why.text, "no number"));
    reel_free(r);
}
END_TEST

/* Requests with bytes changed, lost and doubled: an object comes back, whatever it was. */
START_TEST(damaged_requests)
{
    static const char *const whole[] = {
        TRAINING("\"points\": [[1, 2], [3, 4.5]], \"hidden\": [3, 2], \"activation\": \"relu\", "
                 "\"loss\": \"huber\", \"optimizer\": \"adam\", \"lr\": 0.1, \"steps\": 3"),
        EXPRESSION("\"program\": \"c = a @ b + [1, 2]; y = sum(tanh(c) ^ 2 / 3)\", \"values\": "
                   "[\"a=[[1,2],[3,4]]\", \"b=[1,2]\"], \"constants\": \"b\", \"times\": 2"),
        "{\"do\": \"code\", \"language\": \"c\", \"experiment\": {\"kind\": \"expression\", "
        "\"program\": "
        "\"y = sum(where(a > 1, a, -a ** 3), 0)\", \"values\": [\"a=[1,-2,3]\"]}}",
        "{\"do\": \"check\", \"lesson\": \"chain\", \"question\": 1, \"seed\": 3, \"answer\": "
        "\"1/4\"}"};
    uint32_t state = 1;
    for (int i = 0; i < 3000; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s", whole[i % 4]);
        for (uint32_t k = 0; k <= (state >> 8) % 3; k++) {
            state = state * 1664525u + 1013904223u;
            const size_t length = strlen(text), at = (state >> 9) % length;
            if ((state >> 28) % 4 == 0) {
                memmove(text + at, text + at + 1, length - at);
            } else {
                text[at] = (state >> 28) % 2 ? "0123456789[](){},:;\"+-*/^@= ae"[(state >> 20) % 30]
                                             : text[(state >> 4) % length];
            }
            if (!*text) {
                break;
            }
        }
        char *answer = lab_answer(text);
        ck_assert_msg(answer && *answer == '{', "%s", text);
        free(answer);
    }
}
END_TEST

/* A question, the experiment that shows its answer, a wrong reply, and the answer. */
START_TEST(asked_and_solved)
{
    json_t *asked =
        answer_to("{\"do\": \"ask\", \"lesson\": \"accumulate\", \"question\": 0, \"seed\": 7}");
    int a = 0;
    ck_assert_int_eq(sscanf(text_of(asked, "text"), "b = a + a; c = b * b at a = %d.", &a), 1);
    json_t *run = ask(
        json_pack("{s:s, s:O}", "do", "run", "experiment", json_object_get(asked, "experiment")));
    const json_t *first = json_array_get(json_object_get(run, "gradients"), 0);
    ck_assert_int_eq(atoi(text_of(first, "gradient")), 8 * a);
    json_t *solved =
        answer_to("{\"do\": \"solve\", \"lesson\": \"accumulate\", \"question\": 0, \"seed\": 7}");
    char expected_start[32];
    snprintf(expected_start, sizeof expected_start, "It is %d: ", 8 * a);
    ck_assert_msg(strncmp(text_of(solved, "says"), expected_start, strlen(expected_start)) == 0,
                  "%s", text_of(solved, "says"));
    json_t *checked = ask(json_pack("{s:s, s:s, s:i, s:i, s:s}", "do", "check", "lesson",
                                    "accumulate", "question", 0, "seed", 7, "answer", "1e9"));
    ck_assert(json_is_false(json_object_get(checked, "right")));
    ck_assert(strncmp(text_of(checked, "says"), "Not yet. Step 2", 15) == 0);
    json_decref(asked);
    json_decref(run);
    json_decref(solved);
    json_decref(checked);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, asked_and_solved);
    tcase_add_test(cases, the_tutorial);
    tcase_add_test(cases, lessons_are_pytorchs);
    tcase_add_test(cases, settings_are_pytorchs);
    tcase_add_test(cases, an_outlier);
    tcase_add_test(cases, questions);
    tcase_add_test(cases, what_is_wrong_is_said);
    tcase_add_test(cases, nudges);
    tcase_add_test(cases, divergence);
    tcase_add_test(cases, a_surface);
    tcase_add_test(cases, surfaces_of_odd_trainings);
    tcase_add_test(cases, damaged_requests);
    tcase_add_test(cases, undrawn_question);
}

int main(void) { return run_suite("lab", add_cases); }
