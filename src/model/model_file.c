/* SPDX-License-Identifier: MIT */
/* A model's file: tensors, an encoder and a description, of which nothing is believed. */
#include "model.h"
#include "quote.h"

#include <reel/checkpoint.h>
#include <reel/io.h>

#define MODEL_KEY "reel.model"
#define ENCODER_KEY "reel.encoder"

reel_status reel_model_save(const reel_model *m, const char *path)
{
    if (!reeli_model_usable(m, "model_save")) {
        return REEL_ERR_VALUE;
    }
    reel *r = m->owned.r;
    const char *text = reeli_model_to_json(m);
    const char *encoder = text ? reel_encoder_to_json(m->encoder) : NULL;
    reel_named_tensors tensors = reel_state_dict(m->net);
    if (!text || !encoder || !tensors.entries) {
        return reeli_failure(r);
    }
    reel_metadata_entry metadata[] = {{"format", "pt"}, {MODEL_KEY, text}, {ENCODER_KEY, encoder}};
    return reel_safetensors_save(r, path, tensors.entries, tensors.count, metadata, 3);
}

static bool refuse(reel *r, const char *path, const char *why)
{
    reeli_error(r, REEL_ERR_FORMAT, "%s: %s", REELI_QUOTED(path), why);
    return false;
}

static int file_shape(void *file, const char *name, int64_t *size)
{
    return reel_safetensors_shape(file, name, size);
}

static bool fill(reel_model *m, reel_safetensors *file, const char *path)
{
    reel *r = m->owned.r;
    const char *text = reel_safetensors_metadata(file, MODEL_KEY);
    const char *encoder = reel_safetensors_metadata(file, ENCODER_KEY);
    if (!text || !encoder) {
        return refuse(r, path,
                      "this is no model that `reel fit` kept; `reel inspect` lists what is in it");
    }
    char what[REELI_QUOTE_SIZE + 64];
    snprintf(what, sizeof what, "%s: the model's description is damaged", REELI_QUOTED(path));
    if (!reeli_model_from_json(m, what, text)) {
        return false;
    }
    m->encoder = reel_encoder_from_json(r, encoder);
    if (!m->encoder || !reeli_model_settle(m) ||
        !reeli_model_fits(m, (size_t)reel_safetensors_count(file), file_shape, file)) {
        return refuse(r, path,
                      "the description of the model does not fit its tensors: the file is damaged");
    }
    return reeli_model_finish(m) && reel_load_state(m->net, path, true, NULL) == REEL_OK;
}

reel_model *reel_model_load(reel *r, const char *path)
{
    static const char what[] = "model_load";
    if (!r || !path) {
        if (r) {
            reeli_error(r, REEL_ERR_VALUE, "%s: the path is NULL", what);
        }
        return NULL;
    }
    reel_safetensors *file = reel_safetensors_open(r, path);
    reel_model *m = file ? reeli_model_begin(r, what) : NULL;
    bool loaded = m && fill(m, file, path);
    reel_safetensors_close(file);
    if (!loaded) {
        reel_model_free(m);
        return NULL;
    }
    return m;
}
