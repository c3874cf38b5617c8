/* SPDX-License-Identifier: MIT */
/* Tables from CSV: what is written is what is read; what is no table is refused with its line. */
#include "table_file.h"

/* A column of numbers, NaN where one is missing. */
static void assert_numbers(reel_table *t, const char *name, int64_t count, const double *expected)
{
    ck_assert_msg(t != NULL, "%s", reel_error(r));
    int64_t column = reel_table_find(t, name);
    ck_assert_msg(column >= 0, "no column %s", name);
    ck_assert(!reel_table_is_text(t, (size_t)column));
    ck_assert_int_eq(reel_table_rows(t), count);
    reel_tensor *values = reel_table_column(t, (size_t)column);
    ck_assert_int_eq(reel_dtype_of(values), reel_table_dtype(t));
    for (int64_t i = 0; i < count; i++) {
        double x = reel_get(values, &i);
        ck_assert_msg(x == expected[i] || (isnan(x) && isnan(expected[i])),
                      "%s, row %lld: %.17g, not %.17g", name, (long long)i, x, expected[i]);
    }
}

/* A column of text, NULL where one is missing. */
static void assert_texts(reel_table *t, const char *name, int64_t count,
                         const char *const *expected)
{
    ck_assert_msg(t != NULL, "%s", reel_error(r));
    int64_t column = reel_table_find(t, name);
    ck_assert(column >= 0 && reel_table_is_text(t, (size_t)column));
    ck_assert_int_eq(reel_table_rows(t), count);
    reel_tensor *codes = reel_table_column(t, (size_t)column);
    ck_assert_int_eq(reel_dtype_of(codes), REEL_I64);
    for (int64_t i = 0; i < count; i++) {
        double code = reel_get(codes, &i);
        if (!expected[i]) {
            ck_assert_double_eq(code, -1);
        } else {
            ck_assert_str_eq(reel_table_category(t, (size_t)column, (size_t)code), expected[i]);
        }
    }
}

START_TEST(numbers_and_text)
{
    reel_table *t = read_text("rooms,near,price\n3,\"the bay\",1e5\n4.5,sea,-2\n-.5,the bay,+7.\n");
    assert_numbers(t, "rooms", 3, (double[]){3, 4.5, -0.5});
    assert_texts(t, "near", 3, (const char *[]){"the bay", "sea", "the bay"});
    assert_numbers(t, "price", 3, (double[]){1e5, -2, 7});
    ck_assert_uint_eq(reel_table_columns(t), 3);
    ck_assert_str_eq(reel_table_name(t, 1), "near");
    ck_assert_uint_eq(reel_table_categories(t, 1), 2);
    ck_assert_uint_eq(reel_table_categories(t, 0), 0);
    ck_assert_str_eq(reel_table_path(t), path);
    ck_assert_int_eq(warning_count, 0);
}
END_TEST

/* What is passed over: a byte order mark, empty lines, returns, spaces, a line feed too few. */
START_TEST(what_makes_no_difference)
{
    static const char *const same[] = {
        "a,b\n1,x\n2,y\n",
        ("\xef\xbb\xbf"
         "a,b\n1,x\n2,y\n"),
        "a,b\r\n1,x\r\n2,y\r\n",
        "a,b\r1,x\r2,y\r",
        "\n\na,b\n\n1,x\r\n\r\n  \n2,y",
        "a;b\n1;x\n2;y\n",
        "a\tb\n1\tx\n2\ty\n",
        "a|b\n1|x\n2|y\n",
        " a , b \n 1 , x \n\t2, y\n",
        "\"a\",\"b\"\n\"1\",\"x\"\n\" 2 \" , \"y\" \n",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        reel_table *t = read_text(same[i]);
        assert_numbers(t, "a", 2, (double[]){1, 2});
        assert_texts(t, "b", 2, (const char *[]){"x", "y"});
        ck_assert_uint_eq(reel_table_columns(t), 2);
        reel_table_free(t);
    }
    ck_assert_int_eq(warning_count, 0);
}
END_TEST

START_TEST(quotes)
{
    reel_table *t = read_text("\"name, long\",\"size\n(m)\"\n"
                              "\"a \"\"b\"\"\",1\n\"x\r\ny,z\",2\n5\" pipe,3\n  \"\" , 4\n");
    assert_texts(t, "name, long", 4, (const char *[]){"a \"b\"", "x\r\ny,z", "5\" pipe", NULL});
    assert_numbers(t, "size\n(m)", 4, (double[]){1, 2, 3, 4});
    static const int64_t lines[] = {3, 4, 6, 7};
    for (int64_t i = 0; i < 4; i++) {
        ck_assert_int_eq(reel_table_line(t, i), lines[i]);
    }
}
END_TEST

START_TEST(separators)
{
    reel_table *t = read_with("a,b;c\n1,5;2\n", (reel_table_options){.decimal = ','});
    assert_numbers(t, "a,b", 1, (double[]){1.5});
    t = read_with("a b,c\n1.5,2\n", (reel_table_options){.separator = ';', .dtype = REEL_F64});
    assert_texts(t, "a b,c", 1, (const char *[]){"1.5,2"});
    t = read_with("a,b c|d\n1,2\n", (reel_table_options){.separator = ','});
    assert_numbers(t, "b c|d", 1, (double[]){2});
    t = read_with("\"a,b,c,d\";e\n1;2\n",
                  (reel_table_options){0}); /* those in quotes do not count */
    assert_numbers(t, "a,b,c,d", 1, (double[]){1});
    t = read_with("price\n3,25\n", (reel_table_options){.decimal = ',', .dtype = REEL_F64});
    assert_numbers(t, "price", 1, (double[]){3.25});
    t = read_with("a:b\n1:2\n", (reel_table_options){.separator = ':'});
    assert_numbers(t, "b", 1, (double[]){2});
}
END_TEST

START_TEST(missing_values)
{
    reel_table *t = read_text("n,t,none\n,NA,\nNA,,null\nN/A,b,?\n1,NaN,nan\nnan,NULL,None\n"
                              "null,a,n/a\n#N/A,<NA>,-nan\n\"NA\",None,-NaN\n2,?,\"\"\n");
    double n = DOUBLE_NAN;
    assert_numbers(t, "n", 9, (double[]){n, n, n, 1, n, n, n, n, 2});
    assert_texts(t, "t", 9, (const char *[]){NULL, NULL, "b", NULL, NULL, "a", NULL, NULL, NULL});
    assert_numbers(t, "none", 9, (double[]){n, n, n, n, n, n, n, n, n});
    ck_assert_int_eq(reel_table_missing(t, 0), 7);
    ck_assert_int_eq(reel_table_missing(t, 1), 7);
    ck_assert_int_eq(reel_table_missing(t, 2), 9);
    reel_tensor *rows = reel_table_present_rows(t, 0);
    ck_assert_int_eq(reel_numel(rows), 2);
    ck_assert_mem_eq(reel_data_i64(rows), ((int64_t[]){3, 8}), 16);
    rows = reel_table_present_rows(t, 1);
    ck_assert_mem_eq(reel_data_i64(rows), ((int64_t[]){2, 5}), 16);
    ck_assert_int_eq(reel_numel(reel_table_present_rows(t, 2)), 0);
    ck_assert(reel_is_poison(reel_table_present_rows(t, 3)));
    assert_error(r, REEL_ERR_VALUE, "there is no column 3 among 3");
    ck_assert(reel_is_poison(reel_table_column(t, 3)));
    assert_error(r, REEL_ERR_VALUE, "there is no column 3 among 3");
}
END_TEST

/* A column is what its first value is; the option makes it text. */
START_TEST(kinds)
{
    reel_table *t = read_text("a,b\nx,NA\n1,x\n");
    assert_texts(t, "a", 2, (const char *[]){"x", "1"});
    assert_texts(t, "b", 2, (const char *[]){NULL, "x"});
    t = read_with("zip,n\n00501,1\n10001,2\n00501,3\n",
                  (reel_table_options){.text = (const char *[]){"zip"}, .text_count = 1});
    assert_texts(t, "zip", 3, (const char *[]){"00501", "10001", "00501"});
    ck_assert_int_eq(reel_table_dtype(t), REEL_F32);
    ck_assert_ptr_null(read_with(
        "a,b\n1,2\n", (reel_table_options){.text = (const char *[]){"c"}, .text_count = 1}));
    assert_error(r, REEL_ERR_FORMAT, "t.csv: there is no column 'c', which is to be text");
}
END_TEST

START_TEST(no_names)
{
    reel_table *t = read_with("1,x\n2,y\n", (reel_table_options){.no_header = true});
    assert_numbers(t, "1", 2, (double[]){1, 2});
    assert_texts(t, "2", 2, (const char *[]){"x", "y"});
    ck_assert_int_eq(reel_table_line(t, 0), 1);
    ck_assert_int_eq(warning_count, 0);
    t = read_with("1,\n2,3\n", (reel_table_options){.detect_header = true});
    assert_numbers(t, "1", 2, (double[]){1, 2});
    assert_numbers(t, "2", 2, (double[]){DOUBLE_NAN, 3});
    assert_warning(0, "t.csv:1: the first row has nothing but numbers, and is taken for data");
    t = read_with("1990,1991\n2,3\n", (reel_table_options){0});
    assert_numbers(t, "1991", 1, (double[]){3});
    assert_warning(1, "is taken for names; if it is data, say that there are no names");
    t = read_with("a,1991\n2,3\n", (reel_table_options){.detect_header = true});
    assert_numbers(t, "a", 1, (double[]){2});
    ck_assert_int_eq(warning_count, 2);
    t = read_with(",a\n0,5\n", (reel_table_options){0});
    assert_numbers(t, "1", 1, (double[]){0});
    assert_warning(2, "t.csv:1: column 1 has no name, and is called '1'");
}
END_TEST

START_TEST(no_rows)
{
    reel_table *t = read_text("a,b\n");
    ck_assert_int_eq(reel_table_rows(t), 0);
    ck_assert_int_eq(reel_numel(reel_table_column(t, 1)), 0);
    assert_numbers(t, "a", 0, NULL);
}
END_TEST

/* A row of many columns, a field longer than the reader's pieces, more rows than it starts with. */
START_TEST(large)
{
    enum { COLUMNS = 30000, LONG = 200000, ROWS = 5000 };
    FILE *stream = fopen(path, "wb");
    for (int i = 0; i < 3 * COLUMNS; i++) {
        fprintf(stream, i < COLUMNS ? "c%d%c" : "%d%c", i % COLUMNS,
                (i + 1) % COLUMNS ? ',' : '\n');
    }
    ck_assert_int_eq(fclose(stream), 0);
    reel_table *t = reel_table_read(r, path, (reel_table_options){0});
    ck_assert_uint_eq(reel_table_columns(t), COLUMNS);
    assert_numbers(t, "c29999", 2, (double[]){29999, 29999});
    stream = fopen(path, "wb");
    fprintf(stream, "a,b\n");
    for (int i = 0; i < ROWS; i++) {
        fprintf(stream, "%d,t%d\n", i, i % 3000);
    }
    fprintf(stream, "%d,\"", ROWS);
    for (int i = 0; i < LONG; i++) {
        fputc('x', stream);
    }
    fprintf(stream, "\"\n");
    ck_assert_int_eq(fclose(stream), 0);
    t = reel_table_read(r, path, (reel_table_options){0});
    ck_assert_int_eq(reel_table_rows(t), ROWS + 1);
    ck_assert_uint_eq(reel_table_categories(t, 1), 3001);
    ck_assert_uint_eq(strlen(reel_table_category(t, 1, 3000)), LONG);
    reel_tensor *a = reel_table_column(t, 0), *b = reel_table_column(t, 1);
    for (int64_t i = 0; i <= ROWS; i++) {
        char text[16];
        snprintf(text, sizeof text, "t%d", (int)(i % 3000));
        ck_assert_double_eq(reel_get(a, &i), (double)i);
        ck_assert(i == ROWS ||
                  strcmp(reel_table_category(t, 1, (size_t)reel_get(b, &i)), text) == 0);
    }
}
END_TEST

static void refused(const char *text, const char *part)
{
    ck_assert_ptr_null(read_text(text));
    ck_assert_msg(strstr(reel_error(r), path) == reel_error(r), "the error is \"%s\"",
                  reel_error(r));
    assert_error(r, REEL_ERR_FORMAT, part);
}

START_TEST(cells_that_are_none)
{
    refused("a,b\n1,x\n1,\xe9t\xe9\n",
            "t.csv:3: column 'b': expected UTF-8, found '?t?'; save the");
    refused("a,b\n1,\xed\xa0\x80\n", "expected UTF-8"); /* a surrogate */
    refused("a,b\n1,\xc0\x80\n", "expected UTF-8");     /* overlong */
    reel_table *t = read_with("a\n3.4028235e38\n1e-50\n", (reel_table_options){0});
    assert_numbers(t, "a", 2, (double[]){0x1.fffffep127, 0});
}
END_TEST

/* Where blanks part fields, as many as there are. */
START_TEST(blanks)
{
    reel_table *t = read_text("  x    k  y \n 1  2 3\n4 5\t6\n\n7.5 -8 9  \n");
    assert_numbers(t, "x", 3, (double[]){1, 4, 7.5});
    assert_numbers(t, "k", 3, (double[]){2, 5, -8});
    assert_numbers(t, "y", 3, (double[]){3, 6, 9});
    t = read_with("# a \"remark\nname y\n\"two words\"  1\n  # more \" of it\nb 2",
                  (reel_table_options){.separator = ' ', .comment = '#', .dtype = REEL_F64});
    ck_assert_str_eq(reel_table_category(t, 0, 0), "two words");
    assert_numbers(t, "y", 2, (double[]){1, 2});
    t = read_text("full name\nJohn Smith\nMary Jones\nAnn Low\n"); /* one column */
    ck_assert_str_eq(reel_table_name(t, 0), "full name");
    ck_assert_int_eq(reel_table_rows(t), 3);
    /* Blanks at the end of each piece, wherever pieces end. */
    enum { N = 60000 };
    char *text = malloc(N * 24), *at = text + sprintf(text, "x y\n");
    for (int i = 0; i < N; i++) {
        at += sprintf(at, "%d %*s%d %*s\n", i, i % 7, "", 2 * i, i % 5, "");
    }
    t = read_text(text);
    ck_assert_int_eq(reel_table_rows(t), N);
    ck_assert_uint_eq(reel_table_columns(t), 2);
    ck_assert_int_eq(reel_table_missing(t, 0) + reel_table_missing(t, 1), 0);
    free(text);
}
END_TEST

/* Rows with too few fields, and names that come again, as pandas has them. */
START_TEST(rows_that_are_short)
{
    reel_table *t = read_text("a,b,c\n1,2,3\n4\n5,6\n7,8,9\n");
    assert_warning(0, "t.csv:3: 2 rows have fewer fields than the first row, 1 of 3 here: what is "
                      "not there is missing");
    assert_numbers(t, "a", 4, (double[]){1, 4, 5, 7});
    assert_numbers(t, "b", 4, (double[]){2, (double)NAN, 6, 8});
    assert_numbers(t, "c", 4, (double[]){3, (double)NAN, (double)NAN, 9});
    ck_assert_int_eq(reel_table_missing(t, 2), 2);
    t = read_text("a,b\n1,x\n2,y\nSource: us\n");
    assert_warning(1, "t.csv:4: 1 row has fewer fields than the first row, 1 of 2: what");
    assert_warning(2, "column 'a': 1 value is no number and taken for missing: 'Source: us'");
}
END_TEST

START_TEST(names_that_come_again)
{
    reel_table *t = read_text("a,a.1,a,b,a\n1,2,3,4,5\n");
    assert_warning(0, "t.csv:1: column 3 has the name 'a' of column 1, and is called 'a.2'");
    assert_warning(1, "t.csv:1: column 5 has the name 'a' of column 1, and is called 'a.3'");
    assert_numbers(t, "a.2", 1, (double[]){3});
    assert_numbers(t, "a.3", 1, (double[]){5});
    t = read_text("\n2,\n1,2\n");
    assert_warning(3, "t.csv:2: column 2 has no name, and is called '2.1'");
}
END_TEST

START_TEST(rows_that_are_none)
{
    refused("a,b\n1,x\n3,\"4\n5\",6,7\n",
            "t.csv:3: expected 2 fields, as the first row has, found 4");
    refused("a\n1\n2,\n", "t.csv:3: expected 1 field, as the first row has, found 2");
    refused(
        "A report\n\nof,me\n1,2\n",
        "t.csv:3: expected 1 field, as the first row has, found 2 (the separator is ','); if the "
        "table begins further down, say how many lines to skip");
    refused("<!DOCTYPE html>\n<p>\n", "t.csv: it is a web page; save the table as CSV first");
    refused("[{\"a\":1},\n{\"a\":2}]\n", "t.csv: it is JSON");
    refused("a,\xff\n1,2\n",
            "t.csv:1: column 2: expected a name in UTF-8, found '?'; save the file");
    refused("a,b\n1,\"2\n3,4\n", "t.csv:2: column 'b': the quote that opens here is never closed");
    refused("a,\"b\n", "t.csv:1: column 2: the quote that opens here is never closed");
    refused("a,b\nx,2\n\"x\"y,4\n", "t.csv:3: column 'a': expected ',' or the line's end after a "
                                    "closing quote, found 'y'; a quote in quotes is to be doubled");
    refused("a,\"b\" \"c\n", "t.csv:1: column 2: expected ',' or the line's end");
}
END_TEST

static void refused_bytes(const void *bytes, size_t count, const char *part)
{
    write_bytes(bytes, count);
    ck_assert_ptr_null(reel_table_read(r, path, (reel_table_options){0}));
    assert_error(r, REEL_ERR_FORMAT, part);
}

START_TEST(files_that_are_no_text)
{
    refused("", "expected a line with the columns' names, found nothing");
    refused("\xef\xbb\xbf\n \n", "found nothing");
    refused_bytes("a,b\n1,\"\n\0\"\n", 10, "t.csv:3: expected text, found a byte 0");
    refused_bytes("\x1f\x8b\x08\0", 4, "t.csv: the compressed file is damaged, or ends too early");
    refused_bytes("\x28\xb5\x2f\xfd ", 5, "the compressed file is damaged");
    refused_bytes("\xfd"
                  "7zXZ\0",
                  6, "compressed by xz");
    refused_bytes("BZh91AY", 7, "compressed by bzip2");
    refused_bytes("PK\3\4", 4, "a ZIP archive or a spreadsheet; save the sheet as CSV");
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
    ck_assert_ptr_null(reel_table_read(r, NULL, (reel_table_options){0}));
    assert_error(r, REEL_ERR_VALUE, "the path is NULL");
    ck_assert_ptr_null(reel_table_read(NULL, path, (reel_table_options){0}));
    ck_assert_ptr_null(reel_table_read(r, path, (reel_table_options){0}));
    assert_error(r, REEL_ERR_FILE, "t.csv: cannot be opened: No such file");
    ck_assert_ptr_null(reel_table_read(r, folder, (reel_table_options){0}));
    assert_error(r, REEL_ERR_FILE, ": is a directory");
    write_bytes("", 0);
    ck_assert_ptr_nonnull(freopen(path, "ab", stdin)); /* for writing alone */
    ck_assert_ptr_null(reel_table_read(r, "-", (reel_table_options){0}));
    assert_error(r, REEL_ERR_FILE, "standard input: cannot be read: Bad file descriptor");
}
END_TEST

START_TEST(options_that_are_none)
{
    static const struct {
        reel_table_options options;
        reel_status status;
        const char *part;
    } wrong[] = {
        {{.dtype = REEL_I64}, REEL_ERR_DTYPE, "numbers are float32 or float64"},
        {{.decimal = ';'}, REEL_ERR_VALUE, "decimals have '.' or ',', not character 59"},
        {{.decimal = ',', .separator = ','},
         REEL_ERR_VALUE,
         "the separator, character 44, is a part"},
        {{.separator = '.'}, REEL_ERR_VALUE, "the separator, character 46"},
        {{.separator = '"'}, REEL_ERR_VALUE, "is a part of numbers, a quote or a line break"},
        {{.text_count = 1}, REEL_ERR_VALUE, "the list of columns of text is NULL"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_ptr_null(read_with("a\n1\n", wrong[i].options));
        assert_error(r, wrong[i].status, wrong[i].part);
    }
}
END_TEST

static void free_all(void *context, const char *of, int64_t bytes, int64_t size)
{
    (void)of, (void)bytes, (void)size;
    reel_free(context);
}

START_TEST(progress_is_a_callback)
{
    read_with("a,b\n1,2\n", (reel_table_options){.progress = free_all, .progress_context = r});
    assert_error(r, REEL_ERR_STATE, "free: it cannot be called from a callback");
}
END_TEST

START_TEST(standard_input)
{
    write_bytes("a\n1.5\nx\n", 6);
    ck_assert_ptr_nonnull(freopen(path, "rb", stdin));
    assert_numbers(reel_table_read(r, "-", (reel_table_options){0}), "a", 1, (double[]){1.5});
}
END_TEST

/* A table without names of no file, and NULL, have nothing to tell. */
START_TEST(no_table)
{
    ck_assert_int_eq(reel_table_rows(NULL), 0);
    ck_assert_uint_eq(reel_table_columns(NULL), 0);
    ck_assert_int_eq(reel_table_dtype(NULL), REEL_F32);
    ck_assert_str_eq(reel_table_path(NULL), "");
    ck_assert_ptr_null(reel_table_name(NULL, 0));
    ck_assert_int_eq(reel_table_find(NULL, "a"), -1);
    ck_assert(!reel_table_is_text(NULL, 0));
    ck_assert_int_eq(reel_table_missing(NULL, 0), 0);
    ck_assert_uint_eq(reel_table_categories(NULL, 0), 0);
    ck_assert_ptr_null(reel_table_category(NULL, 0, 0));
    ck_assert_int_eq(reel_table_line(NULL, 3), 4);
    ck_assert_ptr_null(reel_table_column(NULL, 0));
    ck_assert_ptr_null(reel_table_present_rows(NULL, 0));
    reel_table_free(NULL);
    reel_table *t = read_text("a\nx\n");
    ck_assert_ptr_null(reel_table_name(t, 1));
    ck_assert_int_eq(reel_table_find(t, "b"), -1);
    ck_assert_int_eq(reel_table_find(t, NULL), -1);
    ck_assert(!reel_table_is_text(t, 1));
    ck_assert_int_eq(reel_table_missing(t, 1), 0);
    ck_assert_ptr_null(reel_table_category(t, 0, 1));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, numbers_and_text);
    tcase_add_test(cases, what_makes_no_difference);
    tcase_add_test(cases, quotes);
    tcase_add_test(cases, separators);
    tcase_add_test(cases, missing_values);
    tcase_add_test(cases, kinds);
    tcase_add_test(cases, no_names);
    tcase_add_test(cases, no_rows);
    tcase_add_test(cases, large);
    tcase_add_test(cases, cells_that_are_none);
    tcase_add_test(cases, blanks);
    tcase_add_test(cases, rows_that_are_short);
    tcase_add_test(cases, names_that_come_again);
    tcase_add_test(cases, rows_that_are_none);
    tcase_add_test(cases, files_that_are_no_text);
    tcase_add_test(cases, files_that_cannot_be_read);
    tcase_add_test(cases, options_that_are_none);
    tcase_add_test(cases, standard_input);
    tcase_add_test(cases, progress_is_a_callback);
    tcase_add_test(cases, no_table);
}

int main(void) { return run_suite("tables", add_cases); }
