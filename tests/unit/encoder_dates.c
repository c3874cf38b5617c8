/* SPDX-License-Identifier: MIT */
/* Dates as features: the C library's calendar says which day and which hour it is. */
#include "table_file.h"

#include <time.h>

static reel_encoder *fit_with(reel_table *t, reel_encoder_options options)
{
    options.target = "y";
    reel_encoder *e = reel_encoder_fit(t, NULL, options);
    ck_assert_msg(e != NULL, "%s", reel_error(r));
    return e;
}

static size_t feature_named(const reel_encoder *e, const char *name)
{
    for (size_t i = 0; i < reel_encoder_features(e); i++) {
        if (strcmp(reel_encoder_feature_name(e, i), name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Each part of days from 1890 to 2110 is what gmtime says. */
START_TEST(parts_are_the_calendars)
{
    enum { ROWS = 800 };
    static char text[ROWS * 40];
    static time_t times[ROWS];
    size_t used = (size_t)sprintf(text, "when,y\n");
    for (int i = 0; i < ROWS; i++) {
        times[i] = -2524521600 + (time_t)i * 8675309;
        used += strftime(text + used, 40, "%Y-%m-%dT%H:%M:%S,", gmtime(&times[i]));
        used += (size_t)sprintf(text + used, "%d\n", i);
    }
    reel_table *t = read_text(text);
    reel_encoder *e = fit_with(t, (reel_encoder_options){.date_parts = 31});
    reel_tensor *x = reel_keep(reel_encode(e, t, NULL));
    ck_assert_uint_eq(reel_encoder_features(e), 2 + 12 + 7 + 24);
    for (int64_t i = 0; i < ROWS; i++) {
        const struct tm *is = gmtime(&times[i]);
        for (int64_t k = 0; k < reel_size(x, 1); k++) {
            reel_feature f = reel_encoder_feature(e, (size_t)k);
            double found = reel_get(x, (int64_t[]){i, k}) * f.scale + f.mean;
            double expected = f.kind == REEL_FEATURE_TREND     ? (double)times[i] / 86400
                              : f.kind == REEL_FEATURE_YEAR    ? is->tm_year + 1900
                              : f.kind == REEL_FEATURE_MONTH   ? is->tm_mon + 1 == f.value
                              : f.kind == REEL_FEATURE_WEEKDAY ? (is->tm_wday + 6) % 7 == f.value
                                                               : is->tm_hour == f.value;
            ck_assert_msg(fabs(found - expected) < 1e-9, "row %d, %s: %.12g, not %.12g", (int)i,
                          reel_encoder_feature_name(e, (size_t)k), found, expected);
        }
        reel_rewind(r);
    }
}
END_TEST

#define JSON(input)                                                                                \
    "{\"version\":1,\"missing\":\"median\",\"target\":{\"name\":\"y\",\"mean\":0,\"scale\":1},"    \
    "\"inputs\":[{\"name\":\"d\"," input "}]}"

/* An encoder of a column 'when' whose one feature is the day. */
static const char *json_with(const char *format)
{
    static char text[512];
    snprintf(
        text, sizeof text,
        "{\"version\":1,\"missing\":\"median\",\"target\":{\"name\":\"y\",\"mean\":0,\"scale\":1},"
        "\"inputs\":[{\"name\":\"when\",\"date\":\"%s\",\"median\":0,\"mean\":0,\"scale\":1}]}",
        format);
    return text;
}

/* The same moment in many ways; all of them are 2026-02-28 13:05:09, or its day. */
START_TEST(formats)
{
    static const struct {
        const char *format, *text;
        double seconds; /* of the day */
    } ways[] = {{"", "2026-02-28", 0},
                {"", "2026-02-28 13:05", 47100},
                {"", "2026-02-28T13:05:09Z", 47109},
                {"", "2026-02-28T13:05:09.5+01:00", 47109.5},
                {"", "2026-02-28 13:05:09-0530", 47109},
                {"", "2026-02-28 13:05:09 +02", 47109},
                {"%d.%m.%Y", "28.2.2026", 0},
                {"%m/%d/%y", "02/28/26", 0},
                {"%d %b %Y", "28 Feb 2026", 0},
                {"%B %d, %Y", "february  28, 2026", 0},
                {"%Y%m%d", "20260228", 0},
                {"%m/%d/%Y %I:%M:%S %p", "2/28/2026 1:05:09 PM", 47109},
                {"%d.%m.%Y %H:%M:%S.%f", "28.02.2026 13:05:09.25", 47109.25},
                {"%d.%m.%Y 100%%", "28.02.2026 100%", 0}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *format = ways[i].format;
        char text[200];
        snprintf(text, sizeof text, "when,y\n\"%s\",1\n\"%s\",2\n,3\n", ways[i].text, ways[i].text);
        reel_table *t = read_with(text, (reel_table_options){.dtype = REEL_F64,
                                                             .text = (const char *[]){"when"},
                                                             .text_count = 1});
        reel_encoder *e = reel_encoder_from_json(r, json_with(format));
        ck_assert_msg(e != NULL, "%s", reel_error(r));
        double days = reel_get(reel_encode(e, t, NULL), (int64_t[]){0, 0});
        ck_assert_msg(fabs(days - 20512 - ways[i].seconds / 86400) < 1e-9, "%s by '%s' is %.9g",
                      ways[i].text, format, days);
    }
}
END_TEST

/* Texts that are no dates, and dates that are none. */
START_TEST(no_dates)
{
    static const char *const none[] = {"2026-02-29", "2026-13-01",       "2026-00-01",
                                       "2026-01-00", "2026-01-01T24:00", "2026-1-1",
                                       "26-01-01",   "2026-01-01x",      "2026-01-01T1:00",
                                       "1900-02-29", "2026-01-01 10"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char text[200];
        snprintf(text, sizeof text, "when,y\n%s,1\n%s,2\n2026-01-05,3\n", none[i], none[i]);
        reel_encoder *e = fit_with(read_text(text), (reel_encoder_options){0});
        ck_assert_int_eq(reel_encoder_feature(e, 0).kind, REEL_FEATURE_TEXT);
    }
    reel_table *t = read_text("when,y\n2026-01-05,3\n2026-01-06,3\n");
    const char *two[] = {"%d.%m.%Y", "%Q"};
    ck_assert_ptr_null(reel_encoder_fit(
        t, NULL,
        (reel_encoder_options){.target = "y", .date_formats = two, .date_format_count = 2}));
    assert_error(r, REEL_ERR_VALUE, "'%Q' is no format of dates: %Y %y");
    two[1] = "%d|%m"; /* a | parts formats where they are kept */
    ck_assert_ptr_null(reel_encoder_fit(
        t, NULL,
        (reel_encoder_options){.target = "y", .date_formats = two, .date_format_count = 2}));
    assert_error(r, REEL_ERR_VALUE, "'%d|%m' is no format of dates: %Y %y");
    ck_assert_ptr_null(
        reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y", .date_parts = 32}));
    assert_error(r, REEL_ERR_VALUE, "date_parts has more than there is");
    ck_assert_ptr_null(
        reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y", .date_format_count = 1}));
    assert_error(r, REEL_ERR_VALUE, "the list of formats of dates is NULL");
}
END_TEST

/* Dates in several formats are what they are in one. */
START_TEST(several_formats)
{
    static const char iso[] = "when,y\n2026-01-31,1\n2026-02-04,2\n2026-12-05,3\n2025-03-06,4\n",
                      mixed[] =
                          "when,y\n31.01.2026,1\n2026-02-04,2\n\"Dec 5, 2026\",3\n6-Mar-2025,4\n";
    reel_encoder_options asked = {.date_formats =
                                      (const char *[]){"%d.%m.%Y", "%d-%b-%Y", "%b %d, %Y"},
                                  .date_format_count = 3};
    reel_encoder *one = fit_with(read_text(iso), (reel_encoder_options){0});
    reel_tensor *expected = reel_keep(reel_encode(one, read_text(iso), NULL));
    for (int given = 0; given < 2; given++) {
        reel_table *t = read_text(mixed);
        reel_encoder *e = fit_with(t, given ? asked : (reel_encoder_options){0});
        reel_encoder *again = reel_encoder_from_json(r, reel_encoder_to_json(e));
        ck_assert_msg(again != NULL, "%s", reel_error(r));
        ck_assert(reel_equal(reel_encode(e, t, NULL), expected));
        ck_assert(reel_equal(reel_encode(again, t, NULL), expected));
    }
}
END_TEST

/* What the training did not see, what is missing, what is no date; in the model's file as
 * before. */
START_TEST(other_dates)
{
    static const char rows[] = "when,y\n03.01.2026,1\n04.02.2026,2\n05.02.2026,3\n06.03.2026,4\n";
    const char *format = "%d.%m.%Y";
    reel_encoder *e = fit_with(
        read_text(rows), (reel_encoder_options){.date_formats = &format, .date_format_count = 1});
    ck_assert_uint_eq(reel_encoder_features(e), 1 + 3 + 4);
    static const char *const names[] = {"when.trend",       "when.month=1",     "when.month=2",
                                        "when.month=3",     "when.weekday=Wed", "when.weekday=Thu",
                                        "when.weekday=Fri", "when.weekday=Sat"};
    for (size_t i = 0; i < 8; i++) {
        ck_assert_uint_eq(feature_named(e, names[i]), i);
    }
    const char *json = reel_encoder_to_json(e);
    reel_encoder *again = reel_encoder_from_json(r, json);
    ck_assert_msg(again != NULL, "%s", reel_error(r));
    ck_assert_str_eq(reel_encoder_to_json(again), json);
    warning_count = 0;
    reel_tensor *x =
        reel_encode(again, read_text("when,z\n03.01.2026,a\n,b\nsoon,c\n07.06.2026,d\n"), NULL);
    ck_assert_msg(!reel_is_poison(x), "%s", reel_error(r));
    static const double flags[4][7] = {{1, 0, 0, 0, 0, 0, 1}};
    double median = (20512 - 24 + 20512 - 23) / 2.0;
    for (int64_t i = 0; i < 4; i++) {
        for (int64_t k = 0; k < 7; k++) {
            ck_assert_double_eq(reel_get(x, (int64_t[]){i, k + 1}), flags[i][k]);
        }
        double days = i == 0 ? 20456 : i == 3 ? 20611 : median;
        ck_assert_double_eq_tol(reel_get(x, (int64_t[]){i, 0}) * reel_encoder_scale(e, 0) +
                                    reel_encoder_mean(e, 0),
                                days, 1e-8);
    }
    assert_warning(0,
                   "column 'when': 2 missing values are taken for the median date, in no month or");
    assert_warning(1, "t.csv:4: column 'when': 1 value, 'soon', was no date");
    ck_assert(reel_is_poison(reel_encode(e, read_text("when\n20260103\n"), NULL)));
    assert_error(r, REEL_ERR_VALUE,
                 "column 'when' was read as numbers, where the model has learned");
}
END_TEST

/* A yes and a no are one feature. */
START_TEST(booleans)
{
    static const char *const pairs[][2] = {
        {"yes", "no"}, {"True", "False"}, {"Y", "N"}, {"t", "f"}, {"on", "OFF"}};
    for (size_t i = 0; i < 5; i++) {
        for (int swapped = 0; swapped < 2; swapped++) {
            char text[128];
            snprintf(text, sizeof text, "c,y\n%s,1\n%s,2\n%s,2\n", pairs[i][swapped],
                     pairs[i][!swapped], pairs[i][swapped]);
            reel_table *t = read_text(text);
            reel_encoder *e = fit_with(t, (reel_encoder_options){0});
            char name[32];
            snprintf(name, sizeof name, "c=%s", pairs[i][0]);
            ck_assert_uint_eq(reel_encoder_features(e), 1);
            ck_assert_str_eq(reel_encoder_feature_name(e, 0), name);
            reel_encoder *again = reel_encoder_from_json(r, reel_encoder_to_json(e));
            warning_count = 0;
            ck_assert_double_eq(reel_get(reel_encode(again, t, NULL), (int64_t[]){0, 0}), !swapped);
            ck_assert_double_eq(reel_get(reel_encode(again, t, NULL), (int64_t[]){1, 0}), swapped);
            ck_assert_int_eq(warning_count, 0);
            reel_encode(again, read_text("c,d\nperhaps,1\n"), NULL);
            assert_warning(0, "'perhaps', was not seen in training");
        }
    }
}
END_TEST

START_TEST(json_that_is_none)
{
    static const char *const wrong[][2] = {
        {JSON("\"date\":\"\",\"median\":0"), "an input that has not just"},
        {JSON("\"date\":\"%Q\",\"median\":0,\"months\":[1,2]"), "a format of dates that is none"},
        {JSON("\"date\":\"\",\"months\":[1,2]"), "an input that has not just"},
        {JSON("\"date\":\"\",\"median\":0,\"mean\":1,\"months\":[1,2]"), "an input that has not"},
        {JSON("\"date\":\"\",\"median\":0,\"year_mean\":1,\"months\":[1,2]"), "an input that has"},
        {JSON("\"date\":\"\",\"median\":0,\"months\":[1]"), "a single month, day or hour"},
        {JSON("\"date\":\"\",\"median\":0,\"months\":[2,1]"), "is none, or out of order"},
        {JSON("\"date\":\"\",\"median\":0,\"months\":[0,1]"), "is none, or out of order"},
        {JSON("\"date\":\"\",\"median\":0,\"months\":[1,13]"), "is none, or out of order"},
        {JSON("\"date\":\"\",\"median\":0,\"weekdays\":[6,7]"), "is none, or out of order"},
        {JSON("\"date\":\"\",\"median\":0,\"hours\":[23,24]"), "is none, or out of order"},
        {JSON("\"categories\":[\"a\"],\"reference\":\"a\""), "a reference that is a category"},
        {JSON("\"categories\":[\"a\"],\"others\":1"), ""},
        {JSON("\"categories\":[\"a\"],\"months\":[1,2]"), "an input that has not just"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_ptr_null(reel_encoder_from_json(r, wrong[i][0]));
        assert_error(r, REEL_ERR_FORMAT, wrong[i][1]);
    }
    ck_assert_ptr_nonnull(reel_encoder_from_json(
        r,
        JSON("\"date\":\"\",\"median\":0,\"months\":[1,12],\"weekdays\":[0,6],\"hours\":[0,23]")));
}
END_TEST

/* As many formats as can be told of in one warning, each of which the column needs, or one more. */
START_TEST(as_many_formats_as_there_is_room_for)
{
    enum { MOST = 45, ROOM = 50 };
    char text[8 + ROOM * 20] = "when,y\n", format[ROOM][12];
    const char *all[ROOM];
    for (int k = 0; k < ROOM; k++) {
        const char letter = (char)(k < 26 ? 'A' + k : 'a' + k - 26);
        snprintf(format[k], sizeof format[k], "%c%%d-%%m-%%Y", letter);
        all[k] = format[k];
        snprintf(text + strlen(text), 20, "%c%02d-02-2003,%d\n", letter, k % 28 + 1, k);
    }
    reel_table *t = read_text(text);
    reel_encoder_options options = {.target = "y", .date_formats = all};
    options.date_format_count = ROOM;
    ck_assert_ptr_null(reel_encoder_fit(t, NULL, options));
    assert_error(r, REEL_ERR_VALUE, "there are too many formats of dates");
    options.date_format_count = MOST;
    ck_assert_ptr_nonnull(reel_encoder_fit(t, NULL, options));
    ck_assert(!reel_failed(r));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, parts_are_the_calendars);
    tcase_add_test(cases, formats);
    tcase_add_test(cases, no_dates);
    tcase_add_test(cases, several_formats);
    tcase_add_test(cases, other_dates);
    tcase_add_test(cases, booleans);
    tcase_add_test(cases, json_that_is_none);
    tcase_add_test(cases, as_many_formats_as_there_is_room_for);
}

int main(void) { return run_suite("encoders of dates", add_cases); }
