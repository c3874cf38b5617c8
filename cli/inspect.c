/* SPDX-License-Identifier: MIT */
/* reel inspect: what a model holds, or any safetensors file. */
#include "commands.h"
#include "model.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

static json_t *tensors_json(reel_safetensors *file)
{
    json_t *all = json_array();
    for (size_t i = 0; i < reel_safetensors_count(file); i++) {
        const char *name = reel_safetensors_name(file, i);
        reel_tensor *t = reel_safetensors_tensor(file, name);
        json_t *shape = json_array();
        for (int d = 0; !reel_is_poison(t) && d < reel_ndim(t); d++) {
            json_array_append_new(shape, json_integer(reel_size(t, d)));
        }
        json_array_append_new(all, json_pack("{s:s, s:s, s:o}", "name", name, "dtype",
                                             reel_safetensors_dtype(file, name), "shape", shape));
        reel_tensor_free(t);
    }
    return all;
}

static void print_tensors(const json_t *all)
{
    size_t i;
    const json_t *it;
    json_array_foreach(all, i, it)
    {
        printf("  %-24s %-5s (", json_string_value(json_object_get(it, "name")),
               json_string_value(json_object_get(it, "dtype")));
        const json_t *shape = json_object_get(it, "shape");
        for (size_t d = 0; d < json_array_size(shape); d++) {
            printf("%s%" JSON_INTEGER_FORMAT, d ? ", " : "",
                   json_integer_value(json_array_get(shape, d)));
        }
        puts(")");
    }
}

static bool inspect_file(session *s, const options *o, reel_safetensors *file)
{
    json_t *tensors = tensors_json(file), *metadata = json_object();
    for (size_t i = 0; i < reel_safetensors_metadata_count(file); i++) {
        reel_metadata_entry entry = reel_safetensors_metadata_entry(file, i);
        json_object_set_new(metadata, entry.key, json_string(entry.value));
    }
    if (o->json) {
        return print_json(s, json_pack("{s:s, s:o, s:o}", "file", o->files[0], "metadata", metadata,
                                       "tensors", tensors));
    }
    printf("%s: %zu tensors\n", o->files[0], reel_safetensors_count(file));
    print_tensors(tensors);
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value) { printf("%s: %s\n", key, json_string_value(value)); }
    json_decref(tensors);
    json_decref(metadata);
    return flushed(s);
}

static bool model_json(session *s, const options *o, const model *m, reel_safetensors *file)
{
    char shape[16 * MAX_HIDDEN];
    shape_text(&m->shape, shape, sizeof shape);
    json_t *features = json_array();
    for (size_t i = 0; i < (size_t)m->shape.features; i++) {
        json_array_append_new(features, json_pack("{s:s, s:f, s:f}", "name",
                                                  reel_encoder_feature_name(m->encoder, i), "mean",
                                                  reel_encoder_mean(m->encoder, i), "scale",
                                                  reel_encoder_scale(m->encoder, i)));
    }
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:f, s:s, s:f, s:f, s:o, s:o, s:O*}", "file", o->files[0],
                  "target", reel_encoder_target_name(m->encoder), "model", shape, "activation",
                  activation_names[m->shape.activation], "dropout", m->shape.dropout, "dtype",
                  dtype_names[m->shape.dtype], "target_mean", reel_encoder_target_mean(m->encoder),
                  "target_scale", reel_encoder_target_scale(m->encoder), "features", features,
                  "tensors", tensors_json(file), "training", m->training);
    if (m->shape.hidden_count == 0) {
        json_t *linear = coefficients_json(s, m);
        json_object_update(object, linear);
        json_decref(linear);
    }
    return print_json(s, object);
}

static bool model_text(session *s, const model *m, reel_safetensors *file)
{
    char shape[16 * MAX_HIDDEN];
    shape_text(&m->shape, shape, sizeof shape);
    const char *kind =
        m->shape.hidden_count ? activation_names[m->shape.activation] : "linear regression";
    printf("predicts %s\nmodel: %s, %s, %s parameters, %s\n", reel_encoder_target_name(m->encoder),
           shape, kind, thousands(reel_parameter_count(m->net)), dtype_names[m->shape.dtype]);
    const char *key;
    json_t *value;
    printf("training:");
    json_object_foreach(m->training, key, value)
    {
        if (json_is_string(value)) {
            printf(" %s %s", key, json_string_value(value));
        } else if (json_is_number(value)) {
            printf(" %s %g", key, json_number_value(value));
        }
    }
    printf("\n\n%-32s %14s %14s\n", "feature", "mean", "scale");
    for (size_t i = 0; i < (size_t)m->shape.features; i++) {
        printf("%-32s %14.6g %14.6g\n", reel_encoder_feature_name(m->encoder, i),
               reel_encoder_mean(m->encoder, i), reel_encoder_scale(m->encoder, i));
    }
    printf("%-32s %14.6g %14.6g\n", reel_encoder_target_name(m->encoder),
           reel_encoder_target_mean(m->encoder), reel_encoder_target_scale(m->encoder));
    if (m->shape.hidden_count == 0) {
        coefficients_print(stdout, s, m);
    }
    printf("\ntensors\n");
    json_t *tensors = tensors_json(file);
    print_tensors(tensors);
    json_decref(tensors);
    return flushed(s);
}

static bool run(session *s, const options *o, model *m)
{
    reel_safetensors *file = reel_safetensors_open(s->r, o->files[0]);
    if (!file) {
        return false;
    }
    if (!model_is_one(o->files[0])) {
        return inspect_file(s, o, file);
    }
    return model_load(s, m, o->files[0]) &&
           (o->json ? model_json(s, o, m, file) : model_text(s, m, file));
}

int inspect(int argc, char **argv)
{
    options o = inspect_options(argc, argv);
    session s;
    model m = {0};
    bool done = session_begin(&s, argv[0], &o) && run(&s, &o, &m);
    model_free(&m);
    options_free(&o);
    return session_end(&s, done ? 0 : 1);
}
