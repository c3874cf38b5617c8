/* SPDX-License-Identifier: MIT */
/* Options of a JSON object put in the fields of a C struct. */
#include "runner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool because(reason *why, const char *format, ...)
{
    if (!why->text[0]) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(why->text, sizeof why->text, format, arguments);
        va_end(arguments);
    }
    return false;
}

const char *type_of(json_t *spec)
{
    const char *type = json_string_value(json_object_get(spec, "type"));
    return type ? type : "";
}

static double meant(double value) { return value == 0 ? REEL_ZERO : value; }

static bool put_pair(json_t *value, double *to)
{
    for (size_t i = 0; i < 2; i++) {
        to[i] = meant(json_number_value(json_array_get(value, i)));
    }
    return json_array_size(value) == 2;
}

/* A number for each dim, or one for all. */
static bool put_dims(json_t *value, reel_dims *to)
{
    to->count = json_is_array(value) ? (int)json_array_size(value) : 1;
    for (int d = 0; d < to->count && d < 3; d++) {
        json_t *item = json_is_array(value) ? json_array_get(value, (size_t)d) : value;
        to->size[d] = json_integer_value(item);
    }
    return to->count > 0 && to->count <= 3;
}

/* The number of a text among the words. */
static bool put_choice(json_t *value, const char *const *words, int *to)
{
    for (*to = 0; json_is_string(value) && words[*to]; ++*to) {
        if (strcmp(words[*to], json_string_value(value)) == 0) {
            return true;
        }
    }
    return false;
}

static bool put_reduction(json_t *value, reel_reduction *to)
{
    int reduction = json_is_string(value) ? reel_reduction_from_name(json_string_value(value)) : -1;
    *to = (reel_reduction)reduction;
    return reduction >= 0;
}

static bool put(json_t *value, const field *f, void *to)
{
    int choice;
    bool found;
    switch (f->kind) {
    case REAL:
        *(double *)to = meant(json_number_value(value));
        return json_is_number(value);
    case PAIR:
        return put_pair(value, to);
    case WHOLE:
        *(int64_t *)to = json_integer_value(value);
        return json_is_integer(value);
    case COUNT:
        *(int64_t *)to = json_integer_value(value) ? json_integer_value(value) : REEL_ZERO_COUNT;
        return json_is_integer(value);
    case FLAG:
    case NOT_FLAG:
        *(bool *)to = json_is_true(value) == (f->kind == FLAG);
        return json_is_boolean(value);
    case CHOICE:
        return put_choice(value, f->words, to);
    case CHOICE_FLAG:
        found = put_choice(value, f->words, &choice);
        *(bool *)to = choice == 1;
        return found;
    case DIMS:
        return put_dims(value, to);
    case REDUCTION:
        return put_reduction(value, to);
    case LEGACY:
        *(reel_legacy_flag *)to = json_is_true(value) ? REEL_TRUE : REEL_FALSE;
        return json_is_boolean(value);
    }
    return false;
}

bool read_fields(json_t *spec, const field *fields, void *options, reason *why)
{
    const char *name;
    json_t *value;
    json_object_foreach(spec, name, value)
    {
        const field *f = fields;
        if (strcmp(name, "type") == 0 || json_is_null(value)) {
            continue;
        }
        while (f->name && strcmp(f->name, name) != 0) {
            f++;
        }
        if (!f->name) {
            return because(why, "%s has no option '%s'", type_of(spec), name);
        }
        if (!put(value, f, (char *)options + f->at)) {
            return because(why, "%s: the option '%s' is not what it should be", type_of(spec),
                           name);
        }
    }
    return true;
}
