/* SPDX-License-Identifier: MIT */
/* Matrices and vectors are multiplied in the order of PyTorch's BLAS, to the bit. Expected values:
 * tests/generate/vector_products.py. */
#include "records.h"

#include <reel/linalg.h>

/* (i first mod second - third) / fourth, of i from 0 on. */
static reel_tensor *pattern(reel *r, reel_dtype dtype, int64_t rows, int64_t columns,
                            const int64_t *numbers)
{
    const int64_t size[] = {rows, columns};
    reel_tensor *t = reel_zeros(r, dtype, 2, size);
    for (int64_t i = 0; i < rows * columns; i++) {
        const int64_t value = i * numbers[0] % numbers[1] - numbers[2];
        if (dtype == REEL_F32) {
            reel_data_f32(t)[i] = (float)value / (float)numbers[3];
        } else {
            reel_data_f64(t)[i] = (double)value / (double)numbers[3];
        }
    }
    return t;
}

START_TEST(to_the_bit)
{
    static const int64_t of_matrix[] = {7, 23, 11, 7}, of_vector[] = {5, 19, 9, 3};
    FILE *file = open_records("linear/vectors.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        reel *r = reel_new();
        const reel_dtype dtype = record_dtype(&it, 1);
        const int64_t rows = record_whole(&it, 2), depth = record_whole(&it, 3);
        const bool dots = strcmp(it.word[0], "dots") == 0;
        reel_tensor *x = pattern(r, dtype, rows, depth, of_matrix);
        reel_tensor *y = dots ? reel_mm(x, pattern(r, dtype, depth, 1, of_vector))
                              : reel_mm(pattern(r, dtype, 1, rows, of_vector), x);
        for (int64_t i = 0; i < it.values; i++) {
            const double got = reel_get(y, dots ? (int64_t[]){i, 0} : (int64_t[]){0, i});
            const double expected = record_number(&it, it.words + (int)i);
            ck_assert_msg(got == expected, "%s %s (%lld, %lld)[%lld] is %a, not %a", it.word[0],
                          it.word[1], (long long)rows, (long long)depth, (long long)i, got,
                          expected);
        }
        reel_free(r);
    }
    ck_assert_int_eq(count, 28);
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_test(cases, to_the_bit); }

int main(void) { return run_suite("vector products", add_cases); }
