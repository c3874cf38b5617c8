/* SPDX-License-Identifier: MIT */
/* An experiment read from JSON: nothing is believed, sizes are limited. */
#include "experiment.h"

#include "counted.h"

#include <stdio.h>
#include <string.h>

const lab_choice lab_activations[] = {{"tanh", "nn.Tanh()", "reel_nn_tanh(r)"},
                                      {"relu", "nn.ReLU()", "reel_nn_relu(r)"},
                                      {"sigmoid", "nn.Sigmoid()", "reel_nn_sigmoid(r)"},
                                      {NULL, NULL, NULL}};
const lab_choice lab_losses[] = {
    {"l1", "l1_loss", "l1_loss(y_pred, y_true, "},
    {"mse", "mse_loss", "mse_loss(y_pred, y_true, "},
    {"huber", "huber_loss", "huber_loss(y_pred, y_true, 1, "},
    {"smooth_l1", "smooth_l1_loss", "smooth_l1_loss(y_pred, y_true, 1, "},
    {NULL, NULL, NULL}};
const lab_choice lab_inits[] = {
    {"default", "", ""}, {"zeros", "0.0", "0"}, {"halves", "0.5", "0.5"}, {NULL, NULL, NULL}};
const lab_choice lab_optimizers[] = {
    {"sgd", "SGD", "sgd"}, {"adam", "Adam", "adam"}, {"rmsprop", "RMSprop", "rmsprop"}, {0}};

typedef struct reading {
    reeli_json *json;
    lab_experiment *e;
} reading;

static bool refuse(reading *in, const char *why) { return reeli_json_refuse(in->json, why); }

static bool text(reading *in, char *to, size_t size)
{
    if (!reeli_json_text(in->json)) {
        return false;
    }
    if (in->json->text.count >= size || strlen(in->json->text.data) != in->json->text.count) {
        return refuse(in, "this text is too long");
    }
    memcpy(to, in->json->text.data, in->json->text.count + 1);
    return true;
}

static bool choice(reading *in, const lab_choice *all, int *which)
{
    char name[LAB_PIECE], names[LAB_PIECE] = "";
    if (!text(in, name, sizeof name)) {
        return false;
    }
    for (int i = 0; all[i].name; i++) {
        if (strcmp(all[i].name, name) == 0) {
            *which = i;
            return true;
        }
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 all[i].name);
    }
    char why[2 * LAB_PIECE];
    snprintf(why, sizeof why, "there are %s", names);
    return refuse(in, why);
}

static bool whole(reading *in, int low, int high, int *value)
{
    int64_t n;
    if (!reeli_json_integer(in->json, &n)) {
        return false;
    }
    if (n < low || n > high) {
        char why[64];
        snprintf(why, sizeof why, "expected a whole number from %d to %d", low, high);
        return refuse(in, why);
    }
    *value = (int)n;
    return true;
}

static bool read_kind(void *context)
{
    static const lab_choice kinds[] = {{"expression", "", ""}, {"training", "", ""}, {0}};
    reading *in = context;
    int kind;
    const bool read = choice(in, kinds, &kind);
    in->e->training = read && kind == 1;
    return read;
}

static bool read_program(void *context)
{
    reading *in = context;
    return text(in, in->e->program, LAB_PROGRAM);
}

static bool read_constants(void *context)
{
    reading *in = context;
    return text(in, in->e->constants, LAB_PIECE);
}

static bool read_nudges(void *context)
{
    reading *in = context;
    return text(in, in->e->nudges, LAB_PIECE);
}

static bool read_values(void *context)
{
    reading *in = context;
    bool more = false, fine = reeli_json_expect(in->json, '[');
    in->e->values = 0;
    while (fine && reeli_json_next(in->json, ']', &more)) {
        if (in->e->values == LAB_PIECES - 1) {
            return refuse(in, "these are too many values");
        }
        fine = text(in, in->e->value[in->e->values++], LAB_PIECE);
    }
    return fine && !more;
}

static bool read_dtype(void *context)
{
    static const lab_choice dtypes[] = {{"float64", "", ""}, {"float32", "", ""}, {0}};
    reading *in = context;
    int single;
    const bool read = choice(in, dtypes, &single);
    in->e->single = read && single == 1;
    return read;
}

static bool read_times(void *context)
{
    reading *in = context;
    return whole(in, 1, 10, &in->e->times);
}

static bool read_pair(reading *in, double pair[2])
{
    return reeli_json_expect(in->json, '[') && reeli_json_number(in->json, &pair[0]) &&
           reeli_json_expect(in->json, ',') && reeli_json_number(in->json, &pair[1]) &&
           reeli_json_expect(in->json, ']');
}

static bool read_points(void *context)
{
    reading *in = context;
    bool more = false, fine = reeli_json_expect(in->json, '[');
    in->e->points = 0;
    while (fine && reeli_json_next(in->json, ']', &more)) {
        if (in->e->points == LAB_POINTS) {
            return refuse(in, "these are too many points");
        }
        fine = read_pair(in, in->e->point[in->e->points++]);
    }
    return fine && !more && (in->e->points > 0 || refuse(in, "expected a point"));
}

static bool read_hidden(void *context)
{
    reading *in = context;
    bool more = false, fine = reeli_json_expect(in->json, '[');
    in->e->layers = 0;
    while (fine && reeli_json_next(in->json, ']', &more)) {
        if (in->e->layers == LAB_LAYERS) {
            return refuse(in, "these are too many hidden layers");
        }
        fine = whole(in, 1, LAB_WIDTH, &in->e->hidden[in->e->layers++]);
    }
    return fine && !more;
}

static bool read_activation(void *context)
{
    reading *in = context;
    return choice(in, lab_activations, &in->e->activation);
}

static bool read_loss(void *context)
{
    reading *in = context;
    return choice(in, lab_losses, &in->e->loss);
}

static bool read_optimizer(void *context)
{
    reading *in = context;
    return choice(in, lab_optimizers, &in->e->optimizer);
}

static bool read_number(reading *in, double low, double high, double *value)
{
    if (!reeli_json_number(in->json, value)) {
        return false;
    }
    if (*value < low || *value >= high) {
        char why[80];
        snprintf(why, sizeof why, "expected a number from %g on, below %g", low, high);
        return refuse(in, why);
    }
    return true;
}

static bool read_lr(void *context)
{
    reading *in = context;
    return read_number(in, 1e-9, 1e9, &in->e->lr);
}

static bool read_momentum(void *context)
{
    reading *in = context;
    return read_number(in, 0, 1, &in->e->momentum);
}

static bool read_zero_grad(void *context)
{
    reading *in = context;
    return reeli_json_bool(in->json, &in->e->zero_grad);
}

static bool read_reduction(void *context)
{
    static const lab_choice all[] = {{"mean", "", ""}, {"sum", "", ""}, {0}};
    reading *in = context;
    int which;
    const bool read = choice(in, all, &which);
    in->e->total = read && which == 1;
    return read;
}

static bool read_target(void *context)
{
    static const lab_choice all[] = {{"column", "", ""}, {"flat", "", ""}, {0}};
    reading *in = context;
    int which;
    const bool read = choice(in, all, &which);
    in->e->flat = read && which == 1;
    return read;
}

static bool read_init(void *context)
{
    reading *in = context;
    return choice(in, lab_inits, &in->e->init);
}

static bool read_clip(void *context)
{
    reading *in = context;
    return read_number(in, 0, 1e9, &in->e->clip);
}

static bool read_penalty(void *context)
{
    reading *in = context;
    return read_number(in, 0, 1e9, &in->e->penalty);
}

static bool read_weight_decay(void *context)
{
    reading *in = context;
    return read_number(in, 0, 1e9, &in->e->weight_decay);
}

static bool read_gamma(void *context)
{
    reading *in = context;
    return read_number(in, 1e-9, 10, &in->e->gamma);
}

static bool read_update(void *context)
{
    reading *in = context;
    return read_number(in, 0, 1e9, &in->e->update);
}

static bool read_start(void *context)
{
    reading *in = context;
    return (in->e->starts = read_pair(in, in->e->start));
}

static bool read_seed(void *context)
{
    reading *in = context;
    int seed = 0;
    const bool read = whole(in, 0, 1000000000, &seed);
    in->e->seed = (uint64_t)seed;
    return read;
}

static bool read_steps(void *context)
{
    reading *in = context;
    return whole(in, 0, LAB_STEPS, &in->e->steps);
}

bool lab_read_experiment(reeli_json *json, lab_experiment *e)
{
    static const reeli_json_key keys[] = {{"kind", read_kind},
                                          {"program", read_program},
                                          {"values", read_values},
                                          {"constants", read_constants},
                                          {"dtype", read_dtype},
                                          {"times", read_times},
                                          {"nudges", read_nudges},
                                          {"update", read_update},
                                          {"points", read_points},
                                          {"hidden", read_hidden},
                                          {"activation", read_activation},
                                          {"loss", read_loss},
                                          {"optimizer", read_optimizer},
                                          {"lr", read_lr},
                                          {"momentum", read_momentum},
                                          {"zero_grad", read_zero_grad},
                                          {"reduction", read_reduction},
                                          {"target", read_target},
                                          {"init", read_init},
                                          {"clip", read_clip},
                                          {"penalty", read_penalty},
                                          {"weight_decay", read_weight_decay},
                                          {"gamma", read_gamma},
                                          {"start", read_start},
                                          {"seed", read_seed},
                                          {"steps", read_steps}};
    static const double line[][2] = {{1, 2}, {2, 4}, {3, 6}, {4, 8}, {5, 10}};
    unsigned seen;
    reading in = {json, e};
    *e = (lab_experiment){
        .times = 1, .points = 5, .steps = 100, .lr = 0.01, .gamma = 1, .zero_grad = true};
    memcpy(e->point, line, sizeof line);
    if (!reeli_json_object(json, keys, sizeof keys / sizeof *keys, &in, &seen)) {
        return false;
    }
    if (!(seen & 1)) {
        return refuse(&in, "an experiment has a kind: expression or training");
    }
    if (e->training && e->layers && (e->starts || e->penalty > 0)) {
        return refuse(&in, e->starts ? "only a line can be told where to start"
                                     : "only a line can have a penalty");
    }
    return true;
}

/* What is written to a text of LAB_PIECE bytes is added to its end. */
#define ADD(text, ...) snprintf((text) + strlen(text), LAB_PIECE - strlen(text), __VA_ARGS__)

void lab_other_settings(const lab_experiment *e, char text[LAB_PIECE])
{
    *text = '\0';
    if (e->layers) {
        ADD(text, ", %s", REELI_COUNTED(e->layers, "hidden layer"));
    }
    ADD(text, "%s%s%s%s%s", e->zero_grad ? "" : ", without zero_grad",
        e->total ? ", sum over the points" : "", e->flat ? ", targets of shape (n,)" : "",
        e->init ? ", all parameters begin with " : "", lab_inits[e->init].c);
    if (e->clip > 0) {
        ADD(text, ", gradients cut to the norm %g", e->clip);
    }
    if (e->penalty > 0) {
        ADD(text, ", %g |w| added to the loss", e->penalty);
    }
    if (e->weight_decay > 0) {
        ADD(text, ", weight decay %g", e->weight_decay);
    }
    if (e->gamma != 1) {
        ADD(text, ", the rate times %g after each step", e->gamma);
    }
}
