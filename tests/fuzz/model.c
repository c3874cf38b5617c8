/* SPDX-License-Identifier: MIT */
/* Any bytes at all as a model of `reel fit`: it is refused with a reason, or it predicts, and comes
 * back from a file as it was. */
#include "fuzz.h"

#include "model.h"
#include "report.h"

static void use(session *s, const model *m)
{
    enum { ROWS = 3 };
    int64_t rows = ROWS, outputs = m->shape.outputs;
    double *predicted = calloc(ROWS * (size_t)outputs, sizeof *predicted);
    require(predicted != NULL, "there is no memory");
    reel_tensor *x = reel_ones(s->r, m->shape.dtype, 2, (int64_t[]){rows, m->shape.features});
    require(network_predict(m->net, x, predicted), "the model does not predict");
    free(predicted);
    if (m->shape.hidden_count == 0) {
        reeli_json_writer w = {.r = s->r};
        size_t length;
        reeli_json_put_open(&w, NULL, '{');
        coefficients_json(&w, s, m);
        reeli_json_put_close(&w, '}');
        require(reeli_json_written(&w, &length) != NULL, "no coefficients");
        reeli_json_writer_free(&w);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    write_input(data, size);
    budget memory;
    session s = {.r = reel_within(&memory, size, 64), .silent = true};
    model m, again = {0};
    s.complaint = s.complaint_text;
    if (model_load(&s, &m, path)) {
        require(!reel_failed(s.r), "a model in spite of an error");
        use(&s, &m);
        require(model_save(&s, &m, path) && model_load(&s, &again, path),
                "what was written cannot be loaded");
        require(again.shape.features == m.shape.features, "other features");
    } else {
        require(*s.complaint || reel_failed(s.r), "no model, and no reason");
    }
    model_free(&m);
    model_free(&again);
    reeli_text_set_free(s.r, &s.warnings);
    reel_free(s.r);
    return 0;
}
