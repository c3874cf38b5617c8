/* SPDX-License-Identifier: MIT */
/* The tape as one page of HTML that needs nothing else: page.html, with the tape in it as JSON for
 * its script and as sentences for who has none. */
#include "tape_json.h"

#include <reel/autograd.h>
#include <string.h>

/* JSON within HTML: no text in it may end the script that it is in. */
static void put_escaped(const char *json, FILE *stream)
{
    for (const char *c = json; *c; c++) {
        if (*c == '<') {
            fputs("\\u003c", stream);
        } else {
            fputc(*c, stream);
        }
    }
    fputc('\n', stream);
}

/* Nobody reads ten thousand sentences in a browser. */
enum { LONG_STORY = 2000 };

static void put_story(const reeli_look *look, FILE *stream)
{
    if (look->root->node && look->root->node->step > LONG_STORY) {
        fprintf(stream, "Of %lu steps, too many to be written here.\n",
                (unsigned long)look->root->node->step);
    } else {
        reeli_explain(look, &(reeli_sheet){stream, true});
    }
}

static void put_page(const reeli_look *look, const char *tape, const char *title, FILE *stream)
{
    for (const char *const *line = reeli_page; *line; line++) {
        if (strcmp(*line, "@STORY@") == 0) {
            put_story(look, stream);
        } else if (strcmp(*line, "@TAPE@") == 0) {
            put_escaped(tape, stream);
        } else if (strcmp(*line, "@TITLE@") == 0) {
            put_escaped(title, stream);
        } else {
            fprintf(stream, "%s\n", *line);
        }
    }
}

/* Both texts are made before a byte is written. */
static reel_status write_page(const reeli_look *look, const char *title, FILE *stream)
{
    reel *r = look->r;
    reeli_json_writer tape = {.r = r}, heading = {.r = r};
    size_t length;
    reeli_json_put_tape(&tape, look, true);
    reeli_json_put_text(&heading, NULL, title ? title : "Backward, step by step");
    const char *tape_text = reeli_json_written(&tape, &length);
    const char *title_text = reeli_json_written(&heading, &length);
    if (tape_text && title_text) {
        put_page(look, tape_text, title_text, stream);
    } else {
        reeli_no_memory(r, "tape_html");
    }
    reeli_json_writer_free(&tape);
    reeli_json_writer_free(&heading);
    if (!tape_text || !title_text) {
        return reeli_failure(r);
    }
    return fflush(stream) == 0 && !ferror(stream)
               ? r->status
               : reeli_error(r, REEL_ERR_FILE, "tape_html: the stream takes no more");
}

reel_status reel_tape_html(const reel_tensor *root, const char *title, FILE *stream)
{
    reel *r = root ? reel_of(root) : NULL;
    if (!r || !stream) {
        return r ? reeli_error(r, REEL_ERR_VALUE, "tape_html: the stream is NULL") : REEL_ERR_OWNER;
    }
    reeli_look look;
    if (!reeli_look_at(&look, "tape_html", root)) {
        return reeli_failure(r);
    }
    const reel_status status = write_page(&look, title, stream);
    reeli_look_away(&look);
    return status;
}
