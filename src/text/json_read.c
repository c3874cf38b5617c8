/* SPDX-License-Identifier: MIT */
/* One step at a time through a text of JSON: a mark, a key, a text, a number. */
#include "json_read.h"
#include "parse_number.h"
#include "utf8.h"

#include <string.h>

enum { LONGEST_NUMBER = 400 };

bool reeli_json_refuse(reeli_json *json, const char *why)
{
    reeli_error(json->r, REEL_ERR_FORMAT, "%s: byte %zu: %s", json->what,
                (size_t)(json->at - json->start) + 1, why);
    return false;
}

bool reeli_json_take(reeli_json *json, char mark)
{
    json->at += strspn(json->at, " \t\r\n");
    bool there = *json->at == mark;
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

/* What it becomes is never longer than what it was. */
bool reeli_json_text(reeli_json *json)
{
    if (!reeli_json_take(json, '"')) {
        return reeli_json_refuse(json, "expected a text");
    }
    const char *end = json->at + strcspn(json->at, "\"");
    while (*end && end[-1] == '\\') {
        end += 1 + strcspn(end + 1, "\"");
    }
    if (!reeli_buffer_grow(json->r, &json->text, (size_t)(end - json->at) + 1)) {
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
    if (step == 0 || !reeli_is_utf8(text, length)) {
        return reeli_json_refuse(json, "expected a character, or the text's end");
    }
    json->at++;
    return true;
}

bool reeli_json_number(reeli_json *json, double *value)
{
    reeli_json_take(json, ' ');
    size_t length = strspn(json->at, "+-.0123456789eE");
    char text[LONGEST_NUMBER + 1];
    if (length == 0 || length > LONGEST_NUMBER || *json->at == '+' || *json->at == '.') {
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

bool reeli_json_end(reeli_json *json)
{
    reeli_json_take(json, ' ');
    return *json->at == '\0' || reeli_json_refuse(json, "expected the end");
}
