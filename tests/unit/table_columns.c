/* SPDX-License-Identifier: MIT */
/* Columns are what all rows say: numbers with a few odd values, numbers in clothes, text; files in
 * other encodings, compressed, with lines before and between, and several as one. */
#include "table_file.h"

static double value_at(reel_table *t, size_t column, int64_t row)
{
    return reel_get(reel_table_column(t, column), &row);
}

/* One odd value in a column of numbers, wherever it stands, is missing and told once. */
START_TEST(odd_values)
{
    static const char *const odd[] = {"-",   ".",     "..",   "n.d.", "n/d", "0x1F",
                                      "inf", "1e999", "5 kg", "#",    "*",   "unknown",
                                      "1 2", "--5",   "5-",   "(5",   "%",   "$"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (int place = 0; place < 4; place++) {
            char text[128];
            snprintf(text, sizeof text, "y,age\n1,%s\n2,%s\n3,%s\n4,%s\n",
                     place == 0 ? odd[i] : "20", place == 1 ? odd[i] : "30",
                     place == 2 ? odd[i] : "40", place == 3 ? odd[i] : "50");
            warning_count = 0;
            reel_table *t = read_text(text);
            ck_assert_msg(t && !reel_table_is_text(t, 1), "'%s' in row %d makes text", odd[i],
                          place);
            ck_assert_int_eq(reel_table_missing(t, 1), 1);
            ck_assert_int_eq(warning_count, 1);
            char said[128];
            snprintf(
                said, sizeof said,
                "t.csv: column 'age': 1 value is no number and taken for missing: '%s' on line %d",
                odd[i], place + 2);
            assert_warning(0, said);
            for (int row = 0; row < 4; row++) {
                double x = value_at(t, 1, row);
                ck_assert(row == place ? isnan(x) : x == 20 + 10 * row);
            }
            reel_table_free(t);
        }
    }
}
END_TEST

/* All columns in one report, with how often each value comes. */
START_TEST(one_report)
{
    reel_table *t = read_text("a,b\n1,-\n-,2\n3,3\n-,x\n5,z\n6,6\n7,7\n8,8\n");
    ck_assert_int_eq(reel_table_missing(t, 0), 2);
    assert_warning(0, "column 'a': 2 values are no numbers and taken for missing: '-' on line 3 (2 "
                      "times)");
    assert_warning(1,
                   "column 'b': 3 values are no numbers and taken for missing: '-' on line 2, 'x' "
                   "on line 5, 'z' on line 6");
    ck_assert_int_eq(warning_count, 2);
    t = read_with(
        "a\n1\n-\n3\nUnknown\n",
        (reel_table_options){.missing = (const char *[]){"-", "Unknown"}, .missing_count = 2});
    ck_assert_int_eq(reel_table_missing(t, 0), 2);
    ck_assert_int_eq(warning_count, 2);
    t = read_text("a\n1\n2\n\"1,200\"\n3\n");
    assert_warning(
        2, "'1,200' on line 4; if a comma stands before decimals or between thousands, say");
}
END_TEST

/* Numbers first and many texts then: it is text, with the numbers as they were written. */
START_TEST(text_after_all)
{
    char text[8192] = "code,y\n";
    for (int i = 0; i < 300; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 (i + 1) % 4 ? "%03d,1\n" : "A%d,1\n", i);
    }
    reel_table *t = read_text(text);
    ck_assert(reel_table_is_text(t, 0) && !reel_table_is_text(t, 1));
    ck_assert_str_eq(reel_table_category(t, 0, 1), "001");
    ck_assert_uint_eq(reel_table_categories(t, 0), 300);
    ck_assert_int_eq(warning_count, 0);
    t = read_text("a,b\nx,1\n1,x\n");
    ck_assert(reel_table_is_text(t, 0) && reel_table_is_text(t, 1));
    write_bytes(text, strlen(text));
    ck_assert_ptr_nonnull(freopen(path, "rb", stdin));
    ck_assert_ptr_null(reel_table_read(r, "-", (reel_table_options){0}));
    assert_error(r, REEL_ERR_FORMAT,
                 "standard input: column 'code' begins with numbers and goes on "
                 "with texts, and cannot be read twice: say that it is text");
}
END_TEST

/* A first value that is no number, and a file that takes many pieces. */
START_TEST(large_and_odd)
{
    FILE *stream = fopen(path, "wb");
    fprintf(stream, "a,b\nn.d.,x\n");
    for (int i = 0; i < 60000; i++) {
        fprintf(stream, "%d.5,t%d\n", i, i % 3);
    }
    ck_assert_int_eq(fclose(stream), 0);
    reel_table *t = reel_table_read(r, path, (reel_table_options){.dtype = REEL_F64});
    ck_assert(!reel_table_is_text(t, 0) && reel_table_is_text(t, 1));
    ck_assert_int_eq(reel_table_missing(t, 0), 1);
    ck_assert_double_eq(value_at(t, 0, 60000), 59999.5);
}
END_TEST

START_TEST(numbers_in_clothes)
{
    static const struct {
        const char *text;
        double value;
    } dressed[] = {{"$5", 5},
                   {"-$5", -5},
                   {"$-5", -5},
                   {"$ 1,234.50", 1234.5},
                   {"(5)", -5},
                   {"($1,200)", -1200},
                   {"12%", 0.12},
                   {"12.5 %", 0.125},
                   {"1,234", 1234},
                   {"1,234,567", 1234567},
                   {"5 EUR", 5},
                   {"USD 7", 7},
                   {"\xe2\x82\xac"
                    "3",
                    3},
                   {"3 \xe2\x82\xac", 3},
                   {"\xe2\x88\x92"
                    "4",
                    -4},
                   {"\xc2\xa3"
                    "2.5",
                    2.5},
                   {"-12%", -0.12},
                   {"1,000,000.25", 1000000.25}};
    for (size_t i = 0; i < sizeof dressed / sizeof *dressed; i++) {
        char text[64];
        snprintf(text, sizeof text, "a;b\n%s;1\n2;2\n", dressed[i].text);
        reel_table *t = read_with(text, (reel_table_options){.dtype = REEL_F64, .thousands = ','});
        ck_assert(!reel_table_is_text(t, 0));
        ck_assert_msg(value_at(t, 0, 0) == dressed[i].value, "%s is %.17g", dressed[i].text,
                      value_at(t, 0, 0));
        reel_table_free(t);
    }
    assert_warning(0,
                   "t.csv: column 'a': 1 value has a sign, and is read as a number: '$5' on line 2 "
                   "as 5");
    static const char *const none[] = {"1,23", "12,3456", ",123", "1,234,5", "1.5,000",  "$",
                                       "5%%",  "(5)%",    "--$5", "+-5",     "5 USD EUR"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char text[64];
        snprintf(text, sizeof text, "a;b\n%s;1\n2;2\n3;3\n", none[i]);
        reel_table *t = read_with(text, (reel_table_options){.dtype = REEL_F64, .thousands = ','});
        ck_assert_msg(reel_table_missing(t, 0) == 1, "%s is %g", none[i], value_at(t, 0, 0));
    }
    reel_table *t =
        read_with("a;b\n1 234,5;1\n12\xe2\x80\xaf"
                  "345;2\n",
                  (reel_table_options){.decimal = ',', .thousands = ' ', .dtype = REEL_F64});
    ck_assert(value_at(t, 0, 0) == 1234.5 && value_at(t, 0, 1) == 12345);
    t = read_with("a;b\n1.234,5;1\n",
                  (reel_table_options){.decimal = ',', .thousands = '.', .dtype = REEL_F64});
    ck_assert(value_at(t, 0, 0) == 1234.5);
}
END_TEST

START_TEST(names_that_look_like_numbers)
{
    reel_table *t = read_text("zip,id,x\n01234,9007199254740993,0.5\n12345,12,00\n");
    ck_assert(!reel_table_is_text(t, 0));
    assert_warning(0,
                   "column 'zip': 1 number begins with a zero, '01234' on line 2; if it is a name, "
                   "say that the column is text");
    assert_warning(1, "column 'id': 1 number is beyond 2^53 and loses its last digits, "
                      "'9007199254740993' on line 2");
    assert_warning(2, "column 'x': 1 number begins with a zero, '00' on line 3");
    ck_assert_int_eq(warning_count, 3);
}
END_TEST

START_TEST(separators_by_several_lines)
{
    reel_table *t = read_text("Weight, kg\tHeight, cm, approx\ty\n1\t2\t3\n2\t5\t4\n");
    ck_assert_uint_eq(reel_table_columns(t), 3);
    t = read_text("price, net;y\n1;2\n2;4\n");
    ck_assert_str_eq(reel_table_name(t, 0), "price, net");
    t = read_text("sep=;\na,b;c\n1;2\n");
    ck_assert_str_eq(reel_table_name(t, 0), "a,b");
    ck_assert_int_eq(reel_table_line(t, 0), 3);
    t = read_text("\"sep=|\"\r\na,b|c\r\n1|2\r\n");
    ck_assert_str_eq(reel_table_name(t, 0), "a,b");
    ck_assert_ptr_null(read_text("a;b\n1;2\n3;4;5\n"));
    assert_error(r, REEL_ERR_FORMAT, "found 3 (the separator is ';')");
    ck_assert_ptr_null(read_text("a\tb\n1\t2\n3\t4\t5\n"));
    assert_error(r, REEL_ERR_FORMAT, "found 3 (the separator is '\\t')");
}
END_TEST

START_TEST(lines_that_are_passed_over)
{
    reel_table *t =
        read_with("A report\nof, 2026;\na,b\n1,2\n", (reel_table_options){.skip_lines = 2});
    ck_assert_str_eq(reel_table_name(t, 1), "b");
    ck_assert_int_eq(reel_table_line(t, 0), 4);
    t = read_with("# one; two\na,b\n#x,y,z\n1,2\n\"#3\",4\n5,\"\n#no\"\n# end",
                  (reel_table_options){.comment = '#'});
    ck_assert_int_eq(reel_table_rows(t), 3);
    ck_assert_int_eq(reel_table_line(t, 0), 4);
    ck_assert_int_eq(reel_table_line(t, 2), 6);
    ck_assert_ptr_null(read_with("a\n", (reel_table_options){.skip_lines = 2}));
    assert_error(r, REEL_ERR_FORMAT, "t.csv: there are fewer lines than are to be passed over");
    ck_assert_ptr_null(read_with("a\n", (reel_table_options){.skip_lines = -1}));
    assert_error(r, REEL_ERR_VALUE, "-1 lines cannot be passed over");
    ck_assert_ptr_null(read_with("a\n", (reel_table_options){.thousands = '.'}));
    assert_error(r, REEL_ERR_VALUE, "what parts thousands, character 46");
    ck_assert_ptr_null(read_with("a\n", (reel_table_options){.missing_count = 1}));
    assert_error(r, REEL_ERR_VALUE, "the list of missing values is NULL");
    ck_assert_ptr_null(read_with("a\n", (reel_table_options){.date_format_count = 1}));
    assert_error(r, REEL_ERR_VALUE, "the list of formats of dates is NULL");
}
END_TEST

/* Whether the library has no iconv, as its error then says. */
static bool without_iconv(void)
{
    reel_table *t = read_with("a\n1\n", (reel_table_options){.encoding = "latin1"});
    if (!t) {
        assert_error(r, REEL_ERR_FILE, "t.csv: this build has no iconv, and reads UTF-8 alone");
    }
    return !t;
}

START_TEST(encodings)
{
    if (without_iconv()) {
        return;
    }
    reel_table *t = read_with("stra\xdf"
                              "e,y\nS\xfc"
                              "d,1\n",
                              (reel_table_options){.encoding = "latin1"});
    ck_assert_str_eq(reel_table_name(t, 0), "stra\xc3\x9f"
                                            "e");
    ck_assert_str_eq(reel_table_category(t, 0, 0), "S\xc3\xbc"
                                                   "d");
    t = read_with("a\n\x80\n", (reel_table_options){.encoding = "windows-1252"});
    ck_assert_str_eq(reel_table_category(t, 0, 0), "\xe2\x82\xac");
    static const char little[] = "\xff\xfe"
                                 "a\0,\0b\0\n\0001\0,\0\xe4\0\n\0";
    write_bytes(little, sizeof little - 1);
    t = reel_table_read(r, path, (reel_table_options){0});
    ck_assert_str_eq(reel_table_category(t, 1, 0), "\xc3\xa4");
    write_bytes("\0a\0,\0b\0\n\0001\0,\0002", 14);
    t = reel_table_read(r, path, (reel_table_options){0});
    ck_assert_double_eq(value_at(t, 1, 0), 2);
    write_bytes("\xff\xfe"
                "a\0,\0b",
                7);
    ck_assert_ptr_null(reel_table_read(r, path, (reel_table_options){0}));
    assert_error(r, REEL_ERR_FORMAT,
                 "t.csv: the file ends amid a character in the encoding 'UTF-16'");
    ck_assert_ptr_null(read_with("a\n1\n", (reel_table_options){.encoding = "klingon"}));
    assert_error(r, REEL_ERR_FORMAT, "t.csv: iconv does not know the encoding 'klingon'");
    ck_assert_ptr_null(read_with("a\n\xff\n", (reel_table_options){.encoding = "UTF-8"}));
    assert_error(r, REEL_ERR_FORMAT,
                 "t.csv: there are bytes that are no text in the encoding 'UTF-8'");
}
END_TEST

/* Of many pieces, so that characters lie across their ends. */
START_TEST(long_encodings)
{
    if (without_iconv()) {
        return;
    }
    FILE *stream = fopen(path, "wb");
    fprintf(stream, "a,b\n");
    for (int i = 0; i < 40000; i++) {
        fprintf(stream, "\xe4%.*s,%d\n", i % 7, "\xf6\xfc\xdf\xe4\xf6\xfc", i);
    }
    ck_assert_int_eq(fclose(stream), 0);
    reel_table *t = reel_table_read(r, path, (reel_table_options){.encoding = "latin1"});
    ck_assert_int_eq(reel_table_rows(t), 40000);
    ck_assert_uint_eq(reel_table_categories(t, 0), 7);
    ck_assert_double_eq(value_at(t, 1, 39999), 39999);
}
END_TEST

/* By the programs themselves, which the tests of compressed files need. */
static bool pack(const char *how, const char *as)
{
    char command[512], packed[128];
    snprintf(packed, sizeof packed, "%s.p", path);
    snprintf(command, sizeof command, "%s <%s >%s 2>/dev/null && mv %s %s", how, path, packed,
             packed, as);
    bool done = system(command) == 0;
    return done || (unlink(packed), false);
}

START_TEST(compressed)
{
    enum { ROWS = 50000 };
    static const char *const programs[] = {"gzip -c", "zstd -c", "sh -c 'head -n 9 | gzip; gzip'"};
    for (size_t i = 0; i < 3; i++) {
        FILE *stream = fopen(path, "wb");
        fprintf(stream, "a,b\n");
        for (int k = 0; k < ROWS; k++) {
            fprintf(stream, "%d,%s%d\n", k, "t", k % 5);
        }
        ck_assert_int_eq(fclose(stream), 0);
        reel_table *plain = reel_table_read(r, path, (reel_table_options){0});
        ck_assert_int_eq(reel_table_rows(plain), ROWS);
        if (!pack(programs[i], path)) {
            ck_assert_msg(i == 1, "there is no gzip"); /* zstd need not be there */
            continue;
        }
        reel_table *t = reel_table_read(r, path, (reel_table_options){0});
        ck_assert_msg(t || strstr(reel_error(r), "this build does not read"), "%s", reel_error(r));
        if (!t) {
            reel_clear_error(r);
            continue;
        }
        ck_assert_int_eq(reel_table_rows(t), i == 2 ? reel_table_rows(t) : ROWS);
        ck_assert_double_eq(value_at(t, 0, 5), 5);
        ck_assert_uint_eq(reel_table_categories(t, 1), 5);
        ck_assert_int_eq(truncate(path, 1000), 0);
        ck_assert_ptr_null(reel_table_read(r, path, (reel_table_options){0}));
        assert_error(r, REEL_ERR_FORMAT,
                     "t.csv: the compressed file is damaged, or ends too early");
    }
}
END_TEST

START_TEST(several_files)
{
    char second[128];
    snprintf(second, sizeof second, "%s.2", path);
    write_bytes("b;a\nx;1\n\ny;-\n", 13);
    ck_assert_int_eq(rename(path, second), 0);
    write_bytes("a,b\n3,y\n4,z\n5,z\n", 16);
    const char *both[] = {path, second};
    reel_table *t = reel_table_read_all(r, both, 2, (reel_table_options){.dtype = REEL_F64});
    ck_assert_int_eq(reel_table_rows(t), 5);
    static const double a[] = {3, 4, 5, 1};
    for (int64_t i = 0; i < 4; i++) {
        ck_assert_double_eq(value_at(t, 0, i), a[i]);
    }
    ck_assert(isnan(value_at(t, 0, 4)));
    ck_assert_uint_eq(reel_table_categories(t, 1), 3);
    ck_assert_str_eq(reel_table_row_path(t, 2), path);
    ck_assert_str_eq(reel_table_row_path(t, 3), second);
    ck_assert_int_eq(reel_table_line(t, 3), 2);
    ck_assert_int_eq(reel_table_line(t, 4), 4);
    assert_warning(0, "'-' on line 4 of ");
    assert_warning(0, "t.csv.2");
    write_bytes("a,c\n3,y\n", 8);
    ck_assert_ptr_null(reel_table_read_all(r, both, 2, (reel_table_options){0}));
    assert_error(r, REEL_ERR_FORMAT, "t.csv.2:1: 'b' is no column of ");
    write_bytes("a\n3\n", 4);
    ck_assert_ptr_null(reel_table_read_all(r, both, 2, (reel_table_options){0}));
    assert_error(r, REEL_ERR_FORMAT, "t.csv.2:1: there are 2 columns, where ");
    ck_assert_ptr_null(reel_table_read_all(r, both, 0, (reel_table_options){0}));
    assert_error(r, REEL_ERR_VALUE, "the path is NULL");
    ck_assert_int_eq(unlink(second), 0);
}
END_TEST

START_TEST(columns_by_number)
{
    reel_table *t = read_text("3,\"a, b\",c\n1,2,3\n");
    ck_assert_int_eq(reel_table_look_up(t, "3"), 0);
    ck_assert_int_eq(reel_table_look_up(t, "2"), 1);
    ck_assert_int_eq(reel_table_look_up(t, "a, b"), 1);
    static const char *const none[] = {"0", "4", "-1", "2x", "", "99999999999999999999", " 1"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        ck_assert_int_eq(reel_table_look_up(t, none[i]), -1);
    }
    ck_assert_int_eq(reel_table_look_up(t, NULL), -1);
    ck_assert_int_eq(reel_table_look_up(NULL, "1"), -1);
    t = read_with("a,b\n1,2\n",
                  (reel_table_options){.text = (const char *[]){"2"}, .text_count = 1});
    ck_assert(reel_table_is_text(t, 1));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, odd_values);
    tcase_add_test(cases, one_report);
    tcase_add_test(cases, text_after_all);
    tcase_add_test(cases, large_and_odd);
    tcase_add_test(cases, numbers_in_clothes);
    tcase_add_test(cases, names_that_look_like_numbers);
    tcase_add_test(cases, separators_by_several_lines);
    tcase_add_test(cases, lines_that_are_passed_over);
    tcase_add_test(cases, encodings);
    tcase_add_test(cases, long_encodings);
    tcase_add_test(cases, compressed);
    tcase_add_test(cases, several_files);
    tcase_add_test(cases, columns_by_number);
}

int main(void) { return run_suite("columns", add_cases); }
