/* SPDX-License-Identifier: MIT */
/* Models and losses from their descriptions; layers.def has a row for each kind. */
#include "runner.h"

#include <stddef.h>
#include <string.h>

/* All that layers and losses are told. What a row does not name stays at the default here. */
typedef struct given {
    int64_t in, out, size, dim;
    bool no_bias, no_affine, no_running_stats;
    double p, eps, momentum;
    double alpha, beta, threshold, value, negative_slope, lambd, min_val, max_val, margin, delta;
    int approximate;
    reel_reduction reduction;
    reel_legacy_flag size_average, reduce;
    int64_t ignore_index;
    bool has_index; /* whether one was given */
    double label_smoothing;
    bool log_target, no_log_input, full;
} given;

static const given defaults = {
    .out = 1,
    .dim = -1,
    .p = 0.5,
    .alpha = 1,
    .beta = 1,
    .threshold = 20,
    .negative_slope = 0.01,
    .lambd = 0.5,
    .min_val = -1,
    .max_val = 1,
    .margin = 1,
    .delta = 1,
};

static const char *const approximations[] = {"none", "tanh", NULL};

static const field fields[] = {
    {"in", WHOLE, offsetof(given, in), NULL},
    {"out", WHOLE, offsetof(given, out), NULL},
    {"bias", NOT_FLAG, offsetof(given, no_bias), NULL},
    {"size", WHOLE, offsetof(given, size), NULL},
    {"eps", REAL, offsetof(given, eps), NULL},
    {"momentum", REAL, offsetof(given, momentum), NULL},
    {"elementwise_affine", NOT_FLAG, offsetof(given, no_affine), NULL},
    {"affine", NOT_FLAG, offsetof(given, no_affine), NULL},
    {"track_running_stats", NOT_FLAG, offsetof(given, no_running_stats), NULL},
    {"p", REAL, offsetof(given, p), NULL},
    {"dim", WHOLE, offsetof(given, dim), NULL},
    {"alpha", REAL, offsetof(given, alpha), NULL},
    {"beta", REAL, offsetof(given, beta), NULL},
    {"threshold", REAL, offsetof(given, threshold), NULL},
    {"value", REAL, offsetof(given, value), NULL},
    {"negative_slope", REAL, offsetof(given, negative_slope), NULL},
    {"lambd", REAL, offsetof(given, lambd), NULL},
    {"min_val", REAL, offsetof(given, min_val), NULL},
    {"max_val", REAL, offsetof(given, max_val), NULL},
    {"approximate", CHOICE, offsetof(given, approximate), approximations},
    {"reduction", REDUCTION, offsetof(given, reduction), NULL},
    {"size_average", LEGACY, offsetof(given, size_average), NULL},
    {"reduce", LEGACY, offsetof(given, reduce), NULL},
    {"delta", REAL, offsetof(given, delta), NULL},
    {"margin", REAL, offsetof(given, margin), NULL},
    {"ignore_index", WHOLE, offsetof(given, ignore_index), NULL},
    {"label_smoothing", REAL, offsetof(given, label_smoothing), NULL},
    {"log_target", FLAG, offsetof(given, log_target), NULL},
    {"log_input", NOT_FLAG, offsetof(given, no_log_input), NULL},
    {"full", FLAG, offsetof(given, full), NULL},
    {NULL, REAL, 0, NULL},
};

#define LEGACY_FLAGS "reduction size_average reduce"
#define INDEX (g->ignore_index == 0 && g->has_index ? REEL_INDEX_ZERO : g->ignore_index)
#define NORM                                                                                       \
    &(reel_norm_options)                                                                           \
    {                                                                                              \
        .eps = g->eps, .momentum = g->momentum, .no_affine = g->no_affine,                         \
        .no_running_stats = g->no_running_stats, .dtype = dtype                                    \
    }

#define ROW(name, options, expression)                                                             \
    static reel_module *make_##name(reel *r, const given *g, reel_dtype dtype)                     \
    {                                                                                              \
        (void)g;                                                                                   \
        (void)dtype;                                                                               \
        return expression;                                                                         \
    }
#include "layers.def"
#undef ROW

typedef struct row {
    const char *type;
    const char *options; /* those that it has, of the fields above */
    reel_module *(*make)(reel *r, const given *g, reel_dtype dtype);
} row;

static const row rows[] = {
#define ROW(name, options, expression) {#name, options, make_##name},
#include "layers.def"
#undef ROW
};

static const row *row_of(const char *type)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].type, type) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Whether the word is among those of a list with spaces between. */
static bool among(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (; *list; list += strspn(list, " ")) {
        size_t next = strcspn(list, " ");
        if (next == length && strncmp(list, word, length) == 0) {
            return true;
        }
        list += next;
    }
    return false;
}

static reel_module *make(reel *r, json_t *spec, reel_dtype dtype, reason *why)
{
    const row *to = row_of(type_of(spec));
    given g = defaults;
    const char *name;
    json_t *value;
    if (!to) {
        because(why, "no such layer or loss as '%s'", type_of(spec));
        return NULL;
    }
    json_object_foreach(spec, name, value)
    {
        if (strcmp(name, "type") != 0 && !json_is_null(value) && !among(to->options, name)) {
            because(why, "%s has no option '%s'", to->type, name);
            return NULL;
        }
    }
    if (!read_fields(spec, fields, &g, why)) {
        return NULL;
    }
    g.has_index = json_object_get(spec, "ignore_index") != NULL;
    reel_module *m = to->make(r, &g, dtype);
    if (!m) {
        because(why, "%s: %s", to->type, reel_error(r));
    }
    return m;
}

reel_module *make_model(reel *r, json_t *layers, reel_dtype dtype, reason *why)
{
    enum { MAX_LAYERS = 64 };
    reel_module *layer[MAX_LAYERS];
    size_t count = json_array_size(layers);
    if (count == 0 || count > MAX_LAYERS) {
        because(why, "a model of %zu layers", count);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        layer[i] = make(r, json_array_get(layers, i), dtype, why);
        if (!layer[i]) {
            return NULL;
        }
    }
    reel_module *model = reel_nn_sequential(r, layer, (int)count);
    if (!model) {
        because(why, "%s", reel_error(r));
    }
    return model;
}

reel_module *make_loss(reel *r, json_t *spec, reason *why) { return make(r, spec, REEL_F32, why); }
