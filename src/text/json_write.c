/* SPDX-License-Identifier: MIT */
/* Source: RFC 8259. */
#include "json_write.h"
#include "parse_number.h"
#include "utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Digits that tell any two doubles apart, and those that any number of so many has. */
enum { MOST_DIGITS = 17, FEWEST_DIGITS = 15, NUMBER_SIZE = 40 };

static void put(reeli_json_writer *w, const char *bytes, size_t count)
{
    w->failed = w->failed || !reeli_buffer_grow(w->r, &w->text, w->text.count + count);
    if (w->failed || count == 0) {
        return;
    }
    memcpy((char *)w->text.data + w->text.count, bytes, count);
    w->text.count += count;
}

static void put_line(reeli_json_writer *w)
{
    if (w->indent) {
        put(w, "\n", 1);
        for (int i = 0; i < w->indent * w->depth; i++) {
            put(w, " ", 1);
        }
    }
}

/* A character that cannot stand for itself. */
static void put_escaped(reeli_json_writer *w, char c)
{
    static const char escapes[] = "\"\\bfnrt", meant[] = "\"\\\b\f\n\r\t";
    const char *at = strchr(meant, c);
    char text[8];
    int length = at ? snprintf(text, sizeof text, "\\%c", escapes[at - meant])
                    : snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
    put(w, text, (size_t)length);
}

static bool stands_for_itself(char c) { return (unsigned char)c >= ' ' && c != '"' && c != '\\'; }

static void put_quoted(reeli_json_writer *w, const char *text)
{
    put(w, "\"", 1);
    while (*text) {
        size_t plain = 0;
        while (text[plain] && stands_for_itself(text[plain])) {
            plain++;
        }
        for (size_t good; plain > 0; text += good, plain -= good) {
            good = reeli_utf8_prefix(text, plain);
            put(w, text, good);
            if (good < plain) {
                put(w, "\xEF\xBF\xBD", 3);
                good++;
            }
        }
        if (*text) {
            put_escaped(w, *text++);
        }
    }
    put(w, "\"", 1);
}

/* What comes before a value: the comma that ends the one before it, and its key. */
static void begin(reeli_json_writer *w, const char *key)
{
    put(w, ",", w->after_value);
    w->after_value = true;
    if (w->depth > 0) {
        put_line(w);
    }
    if (key) {
        put_quoted(w, key);
        put(w, ": ", w->indent ? 2 : 1);
    }
}

void reeli_json_put_json(reeli_json_writer *w, const char *key, const char *json)
{
    begin(w, key);
    put(w, json, strlen(json));
}

void reeli_json_put_open(reeli_json_writer *w, const char *key, char bracket)
{
    begin(w, key);
    put(w, &bracket, 1);
    w->depth++;
    w->after_value = false;
}

void reeli_json_put_close(reeli_json_writer *w, char bracket)
{
    w->depth--;
    if (w->after_value) {
        put_line(w);
    }
    put(w, &bracket, 1);
    w->after_value = true;
}

void reeli_json_put_text(reeli_json_writer *w, const char *key, const char *text)
{
    if (!text) {
        reeli_json_put_json(w, key, "null");
        return;
    }
    begin(w, key);
    put_quoted(w, text);
}

/* The process's locale may have another decimal point, even one of several bytes. */
static size_t with_point(char *text)
{
    size_t length = 0;
    bool point = false;
    for (const char *c = text; *c; c++) {
        bool plain = strchr("0123456789+-e", *c) != NULL;
        if (plain || !point) {
            text[length++] = plain ? *c : '.';
        }
        point = point || !plain;
    }
    text[length] = '\0';
    return length;
}

void reeli_json_put_number(reeli_json_writer *w, const char *key, double value)
{
    char text[NUMBER_SIZE];
    double back = value;
    size_t length = 0;
    if (!isfinite(value)) {
        reeli_json_put_json(w, key, "null");
        return;
    }
    for (int digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        length = with_point(text);
        if (reeli_read_number(text, length, '.', &back) == REELI_A_NUMBER && back == value) {
            break;
        }
    }
    if (!strpbrk(text, ".e")) { /* so that it is read as a fraction again */
        memcpy(text + length, ".0", sizeof ".0");
    }
    reeli_json_put_json(w, key, text);
}

void reeli_json_put_integer(reeli_json_writer *w, const char *key, int64_t value)
{
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%lld", (long long)value);
    reeli_json_put_json(w, key, text);
}

void reeli_json_put_bool(reeli_json_writer *w, const char *key, bool value)
{
    reeli_json_put_json(w, key, value ? "true" : "false");
}

const char *reeli_json_written(reeli_json_writer *w, size_t *length)
{
    put(w, "", 1);
    w->text.count -= !w->failed;
    *length = w->failed ? 0 : w->text.count;
    return w->failed ? NULL : w->text.data;
}

void reeli_json_writer_free(reeli_json_writer *w) { reeli_buffer_free(w->r, &w->text); }
