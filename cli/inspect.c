/* SPDX-License-Identifier: MIT */
/* reel inspect: what a model holds, or any safetensors file. */
#include "commands.h"
#include "counted.h"
#include "model.h"
#include "report.h"
#include "shown_name.h"

#include <inttypes.h>
#include <string.h>

static void tensors_json(reeli_json_writer *w, const reel_safetensors *file)
{
    reeli_json_put_open(w, "tensors", '[');
    for (size_t i = 0; i < reel_safetensors_count(file); i++) {
        const char *name = reel_safetensors_name(file, i);
        int64_t size[REEL_MAX_DIMS];
        int ndim = reel_safetensors_shape(file, name, size);
        reeli_json_put_open(w, NULL, '{');
        reeli_json_put_text(w, "name", name);
        reeli_json_put_text(w, "dtype", reel_safetensors_dtype(file, name));
        reeli_json_put_open(w, "shape", '[');
        for (int d = 0; d < ndim; d++) {
            reeli_json_put_integer(w, NULL, size[d]);
        }
        reeli_json_put_close(w, ']');
        reeli_json_put_close(w, '}');
    }
    reeli_json_put_close(w, ']');
}

static void print_tensors(const reel_safetensors *file)
{
    for (size_t i = 0; i < reel_safetensors_count(file); i++) {
        const char *name = reel_safetensors_name(file, i);
        int64_t size[REEL_MAX_DIMS];
        int ndim = reel_safetensors_shape(file, name, size);
        printf("  %-24s %-5s (", name, reel_safetensors_dtype(file, name));
        for (int d = 0; d < ndim; d++) {
            printf("%s%" PRId64, d ? ", " : "", size[d]);
        }
        puts(")");
    }
}

static bool file_json(session *s, const options *o, const reel_safetensors *file)
{
    reeli_json_writer w;
    report_begin(s, &w);
    reeli_json_put_text(&w, "file", o->files[0]);
    reeli_json_put_open(&w, "metadata", '{');
    for (size_t i = 0; i < reel_safetensors_metadata_count(file); i++) {
        reel_metadata_entry entry = reel_safetensors_metadata_entry(file, i);
        reeli_json_put_text(&w, entry.key, entry.value);
    }
    reeli_json_put_close(&w, '}');
    tensors_json(&w, file);
    return report_end(s, &w);
}

static bool file_text(session *s, const options *o, const reel_safetensors *file)
{
    printf("%s: %s\n", o->files[0], REELI_COUNTED(reel_safetensors_count(file), "tensor"));
    print_tensors(file);
    for (size_t i = 0; i < reel_safetensors_metadata_count(file); i++) {
        reel_metadata_entry entry = reel_safetensors_metadata_entry(file, i);
        printf("%s: %s\n", entry.key, entry.value);
    }
    return flushed(s);
}

static bool model_json(session *s, const options *o, const model *m, const reel_safetensors *file)
{
    char shape[16 * MAX_HIDDEN];
    reeli_json_writer w;
    shape_text(&m->shape, shape, sizeof shape);
    report_begin(s, &w);
    reeli_json_put_text(&w, "file", o->files[0]);
    reeli_json_put_text(&w, "target", reel_encoder_target_name(m->encoder));
    reeli_json_put_text(&w, "model", shape);
    reeli_json_put_text(&w, "activation", activation_names[m->shape.activation]);
    reeli_json_put_number(&w, "dropout", m->shape.dropout);
    reeli_json_put_text(&w, "dtype", dtype_names[m->shape.dtype]);
    reeli_json_put_number(&w, "target_mean", reel_encoder_target_mean(m->encoder));
    reeli_json_put_number(&w, "target_scale", reel_encoder_target_scale(m->encoder));
    reeli_json_put_open(&w, "features", '[');
    for (size_t i = 0; i < (size_t)m->shape.features; i++) {
        reeli_json_put_open(&w, NULL, '{');
        reeli_json_put_text(&w, "name", reel_encoder_feature_name(m->encoder, i));
        reeli_json_put_number(&w, "mean", reel_encoder_mean(m->encoder, i));
        reeli_json_put_number(&w, "scale", reel_encoder_scale(m->encoder, i));
        reeli_json_put_close(&w, '}');
    }
    reeli_json_put_close(&w, ']');
    tensors_json(&w, file);
    if (m->training) {
        reeli_json_put_json(&w, "training", m->training);
    }
    if (m->shape.hidden_count == 0) {
        coefficients_json(&w, s, m);
    }
    return report_end(s, &w);
}

static void print_training(void *context, const char *key, const char *value)
{
    (void)context;
    printf(" %s %s", key, value);
}

static bool model_text(session *s, const model *m, const reel_safetensors *file)
{
    char shape[16 * MAX_HIDDEN];
    shape_text(&m->shape, shape, sizeof shape);
    const char *kind = model_kind(m);
    printf("predicts %s\nmodel: %s, %s, %s, %s\n", reel_encoder_target_name(m->encoder), shape,
           kind, REELI_COUNTED(reel_parameter_count(m->net), "parameter"),
           dtype_names[m->shape.dtype]);
    printf("training:");
    model_each_of_training(s, m, print_training, NULL);
    printf("\n\n%-32s %14s %14s\n", "feature", "mean", "scale");
    for (size_t i = 0; i < (size_t)m->shape.features; i++) {
        print_name(stdout, reel_encoder_feature_name(m->encoder, i), 32);
        printf(" %14.6g %14.6g\n", reel_encoder_mean(m->encoder, i),
               reel_encoder_scale(m->encoder, i));
    }
    print_name(stdout, reel_encoder_target_name(m->encoder), 32);
    printf(" %14.6g %14.6g\n", reel_encoder_target_mean(m->encoder),
           reel_encoder_target_scale(m->encoder));
    if (m->shape.hidden_count == 0) {
        coefficients_print(stdout, s, m);
    }
    printf("\ntensors\n");
    print_tensors(file);
    return flushed(s);
}

static bool run(session *s, const options *o, model *m)
{
    reel_safetensors *file = reel_safetensors_open(s->r, o->files[0]);
    if (!file) {
        return false;
    }
    if (!model_is_one(o->files[0])) {
        return o->json ? file_json(s, o, file) : file_text(s, o, file);
    }
    return model_load(s, m, o->files[0]) &&
           (o->json ? model_json(s, o, m, file) : model_text(s, m, file));
}

int inspect(int argc, char **argv)
{
    return model_command(argv[0], inspect_options(argc, argv), run);
}
