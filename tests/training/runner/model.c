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
    int64_t padding_idx;
    double label_smoothing;
    bool log_target, no_log_input, full;
    int64_t groups;
    reel_dims kernel, stride, padding, dilation, output_padding, output;
    bool ceil_mode, align_corners, affine, running_stats;
    int padding_mode, mode;
    double scale_factor, k, dropout;
    int64_t layers, projected;
    int64_t kdim, vdim;
    bool add_bias_kv, batch_first, bidirectional;
    int nonlinearity;
} given;

static const given defaults = {
    .out = 1,
    .dim = -1,
    .padding_idx = REEL_NO_PADDING,
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
    .k = 1,
};

static const char *const approximations[] = {"none", "tanh", NULL};

static const char *const paddings[] = {"zeros", "reflect", "replicate", "circular", NULL};
static const char *const nonlinearities[] = {"tanh", "relu", NULL};
/* in reel_resize_mode's order, and two more names of linear */
static const char *const resizings[] = {"nearest", "nearest-exact", "linear",    "bicubic",
                                        "area",    "bilinear",      "trilinear", NULL};

static const field fields[] = {
    {"in_channels", WHOLE, offsetof(given, in), NULL},
    {"out_channels", WHOLE, offsetof(given, out), NULL},
    {"num_embeddings", WHOLE, offsetof(given, in), NULL},
    {"embedding_dim", WHOLE, offsetof(given, out), NULL},
    {"padding_idx", WHOLE, offsetof(given, padding_idx), NULL},
    {"num_features", WHOLE, offsetof(given, size), NULL},
    {"num_channels", WHOLE, offsetof(given, size), NULL},
    {"upscale_factor", WHOLE, offsetof(given, size), NULL},
    {"downscale_factor", WHOLE, offsetof(given, size), NULL},
    {"num_groups", WHOLE, offsetof(given, groups), NULL},
    {"groups", WHOLE, offsetof(given, groups), NULL},
    {"kernel_size", DIMS, offsetof(given, kernel), NULL},
    {"stride", DIMS, offsetof(given, stride), NULL},
    {"padding", DIMS, offsetof(given, padding), NULL},
    {"dilation", DIMS, offsetof(given, dilation), NULL},
    {"output_padding", DIMS, offsetof(given, output_padding), NULL},
    {"output_size", DIMS, offsetof(given, output), NULL},
    {"unflattened_size", DIMS, offsetof(given, output), NULL},
    {"ceil_mode", FLAG, offsetof(given, ceil_mode), NULL},
    {"align_corners", FLAG, offsetof(given, align_corners), NULL},
    {"padding_mode", CHOICE, offsetof(given, padding_mode), paddings},
    {"mode", CHOICE, offsetof(given, mode), resizings},
    {"scale_factor", REAL, offsetof(given, scale_factor), NULL},
    {"input_size", WHOLE, offsetof(given, in), NULL},
    {"hidden_size", WHOLE, offsetof(given, out), NULL},
    {"num_layers", WHOLE, offsetof(given, layers), NULL},
    {"proj_size", WHOLE, offsetof(given, projected), NULL},
    {"batch_first", FLAG, offsetof(given, batch_first), NULL},
    {"bidirectional", FLAG, offsetof(given, bidirectional), NULL},
    {"nonlinearity", CHOICE, offsetof(given, nonlinearity), nonlinearities},
    {"dropout", REAL, offsetof(given, dropout), NULL},
    {"embed_dim", WHOLE, offsetof(given, size), NULL},
    {"num_heads", WHOLE, offsetof(given, groups), NULL},
    {"kdim", WHOLE, offsetof(given, kdim), NULL},
    {"vdim", WHOLE, offsetof(given, vdim), NULL},
    {"add_bias_kv", FLAG, offsetof(given, add_bias_kv), NULL},
    {"d_model", WHOLE, offsetof(given, size), NULL},
    {"nhead", WHOLE, offsetof(given, groups), NULL},
    {"dim_feedforward", WHOLE, offsetof(given, out), NULL},
    {"in_features", WHOLE, offsetof(given, in), NULL},
    {"out_features", WHOLE, offsetof(given, out), NULL},
    {"in1_features", WHOLE, offsetof(given, in), NULL},
    {"in2_features", WHOLE, offsetof(given, size), NULL},
    {"num_parameters", WHOLE, offsetof(given, size), NULL},
    {"normalized_shape", DIMS, offsetof(given, output), NULL},
    {"norm_type", REAL, offsetof(given, p), NULL},
    {"k", REAL, offsetof(given, k), NULL},
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
        .no_running_stats = g->no_running_stats, .affine = g->affine,                              \
        .running_stats = g->running_stats, .dtype = dtype                                          \
    }
#define CONV_OPTIONS                                                                               \
    "in_channels out_channels kernel_size stride padding dilation output_padding groups bias "     \
    "padding_mode"
#define CONV                                                                                       \
    (reel_conv_options)                                                                            \
    {                                                                                              \
        .stride = g->stride, .padding = g->padding, .dilation = g->dilation, .groups = g->groups,  \
        .output_padding = g->output_padding, .no_bias = g->no_bias, .dtype = dtype,                \
        .pad_mode = (reel_pad_mode)g->padding_mode                                                 \
    }
#define POOL_OPTIONS "kernel_size stride padding dilation ceil_mode"
#define POOL                                                                                       \
    (reel_pool_options)                                                                            \
    {                                                                                              \
        .stride = g->stride, .padding = g->padding, .dilation = g->dilation,                       \
        .ceil_mode = g->ceil_mode                                                                  \
    }
#define RESIZE                                                                                     \
    (reel_interpolate_options)                                                                     \
    {                                                                                              \
        .scale_factor = {g->scale_factor},                                                         \
        .mode = g->mode > 4 ? REEL_RESIZE_LINEAR : (reel_resize_mode)g->mode,                      \
        .align_corners = g->align_corners                                                          \
    }
#define RNN_OPTIONS                                                                                \
    "input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size "          \
    "nonlinearity"
#define RECURRENT                                                                                  \
    &(reel_rnn_options)                                                                            \
    {                                                                                              \
        .num_layers = g->layers, .no_bias = g->no_bias, .batch_first = g->batch_first,             \
        .bidirectional = g->bidirectional, .relu = g->nonlinearity == 1, .dropout = g->dropout,    \
        .proj_size = g->projected, .dtype = dtype                                                  \
    }
#define MULTIHEAD                                                                                  \
    &(reel_multihead_options)                                                                      \
    {                                                                                              \
        .dropout = g->dropout, .no_bias = g->no_bias, .batch_first = g->batch_first,               \
        .kdim = g->kdim, .vdim = g->vdim, .add_bias_kv = g->add_bias_kv, .dtype = dtype            \
    }
/* A plane padded alike on all sides. */
#define AROUND                                                                                     \
    (int64_t[]){g->padding.size[0], g->padding.size[0], g->padding.size[0], g->padding.size[0]}, 4

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
    g.affine = json_is_true(json_object_get(spec, "affine"));
    g.running_stats = json_is_true(json_object_get(spec, "track_running_stats"));
    g.has_index = json_object_get(spec, "ignore_index") != NULL;
    reel_module *m = to->make(r, &g, dtype);
    if (!m) {
        because(why, "%s: %s", to->type, reel_error(r));
    }
    return m;
}

enum { MAX_LAYERS = 64 };

/* Save keeps a value under a name; Add and Concat join it again; Take is of a sequence its last
 * step, or all of it. They have no weights. */
static bool is_marker(json_t *spec)
{
    static const char *const markers[] = {"Save", "Add", "Concat", "Take"};
    bool found = false;
    for (size_t i = 0; i < sizeof markers / sizeof *markers; i++) {
        found = found || strcmp(type_of(spec), markers[i]) == 0;
    }
    return found;
}

/* What a marker makes of x; `kept` are the values of the markers before it. */
static reel_tensor *mark(json_t *layers, size_t at, reel_tensor **kept, reel_tensor *x)
{
    json_t *spec = json_array_get(layers, at);
    const char *slot = json_string_value(json_object_get(spec, "slot"));
    reel_tensor *saved = NULL;
    if (strcmp(type_of(spec), "Save") == 0) {
        return kept[at] = x;
    }
    if (strcmp(type_of(spec), "Take") == 0) {
        const char *what = json_string_value(json_object_get(spec, "what"));
        return what && strcmp(what, "all") == 0 ? x : reel_select(x, 1, -1);
    }
    for (size_t i = 0; i < at; i++) { /* the last of that name */
        const char *name = json_string_value(json_object_get(json_array_get(layers, i), "slot"));
        saved = kept[i] && slot && name && strcmp(name, slot) == 0 ? kept[i] : saved;
    }
    if (strcmp(type_of(spec), "Add") == 0) {
        return reel_add(x, saved);
    }
    reel_tensor *parts[] = {saved, x};
    return reel_cat(parts, 2, json_integer_value(json_object_get(spec, "dim")));
}

reel_tensor *run_model(reel_module *model, json_t *layers, reel_tensor *x)
{
    reel_tensor *kept[MAX_LAYERS] = {NULL};
    for (size_t i = 0; i < json_array_size(layers); i++) {
        x = is_marker(json_array_get(layers, i)) ? mark(layers, i, kept, x)
                                                 : reel_forward(reel_module_at(model, (int)i), x);
    }
    return x;
}

reel_module *make_model(reel *r, json_t *layers, reel_dtype dtype, reason *why)
{
    reel_module *layer[MAX_LAYERS];
    size_t count = json_array_size(layers);
    if (count == 0 || count > MAX_LAYERS) {
        because(why, "a model of %zu layers", count);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        json_t *spec = json_array_get(layers, i);
        layer[i] = is_marker(spec) ? reel_nn_identity(r) : make(r, spec, dtype, why);
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
