/* SPDX-License-Identifier: MIT */
/* The decision between numbers and text, and the report of what went against it. */
#include "csv_kinds.h"
#include "c_locale.h"
#include "counted.h"
#include "csv_number.h"
#include "date.h"
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of a column's values: one in ten may be no number, or these few different texts. */
enum { ODD_SHARE = 10, FEW_TEXTS = 3 };

static bool are_numbers(int64_t numbers, int64_t odd, size_t different)
{
    return numbers > 0 &&
           (odd * ODD_SHARE <= numbers + odd || (different <= FEW_TEXTS && odd < numbers));
}

reeli_reading reeli_csv_number(const reeli_csv_reader *it, char *text, size_t length, double *value)
{
    reeli_reading what = reeli_read_number(text, length, it->decimal, value);
    if (what == REELI_NOT_A_NUMBER) {
        what = reeli_read_dressed(text, length, it->decimal, it->options->thousands, value);
    }
    const bool too_large =
        what == REELI_A_NUMBER && it->table->dtype != REEL_F64 && isinf((float)*value);
    return too_large ? REELI_INFINITE : what;
}

/* Of years alone there are too many among numbers. */
bool reeli_csv_is_date(const reel_table_options *o, const char *text)
{
    double seconds;
    bool is = false;
    for (size_t i = 0; i < o->date_format_count; i++) {
        is = is || (strstr(o->date_formats[i], "%m") &&
                    reeli_read_date(text, o->date_formats[i], &seconds));
    }
    return is;
}

/* Counts a text; the first is kept. */
static void keep_odd(reeli_odd_text *to, const char *text, size_t length, int64_t row, double value)
{
    if (to->count++ == 0) {
        size_t kept = length < REELI_ODD_TEXT ? length : REELI_ODD_TEXT - 1;
        memcpy(to->text, text, kept);
        to->text[kept] = '\0';
        to->row = row;
        to->value = value;
    }
}

static void keep_no_number(struct reeli_odd *odd, const char *text, size_t length, int64_t row)
{
    size_t i = 0;
    size_t compared = length < REELI_ODD_TEXT ? length + 1 : REELI_ODD_TEXT - 1;
    while (i < odd->kept && i < REELI_ODD_KEPT && memcmp(odd->texts[i].text, text, compared) != 0) {
        i++;
    }
    odd->count++;
    if (i < REELI_ODD_KEPT) {
        odd->kept += i == odd->kept;
        keep_odd(&odd->texts[i], text, length, row, (double)NAN);
    } else {
        odd->kept = REELI_ODD_KEPT + 1;
    }
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static struct reeli_odd *odd_of(reel *r, reeli_column *c)
{
    if (c->odd.count == 0) {
        struct reeli_odd *odd = reeli_buffer_add(r, &c->odd, sizeof *odd);
        if (odd) {
            memset(odd, 0, sizeof *odd);
        }
    }
    return c->odd.count ? c->odd.data : NULL;
}

/* A number with signs, with a zero before its digits, or with more digits than it holds. */
static reeli_odd_text *kind_of_number(const reeli_csv_reader *it, struct reeli_odd *odd,
                                      const char *text, size_t length, double value)
{
    char plain[REELI_ODD_TEXT];
    double same;
    size_t digits = strspn(text, "0123456789");
    if (digits == length && fabs(value) >= 0x1p53) {
        return &odd->large;
    }
    if (text[0] == '0' && is_digit(text[1])) {
        return &odd->zeros;
    }
    if (length >= sizeof plain) {
        return NULL;
    }
    memcpy(plain, text, length + 1);
    bool dressed = reeli_read_number(plain, length, it->decimal, &same) != REELI_A_NUMBER;
    return dressed ? &odd->dressed : NULL;
}

bool reeli_csv_note(reeli_csv_reader *it, reeli_column *c, const char *text, size_t length,
                    int64_t row, bool number, double value)
{
    struct reeli_odd *odd = odd_of(it->r, c);
    if (!odd) {
        reeli_csv_no_memory(it);
        return false;
    }
    if (!number) {
        keep_no_number(odd, text, length, row);
        return true;
    }
    reeli_odd_text *kind = kind_of_number(it, odd, text, length, value);
    if (kind) {
        keep_odd(kind, text, length, row, value);
        odd->percents += memchr(text, '%', length) != NULL;
    }
    return true;
}

/* What is known of each text of a column of text. */
typedef struct word {
    double value;
    int64_t count, row;
    bool number, date;
} word;

static bool classify(const reeli_csv_reader *it, size_t column, word *words)
{
    const reeli_column *c = reeli_column_of(it->table, column);
    reeli_cursor codes;
    if (!reeli_cursor_open(&codes, it->table, column)) {
        return false;
    }
    for (size_t i = 0; i < reeli_text_count(&c->texts); i++) {
        char *text = (char *)c->texts.text.data + ((const size_t *)c->texts.starts.data)[i];
        words[i] = (word){.row = -1};
        words[i].number =
            reeli_csv_number(it, text, strlen(text), &words[i].value) == REELI_A_NUMBER;
        words[i].date = reeli_csv_is_date(it->options, text);
    }
    for (int64_t row = 0; row < it->table->rows; row++) {
        int32_t code = reeli_code_at(&codes, row);
        if (code >= 0 && words[code].count++ == 0) {
            words[code].row = row;
        }
    }
    reeli_cursor_close(&codes);
    return it->r->status == REEL_OK;
}

/* `count` texts from `row` on become numbers, which have been read; notes those that are odd. */
static bool convert_rows(reeli_csv_reader *it, reeli_column *c, const word *words, int64_t row,
                         int64_t count, const int32_t *codes, void *to)
{
    for (int64_t i = 0; i < count; i++) {
        const word *w = codes[i] < 0 ? NULL : &words[codes[i]];
        double x = w && w->number ? w->value : (double)NAN;
        c->missing += w && !w->number;
        it->table->dtype == REEL_F64 ? (void)(((double *)to)[i] = x)
                                     : (void)(((float *)to)[i] = (float)x);
        if (w) {
            const char *text = reeli_text_at(&c->texts, (size_t)codes[i]);
            if (!reeli_csv_note(it, c, text, strlen(text), row + i, w->number, x)) {
                return false;
            }
        }
    }
    return true;
}

/* The blocks that are in the file. `numbers` has room for one, and more. */
static bool convert_pages(reeli_csv_reader *it, size_t column, const word *words, void *numbers)
{
    reel_table *t = it->table;
    reeli_buffer codes = {NULL, 0, 0};
    const int64_t rows = t->pages.rows;
    bool ok = reeli_buffer_reserve(it->r, &codes, (size_t)rows * reeli_cell_bytes(t));
    if (!ok) {
        reeli_csv_no_memory(it);
    }
    for (int64_t at = 0; ok && at < t->pages.first; at += rows) {
        ok = reeli_pages_read(t, column, at / rows, codes.data) &&
             convert_rows(it, reeli_column_of(t, column), words, at, rows, codes.data, numbers) &&
             reeli_pages_write(t, column, at / rows, numbers);
    }
    reeli_buffer_free(it->r, &codes);
    return ok;
}

static bool convert(reeli_csv_reader *it, size_t column, const word *words)
{
    reel_table *t = it->table;
    reeli_column *c = reeli_column_of(t, column);
    reeli_buffer cells = {NULL, 0, 0};
    bool ok = reeli_buffer_reserve(it->r, &cells, (size_t)it->room * reeli_cell_bytes(t));
    if (!ok) {
        reeli_csv_no_memory(it);
    }
    ok = ok && (!t->pages.rows || convert_pages(it, column, words, cells.data)) &&
         convert_rows(it, c, words, t->pages.first, t->rows - t->pages.first, c->cells.data,
                      cells.data);
    if (!ok) {
        reeli_buffer_free(it->r, &cells);
        return false;
    }
    reeli_buffer_free(it->r, &c->cells);
    reeli_text_set_free(it->r, &c->texts);
    c->cells = cells;
    c->texts = (reeli_text_set){0};
    c->kind = REELI_NUMBERS;
    return true;
}

static bool settle(reeli_csv_reader *it, size_t column)
{
    reeli_column *c = reeli_column_of(it->table, column);
    reeli_buffer known = {NULL, 0, 0};
    size_t count = reeli_text_count(&c->texts), different = 0;
    if (!reeli_buffer_reserve(it->r, &known, (count + 1) * sizeof(word))) {
        reeli_csv_no_memory(it);
        return false;
    }
    word *words = known.data;
    int64_t numbers = 0, odd = 0, no_dates = 0;
    bool ok = classify(it, column, words);
    for (size_t i = 0; ok && i < count; i++) {
        *(words[i].number ? &numbers : &odd) += words[i].count;
        different += !words[i].number && words[i].count > 0;
        no_dates += words[i].date ? 0 : words[i].count;
    }
    bool mostly_numbers = are_numbers(numbers, odd, different);
    c->dates = mostly_numbers && no_dates * ODD_SHARE <= numbers + odd;
    ok = ok && (!mostly_numbers || c->dates || convert(it, column, words));
    reeli_buffer_free(it->r, &known);
    return ok && !it->failed;
}

bool reeli_csv_settle(reeli_csv_reader *it)
{
    for (size_t j = 0; j < it->table->columns; j++) {
        const reeli_column *c = reeli_column_of(it->table, j);
        if (c->kind == REELI_TEXT && !c->fixed && !settle(it, j)) {
            it->failed = true;
            return false;
        }
    }
    return true;
}

bool reeli_csv_mistaken(reeli_csv_reader *it)
{
    bool any = false;
    bool *as_text = it->as_text->data;
    for (size_t j = 0; j < it->table->columns; j++) {
        const reeli_column *c = reeli_column_of(it->table, j);
        const struct reeli_odd *odd = c->odd.data;
        if (c->kind == REELI_NUMBERS && c->odd.count && odd->count > 0 &&
            !are_numbers(it->table->rows - c->missing, odd->count, odd->kept)) {
            any = as_text[j] = true;
        }
    }
    return any;
}

/* "'abc' on line 3 of b.csv" */
static const char *place_text(char text[2 * REELI_QUOTE_SIZE + 64], const reel_table *t,
                              const reeli_odd_text *odd)
{
    int length = snprintf(text, 2 * REELI_QUOTE_SIZE + 64, "'%s' on line %lld",
                          REELI_QUOTED_START(odd->text, strlen(odd->text)),
                          (long long)reel_table_line(t, odd->row));
    if (t->files.count > 1) {
        snprintf(text + length, (size_t)(2 * REELI_QUOTE_SIZE + 64 - length), " of %s",
                 REELI_QUOTED(reel_table_row_path(t, odd->row)));
    }
    return text;
}
#define PLACE_OF(t, odd) place_text((char[2 *REELI_QUOTE_SIZE + 64]){0}, t, odd)

static void tell_no_numbers(const reel_table *t, const char *name, const struct reeli_odd *odd)
{
    char list[REELI_MESSAGE_SIZE / 2] = "";
    size_t used = 0;
    bool comma = false;
    for (size_t i = 0; i < odd->kept && i < REELI_ODD_KEPT; i++) {
        const reeli_odd_text *one = &odd->texts[i];
        char times[32] = "";
        if (one->count > 1) {
            snprintf(times, sizeof times, " (%lld times)", (long long)one->count);
        }
        comma = comma || strchr(one->text, ',');
        int more = snprintf(list + used, sizeof list - used, "%s%s%s", i ? ", " : "",
                            PLACE_OF(t, one), times);
        used += (size_t)more;
        if (used >= sizeof list) {
            break;
        }
    }
    bool one = odd->count == 1;
    reeli_warn(t->owned.r, "%s: column '%s': %s %s no number%s and taken for missing: %s%s%s",
               REELI_QUOTED(t->path), REELI_QUOTED(name), REELI_COUNTED(odd->count, "value"),
               one ? "is" : "are", one ? "" : "s", list, odd->kept > REELI_ODD_KEPT ? ", …" : "",
               comma ? "; if a comma stands before decimals or between thousands, say so" : "");
}

/* Numbers that may be names. */
static void tell_names(const reel_table *t, const char *name, const reeli_odd_text *odd,
                       const char *one, const char *many)
{
    if (odd->count == 0) {
        return;
    }
    bool single = odd->count == 1;
    reeli_warn(t->owned.r, "%s: column '%s': %s %s, %s%s; if %s, say that the column is text",
               REELI_QUOTED(t->path), REELI_QUOTED(name), REELI_COUNTED(odd->count, "number"),
               single ? one : many, PLACE_OF(t, odd), single ? "" : " the first",
               single ? "it is a name" : "they are names");
}

static void tell_numbers(const reel_table *t, const char *name, const struct reeli_odd *odd,
                         int64_t there)
{
    char value[40];
    bool one = odd->dressed.count == 1;
    if (odd->dressed.count > 0) {
        reeli_format(value, sizeof value, "%.9g", odd->dressed.value);
        reeli_warn(t->owned.r, "%s: column '%s': %s %s, and %s read as %s: %s as %s%s",
                   REELI_QUOTED(t->path), REELI_QUOTED(name),
                   REELI_COUNTED(odd->dressed.count, "value"), one ? "has a sign" : "have signs",
                   one ? "is" : "are", one ? "a number" : "numbers", PLACE_OF(t, &odd->dressed),
                   value, one ? "" : ", and so on");
    }
    if (odd->percents > 0 && odd->percents < there) {
        reeli_warn(t->owned.r,
                   "%s: column '%s': %s of %s %s a percent sign, and the others none: they may "
                   "be a hundred times as large as those",
                   REELI_QUOTED(t->path), REELI_QUOTED(name), REELI_COUNTED(odd->percents, ""),
                   REELI_COUNTED(there, "value"), reeli_one_or_many(odd->percents, "has", "have"));
    }
    tell_names(t, name, &odd->zeros, "begins with a zero", "begin with a zero");
    tell_names(t, name, &odd->large, "is beyond 2^53 and loses its last digits",
               "are beyond 2^53 and lose their last digits");
}

/* The ways of other countries to write numbers, in the words of the options. */
static const struct {
    char decimal, thousands;
    const char *said;
} ways[] = {{'.', ',', "thousands ','"},
            {',', '\0', "decimal ','"},
            {'.', '\'', "thousands \"'\""},
            {'.', ' ', "thousands ' '"},
            {',', '.', "decimal ',' and thousands '.'"},
            {',', ' ', "decimal ',' and thousands ' '"},
            {',', '\'', "decimal ',' and thousands \"'\""}};
enum { COMMA = 1, WAYS = sizeof ways / sizeof *ways, LOOKED_AT = 200 };

/* How many of a column's first texts are numbers in each way, and no plain ones; the first that is.
 */
static size_t count_ways(const reeli_csv_reader *it, const reeli_column *c, size_t counts[WAYS],
                         const char **first)
{
    size_t all = reeli_text_count(&c->texts), looked = all < LOOKED_AT ? all : LOOKED_AT;
    double value;
    for (size_t i = 0; i < looked; i++) {
        const char *text = reeli_text_at(&c->texts, i);
        size_t length = strlen(text);
        bool plain = reeli_read_dressed(text, length, it->decimal, it->options->thousands,
                                        &value) == REELI_A_NUMBER;
        for (size_t w = 0; w < WAYS; w++) {
            bool number = reeli_read_dressed(text, length, ways[w].decimal, ways[w].thousands,
                                             &value) == REELI_A_NUMBER;
            counts[w] += number;
            *first = number && !plain && !*first ? text : *first;
        }
    }
    return looked;
}

/* "1,5" where decimal points are read: the column is taken for text, likely without being one. */
static void tell_marks(const reeli_csv_reader *it, const reel_table *t, size_t column)
{
    const reeli_column *c = reeli_column_of(t, column);
    size_t counts[WAYS] = {0}, most = 0;
    const char *first = NULL;
    char said[120] = "";
    size_t looked = c->named ? 0 : count_ways(it, c, counts, &first);
    for (size_t w = 0; w < WAYS; w++) {
        most = counts[w] > most ? counts[w] : most;
    }
    if (!first || 2 * most < looked) {
        return;
    }
    for (size_t w = 0, named = 0; w < WAYS; w++) {
        bool simpler = w > COMMA && ways[w].decimal == ',' && counts[COMMA] == most;
        if (counts[w] == most && !simpler && named++ < 2) {
            size_t used = strlen(said);
            snprintf(said + used, sizeof said - used, "%s%s", used ? " or " : "", ways[w].said);
        }
    }
    reeli_warn(t->owned.r,
               "%s: column '%s' is taken for text, for it has '%s'; if that is a number, say %s",
               REELI_QUOTED(t->path), REELI_QUOTED(reeli_text_at(&t->names, column)),
               REELI_QUOTED(first), said);
}

static void tell_short_rows(const reeli_csv_reader *it, const reel_table *t)
{
    const reeli_short_rows *s = &it->short_rows;
    if (s->count > 0) {
        reeli_warn(
            t->owned.r,
            "%s:%lld: %s %s fewer fields than the first row, %lld of %zu%s: what is not there is "
            "missing",
            REELI_QUOTED(reel_table_row_path(t, s->first)), (long long)reel_table_line(t, s->first),
            REELI_COUNTED(s->count, "row"), reeli_one_or_many(s->count, "has", "have"),
            (long long)s->fields, t->columns, s->count == 1 ? "" : " here");
    }
}

void reeli_csv_tell(reeli_csv_reader *it)
{
    const reel_table *t = it->table;
    tell_short_rows(it, t);
    for (size_t j = 0; j < t->columns; j++) {
        const reeli_column *c = reeli_column_of(t, j);
        const char *name = reeli_text_at(&t->names, j);
        if (c->kind == REELI_TEXT) {
            tell_marks(it, t, j);
            if (c->dates) {
                reeli_warn(t->owned.r,
                           "%s: column '%s' has numbers that are dates by the format given",
                           REELI_QUOTED(t->path), REELI_QUOTED(name));
            }
        } else if (c->odd.count) {
            const struct reeli_odd *odd = c->odd.data;
            if (odd->count > 0) {
                tell_no_numbers(t, name, odd);
            }
            tell_numbers(t, name, odd, t->rows - c->missing);
        }
    }
}
