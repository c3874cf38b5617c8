/* SPDX-License-Identifier: MIT */
/* What is there in place of a column that is not, and what is most like it. */
#include "column_names.h"
#include "near_name.h"

#include <stdio.h>
#include <string.h>

/* A table's columns, "a, b, c", as far as they fit. */
static const char *names_of(const reel_table *table, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < reel_table_columns(table); i++) {
        const char *name = reel_table_name(table, i), *comma = i ? ", " : "";
        if (length + strlen(name) + sizeof ", , …" >= size) {
            snprintf(text + length, size - length, "%s…", comma);
            break;
        }
        length += (size_t)snprintf(text + length, size - length, "%s%s", comma, name);
    }
    return text;
}

static const char *name_at(const void *table, size_t i) { return reel_table_name(table, i); }

/* ", but 'price'" of the name that is most like it; "" if none is. */
static const char *near_name(const reel_table *table, const char *name, char *text, size_t size)
{
    const int64_t near = reeli_nearest_name(name, reel_table_columns(table), name_at, table);
    text[0] = '\0';
    if (near >= 0) {
        snprintf(text, size, ", but '%s'", reel_table_name(table, (size_t)near));
    }
    return text;
}

int64_t no_such_column(const session *s, const reel_table *table, const char *option,
                       const char *name, const char *purpose)
{
    char names[200], near[80];
    complain(s, "%s: %s%sthere is no column '%s'%s%s; there are %s", reel_table_path(table), option,
             *option ? ": " : "", name, purpose, near_name(table, name, near, sizeof near),
             names_of(table, names, sizeof names));
    return -1;
}

int64_t column_meant(const session *s, const reel_table *table, const char *option,
                     const char *name, const char *purpose)
{
    int64_t column = reel_table_look_up(table, name);
    return column < 0 ? no_such_column(s, table, option, name, purpose) : column;
}
