/* SPDX-License-Identifier: MIT */
/* Initial weights: what a layer, or a function of torch.nn.init, draws from a seed, and the next
 * number after it, so that it drew as many. */
#include "runner.h"

#include <reel/init.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far an element may be from PyTorch's: bits, but for what LAPACK made. */
static bool close_to(reel_tensor *ours, reel_tensor *theirs, double most)
{
    if (!ours || reel_numel(ours) != reel_numel(theirs) || reel_ndim(ours) != reel_ndim(theirs)) {
        return false;
    }
    for (int64_t i = 0; i < reel_numel(theirs); i++) {
        const float a = reel_data_f32(ours)[i], b = reel_data_f32(theirs)[i];
        if (most > 0 ? !((double)(a - b) <= most && (double)(b - a) <= most)
                     : memcmp(&a, &b, sizeof a) != 0) {
            return false;
        }
    }
    return true;
}

static bool check(reel_safetensors *file, json_int_t id, const char *part, reel_tensor *ours,
                  double most, reason *why)
{
    char name[REEL_STATE_NAME_SIZE + 32];
    snprintf(name, sizeof name, "%lld.%s", (long long)id, part);
    if (!reel_safetensors_has(file, name)) {
        return because(why, "PyTorch has no %s", name);
    }
    reel_tensor *theirs = reel_safetensors_tensor(file, name);
    if (reel_dtype_of(theirs) != REEL_F32) { /* how many batches a norm has seen */
        return reel_numel(theirs) == 1 || because(why, "%s is no float32", name);
    }
    return close_to(ours, theirs, most) || because(why, "%s differs", name);
}

static double number_of(json_t *options, const char *name, double otherwise)
{
    json_t *value = json_object_get(options, name);
    return value ? json_number_value(value) : otherwise;
}

static bool is_option(json_t *options, const char *name, const char *word)
{
    const char *text = json_string_value(json_object_get(options, name));
    return text && strcmp(text, word) == 0;
}

/* What the function makes of t; NULL: there is none of that name. */
static reel_tensor *initialise(const char *function, reel_tensor *t, json_t *o)
{
    const reel_fan_mode mode = is_option(o, "mode", "fan_out") ? REEL_FAN_OUT : REEL_FAN_IN;
    const reel_nonlinearity after =
        is_option(o, "nonlinearity", "relu") ? REEL_GAIN_RELU : REEL_GAIN_LEAKY_RELU;
    const double gain = number_of(o, "gain", 1), a = number_of(o, "a", 0);
#define FUNCTION(name, call)                                                                       \
    if (strcmp(function, name) == 0) {                                                             \
        return call;                                                                               \
    }
    FUNCTION("xavier_uniform_", reel_init_xavier_uniform(t, gain))
    FUNCTION("xavier_normal_", reel_init_xavier_normal(t, gain))
    FUNCTION("kaiming_uniform_", reel_init_kaiming_uniform(t, a, mode, after))
    FUNCTION("kaiming_normal_", reel_init_kaiming_normal(t, a, mode, after))
    FUNCTION("orthogonal_", reel_init_orthogonal(t, gain))
    FUNCTION("dirac_", reel_init_dirac(t, (int64_t)number_of(o, "groups", 1)))
    FUNCTION("normal_", reel_init_normal(t, number_of(o, "mean", 0), number_of(o, "std", 1)))
    FUNCTION("uniform_", reel_init_uniform(t, a, number_of(o, "b", 1)))
    FUNCTION("eye_", reel_init_eye(t))
    FUNCTION("sparse_", reel_init_sparse(t, number_of(o, "sparsity", 0), number_of(o, "std", 0.01)))
    FUNCTION("trunc_normal_",
             reel_init_trunc_normal(t, number_of(o, "mean", 0), number_of(o, "std", 1),
                                    number_of(o, "a", -2), number_of(o, "b", 2)))
#undef FUNCTION
    return NULL;
}

static bool check_function(reel *r, reel_safetensors *file, json_t *spec, reason *why)
{
    json_t *shape = json_object_get(spec, "shape");
    const char *function = json_string_value(json_object_get(spec, "function"));
    int64_t size[REEL_MAX_DIMS];
    const int ndim = (int)json_array_size(shape);
    for (int d = 0; d < ndim; d++) {
        size[d] = json_integer_value(json_array_get(shape, (size_t)d));
    }
    reel_tensor *t = reel_zeros(r, REEL_F32, ndim, size);
    if (!function || !initialise(function, t, json_object_get(spec, "kwargs"))) {
        return because(why, "there is no %s", function ? function : "function");
    }
    const double most = strcmp(function, "orthogonal_") == 0 ? 1e-6 : 0;
    return check(file, json_integer_value(json_object_get(spec, "id")), "weight", t, most, why);
}

/* A layer's type and options as a model of one layer. */
static bool check_layer(reel *r, reel_safetensors *file, const char *type, json_t *spec,
                        reason *why)
{
    json_t *layer = json_deep_copy(json_object_get(spec, "init"));
    json_object_set_new(layer, "type", json_string(type));
    json_t *layers = json_pack("[o]", layer);
    reel_module *model = make_model(r, layers, REEL_F32, why);
    json_decref(layers);
    const size_t count = model ? reel_state_count(model) : 0;
    if (!model || count != json_array_size(json_object_get(spec, "state"))) {
        return because(why, "it has %zu tensors, PyTorch's another number", count);
    }
    for (size_t i = 0; i < count; i++) {
        const reel_state_entry e = reel_state_at(model, i);
        const char *name = e.name + strlen("0.");
        if (!check(file, json_integer_value(json_object_get(spec, "id")), name, e.tensor, 0, why)) {
            return false;
        }
    }
    return true;
}

static bool check_case(reel *r, reel_safetensors *file, const char *type, json_t *spec, reason *why)
{
    reel_manual_seed(r, (uint64_t)json_integer_value(json_object_get(spec, "seed")));
    const json_int_t id = json_integer_value(json_object_get(spec, "id"));
    const bool sound =
        type ? check_layer(r, file, type, spec, why) : check_function(r, file, spec, why);
    return sound && check(file, id, "next", reel_rand(r, REEL_F32, REEL_SHAPE(1)), 0, why);
}

outcome replay_initial(reel *r, reel_safetensors *file, reason *why)
{
    const char *type = reel_safetensors_metadata(file, "module");
    json_t *cases = json_loads(reel_safetensors_metadata(file, "cases"), 0, NULL);
    bool sound = json_array_size(cases) > 0 || because(why, "it has no cases");
    for (size_t i = 0; sound && i < json_array_size(cases); i++) {
        json_t *spec = json_array_get(cases, i);
        sound = check_case(r, file, type, spec, why);
        if (!sound) {
            char *text = json_dumps(spec, JSON_COMPACT);
            char before[REASON_SIZE];
            snprintf(before, sizeof before, "%s", why->text);
            snprintf(why->text, sizeof why->text, "%.250s in %.120s", before, text);
            free(text);
        }
    }
    json_decref(cases);
    return sound ? PASSED : FAILED;
}
