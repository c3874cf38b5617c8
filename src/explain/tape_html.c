/* SPDX-License-Identifier: MIT */
/* The tape as one page of HTML that needs nothing else: page.html, with the tape in it as JSON for
 * its script and as sentences for who has none. */
#include "names.h"
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

/* Everything is made before a byte is written. */
typedef struct parts {
    reeli_look look;
    const char *tape, *title;
} parts;

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

static void put_page(const parts *it, FILE *stream)
{
    for (const char *const *line = reeli_page; *line; line++) {
        if (strcmp(*line, "@STORY@") == 0) {
            put_story(&it->look, stream);
        } else if (strcmp(*line, "@TAPE@") == 0 || strcmp(*line, "@TITLE@") == 0) {
            put_escaped((*line)[2] == 'A' ? it->tape : it->title, stream);
        } else {
            fprintf(stream, "%s\n", *line);
        }
    }
}

static reel_status write_page(reel *r, parts *it, FILE *stream)
{
    if (!it->tape || !it->title) {
        reeli_no_memory(r, "tape_html");
        return r->status;
    }
    put_page(it, stream);
    return fflush(stream) == 0 && !ferror(stream)
               ? REEL_OK
               : reeli_error(r, REEL_ERR_FILE, "tape_html: the stream takes no more");
}

reel_status reel_tape_html(const reel_tensor *root, const char *title, FILE *stream)
{
    parts it;
    reel *r = root ? reel_of(root) : NULL;
    if (!r || !stream) {
        return r ? reeli_error(r, REEL_ERR_VALUE, "tape_html: the stream is NULL") : REEL_ERR_OWNER;
    }
    reeli_json_writer tape = {.r = r}, heading = {.r = r};
    if (!reeli_json_put_tape(&tape, "tape_html", root, true)) {
        reeli_json_writer_free(&tape);
        return reeli_failure(r);
    }
    reeli_json_put_text(&heading, NULL, title ? title : "Backward, step by step");
    size_t length;
    it.tape = reeli_json_written(&tape, &length);
    it.title = reeli_json_written(&heading, &length);
    const bool looked = reeli_look_at(&it.look, "tape_html", root);
    const reel_status status = looked ? write_page(r, &it, stream) : reeli_failure(r);
    if (looked) {
        reeli_look_away(&it.look);
    }
    reeli_json_writer_free(&tape);
    reeli_json_writer_free(&heading);
    return status;
}
