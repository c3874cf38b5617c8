/* SPDX-License-Identifier: MIT */
/* Rows of a file in a random order are those of a loader of tensors, also where memory holds
 * neither the rows nor their order: 64 KB, which are 8,192 places of an order at most. */
#include "counted_memory.h"
#include "table_file.h"

#include <sys/resource.h>

static const int64_t sizes[] = {1,    2,    3,     4096,  4097,  8191,  8192,
                                8193, 9999, 16384, 16385, 24577, 50021, 100003};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Row i begins with i. */
static reel_tensor *make_rows(int64_t rows, int64_t columns)
{
    reel_tensor *x = reel_zeros(r, REEL_F32, REEL_SHAPE(rows, columns));
    float *it = reel_data_f32(x);
    for (int64_t i = 0; i < rows * columns; i++) {
        it[i] = (float)(i / columns + i % columns * 7);
    }
    return x;
}

static reel_row_file *in_file(reel_tensor *x, int64_t memory)
{
    reel_row_file *file = reel_row_file_new(r, REEL_F32, reel_size(x, 1), memory);
    ck_assert_msg(reel_row_file_write(file, 0, x) == REEL_OK, "%s", reel_error(r));
    return file;
}

static void assert_same(const reel_tensor *a, const reel_tensor *b)
{
    ck_assert(!reel_is_poison(a) && !reel_is_poison(b));
    ck_assert_int_eq(reel_numel(a), reel_numel(b));
    ck_assert_mem_eq(reel_data_f32((reel_tensor *)(uintptr_t)a),
                     reel_data_f32((reel_tensor *)(uintptr_t)b),
                     (size_t)reel_numel(a) * sizeof(float));
}

static void set_state(reel_tensor *state)
{
    ck_assert_int_eq(reel_set_rng_state(r, state), REEL_OK);
    reel_tensor_free(state);
}

/* An epoch of both from the same random numbers, which go on alike. */
static void assert_same_epoch(reel_loader *memory, reel_loader *disk)
{
    reel_tensor *a, *b, *state = reel_keep(reel_get_rng_state(r));
    bool begun = reel_loader_next(memory, &a);
    const uint64_t after = (uint64_t)reel_item(reel_randint(r, REEL_F64, 0, 1 << 20, 0, NULL));
    set_state(state);
    bool other = reel_loader_next(disk, &b);
    ck_assert_msg(begun == other, "%s", reel_error(r));
    ck_assert_uint_eq(after, (uint64_t)reel_item(reel_randint(r, REEL_F64, 0, 1 << 20, 0, NULL)));
    while (begun) {
        assert_same(a, b);
        begun = reel_loader_next(memory, &a);
        ck_assert_msg(reel_loader_next(disk, &b) == begun, "%s", reel_error(r));
    }
}

static void compare(int64_t rows, int64_t columns, int64_t memory)
{
    reel_tensor *x = make_rows(rows, columns);
    reel_row_file *file = in_file(x, memory);
    for (int way = 0; way < 2; way++) {
        const reel_loader_options how = {
            .batch_size = rows < 9 ? 2 : 613, .shuffle = true, .drop_last = way == 1};
        reel_loader *all = reel_loader_new(r, &x, 1, how);
        reel_loader *disk = reel_row_file_loader(file, NULL, 0, how);
        ck_assert_int_eq(reel_loader_batches(all), reel_loader_batches(disk));
        for (int epoch = 0; epoch < 3; epoch++) {
            assert_same_epoch(all, disk);
        }
        reel_loader_free(all);
        reel_loader_free(disk);
    }
    reel_row_file_free(file);
    reel_tensor_free(x);
}

START_TEST(epochs)
{
    for (int i = 0; i < SIZES; i++) {
        compare(sizes[i], 1, 0);
        compare(sizes[i], 3, 0);
        compare(sizes[i], 3, 200000);
        compare(sizes[i], 3, 3 * 4 * sizes[i] + 4 * sizes[i]);
        reel_rewind(r);
    }
}
END_TEST

/* Of the batches of a loader, which draws a seed for workers before that of its order. */
static void compare_part(int64_t rows, const reel_row_file_part *part)
{
    reel_tensor *x = make_rows(rows, 2), *batch, *state = reel_keep(reel_get_rng_state(r));
    reel_row_file *file = in_file(x, 0);
    reel_loader *all = reel_loader_new(
        r, &x, 1, (reel_loader_options){.batch_size = part->batch_size, .shuffle = true});
    bool more = reel_loader_next(all, &batch);
    set_state(state);
    reel_tensor_free(reel_randint(r, REEL_I64, 0, INT64_MAX, 0, NULL));
    ck_assert_int_eq(reel_row_file_shuffle(file, *part), REEL_OK);
    for (; more; more = reel_loader_next(all, &batch)) {
        const bool full = reel_size(batch, 0) == part->batch_size;
        const int64_t first = full ? part->first : part->last_first;
        const int64_t count = (full ? part->end : part->last_end) - first;
        reel_tensor *to = reel_zeros(r, REEL_F32, REEL_SHAPE(count, 2));
        ck_assert_msg(reel_row_file_next(file, to) == REEL_OK, "%s", reel_error(r));
        assert_same(to, reel_narrow(batch, 0, first, count));
        reel_tensor_free(to);
    }
    batch = reel_zeros(r, REEL_F32, REEL_SHAPE(1, 2));
    ck_assert_int_eq(reel_row_file_next(file, batch), REEL_ERR_VALUE);
    reel_clear_error(r);
    reel_loader_free(all);
    reel_row_file_free(file);
    reel_tensor_free(x);
    reel_tensor_free(batch);
}

START_TEST(parts)
{
    compare_part(20, &(reel_row_file_part){6, 2, 5, 1, 2});
    compare_part(30011, &(reel_row_file_part){700, 100, 300, 5, 20});
    compare_part(30011, &(reel_row_file_part){700, 0, 700, 0, 611});
    compare_part(30011, &(reel_row_file_part){700, 699, 700, 0, 0});
    compare_part(30011, &(reel_row_file_part){30011, 7000, 20000, 0, 0});
}
END_TEST

START_TEST(lists)
{
    for (int i = 0; i < SIZES; i++) {
        reel_tensor *x = make_rows(sizes[i], 3), *order = reel_randperm(r, sizes[i]);
        reel_row_file *file = in_file(x, 0);
        for (int64_t take = sizes[i]; take > 0; take /= 3) {
            reel_tensor *some = reel_keep(reel_narrow(order, 0, 0, take));
            reel_tensor *to = reel_zeros(r, REEL_F32, REEL_SHAPE(take, 3));
            ck_assert_int_eq(reel_row_file_order(file, some), REEL_OK);
            ck_assert_msg(reel_row_file_next(file, to) == REEL_OK, "%s", reel_error(r));
            assert_same(to, reel_index_select(x, 0, some));
            reel_tensor_free(some);
            reel_tensor_free(to);
        }
        reel_row_file_free(file);
        reel_tensor_free(x);
        reel_rewind(r);
    }
}
END_TEST

static void assert_refused(reel_status status, const char *text)
{
    ck_assert_int_eq(status, REEL_ERR_VALUE);
    ck_assert_str_eq(reel_error(r), text);
    reel_clear_error(r);
}

/* Rows that come twice near to one another, or in a block that is full already. */
START_TEST(mistakes)
{
    enum { N = 20000 };
    reel_row_file *file = in_file(make_rows(N, 1), 0);
    reel_tensor *rows = reel_randperm(r, N);
    int64_t *row = reel_data_i64(rows);
    row[0] = row[N - 1];
    reel_status status = reel_row_file_order(file, rows);
    char text[64];
    snprintf(text, sizeof text, "row_file: row %d comes twice", (int)row[0]);
    assert_refused(status, text);
    for (int i = 0; i < N; i++) {
        row[i] = i < 4096 ? i : 17;
    }
    assert_refused(reel_row_file_order(file, rows), "row_file: row 17 comes twice");
    row[0] = N;
    assert_refused(reel_row_file_order(file, rows), "row_file: there is no row 20000");
    assert_refused(reel_row_file_shuffle(file, (reel_row_file_part){300, 0, 300, 0, 201}),
                   "row_file_shuffle: batches of 300 of 20,000 rows have no such part");
    assert_refused(reel_row_file_shuffle(file, (reel_row_file_part){0, 0, 1, 0, 0}),
                   "row_file_shuffle: batches of 0 of 20,000 rows have no such part");
}
END_TEST

/* There is room for the rows, but not for their order. */
START_TEST(full_disk)
{
    struct rlimit before, least;
    reel_row_file *file = in_file(make_rows(20000, 1), 0);
    getrlimit(RLIMIT_FSIZE, &before);
    least = before;
    least.rlim_cur = 100000;
    setrlimit(RLIMIT_FSIZE, &least); /* nothing is asserted under it: Check writes files, too */
    const reel_status status = reel_row_file_shuffle(file, (reel_row_file_part){0});
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(status, REEL_ERR_FILE);
    ck_assert_str_eq(reel_error(r), "row_file: a scratch file cannot be written: File too large; "
                                    "TMPDIR may name a folder with more room");
}
END_TEST

/* How many bytes an epoch takes of a file of so many rows. */
static size_t bytes_of(int64_t rows)
{
    counted bytes = {0, 0};
    reel *before = r;
    r = reel_new_with(&(reel_options){.allocator = count_bytes, .allocator_context = &bytes});
    reel_tensor *x = make_rows(rows, 1), *batch;
    reel_row_file *file = in_file(x, 0);
    reel_tensor_free(x);
    bytes.most = bytes.now;
    size_t held = bytes.now;
    const reel_loader_options how = {.batch_size = 64, .shuffle = true};
    reel_loader *loader = reel_row_file_loader(file, NULL, 0, how);
    while (reel_loader_next(loader, &batch)) {
    }
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    reel_free(r);
    r = before;
    return bytes.most - held;
}

/* Ten times as many rows take what it takes to count the parts that files are cut into. */
START_TEST(memory)
{
    const size_t few = bytes_of(40000), many = bytes_of(400000);
    ck_assert_msg(few < 1300000 && many < few + 20000, "%zu, %zu bytes", few, many);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, epochs);
    tcase_add_test(cases, parts);
    tcase_add_test(cases, lists);
    tcase_add_test(cases, mistakes);
    tcase_add_test(cases, full_disk);
    tcase_add_test(cases, memory);
}

int main(void) { return run_suite("row shuffle", add_cases); }
