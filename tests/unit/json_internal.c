/* SPDX-License-Identifier: MIT */
/* The JSON reader and writer beside Jansson: what is JSON, what it says, and back. */
#include "faulty.h"
#include "json_read.h"
#include "json_write.h"

#include <jansson.h>
#include <reel/reel.h>
#include <stdio.h>

static reel *r;

static void set_up(void) { r = quiet_reel(); }

static void tear_down(void) { reel_free(r); }

/* Whether our reader takes all of it as one value. */
static bool is_json(const char *text)
{
    reeli_json json = reeli_json_of(r, "test", text);
    bool ok = reeli_json_skip(&json) && reeli_json_end(&json);
    reeli_json_free(&json);
    ck_assert(ok == !reel_failed(r));
    reel_clear_error(r);
    return ok;
}

/* Jansson's. It has whole numbers in 64 bits only; ours passes over any that a double holds. */
static bool is_json_elsewhere(const char *text, bool *too_big)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    *too_big = !json && strstr(error.text, "too big integer");
    json_decref(json);
    return json != NULL;
}

static const char *const documents[] = {
    "{}",
    "[]",
    "0",
    "-0",
    "1",
    "01",
    "-",
    "-1",
    "+1",
    "1.",
    ".5",
    "1.5",
    "1e5",
    "1E+5",
    "1e-5",
    "1e",
    "1e+",
    "1.e5",
    "1.5e3",
    "0x10",
    "1e308",
    "1e309",
    "-1e309",
    "1e-400",
    "NaN",
    "Infinity",
    "true",
    "false",
    "null",
    "tru",
    "truex",
    "nul",
    "\"\"",
    "\"a",
    "\"a\\\"",
    "\"\\\\\"",
    "\"\\\"\\/\\b\\f\\n\\r\\t\"",
    "\"\\a\"",
    "\"\\u0041\\u00e9\\u20ac\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\u0041\"",
    "\"\\u00\"",
    "\"\\u0000\"",
    "\"\t\"",
    "\"\n\"",
    "\"\xc3\xa9\"",
    "\"\xc3\"",
    "\"\xff\"",
    "\"\xc0\x80\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "[1,2]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1",
    "]",
    "[[[[1]]],[]]",
    "[1}",
    "{\"a\":1}",
    "{\"a\" : [1 , {\"b\":null}] , \"c\":\"d\"}",
    "{\"a\":1,}",
    "{\"a\"}",
    "{\"a\":}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1]",
    " \t\r\n1 \t\r\n",
    "1 2",
    "",
    " ",
    "\v1",
    "/**/1",
    "9223372036854775807",
    "-9223372036854775808",
};

START_TEST(what_is_json)
{
    bool too_big;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        ck_assert_msg(is_json(documents[i]) == is_json_elsewhere(documents[i], &too_big), "%s",
                      documents[i]);
    }
}
END_TEST

/* Marsaglia's xorshift. */
static uint64_t next(void)
{
    static uint64_t drawn = 88172645463325252U;
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return drawn;
}

START_TEST(what_is_damaged_json)
{
    static const char telling[] = "{}[]\",:\\u0dn1-+.eE tfa\x80\xc3";
    const size_t count = sizeof documents / sizeof *documents;
    size_t accepted = 0;
    for (int i = 0; i < 200000; i++) {
        char text[160];
        snprintf(text, sizeof text, "[%s,{\"k\":%s},%s]", documents[next() % count],
                 documents[next() % count], documents[next() % count]);
        for (uint64_t edits = next() % 3; edits > 0; edits--) {
            text[next() % strlen(text)] = telling[next() % (sizeof telling - 1)];
        }
        bool too_big, elsewhere = is_json_elsewhere(text, &too_big);
        ck_assert_msg(too_big || is_json(text) == elsewhere, "%s", text);
        accepted += elsewhere;
    }
    ck_assert_uint_gt(accepted, 1000);
}
END_TEST

START_TEST(texts)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        json_t *elsewhere = json_loads(documents[i], JSON_DECODE_ANY, NULL);
        if (json_is_string(elsewhere)) {
            reeli_json json = reeli_json_of(r, "test", documents[i]);
            ck_assert(reeli_json_text(&json));
            ck_assert_str_eq(json.text.data, json_string_value(elsewhere));
            ck_assert_uint_eq(json.text.count, json_string_length(elsewhere));
            reeli_json_free(&json);
        }
        json_decref(elsewhere);
    }
}
END_TEST

START_TEST(whole_numbers_are_exact)
{
    static const struct {
        const char *text;
        bool whole;
        int64_t value;
    } cases[] = {{"0", true, 0},
                 {"-0", true, 0},
                 {"9007199254740993", true, 9007199254740993},
                 {"9223372036854775807", true, INT64_MAX},
                 {"-9223372036854775808", true, INT64_MIN},
                 {"9223372036854775808", false, 0},
                 {"-9223372036854775809", false, 0},
                 {"99999999999999999999", false, 0},
                 {"1.0", false, 0},
                 {"1e2", false, 0},
                 {"\"1\"", false, 0},
                 {"-", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reeli_json json = reeli_json_of(r, "test", cases[i].text);
        int64_t value = 0;
        ck_assert_msg(reeli_json_integer(&json, &value) == cases[i].whole, "%s", cases[i].text);
        ck_assert_int_eq(value, cases[i].value);
        ck_assert(!cases[i].whole || reeli_json_end(&json));
        reel_clear_error(r);
    }
}
END_TEST

START_TEST(brackets_are_not_followed_for_ever)
{
    enum { DEEP = 1 << 20 };
    char *text = malloc(2 * DEEP + 1);
    for (int closed = 0; closed < 2; closed++) {
        memset(text, '[', DEEP);
        memset(text + DEEP, closed ? ']' : '[', DEEP);
        text[2 * DEEP] = '\0';
        ck_assert(!is_json(text));
    }
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    ck_assert(is_json(text));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    reeli_json json = reeli_json_of(r, "test", text);
    ck_assert(!reeli_json_skip(&json));
    assert_error(r, REEL_ERR_FORMAT, "test: byte 65: brackets within brackets");
    free(text);
}
END_TEST

typedef struct pair {
    reeli_json json;
    int64_t a;
    bool b;
} pair;

static bool read_a(void *context)
{
    pair *it = context;
    return reeli_json_integer(&it->json, &it->a);
}

static bool read_b(void *context)
{
    pair *it = context;
    return reeli_json_bool(&it->json, &it->b);
}

static bool read_other(void *context)
{
    pair *it = context;
    return reeli_json_skip(&it->json);
}

static bool read_pair(pair *it, const char *text, unsigned count, unsigned *seen)
{
    static const reeli_json_key keys[] = {{"a", read_a}, {"b", read_b}, {NULL, read_other}};
    *it = (pair){.json = reeli_json_of(r, "test", text)};
    bool ok = reeli_json_object(&it->json, keys, count, it, seen);
    reeli_json_free(&it->json);
    return ok;
}

START_TEST(objects)
{
    pair it;
    unsigned seen;
    ck_assert(read_pair(&it, "{\"b\":true,\"a\":7}", 2, &seen));
    ck_assert(it.a == 7 && it.b && seen == 3);
    ck_assert(read_pair(&it, "{}", 2, &seen) && seen == 0);
    ck_assert(read_pair(&it, "{\"c\":[{\"a\":{}}],\"a\":1,\"d\":2,\"c\":3}", 3, &seen));
    ck_assert(it.a == 1 && seen == 5);
    ck_assert(!read_pair(&it, "{\"a\":1,\"a\":2}", 3, &seen));
    assert_error(r, REEL_ERR_FORMAT, "test: byte 11: a key that is unknown, or there twice");
    ck_assert(!read_pair(&it, "{\"c\":1}", 2, &seen));
    assert_error(r, REEL_ERR_FORMAT, "test: byte 5: a key that is unknown, or there twice");
    ck_assert(!read_pair(&it, "{\"b\":1}", 2, &seen));
    assert_error(r, REEL_ERR_FORMAT, "test: byte 6: expected true or false");
}
END_TEST

/* All kinds of values, each bracket empty and full. */
static void write_all(reeli_json_writer *w)
{
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_text(w, "text", "a\"\\/\b\f\n\r\t\x01\x1f\x7f é € 😀");
    reeli_json_put_text(w, "\n", NULL);
    reeli_json_put_open(w, "list", '[');
    reeli_json_put_integer(w, NULL, INT64_MIN);
    reeli_json_put_open(w, NULL, '[');
    reeli_json_put_close(w, ']');
    reeli_json_put_bool(w, NULL, true);
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_close(w, '}');
    reeli_json_put_json(w, NULL, "{\"b\":[]}");
    reeli_json_put_close(w, ']');
    reeli_json_put_number(w, "fraction", 0.1);
    reeli_json_put_number(w, "whole", 3);
    reeli_json_put_number(w, "none", DOUBLE_NAN);
    reeli_json_put_bool(w, "no", false);
    reeli_json_put_close(w, '}');
}

static const char expected[] =
    "{\"text\":\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f é € 😀\",\"\\n\":null,"
    "\"list\":[-9223372036854775808,[],true,{},{\"b\":[]}],"
    "\"fraction\":0.1,\"whole\":3.0,\"none\":null,\"no\":false}";

START_TEST(writing)
{
    reeli_json_writer w = {.r = r}, lines = {.r = r, .indent = 2};
    size_t length;
    write_all(&w);
    ck_assert_str_eq(reeli_json_written(&w, &length), expected);
    ck_assert_uint_eq(length, sizeof expected - 1);
    write_all(&lines);
    json_t *a = json_loads(expected, JSON_REJECT_DUPLICATES, NULL);
    json_t *b = json_loads(reeli_json_written(&lines, &length), JSON_REJECT_DUPLICATES, NULL);
    ck_assert(a && json_equal(a, b));
    json_decref(b);
    json_object_del(a, "fraction"); /* which Jansson writes with all its digits */
    char *elsewhere = json_dumps(a, JSON_INDENT(2));
    ck_assert_ptr_nonnull(strstr(lines.text.data, "\n  \"list\": [\n    -9223372036854775808,\n"));
    ck_assert_ptr_nonnull(strstr(elsewhere, "\n  \"list\": [\n    -9223372036854775808,\n"));
    free(elsewhere);
    json_decref(a);
    reeli_json_writer_free(&w);
    reeli_json_writer_free(&lines);
}
END_TEST

START_TEST(what_is_not_utf8_is_replaced)
{
    reeli_json_writer w = {.r = r};
    size_t length;
    reeli_json_put_text(&w, NULL, "a\xff\xc3\xa9\xc3\"\xed\xa0\x80\xe2\x82");
    ck_assert_str_eq(reeli_json_written(&w, &length),
                     "\"a\xEF\xBF\xBD\xc3\xa9\xEF\xBF\xBD\\\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                     "\xEF\xBF\xBD\xEF\xBF\xBD\"");
    ck_assert(is_json(w.text.data));
    reeli_json_writer_free(&w);
}
END_TEST

/* Each number in its fewest digits, which both readers take for the same double. */
START_TEST(numbers_come_back_as_they_were)
{
    static const double special[] = {0,         -0.0,
                                     1,         -1,
                                     0.1,       1e22,
                                     1e23,      5e-324,
                                     1e300,     123456789012345680.0,
                                     0x1p-1022, 0x1.fffffffffffffp1023};
    for (size_t i = 0; i < 50000; i++) {
        uint64_t bits = next();
        double x, back;
        memcpy(&x, &bits, sizeof x);
        x = i < sizeof special / sizeof *special ? special[i]
            : i % 2                              ? x
                                                 : (double)(int64_t)bits / 1e6;
        if (!isfinite(x)) {
            continue;
        }
        reeli_json_writer w = {.r = r};
        size_t length;
        reeli_json_put_number(&w, NULL, x);
        const char *text = reeli_json_written(&w, &length);
        reeli_json json = reeli_json_of(r, "test", text);
        ck_assert(reeli_json_number(&json, &back) && reeli_json_end(&json));
        ck_assert_msg(memcmp(&x, &back, sizeof x) == 0, "%s is not %.17g", text, x);
        json_t *elsewhere = json_loads(text, JSON_DECODE_ANY, NULL);
        ck_assert(json_is_real(elsewhere) && json_real_value(elsewhere) == x);
        json_decref(elsewhere);
        reeli_json_writer_free(&w);
    }
}
END_TEST

START_TEST(without_memory_nothing_is_written)
{
    for (long at = 0, total = 1; at < total; at++) {
        faulty f = {.fail_at = -1};
        reel *poor = faulty_reel(&f);
        long before = f.calls;
        f.fail_at = before + at;
        reeli_json_writer w = {.r = poor};
        size_t length;
        write_all(&w);
        ck_assert_ptr_null(reeli_json_written(&w, &length));
        ck_assert_uint_eq(length, 0);
        reeli_json_writer_free(&w);
        f.fail_at = -1;
        w = (reeli_json_writer){.r = poor};
        before = f.calls;
        write_all(&w);
        ck_assert_str_eq(reeli_json_written(&w, &length), expected);
        reeli_json_writer_free(&w);
        total = f.calls - before;
        faulty_end(&f, poor);
    }
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_is_json);
    tcase_add_test(cases, what_is_damaged_json);
    tcase_add_test(cases, texts);
    tcase_add_test(cases, whole_numbers_are_exact);
    tcase_add_test(cases, brackets_are_not_followed_for_ever);
    tcase_add_test(cases, objects);
    tcase_add_test(cases, writing);
    tcase_add_test(cases, what_is_not_utf8_is_replaced);
    tcase_add_test(cases, numbers_come_back_as_they_were);
    tcase_add_test(cases, without_memory_nothing_is_written);
}

int main(void) { return run_suite("json", add_cases); }
