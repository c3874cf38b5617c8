/* SPDX-License-Identifier: MIT */
/* Tables and features that lie in a file are what they are in memory, to the bit, and their batches
 * come in the same order. */
#include "counted_memory.h"
#include "table_file.h"

enum { ROWS = 20000 };

/* Numbers, dressed numbers that begin as text, a few odd values, texts, dates, gaps at the
 * start. */
/* Whether the error is this one, which is then forgotten. */
#define assert_says(text)                                                                          \
    do {                                                                                           \
        ck_assert_str_eq(reel_error(r), text);                                                     \
        reel_clear_error(r);                                                                       \
    } while (0)

static void write_table(void)
{
    FILE *file = fopen(path, "w");
    fputs("y,a,late,price,kind,day,odd\n", file);
    uint64_t x = 1;
    for (int i = 0; i < ROWS; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        double u = (double)(x >> 40) / 1e5;
        fprintf(file, "%.4f,%.6g,", 3 * u + (double)(i % 7), u);
        i < ROWS / 2 ? fputs(",", file) : fprintf(file, "%d,", (int)(x >> 50));
        fprintf(file, "$%d.5,%c,2024-%02d-%02d,", i % 90, "abc"[x >> 33 & 1], 1 + i % 12,
                1 + i % 28);
        i % 997 == 5 ? fputs("n.d.\n", file) : fprintf(file, "%d\n", (int)(x >> 60));
    }
    fclose(file);
}

static reel_table *read_table(int64_t memory)
{
    reel_table *t =
        reel_table_read(r, path, (reel_table_options){.dtype = REEL_F64, .memory = memory});
    ck_assert_msg(t != NULL, "%s", reel_error(r));
    ck_assert_int_eq(reel_table_rows(t), ROWS);
    return t;
}

static void assert_same(reel_tensor *a, reel_tensor *b)
{
    ck_assert(!reel_is_poison(a) && !reel_is_poison(b));
    ck_assert_int_eq(reel_numel(a), reel_numel(b));
    const int64_t n = reel_numel(a);
    double *x = malloc((size_t)n * sizeof *x), *y = malloc((size_t)n * sizeof *y);
    reel_to_f64(a, x, n);
    reel_to_f64(b, y, n);
    ck_assert(memcmp(x, y, (size_t)n * sizeof *x) == 0);
    free(x);
    free(y);
}

START_TEST(columns)
{
    write_table();
    reel_table *small = read_table(0);
    int said = warning_count;
    reel_table *large = read_table(1000);
    ck_assert_int_eq(warning_count, 2 * said);
    for (size_t j = 0; j < reel_table_columns(small); j++) {
        ck_assert_int_eq(reel_table_missing(small, j), reel_table_missing(large, j));
        ck_assert_int_eq(reel_table_is_text(small, j), reel_table_is_text(large, j));
        assert_same(reel_table_column(small, j), reel_table_column(large, j));
        reel_tensor *rows[] = {reel_table_present_rows(small, j),
                               reel_table_present_rows(large, j)};
        assert_same(rows[0], rows[1]);
        reel_rewind(r);
    }
}
END_TEST

/* A column in parts, of a table in memory and of one in a file, is the column. */
START_TEST(column_in_parts)
{
    write_table();
    for (int large = 0; large < 2; large++) {
        reel_table *t = read_table(large ? 1000 : 0);
        double values[1000];
        for (size_t j = 0; j < reel_table_columns(t); j++) {
            reel_tensor *column = reel_table_column(t, j);
            for (int64_t first = 0, count = 1; first < ROWS; first += count, count = 777) {
                count = ROWS - first < count ? ROWS - first : count;
                ck_assert_int_eq(reel_table_read_column(t, j, first, count, values), REEL_OK);
                for (int64_t i = 0; i < count; i++) {
                    const double x = reel_get(column, (int64_t[]){first + i});
                    ck_assert(values[i] == x || (isnan(x) && isnan(values[i])));
                }
            }
            reel_rewind(r);
        }
        ck_assert_int_eq(reel_table_read_column(t, 0, ROWS, 0, values), REEL_OK);
        const int64_t bad[][2] = {{-1, 1}, {0, -1}, {ROWS, 1}, {1, ROWS}, {INT64_MAX, INT64_MAX}};
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            ck_assert_int_eq(reel_table_read_column(t, 0, bad[i][0], bad[i][1], values),
                             REEL_ERR_VALUE);
            reel_clear_error(r);
        }
        ck_assert_int_eq(reel_table_read_column(t, 0, 0, 1, NULL), REEL_ERR_VALUE);
        assert_says("table_read_column: 1 rows from row 0 on, of 20000, into NULL");
        ck_assert_int_eq(reel_table_read_column(t, 99, 0, 1, values), REEL_ERR_VALUE);
        assert_says("table_read_column: there is no column 99 among 7");
    }
}
END_TEST

/* All rows, and a random part in random order; columns, and terms of them. */
START_TEST(encoded)
{
    static const char *const terms[] = {NULL, NULL, "., kind*a, poly(a, 3), log1p(late)", "a:odd"};
    write_table();
    reel_table *small = read_table(0), *large = read_table(1000);
    reel_tensor *parts[2], *rows[4] = {NULL};
    reel_random_split(r, ROWS, (int64_t[]){ROWS - 5000, 5000}, 2, parts);
    for (int i = 0; i < 4; i++) {
        reel_encoder_options how = {.target = "y", .terms = terms[i], .robust_target = true};
        rows[i] = i % 2 ? parts[0] : NULL;
        reel_encoder *a = reel_encoder_fit(small, rows[i], how);
        reel_encoder *b = reel_encoder_fit(large, rows[i], how);
        ck_assert(a && b);
        ck_assert_str_eq(reel_encoder_to_json(a), reel_encoder_to_json(b));
        reel_tensor *x = reel_encode(a, small, rows[i]);
        assert_same(x, reel_encode(b, large, rows[i]));
        assert_same(reel_encode_target(a, small, rows[i]), reel_encode_target(b, large, rows[i]));
        reel_row_file *file = reel_encode_to_file(b, large, rows[i], REEL_F64, 100000);
        ck_assert_msg(file != NULL, "%s", reel_error(r));
        reel_tensor *all =
            reel_zeros(r, REEL_F64, 2, (int64_t[]){reel_size(x, 0), reel_size(x, 1)});
        ck_assert_int_eq(reel_row_file_read(file, 0, all), REEL_OK);
        assert_same(x, all);
        reel_tensor_free(all);
        reel_tensor_free(x);
        reel_row_file_free(file);
    }
}
END_TEST

/* What terms are fitted to lies in a file like the table: 33 features, which take 5 MB. */
START_TEST(terms_in_little_memory)
{
    counted bytes = {0, 0};
    write_table();
    reel *apart = reel_new_with(&(reel_options){
        .allocator = count_bytes, .allocator_context = &bytes, .handler = keep_warning});
    reel_table *t =
        reel_table_read(apart, path, (reel_table_options){.dtype = REEL_F64, .memory = 100000});
    bytes.most = bytes.now;
    size_t before = bytes.now;
    reel_encoder *e = reel_encoder_fit(
        t, NULL, (reel_encoder_options){.target = "y", .terms = "., poly(a, 3), day:a"});
    ck_assert_msg(e != NULL, "%s", reel_error(apart));
    ck_assert_int_gt((int)reel_encoder_features(e), 30);
    ck_assert_msg(bytes.most - before < 2000000, "%zu bytes", bytes.most - before);
    reel_free(apart);
}
END_TEST

/* Numbers whose middle and quarters are hard to find by passes: few different ones, ascending ones,
 * outliers, ties, gaps. */
static void write_numbers(int rows)
{
    FILE *file = fopen(path, "w");
    uint64_t x = 1;
    fputs("y,two,few,up,down,wide,tied,gaps\n", file);
    for (int i = 0; i < rows; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        const int u = (int)(x >> 44);
        fprintf(file, "%d.25,%d,%d,%d,%d,%de%d,%d,", i % 50 ? u % 1000 : u * 1000, u % 3 > 0, u % 5,
                i * 2, -i, u, u % 40 - 20, i % 4 ? u : 7);
        u % 4 ? fprintf(file, "%d.5\n", u) : fputs("\n", file);
    }
    fclose(file);
}

START_TEST(medians)
{
    for (int rows = ROWS; rows < ROWS + 2; rows++) {
        write_numbers(rows);
        reel_table *tables[2];
        for (int i = 0; i < 2; i++) {
            tables[i] = reel_table_read(
                r, path, (reel_table_options){.dtype = REEL_F64, .memory = i * 1000});
        }
        for (int way = 0; way < 4; way++) {
            const reel_encoder_options how = {.target = "y",
                                              .robust_target = way & 1,
                                              .target_transform = way & 2 ? REEL_TRANSFORM_LOG
                                                                          : REEL_TRANSFORM_NONE};
            reel_encoder *a = reel_encoder_fit(tables[0], NULL, how);
            reel_encoder *b = reel_encoder_fit(tables[1], NULL, how);
            ck_assert_msg(a && b, "%s", reel_error(r));
            ck_assert_str_eq(reel_encoder_to_json(a), reel_encoder_to_json(b));
            warning_count = 0;
        }
    }
}
END_TEST

/* A column of 20,000 numbers would take 160,000 bytes. */
START_TEST(columns_in_little_memory)
{
    counted bytes = {0, 0};
    write_table();
    reel *apart = reel_new_with(&(reel_options){
        .allocator = count_bytes, .allocator_context = &bytes, .handler = keep_warning});
    reel_table *t =
        reel_table_read(apart, path, (reel_table_options){.dtype = REEL_F64, .memory = 1000});
    bytes.most = bytes.now;
    size_t before = bytes.now;
    ck_assert_ptr_nonnull(reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y"}));
    ck_assert_msg(bytes.most - before < 250000, "%zu bytes", bytes.most - before);
    reel_free(apart);
}
END_TEST

/* The loader's batches are those of a loader of tensors: shuffled, in order, some of the rows. */
START_TEST(batches)
{
    enum { N = 30000, K = 9 };
    reel_tensor *x = reel_randn(r, REEL_F32, REEL_SHAPE(N, K));
    reel_tensor *y = reel_randn(r, REEL_F64, REEL_SHAPE(N));
    reel_tensor *some[2];
    reel_random_split(r, N, (int64_t[]){N - 4000, 4000}, 2, some);
    reel_row_file *file = reel_row_file_new(r, REEL_F32, K, 1);
    ck_assert_int_eq(reel_row_file_write(file, 0, x), REEL_OK);
    for (int way = 0; way < 4; way++) {
        reel_loader_options how = {.batch_size = 700, .shuffle = way & 1};
        how.rows = way & 2 ? some[0] : NULL;
        how.drop_last = way == 3;
        reel_loader *memory = reel_loader_new(r, (reel_tensor *[]){x, y}, 2, how);
        reel_loader *disk = reel_row_file_loader(file, &y, 1, how);
        ck_assert(memory && disk);
        for (int epoch = 0; epoch < 2; epoch++) {
            reel_tensor *a[2], *b[2], *state = reel_keep(reel_get_rng_state(r));
            bool begun = reel_loader_next(memory, a);
            reel_set_rng_state(r, state);
            reel_tensor_free(state);
            int64_t seen = 0;
            for (; begun; begun = reel_loader_next(memory, a)) {
                ck_assert_msg(reel_loader_next(disk, b), "%s", reel_error(r));
                assert_same(a[0], b[0]);
                assert_same(a[1], b[1]);
                seen += reel_size(a[0], 0);
            }
            ck_assert(!reel_loader_next(disk, b));
            ck_assert_int_ge(seen, N - 4700);
        }
        reel_loader_free(memory);
        reel_loader_free(disk);
    }
}
END_TEST

START_TEST(mistakes)
{
    reel_row_file *file = reel_row_file_new(r, REEL_F32, 3, 0);
    reel_tensor *rows = reel_zeros(r, REEL_F32, 2, (int64_t[]){5, 3});
    ck_assert_int_eq(reel_row_file_write(file, 0, rows), REEL_OK);
    ck_assert_int_eq(reel_row_file_write(file, 6, rows), REEL_ERR_VALUE);
    assert_says("row_file_write: the file of 5 rows has no row 6");
    ck_assert_int_eq(reel_row_file_read(file, 1, rows), REEL_ERR_VALUE);
    assert_says("row_file_read: the file of 5 rows has no row 5");
    ck_assert_int_eq(reel_row_file_order(file, reel_from_i64(r, (int64_t[]){1, 1}, REEL_SHAPE(2))),
                     REEL_ERR_VALUE);
    assert_says("row_file: row 1 comes twice");
    ck_assert_int_eq(reel_row_file_order(file, reel_from_i64(r, (int64_t[]){5}, REEL_SHAPE(1))),
                     REEL_ERR_VALUE);
    assert_says("row_file: there is no row 5");
    ck_assert_int_eq(reel_row_file_next(file, rows), REEL_ERR_VALUE);
    assert_says("row_file: only 1 rows of the order are left");
    ck_assert(reel_row_file_new(r, REEL_I64, 3, 0) == NULL);
    assert_says("row_file_new: numbers are float32 or float64, not dtype 2");
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, columns);
    tcase_add_test(cases, column_in_parts);
    tcase_add_test(cases, encoded);
    tcase_add_test(cases, terms_in_little_memory);
    tcase_add_test(cases, medians);
    tcase_add_test(cases, columns_in_little_memory);
    tcase_add_test(cases, batches);
    tcase_add_test(cases, mistakes);
}

int main(void) { return run_suite("row file", add_cases); }
