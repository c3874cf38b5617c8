/* SPDX-License-Identifier: MIT */
/* Columns that become no inputs: each reason is told once, however many columns it has. */
#include "counted.h"
#include "encoder_fit.h"

#include <stdio.h>
#include <string.h>

/* Of one column, with what there is of its own in the middle; of several. */
static const struct {
    const char *before, *after, *many;
} reasons[REELI_LEFT_ALL] = {
    [REELI_LEFT_EMPTY] = {"it has no values", "", "they have no values"},
    [REELI_LEFT_CONSTANT] = {"all its values are the same", "", "all values of each are the same"},
    [REELI_LEFT_NOT_SCALED] = {"its values are too close together or too far apart to be scaled",
                               "",
                               "their values are too close together or too far apart to be scaled"},
    [REELI_LEFT_CONSTANT_DATES] =
        {"all its dates are the same, or none of their parts is asked for", "",
         "all dates of each are the same, or none of their parts is asked "
         "for"},
    [REELI_LEFT_REPEATED] = {"it is the same ", "", "they are the same as others"},
    [REELI_LEFT_NAMES] =
        {"", " tell rows apart, and no more; name it among the features to keep it",
         "their texts tell rows apart, and no more (name one among the features to "
         "keep it)"},
};

void reeli_fit_leave_out(reeli_fit *f, const reeli_left_out *column)
{
    ((reeli_left_out *)f->left_out.data)[f->left_out.count++] = *column;
}

enum { DETAIL_SIZE = REELI_QUOTE_SIZE + 64 };
static const char *detail(char text[DETAIL_SIZE], const reeli_fit *f, const reeli_left_out *of)
{
    text[0] = '\0';
    if (of->reason == REELI_LEFT_REPEATED) {
        snprintf(text, DETAIL_SIZE, "as '%s'", REELI_QUOTED(reel_table_name(f->t, of->other)));
    } else if (of->reason == REELI_LEFT_NAMES) {
        snprintf(text, DETAIL_SIZE, "%zu different texts in %s", of->different,
                 REELI_COUNTED(of->there, "row"));
    }
    return text;
}
#define DETAIL_OF(f, of) detail((char[DETAIL_SIZE]){0}, f, of)

static void tell_one(const reeli_fit *f, const reeli_left_out *of)
{
    reeli_warn(f->t->owned.r, "%scolumn '%s' is left out: %s%s%s", REELI_TABLE_TEXT_OF(f->t),
               REELI_QUOTED(reel_table_name(f->t, of->column)), reasons[of->reason].before,
               DETAIL_OF(f, of), reasons[of->reason].after);
}

/* Lists as many as there is room for. */
static void tell_several(const reeli_fit *f, reeli_reason reason, size_t count)
{
    const reeli_left_out *all = f->left_out.data;
    char list[REELI_MESSAGE_SIZE / 2] = "", one[REELI_QUOTE_SIZE + DETAIL_SIZE + 8];
    size_t used = 0, listed = 0;
    for (size_t i = 0; i < f->left_out.count; i++) {
        if (all[i].reason != reason) {
            continue;
        }
        const char *own = DETAIL_OF(f, &all[i]);
        int length = snprintf(one, sizeof one, "%s'%s'%s%s%s", listed ? ", " : "",
                              REELI_QUOTED(reel_table_name(f->t, all[i].column)), *own ? " (" : "",
                              own, *own ? ")" : "");
        if (used + (size_t)length >= sizeof list) {
            break;
        }
        memcpy(list + used, one, (size_t)length + 1);
        used += (size_t)length;
        listed++;
    }
    reeli_warn(f->t->owned.r, "%s%s are left out because %s: %s%s", REELI_TABLE_TEXT_OF(f->t),
               REELI_COUNTED(count, "column"), reasons[reason].many, list,
               listed < count ? ", …" : "");
}

void reeli_fit_tell_left_out(const reeli_fit *f)
{
    const reeli_left_out *all = f->left_out.data, *last = NULL;
    for (reeli_reason reason = 0; reason < REELI_LEFT_ALL; reason++) {
        size_t count = 0;
        for (size_t i = 0; i < f->left_out.count; i++) {
            last = all[i].reason == reason ? &all[i] : last;
            count += all[i].reason == reason;
        }
        if (count > 1) {
            tell_several(f, reason, count);
        } else if (count == 1) {
            tell_one(f, last);
        }
    }
}
