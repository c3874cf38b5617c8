/* SPDX-License-Identifier: MIT */
/* How the values of options are read, by argp. */
#include "command_line.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* argp wants characters or numbers above them. */
enum { FIRST_KEY = 256 };

/* A number that is the whole text. */
static bool read_number(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*number);
}

static bool read_whole(const char *text, int64_t *whole)
{
    char *end;
    errno = 0;
    *whole = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *text >= '0' && *text <= '9';
}

static void store_number(struct argp_state *state, const row *it, const char *text, double *place)
{
    double x;
    bool is_number = read_number(text, &x);
    const char *expected = it->kind == POSITIVE       ? "a number above 0"
                           : it->kind == NOT_NEGATIVE ? "a number from 0 on"
                           : it->kind == FRACTION     ? "a number between 0 and 1"
                                                      : "a number from 0 on, below 1";
    bool fits = it->kind == POSITIVE       ? x > 0
                : it->kind == NOT_NEGATIVE ? x >= 0
                : it->kind == FRACTION     ? x > 0 && x < 1
                                           : x >= 0 && x < 1;
    if (!is_number || !fits) {
        argp_error(state, "--%s: expected %s, got '%s'", it->name, expected, text);
        return;
    }
    *place = x;
}

static void store_whole(struct argp_state *state, const row *it, const char *text, int64_t *place)
{
    int64_t least = it->kind == COUNT ? 1 : 0;
    int64_t whole;
    if (!read_whole(text, &whole) || whole < least) {
        argp_error(state, "--%s: expected a whole number from %d on, got '%s'", it->name,
                   (int)least, text);
        return;
    }
    *place = whole;
}

static void store_bytes(struct argp_state *state, const row *it, const char *text, int64_t *place)
{
    static const char units[] = "KMGT";
    char *end;
    double size = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    for (const char *u = units; unit && u <= unit; u++) {
        size *= 1024;
    }
    bool ended = *end == '\0' || (unit && end[1] == '\0') || (unit && strcmp(end + 1, "B") == 0);
    if (end == text || !ended || !(size >= 1 << 20) || !(size < 0x1p62)) {
        argp_error(state, "--%s: expected a size from 1M on, as 64M or 2G, got '%s'", it->name,
                   text);
        return;
    }
    *place = (int64_t)size;
}

static void store_choice(struct argp_state *state, const row *it, const char *text, int *place)
{
    *place = name_index(it->names, text);
    if (*place >= 0) {
        return;
    }
    char all[256] = "";
    for (int i = 0; it->names[i]; i++) {
        strncat(all, i ? ", " : "", sizeof all - strlen(all) - 1);
        strncat(all, it->names[i], sizeof all - strlen(all) - 1);
    }
    argp_error(state, "--%s: there is no '%s', but there are %s", it->name, text, all);
}

static void store_character(struct argp_state *state, const row *it, const char *text, char *place)
{
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0) {
        text = "\t";
    } else if (strcmp(text, "space") == 0) {
        text = " ";
    }
    if (strlen(text) != 1) {
        argp_error(state, "--%s: expected one character, 'tab' or 'space', got '%s'", it->name,
                   text);
        return;
    }
    *place = *text;
}

/* The part at *at, in place: without the spaces around it, or without its quotes and with those
 * within once. *at is then behind its comma, or NULL at the end. */
static char *take_part(char **at)
{
    char *from = *at + strspn(*at, " "), *part = from, *to = from;
    bool quoted = *from == '"';
    for (from += quoted; *from && (quoted || *from != ','); from++) {
        if (quoted && from[0] == '"' && from[1] != '"') {
            quoted = false;
            continue;
        }
        from += quoted && from[0] == '"';
        *to++ = *from;
    }
    bool more = *from == ',';
    while (to > part && to[-1] == ' ') {
        to--;
    }
    *to = '\0';
    *at = more ? from + 1 : NULL;
    return part;
}

static void add_text(struct argp_state *state, const char *text, text_list *list)
{
    const char **more = realloc(list->texts, (list->count + 1) * sizeof *more);
    if (!more) {
        argp_failure(state, 1, 0, "there is no memory for the options");
        return;
    }
    list->texts = more;
    list->texts[list->count++] = text;
}

/* Takes the text apart at its commas, in place. */
static void store_list(struct argp_state *state, char *text, text_list *list)
{
    for (char *at = text; at;) {
        char *part = take_part(&at);
        if (*part) {
            add_text(state, part, list);
        }
    }
}

static void store_parts(struct argp_state *state, const row *it, char *text, unsigned *place)
{
    *place = 0;
    for (char *at = text; at;) {
        int choice = -1;
        store_choice(state, it, take_part(&at), &choice);
        *place |= choice < 0 ? 0 : 1U << choice;
    }
}

static void store_quantiles(struct argp_state *state, const row *it, char *text, options *into)
{
    into->quantile_count = 0;
    for (char *part = strtok(text, ","); part; part = strtok(NULL, ",")) {
        double q, last = into->quantile_count ? into->quantiles[into->quantile_count - 1] : 0;
        if (!read_number(part, &q) || !(q > 0 && q < 1)) {
            argp_error(state, "--%s: expected a number between 0 and 1, got '%s'", it->name, part);
            return;
        }
        if (q <= last || into->quantile_count == MAX_QUANTILES) {
            argp_error(state, "--%s: expected up to %d quantiles in ascending order", it->name,
                       MAX_QUANTILES);
            return;
        }
        into->quantiles[into->quantile_count++] = q;
    }
}

static void store_sizes(struct argp_state *state, const row *it, char *text, options *into)
{
    into->hidden_count = 0;
    for (char *part = strtok(text, ","); part; part = strtok(NULL, ",")) {
        int64_t size;
        if (!read_whole(part, &size) || size < 1 || size > 1000000) {
            argp_error(state, "--%s: expected sizes of layers, as 64,64, got '%s'", it->name, part);
            return;
        }
        if (into->hidden_count == MAX_HIDDEN) {
            argp_error(state, "--%s: there can be %d layers, no more", it->name, MAX_HIDDEN);
            return;
        }
        into->hidden[into->hidden_count++] = size;
    }
}

static void store(struct argp_state *state, const row *it, char *text, options *into)
{
    void *place = (char *)into + it->offset;
    switch (it->kind) {
    case HEADING:
        break;
    case TEXT:
        *(const char **)place = text;
        break;
    case LIST:
        store_list(state, text, place);
        break;
    case MORE:
        add_text(state, text, place);
        break;
    case PARTS:
        store_parts(state, it, text, place);
        break;
    case CHARACTER:
        store_character(state, it, text, place);
        break;
    case FLAG:
        *(bool *)place = true;
        break;
    case CHOICE:
        store_choice(state, it, text, place);
        break;
    case POSITIVE:
    case NOT_NEGATIVE:
    case FRACTION:
    case SHARE:
        store_number(state, it, text, place);
        break;
    case COUNT:
    case WHOLE:
        store_whole(state, it, text, place);
        break;
    case BYTES:
        store_bytes(state, it, text, place);
        break;
    case SIZES:
        store_sizes(state, it, text, into);
        break;
    case QUANTILES:
        store_quantiles(state, it, text, into);
        break;
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    command_line *line = state->input;
    options *into = line->into;
    if (key >= FIRST_KEY && (size_t)(key - FIRST_KEY) < line->count) {
        store(state, &line->rows[key - FIRST_KEY], text, into);
        return 0;
    }
    switch (key) {
    case ARGP_KEY_ARG:
        if (into->file_count == (line->more ? MAX_FILES : line->files)) {
            argp_error(state, "'%s' is one argument too many", text);
        } else {
            into->files[into->file_count++] = text;
        }
        return 0;
    case ARGP_KEY_END:
        if (into->file_count < line->files) {
            argp_error(state, "%s is missing", line->file_names[into->file_count]);
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The rows as argp wants them; groups are in the table's order. */
static void to_argp(const command_line *line, struct argp_option *to)
{
    int group = 1;
    for (size_t i = 0; i < line->count; i++) {
        const row *it = &line->rows[i];
        group += it->kind == HEADING && i > 0;
        to[i] = (struct argp_option){.name = it->name,
                                     .key = it->name ? FIRST_KEY + (int)i : 0,
                                     .arg = it->value,
                                     .doc = it->what,
                                     .group = group};
    }
    to[line->count] = (struct argp_option){0};
}

options read_line(command_line line, const char *arguments, const char *what, int argc, char **argv)
{
    const double nothing = (double)NAN;
    options into = {.test_fraction = nothing,
                    .optimizer = -1,
                    .schedule = -1,
                    .dtype = -1,
                    .loss = -1,
                    .delta = nothing,
                    .lr = nothing,
                    .momentum = nothing,
                    .weight_decay = nothing,
                    .validation_fraction = nothing,
                    .interval = nothing};
    struct argp_option *table = calloc((size_t)line.count + 1, sizeof *table);
    if (!table) {
        fprintf(stderr, "%s: out of memory\n", argv[0]);
        exit(1);
    }
    line.into = &into;
    to_argp(&line, table);
    struct argp argp = {table, parse, arguments, what, NULL, NULL, NULL};
    if (argp_parse(&argp, argc, argv, 0, NULL, &line) != 0) {
        exit(1);
    }
    free(table);
    return into;
}
