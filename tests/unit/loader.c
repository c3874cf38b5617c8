/* SPDX-License-Identifier: MIT */
/* Rows in parts and in batches: PyTorch's, to the row, from the same seed. */
#include "records.h"

#include <reel/reel.h>

static reel *r;

static void set_up(void) { r = quiet_reel(); }
static void tear_down(void) { reel_free(r); }

static const int64_t *elements(reel_tensor *t)
{
    ck_assert(t && !reel_is_poison(t));
    return reel_data_i64(t);
}

/* Rows compared with a record's: all of few, the ends of many, and all in their sum. */
typedef struct expected {
    const record *it;
    int64_t count, sum, seen, total;
} expected;

static expected expect(const record *it)
{
    return (expected){it, record_whole(it, it->words - 2), record_whole(it, it->words - 1), 0, 0};
}

static void see(expected *e, int64_t row)
{
    const int64_t shown = e->it->values, place = e->seen++;
    const int64_t value = place < shown / 2 || shown == e->count ? place : place - e->count + shown;
    e->total += (place + 1) * row;
    if (value < shown && (shown == e->count || place < shown / 2 || value >= shown / 2)) {
        ck_assert_int_eq(row, record_whole(e->it, e->it->words + (int)value));
    }
}

static void assert_seen(const expected *e)
{
    ck_assert_int_eq(e->seen, e->count);
    ck_assert_int_eq(e->total, e->sum);
}

/* A loader as an "epoch" record has it; it hands out the rows' numbers, and a column that is their
 * square. Those of further epochs that agree in everything use the same. */
typedef struct run {
    char settings[64];
    reel_loader *loader;
    reel_tensor *tensors[2];
} run;

static void begin_run(run *l, const record *it)
{
    const int64_t n = record_whole(it, 1), chosen = record_whole(it, 5);
    char settings[64];
    snprintf(settings, sizeof settings, "%s %s %s %s %s", it->word[1], it->word[2], it->word[3],
             it->word[4], it->word[5]);
    if (strcmp(settings, l->settings) == 0) {
        return;
    }
    strcpy(l->settings, settings);
    reel_loader_free(l->loader);
    reel_tensor_free(l->tensors[0]);
    reel_tensor_free(l->tensors[1]);
    l->tensors[0] = reel_arange(r, REEL_I64, 0, (double)n, 1);
    l->tensors[1] =
        reel_keep(reel_square(reel_unsqueeze(reel_arange(r, REEL_F64, 0, (double)n, 1), 1)));
    reel_tensor *rows =
        chosen ? reel_arange(r, REEL_I64, (double)n - 1, (double)(n - 1 - chosen), -1) : NULL;
    l->loader = reel_loader_new(r, l->tensors, 2,
                                (reel_loader_options){.batch_size = record_whole(it, 2),
                                                      .shuffle = record_whole(it, 3),
                                                      .drop_last = record_whole(it, 4),
                                                      .rows = rows});
    ck_assert_msg(l->loader != NULL, "%s", reel_error(r));
    reel_tensor_free(rows); /* which were copied */
    reel_rewind(r);
}

static void see_epoch(const run *l, const record *it)
{
    expected e = expect(it);
    reel_tensor *batch[2];
    int64_t batches = 0;
    while (reel_loader_next(l->loader, batch)) {
        const int64_t n = reel_numel(batch[0]), size = record_whole(it, 2);
        ck_assert(n == size || (batches == record_whole(it, 6) - 1 && n < size));
        ck_assert(reel_size(batch[1], 0) == n && reel_size(batch[1], 1) == 1);
        for (int64_t i = 0; i < n; i++) {
            const int64_t row = elements(batch[0])[i];
            see(&e, row);
            const double squared = reel_data_f64(batch[1])[i];
            assert_each(squared == (double)(row * row), "row %d has %g", (int)row, squared);
        }
        batches++;
    }
    assert_seen(&e);
    ck_assert_int_eq(batches, record_whole(it, 6));
    ck_assert_int_eq(reel_loader_batches(l->loader), batches);
}

static void see_split(const record *it)
{
    expected e = expect(it);
    int64_t lengths[8];
    reel_tensor *parts[8];
    const size_t count = (size_t)(it->words - 3);
    for (size_t i = 0; i < count; i++) {
        lengths[i] = record_whole(it, (int)i + 1);
    }
    ck_assert_int_eq(reel_random_split(r, e.count, lengths, count, parts), REEL_OK);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(reel_numel(parts[i]), lengths[i]);
        for (int64_t k = 0; k < lengths[i]; k++) {
            see(&e, elements(parts[i])[k]);
        }
        reel_tensor_free(parts[i]);
    }
    assert_seen(&e);
}

START_TEST(rows_are_pytorchs)
{
    FILE *file = open_records("loader/epochs.txt");
    int seeds = 0, epochs = 0, splits = 0;
    run l = {"", NULL, {NULL, NULL}};
    for (record it; next_record(file, &it);) {
        if (strcmp(it.word[0], "seed") == 0) {
            reel_manual_seed(r, strtoull(it.word[1], NULL, 10));
            seeds++;
        } else if (strcmp(it.word[0], "epoch") == 0) {
            begin_run(&l, &it);
            see_epoch(&l, &it);
            epochs++;
        } else if (strcmp(it.word[0], "split") == 0) {
            see_split(&it);
            splits++;
        } else { /* what else was drawn since tells that just as much was */
            reel_tensor *draw = reel_randint(r, REEL_I64, 0, (int64_t)1 << 31, REEL_SHAPE(1));
            ck_assert_int_eq(elements(draw)[0], record_whole(&it, 1));
            reel_tensor_free(draw);
        }
    }
    ck_assert(seeds == 3 && epochs > 100 && splits > 10);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
}
END_TEST

/* x[i, …] = i in all places. */
static reel_tensor *numbered(reel_dtype dtype, int ndim, const int64_t *size)
{
    reel_tensor *x = reel_zeros(r, dtype, ndim, size);
    const int64_t row = size[0] ? reel_numel(x) / size[0] : 0;
    for (int64_t i = 0; i < reel_numel(x); i++) {
        int64_t index[REEL_MAX_DIMS] = {0}, rest = i;
        for (int d = ndim - 1; d >= 0; d--) {
            index[d] = rest % size[d];
            rest /= size[d];
        }
        reel_set(x, index, (double)(dtype == REEL_BOOL ? i / row % 2 : i / row));
    }
    return x;
}

/* Every dtype, rows of every shape, full batches and a last one. */
START_TEST(rows_of_any_kind)
{
    static const struct {
        int ndim;
        int64_t size[4];
    } shapes[] = {{1, {11}},       {2, {11, 1}},       {2, {11, 13}},
                  {3, {11, 2, 3}}, {4, {11, 2, 1, 2}}, {2, {11, 0}}};
    reel_dtype dtype = (reel_dtype)(_i % 4);
    const size_t s = (size_t)_i / 4;
    reel_tensor *tensors[] = {numbered(REEL_I64, 1, (int64_t[]){11}),
                              numbered(dtype, shapes[s].ndim, shapes[s].size)};
    reel_loader *l =
        reel_loader_new(r, tensors, 2, (reel_loader_options){.batch_size = 4, .shuffle = true});
    reel_tensor *batch[2];
    int64_t rows = 0;
    while (reel_loader_next(l, batch)) {
        const int64_t n = reel_numel(batch[0]);
        ck_assert(reel_dtype_of(batch[1]) == dtype && reel_ndim(batch[1]) == shapes[s].ndim);
        ck_assert(reel_is_contiguous(batch[1]) && reel_size(batch[1], 0) == n);
        const int64_t row = reel_numel(batch[1]) / n;
        reel_tensor *flat = reel_reshape(batch[1], 1, (int64_t[]){n * row});
        for (int64_t i = 0; i < n * row; i++) {
            const int64_t number = elements(batch[0])[i / row];
            ck_assert(reel_get(flat, &i) == (double)(dtype == REEL_BOOL ? number % 2 : number));
        }
        rows += n;
    }
    ck_assert_int_eq(rows, 11);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
}
END_TEST

/* Of 5 rows 2, 2 and 1; `batch` holds the tensors of the last call. */
static reel_loader *five_rows(bool shuffle)
{
    reel_tensor *x = reel_keep(reel_add_scalar(numbered(REEL_F32, 2, (int64_t[]){5, 3}), 1));
    reel_loader *l =
        reel_loader_new(r, &x, 1, (reel_loader_options){.batch_size = 2, .shuffle = shuffle});
    ck_assert(l != NULL);
    return l;
}

START_TEST(batches_are_the_loaders_own)
{
    reel_loader *l = five_rows(true);
    reel_tensor *first[3], *again;
    for (int i = 0; i < 3; i++) {
        ck_assert(reel_loader_next(l, &first[i]));
        reel_rewind(r); /* which does not take them */
    }
    ck_assert(first[0] == first[1] && first[1] != first[2]);
    ck_assert(reel_data_f32(first[0]) == reel_data_f32(first[2]));
    ck_assert(!reel_loader_next(l, &again));
    for (int i = 0; i < 3; i++) {
        ck_assert(reel_loader_next(l, &again) && again == first[i]);
    }
}
END_TEST

/* A backward through what the next batch has overwritten is an error, not another number. */
START_TEST(the_next_batch_ends_the_backward_of_the_last)
{
    reel_loader *l = five_rows(false);
    reel_tensor *w = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(3, 1)), true), *x;
    for (int batches = 0; batches < 3; batches++) {
        ck_assert(reel_loader_next(l, &x));
        reel_tensor *sum = reel_sum(reel_matmul(x, w)); /* reads x: full, full, the last */
        if (batches == 2) {
            reel_loader_reset(l);
        }
        ck_assert(reel_loader_next(l, &x));
        ck_assert_int_eq(reel_backward(sum), REEL_ERR_STATE);
        assert_error(r, REEL_ERR_STATE, "changed in place");
        reel_loader_reset(l);
        for (int i = 0; i <= batches; i++) {
            ck_assert(reel_loader_next(l, &x));
        }
    }
}
END_TEST

START_TEST(a_batch_comes_as_if_it_were_new)
{
    reel_loader *l = five_rows(false);
    reel_tensor *x;
    ck_assert(reel_loader_next(l, &x));
    reel_requires_grad_(x, true);
    ck_assert_int_eq(reel_backward(reel_sum(reel_square(x))), REEL_OK);
    ck_assert(reel_grad(x) && reel_item(reel_sum(reel_grad(x))) == 2 * 3 * (1 + 2));
    ck_assert(reel_loader_next(l, &x));
    ck_assert(!reel_requires_grad(x) && !reel_grad(x));
    reel_tensor *scale = reel_requires_grad_(reel_full(r, REEL_F32, 2, REEL_SCALAR_SHAPE), true);
    reel_mul_(x, scale); /* a history */
    ck_assert(!reel_is_leaf(x));
    ck_assert(reel_loader_next(l, &x));
    ck_assert(reel_is_leaf(x) && !reel_requires_grad(x));
    reel_rewind(r);
    ck_assert(reel_item(reel_sum(x)) == 3 * 5);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
}
END_TEST

START_TEST(an_epoch_can_be_given_up)
{
    reel_loader *l = five_rows(false);
    reel_tensor *x;
    for (int i = 0; i < 2; i++) {
        ck_assert(reel_loader_next(l, &x) && reel_get(x, (int64_t[]){0, 0}) == 1);
        reel_loader_reset(l);
    }
    int batches = 0;
    while (reel_loader_next(l, &x)) {
        batches++;
    }
    ck_assert_int_eq(batches, 3);
}
END_TEST

START_TEST(no_rows)
{
    reel_tensor *x = reel_zeros(r, REEL_F32, REEL_SHAPE(0, 3)), *batch;
    reel_loader *l = reel_loader_new(r, &x, 1, (reel_loader_options){.batch_size = 4});
    ck_assert(l && reel_loader_batches(l) == 0);
    ck_assert(!reel_loader_next(l, &batch) && !reel_loader_next(l, &batch) && !reel_failed(r));
    ck_assert(!reel_loader_new(r, &x, 1, (reel_loader_options){.shuffle = true}));
    assert_error(r, REEL_ERR_VALUE, "no rows to shuffle");
}
END_TEST

static void refuse(reel_tensor *const *tensors, size_t count, reel_loader_options options,
                   reel_status status, const char *part)
{
    ck_assert(!reel_loader_new(r, tensors, count, options));
    assert_error(r, status, part);
}

START_TEST(what_cannot_be_loaded_is_refused)
{
    const reel_loader_options plain = {.batch_size = 2};
    reel_tensor *x = reel_zeros(r, REEL_F32, REEL_SHAPE(5, 3)),
                *y = reel_zeros(r, REEL_F32, REEL_SHAPE(4)), *both[] = {x, y},
                *scalar = reel_scalar(r, REEL_F32, 1), *result = reel_neg(x),
                *wants = reel_requires_grad_(reel_zeros(r, REEL_F32, REEL_SHAPE(5)), true);
    refuse(NULL, 0, plain, REEL_ERR_VALUE, "no tensors");
    refuse(both, 2, plain, REEL_ERR_SHAPE, "(5, 3) and (4,) have different numbers of rows");
    refuse(&scalar, 1, plain, REEL_ERR_SHAPE, "shape () has no rows");
    refuse(&result, 1, plain, REEL_ERR_VALUE, "reel_keep");
    refuse(&wants, 1, plain, REEL_ERR_VALUE, "wants a gradient");
    refuse(&x, 1, (reel_loader_options){.batch_size = -2}, REEL_ERR_VALUE, "is -2");
    reel_tensor *missing = NULL;
    refuse(&missing, 1, plain, REEL_ERR_OWNER, "NULL");
    reel_tensor *far = reel_from_i64(r, (int64_t[]){0, 5}, REEL_SHAPE(2));
    refuse(&x, 1, (reel_loader_options){.rows = far}, REEL_ERR_VALUE, "no row 5");
    refuse(&x, 1, (reel_loader_options){.rows = y}, REEL_ERR_DTYPE, "float32");
    refuse(&x, 1, (reel_loader_options){.rows = reel_unsqueeze(far, 0)}, REEL_ERR_SHAPE, "(1, 2)");
    reel *other = quiet_reel();
    refuse((reel_tensor *[]){reel_zeros(other, REEL_F32, REEL_SHAPE(5))}, 1, plain, REEL_ERR_OWNER,
           "another reel");
    reel_free(other);
    ck_assert(!reel_loader_new(NULL, &x, 1, plain));
    ck_assert(!reel_loader_next(NULL, &x) && reel_loader_batches(NULL) == 0);
    reel_loader_reset(NULL);
    reel_loader_free(NULL);
}
END_TEST

START_TEST(after_an_error_nothing_moves)
{
    reel_loader *l = five_rows(true);
    reel_tensor *x, *kept;
    ck_assert(reel_loader_next(l, &x));
    kept = reel_keep(x);
    ck_assert(!reel_loader_next(l, NULL));
    ck_assert(reel_failed(r) && !reel_loader_next(l, &x));
    assert_error(r, REEL_ERR_VALUE, "NULL");
    ck_assert(reel_item(reel_sum(reel_abs(reel_sub(x, kept)))) == 0);
    ck_assert(reel_loader_next(l, &x) && reel_loader_next(l, &x) && !reel_loader_next(l, &x));
}
END_TEST

/* What a replay would not do again is refused while a step is being captured. The loader's batches
 * are what a captured step is replayed on. */
START_TEST(captured_steps)
{
    reel_loader *l = five_rows(false);
    reel_tensor *x, *parts[2];
    const int64_t lengths[] = {2, 3};
    ck_assert_int_eq(reel_capture_begin(r), REEL_OK);
    ck_assert(!reel_loader_next(l, &x));
    assert_error(r, REEL_ERR_STATE, "loader: a batch cannot be filled while a step is being");
    ck_assert_int_eq(reel_random_split(r, 5, lengths, 2, parts), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "random_split: rows cannot be dealt out while");
    ck_assert(!reel_capture_end(r));
    reel_clear_error(r);

    ck_assert(reel_loader_next(l, &x));
    ck_assert_int_eq(reel_capture_begin(r), REEL_OK);
    reel_tensor *sum = reel_sum(x);
    reel_graph *step = reel_capture_end(r);
    ck_assert_msg(step && reel_item(sum) == 3 * (1 + 2), "%s", reel_error(r));
    ck_assert(reel_loader_next(l, &x));
    ck_assert_int_eq(reel_replay(step), REEL_OK);
    ck_assert(reel_item(sum) == 3 * (3 + 4));
}
END_TEST

/* KFold(3) of 8 rows, and of any: each row is tested once, the sizes differ by at most one. */
START_TEST(folds)
{
    static const int64_t plain[3][3] = {{0, 1, 2}, {3, 4, 5}, {6, 7}};
    reel_tensor *parts[7];
    ck_assert_int_eq(reel_k_fold(r, 8, 3, false, parts), REEL_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(reel_numel(parts[i]), i < 2 ? 3 : 2);
        ck_assert_mem_eq(elements(parts[i]), plain[i], (size_t)(i < 2 ? 3 : 2) * sizeof(int64_t));
    }
    ck_assert_int_eq(reel_k_fold(r, 100, 7, true, parts), REEL_OK);
    int seen[100] = {0}, ascending = 0;
    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(reel_numel(parts[i]), 14 + (i < 2));
        for (int64_t k = 0; k < reel_numel(parts[i]); k++) {
            const int64_t *row = &elements(parts[i])[k];
            seen[*row]++;
            ck_assert(k == 0 || row[0] > row[-1]);
            ascending += k > 0 && row[0] == row[-1] + 1;
        }
    }
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(seen[i], 1);
    }
    ck_assert_int_lt(ascending, 50); /* runs would have 93 */
}
END_TEST

START_TEST(the_other_rows)
{
    reel_tensor *test = reel_from_i64(r, (int64_t[]){6, 0, 3}, REEL_SHAPE(3)), *train;
    ck_assert_int_eq(reel_split_rows(r, 7, test, &train), REEL_OK);
    ck_assert_int_eq(reel_numel(train), 4);
    ck_assert_mem_eq(elements(train), ((int64_t[]){1, 2, 4, 5}), 4 * sizeof(int64_t));
    reel_tensor *every = reel_flip(reel_arange(r, REEL_I64, 0, 7, 1), (int64_t[]){0}, 1);
    ck_assert_int_eq(reel_split_rows(r, 7, every, &train), REEL_OK);
    ck_assert_int_eq(reel_numel(train), 0);
    reel_tensor *none = reel_zeros(r, REEL_I64, REEL_SHAPE(0));
    ck_assert_int_eq(reel_split_rows(r, 2, none, &train), REEL_OK);
    ck_assert_int_eq(reel_numel(train), 2);
}
END_TEST

START_TEST(parts_that_cannot_be)
{
    reel_tensor *parts[3] = {NULL, NULL, NULL}, *train = NULL;
    reel_tensor *state = reel_keep(reel_get_rng_state(r));
    ck_assert_int_eq(reel_random_split(r, 5, (int64_t[]){2, 4}, 2, parts), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "length 4 of part 1 is more than the rows that are left");
    ck_assert_int_eq(reel_random_split(r, 5, (int64_t[]){2, -1}, 2, parts), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "length -1 of part 1 is negative");
    ck_assert_int_eq(reel_random_split(r, 5, (int64_t[]){2, 2}, 2, parts), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "leave 1 of 5 rows over");
    ck_assert_int_eq(reel_random_split(r, -5, (int64_t[]){2, 2}, 2, parts), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "-5 rows");
    ck_assert_int_eq(reel_random_split(r, 5, (int64_t[]){5}, 1, NULL), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "NULL");
    ck_assert_int_eq(reel_k_fold(r, 5, 1, true, parts), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "from 2 to the 5 rows, and is 1");
    ck_assert_int_eq(reel_k_fold(r, 5, 6, true, parts), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "is 6");
    reel_tensor *twice = reel_from_i64(r, (int64_t[]){1, 4, 1}, REEL_SHAPE(3));
    ck_assert_int_eq(reel_split_rows(r, 5, twice, &train), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "row 1 comes twice");
    ck_assert_int_eq(reel_split_rows(r, 4, twice, &train), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "no row 4: rows are 0 to 3");
    ck_assert_int_eq(reel_split_rows(r, 4, state, &train), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_split_rows(r, 4, NULL, &train), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "NULL");
    ck_assert_int_eq(reel_k_fold(NULL, 5, 2, true, parts), REEL_ERR_MEMORY);
    for (int i = 0; i < 3; i++) {
        ck_assert(parts[i] == NULL);
    }
    ck_assert(train == NULL); /* and nothing was drawn: */
    ck_assert_mem_eq(elements(reel_get_rng_state(r)), elements(state),
                     (size_t)reel_numel(state) * sizeof(int64_t));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, rows_are_pytorchs);
    tcase_add_loop_test(cases, rows_of_any_kind, 0, 4 * 6);
    tcase_add_test(cases, batches_are_the_loaders_own);
    tcase_add_test(cases, the_next_batch_ends_the_backward_of_the_last);
    tcase_add_test(cases, a_batch_comes_as_if_it_were_new);
    tcase_add_test(cases, an_epoch_can_be_given_up);
    tcase_add_test(cases, no_rows);
    tcase_add_test(cases, what_cannot_be_loaded_is_refused);
    tcase_add_test(cases, after_an_error_nothing_moves);
    tcase_add_test(cases, captured_steps);
    tcase_add_test(cases, folds);
    tcase_add_test(cases, the_other_rows);
    tcase_add_test(cases, parts_that_cannot_be);
}

int main(void) { return run_suite("loader", add_cases); }
