/* SPDX-License-Identifier: MIT */
/* iconv takes what it can; a character that is cut off at a piece's end waits for the next. */
#include "csv_recode.h"

#include "csv_source.h"

#include <stdio.h>
#include <string.h>

#ifdef REELI_ICONV
#include <errno.h>
#include <iconv.h>

static bool cannot(const reeli_csv_source *source, const char *why)
{
    char text[160];
    snprintf(text, sizeof text, "%s '%s'", why, REELI_QUOTED(source->recoder.encoding));
    return reeli_csv_unreadable(source, REEL_ERR_FORMAT, text);
}

bool reeli_recode_begin(reeli_csv_source *source, const char *encoding)
{
    reeli_recoder *it = &source->recoder;
    iconv_t state = iconv_open("UTF-8", encoding);
    it->encoding = encoding;
    if (state == (iconv_t)-1) {
        return cannot(source, "iconv does not know the encoding");
    }
    it->state = state;
    it->room = REELI_CSV_PIECE;
    it->encoded = reeli_malloc(source->r, it->room);
    if (!it->encoded) {
        reeli_no_memory(source->r, "table_read");
        return false;
    }
    memcpy(it->encoded, source->bytes, source->count);
    it->count = source->count;
    return true;
}

/* What is left of the piece moves to its start, and more comes behind it. */
static bool refill(reeli_csv_source *source, bool *more)
{
    reeli_recoder *it = &source->recoder;
    size_t got = 0;
    memmove(it->encoded, it->encoded + it->at, it->count - it->at);
    it->count -= it->at;
    it->at = 0;
    if (!reeli_csv_unpacked(source, it->encoded + it->count, it->room - it->count, &got)) {
        return false;
    }
    it->count += got;
    *more = got > 0;
    return true;
}

bool reeli_recode(reeli_csv_source *source, char *to, size_t room, size_t *got)
{
    reeli_recoder *it = &source->recoder;
    size_t left = room;
    for (bool more = true; more;) {
        char *in = it->encoded + it->at;
        size_t in_left = it->count - it->at;
        size_t done = iconv(it->state, &in, &in_left, &to, &left);
        int why = done == (size_t)-1 ? errno : 0;
        it->at = it->count - in_left;
        if (why == E2BIG) {
            break;
        }
        if (why == EILSEQ) {
            return cannot(source, "there are bytes that are no text in the encoding");
        }
        if (!refill(source, &more)) {
            return false;
        }
        if (!more && it->count > 0) {
            return cannot(source, "the file ends amid a character in the encoding");
        }
    }
    *got = room - left;
    return true;
}

void reeli_recode_end(reeli_csv_source *source)
{
    reeli_recoder *it = &source->recoder;
    if (it->state) {
        iconv_close(it->state);
    }
    reeli_free(source->r, it->encoded, it->room);
    *it = (reeli_recoder){0};
}

#else
bool reeli_recode_begin(reeli_csv_source *source, const char *encoding)
{
    (void)encoding;
    return reeli_csv_unreadable(source, REEL_ERR_FILE,
                                "this build has no iconv, and reads UTF-8 alone; convert it (iconv "
                                "-f ENCODING -t UTF-8) first");
}

bool reeli_recode(reeli_csv_source *source, char *to, size_t room, size_t *got)
{
    (void)source, (void)to, (void)room;
    *got = 0;
    return false;
}

void reeli_recode_end(reeli_csv_source *source) { (void)source; }
#endif
