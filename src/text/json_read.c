/* SPDX-License-Identifier: MIT */
/* One step at a time through a text of JSON: a mark, a key, a text, a number. Source: RFC 8259. */
#include "json_read.h"
#include "parse_number.h"
#include "utf8.h"

#include <string.h>

enum { LONGEST_NUMBER = 400, DEEPEST = 64 };

void reeli_json_free(reeli_json *json) { reeli_buffer_free(json->r, &json->text); }

bool reeli_json_refuse(reeli_json *json, const char *why)
{
    reeli_error(json->r, REEL_ERR_FORMAT, "%s: byte %zu: %s", json->what,
                (size_t)(json->at - json->start) + 1, why);
    return false;
}

char reeli_json_peek(reeli_json *json)
{
    json->at += strspn(json->at, " \t\r\n");
    return *json->at;
}

bool reeli_json_take(reeli_json *json, char mark)
{
    bool there = reeli_json_peek(json) == mark;
    json->at += there;
    return there;
}

bool reeli_json_expect(reeli_json *json, char mark)
{
    char why[] = "expected ' '";
    why[sizeof "expected '" - 1] = mark;
    return reeli_json_take(json, mark) || reeli_json_refuse(json, why);
}

bool reeli_json_next(reeli_json *json, char end, bool *more)
{
    bool first = !*more;
    *more = !reeli_json_take(json, end);
    return *more && (first || reeli_json_expect(json, ','));
}

/* Four hexadecimal digits; -1 if they are not there. */
static int read_unit(reeli_json *json)
{
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *digit = *json->at ? strchr(digits, *json->at) : NULL;
        if (!digit) {
            return -1;
        }
        int value = (int)(digit - digits);
        unit = 16 * unit + (value < 16 ? value : value - 6);
        json->at++;
    }
    return unit;
}

/* The character of an escape after "\u", two of them where it takes a pair; 0 if it is none. */
static uint32_t read_escaped(reeli_json *json)
{
    int unit = read_unit(json);
    if (unit < 0xD800 || unit > 0xDFFF) {
        return unit < 0 ? 0 : (uint32_t)unit;
    }
    if (unit > 0xDBFF || strncmp(json->at, "\\u", 2) != 0) {
        return 0;
    }
    json->at += 2;
    int low = read_unit(json);
    return low < 0xDC00 || low > 0xDFFF
               ? 0
               : 0x10000 + (uint32_t)((unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
}

/* One character, escaped or not, into `to`; its bytes, 0 if it is none. */
static size_t read_character(reeli_json *json, char *to)
{
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = *json->at;
    if ((unsigned char)c < ' ') {
        return 0;
    }
    json->at++;
    if (c != '\\') {
        *to = c;
        return 1;
    }
    c = *json->at;
    json->at += c != '\0';
    if (c == 'u') {
        uint32_t escaped = read_escaped(json);
        return escaped ? reeli_put_utf8(to, escaped) : 0;
    }
    const char *escape = c ? strchr(escapes, c) : NULL;
    *to = escape ? meant[escape - escapes] : '\0';
    return escape != NULL;
}

/* The bytes from `at` to the quote that ends the text, or to the end of all. */
static size_t text_length(const char *at)
{
    const char *end = at;
    while (*end && *end != '"') {
        end += *end == '\\' && end[1] ? 2 : 1;
    }
    return (size_t)(end - at);
}

/* What it becomes is never longer than what it was. */
bool reeli_json_text(reeli_json *json)
{
    if (!reeli_json_take(json, '"')) {
        return reeli_json_refuse(json, "expected a text");
    }
    if (!reeli_buffer_grow(json->r, &json->text, text_length(json->at) + 1)) {
        reeli_no_memory(json->r, json->what);
        return false;
    }
    size_t length = 0, step = 1;
    char *text = json->text.data;
    while (*json->at != '"' && step > 0) {
        step = read_character(json, text + length);
        length += step;
    }
    text[length] = '\0';
    json->text.count = length;
    if (step == 0 || !reeli_is_utf8(text, length)) {
        return reeli_json_refuse(json, "expected a character, or the text's end");
    }
    json->at++;
    return true;
}

static const char *skip_digits(const char *at) { return at + strspn(at, "0123456789"); }

/* Where the number ends that starts at `at`; `at` if there is none. *whole: it has neither fraction
 * nor exponent. */
static const char *number_end(const char *at, bool *whole)
{
    const char *digits = at + (*at == '-'), *end = skip_digits(digits);
    if (end == digits || (*digits == '0' && end > digits + 1)) {
        return at;
    }
    *whole = *end != '.' && *end != 'e' && *end != 'E';
    if (*end == '.') {
        const char *fraction = end + 1;
        end = skip_digits(fraction);
        if (end == fraction) {
            return at;
        }
    }
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1 + (end[1] == '-' || end[1] == '+');
        end = skip_digits(exponent);
        if (end == exponent) {
            return at;
        }
    }
    return end;
}

bool reeli_json_number(reeli_json *json, double *value)
{
    bool whole;
    reeli_json_peek(json);
    size_t length = (size_t)(number_end(json->at, &whole) - json->at);
    char text[LONGEST_NUMBER + 1];
    if (length == 0 || length > LONGEST_NUMBER) {
        return reeli_json_refuse(json, "expected a number");
    }
    memcpy(text, json->at, length);
    text[length] = '\0';
    reeli_reading what = reeli_read_number(text, length, '.', value);
    if (what == REELI_NO_LOCALE) {
        reeli_no_memory(json->r, json->what);
        return false;
    }
    if (what != REELI_A_NUMBER) {
        return reeli_json_refuse(json, "expected a number that float64 holds");
    }
    json->at += length;
    return true;
}

bool reeli_json_take_integer(reeli_json *json, int64_t *value)
{
    bool whole = false;
    reeli_json_peek(json);
    const char *end = number_end(json->at, &whole), *at = json->at;
    bool negative = *at == '-', fits = whole && end > at;
    int64_t sum = 0; /* counted downwards, where there is one number more */
    for (at += negative; fits && at < end; at++) {
        fits = reeli_multiply(sum, 10, &sum) && sum >= INT64_MIN + (*at - '0');
        sum -= fits ? *at - '0' : 0;
    }
    if (!fits || (!negative && sum == INT64_MIN)) {
        return false;
    }
    *value = negative ? sum : -sum;
    json->at = end;
    return true;
}

bool reeli_json_integer(reeli_json *json, int64_t *value)
{
    return reeli_json_take_integer(json, value) ||
           reeli_json_refuse(json, "expected a whole number that int64 holds");
}

/* Takes a word if it comes next. */
static bool take_word(reeli_json *json, const char *word)
{
    size_t length = strlen(word);
    bool there = reeli_json_peek(json) == *word && strncmp(json->at, word, length) == 0;
    json->at += there ? length : 0;
    return there;
}

bool reeli_json_bool(reeli_json *json, bool *value)
{
    *value = take_word(json, "true");
    return *value || take_word(json, "false") || reeli_json_refuse(json, "expected true or false");
}

/* A value that has no others in it. */
static bool skip_plain(reeli_json *json)
{
    double number;
    switch (reeli_json_peek(json)) {
    case '"':
        return reeli_json_text(json);
    case 't':
    case 'f':
    case 'n':
        return take_word(json, "true") || take_word(json, "false") || take_word(json, "null") ||
               reeli_json_refuse(json, "expected a value");
    default:
        return reeli_json_number(json, &number);
    }
}

static bool skip_key(reeli_json *json, char end)
{
    return end == ']' || (reeli_json_text(json) && reeli_json_expect(json, ':'));
}

/* The brackets that are open are kept in a list of their own, and not by calls. */
bool reeli_json_skip(reeli_json *json)
{
    char ends[DEEPEST];
    bool first[DEEPEST];
    size_t depth = 0;
    do {
        if (depth > 0 && reeli_json_take(json, ends[depth - 1])) {
            depth--;
            continue;
        }
        if (depth > 0 && !((first[depth - 1] || reeli_json_expect(json, ',')) &&
                           skip_key(json, ends[depth - 1]))) {
            return false;
        }
        if (depth > 0) {
            first[depth - 1] = false;
        }
        char next = reeli_json_peek(json);
        if (next != '{' && next != '[') {
            if (!skip_plain(json)) {
                return false;
            }
            continue;
        }
        if (depth == DEEPEST) {
            return reeli_json_refuse(json, "brackets within brackets more than 64 deep");
        }
        json->at++;
        ends[depth] = next == '{' ? '}' : ']';
        first[depth++] = true;
    } while (depth > 0);
    return true;
}

bool reeli_json_end(reeli_json *json)
{
    return reeli_json_peek(json) == '\0' || reeli_json_refuse(json, "expected the end");
}

/* Which of the keys the text that was read last is, the one without a name for what is none of
 * them; `count` if there is no such one. */
static unsigned find_key(const reeli_json *json, const reeli_json_key *keys, unsigned count)
{
    unsigned i = 0;
    while (i < count && keys[i].name && strcmp(keys[i].name, json->text.data) != 0) {
        i++;
    }
    return i;
}

bool reeli_json_object(reeli_json *json, const reeli_json_key *keys, unsigned count, void *context,
                       unsigned *seen)
{
    bool more = false;
    *seen = 0;
    if (!reeli_json_expect(json, '{')) {
        return false;
    }
    while (reeli_json_next(json, '}', &more)) {
        if (!reeli_json_text(json)) {
            return false;
        }
        unsigned i = find_key(json, keys, count);
        if (i == count || (keys[i].name && *seen & 1U << i)) {
            return reeli_json_refuse(json, "a key that is unknown, or there twice");
        }
        *seen |= 1U << i;
        if (!reeli_json_expect(json, ':') || !keys[i].read(context)) {
            return false;
        }
    }
    return !more;
}
