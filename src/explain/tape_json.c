/* SPDX-License-Identifier: MIT */
/*
 * The tape as JSON: values, the operations that made them, and, where backward was traced, what
 * came along each edge. reel/autograd.h says what each key means.
 */
#include "tape_json.h"

#include <math.h>
#include <reel/autograd.h>

enum { ALL = 64, ENDS = 8 }; /* elements of a tensor: all of so many, else so many at each end */

static void put_number(reeli_json_writer *w, double x)
{
    if (isfinite(x)) {
        reeli_json_put_number(w, NULL, x);
    } else {
        reeli_json_put_text(w, NULL, isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
    }
}

/* Elements as text, or as numbers. */
static void put_elements(reeli_json_writer *w, const char *key, const reel_tensor *t, bool as_text)
{
    char text[REELI_LABEL];
    reeli_json_put_open(w, key, '[');
    for (int64_t i = 0; i < t->numel; i++) {
        if (t->numel > ALL && i == ENDS) {
            i = t->numel - ENDS;
        }
        if (as_text) {
            reeli_json_put_text(w, NULL, reeli_number_text(text, reeli_element(t, i)));
        } else {
            put_number(w, reeli_element(t, i));
        }
    }
    reeli_json_put_close(w, ']');
}

static void put_texts(reeli_json_writer *w, const char *key, const reel_tensor *t)
{
    if (t) {
        put_elements(w, key, t, true);
    } else {
        reeli_json_put_text(w, key, NULL);
    }
}

/* What a page does not show: it has the texts. */
static void put_numbers(reeli_json_writer *w, const reel_tensor *t, const reeli_node *from,
                        const reel_tensor *grad)
{
    reeli_json_put_integer(w, "step", from ? from->step : 0);
    reeli_json_put_text(w, "dtype", reel_dtype_name((reel_dtype)t->dtype));
    put_elements(w, "data", t, false);
    if (grad) {
        put_elements(w, "grad", grad, false);
    }
}

static void put_value(reeli_json_writer *w, const reeli_look *look, const reel_tensor *t,
                      const reeli_node *from, bool for_page)
{
    char text[REELI_LABEL];
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_text(w, "id", reeli_id(text, look, t, from));
    reeli_json_put_text(w, "name", reeli_label(text, t, from));
    t = reeli_shown(t);
    const reel_tensor *grad = reeli_grad(t);
    reeli_json_put_text(w, "kind", from ? "result" : reeli_requires_grad(t) ? "leaf" : "constant");
    reeli_json_put_open(w, "shape", '[');
    for (int d = 0; d < t->ndim; d++) {
        reeli_json_put_integer(w, NULL, t->size[d]);
    }
    reeli_json_put_close(w, ']');
    put_texts(w, "text", t);
    put_texts(w, "grad_text", grad);
    if (!for_page) {
        put_numbers(w, t, from, grad);
    }
    reeli_json_put_close(w, '}');
}

static void put_operation(reeli_json_writer *w, const reeli_look *look, const reeli_node *n,
                          bool for_page)
{
    char text[REELI_LABEL], rule[REELI_RULE];
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_integer(w, "step", n->step);
    reeli_json_put_text(w, "op", n->op->name);
    reeli_json_put_text(w, "out", reeli_id(text, look, n->out, n));
    reeli_json_put_open(w, "in", '[');
    for (int i = 0; i < n->inputs; i++) {
        reeli_json_put_open(w, NULL, '{');
        reeli_json_put_text(w, "value", reeli_id(text, look, n->in[i].t, n->in[i].from));
        if (!for_page) {
            reeli_json_put_bool(w, "wanted", n->in[i].wanted);
        }
        reeli_json_put_text(w, "rule", reeli_rule_text(rule, n, i));
        reeli_json_put_close(w, '}');
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_close(w, '}');
}

/* Only of what root came from: others have no gradient now. A page is spared what follows: without
 * a `before` the amount is the sum. */
static void put_arrival(reeli_json_writer *w, const reeli_look *look, const reeli_arrival *it,
                        bool for_page)
{
    char text[REELI_LABEL];
    const reeli_edge *e = &it->n->in[it->input];
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_integer(w, "step", it->n->step);
    reeli_json_put_integer(w, "in", it->input);
    reeli_json_put_text(w, "value", reeli_id(text, look, e->t, e->from));
    put_texts(w, "upstream", it->upstream);
    put_texts(w, "local", it->local);
    put_texts(w, "amount", it->amount);
    if (it->before || !for_page) {
        put_texts(w, "before", it->before);
        put_texts(w, "after", it->after);
    }
    if (!for_page) {
        reeli_json_put_bool(w, "reduced", e->t->numel != it->n->out->numel);
    }
    reeli_json_put_close(w, '}');
}

static void put_values(reeli_json_writer *w, const reeli_look *look, bool for_page)
{
    reeli_json_put_open(w, "values", '[');
    if (!look->root->node) {
        put_value(w, look, look->root, NULL, for_page);
    }
    for (const reeli_node *n = look->root->node; n; n = n->previous) {
        for (int i = 0; n->gradient && i < n->inputs; i++) {
            if (reeli_names_leaf(look, n, i)) {
                put_value(w, look, n->in[i].t, NULL, for_page);
            }
        }
        if (n->gradient) {
            put_value(w, look, n->out, n, for_page);
        }
    }
    reeli_json_put_close(w, ']');
}

void reeli_json_put_tape(reeli_json_writer *w, const reeli_look *look, bool for_page)
{
    char text[REELI_LABEL];
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_text(w, "format", "reel-tape");
    reeli_json_put_integer(w, "version", 1);
    reeli_json_put_text(w, "root", reeli_id(text, look, look->root, look->root->node));
    put_values(w, look, for_page);
    reeli_json_put_open(w, "ops", '[');
    for (const reeli_node *n = look->root->node; n; n = n->previous) {
        if (n->gradient) {
            put_operation(w, look, n, for_page);
        }
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_open(w, "backward", '[');
    for (const reeli_arrival *it = look->r->first_arrival; it; it = it->next) {
        if (it->n->gradient) {
            put_arrival(w, look, it, for_page);
        }
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_close(w, '}');
}

static reel_status write_text(reeli_json_writer *w, FILE *stream)
{
    size_t length = 0;
    const char *text = reeli_json_written(w, &length);
    if (!text) {
        reeli_no_memory(w->r, "tape_json");
        return reeli_failure(w->r);
    }
    return fwrite(text, 1, length, stream) == length
               ? w->r->status
               : reeli_error(w->r, REEL_ERR_FILE, "tape_json: the stream takes no more");
}

reel_status reel_tape_json(const reel_tensor *root, FILE *stream)
{
    reel *r = root ? reel_of(root) : NULL;
    if (!r || !stream) {
        return r ? reeli_error(r, REEL_ERR_VALUE, "tape_json: the stream is NULL") : REEL_ERR_OWNER;
    }
    reeli_look look;
    if (!reeli_look_at(&look, "tape_json", root)) {
        return reeli_failure(r);
    }
    reeli_json_writer w = {.r = r};
    reeli_json_put_tape(&w, &look, false);
    reeli_look_away(&look);
    const reel_status status = write_text(&w, stream);
    reeli_json_writer_free(&w);
    return status;
}
