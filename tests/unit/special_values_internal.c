/* SPDX-License-Identifier: MIT */
/* NaN, infinities, zeros and edges in elementwise operations: values and gradients as PyTorch's,
 * for every row, both as a loop and as the operations that create_graph records. */
#include "records.h"
#include "samples.h"

enum { GRID = 125 };

static const double one[] = {DOUBLE_NAN,
                             DOUBLE_INFINITY,
                             -DOUBLE_INFINITY,
                             0.0,
                             -0.0,
                             1.0,
                             -1.0,
                             3.0,
                             -3.0,
                             0.7,
                             -0.7,
                             1.2,
                             0.5,
                             -2.5};
static const double two[] = {DOUBLE_NAN, DOUBLE_INFINITY, -DOUBLE_INFINITY, 0.0, -0.0, 1.0, -1.0,
                             2.5};
static const double three[] = {DOUBLE_NAN, DOUBLE_INFINITY, 0.0, -0.0, -1.5};

static const struct {
    const double *values;
    int count;
} grids[] = {{one, 14}, {two, 8}, {three, 5}};

/* The column of the grid that is input i. */
static reel_tensor *column(int inputs, int i, int total)
{
    double values[GRID];
    const int count = grids[inputs - 1].count;
    int period = 1;
    for (int after = i + 1; after < inputs; after++) {
        period *= count;
    }
    for (int k = 0; k < total; k++) {
        values[k] = grids[inputs - 1].values[k / period % count];
    }
    return reel_requires_grad_(reel_from_f64(r, values, 1, &(int64_t){total}), true);
}

/* The sample of a row on inputs of one shape. */
static const sample *find(const char *name)
{
    for (int i = 0; i < SAMPLES; i++) {
        if (strcmp(samples[i].row->name, name) == 0) {
            return &samples[i];
        }
    }
    ck_abort_msg("there is no operation %s", name);
    return NULL;
}

/* PyTorch rounds the sixth in hardsigmoid's gradient to float32, and composes softsign, so
 * that its gradient at infinity is NaN; ours is the limit, 0. */
static bool agrees(const record *line, int k, double got, double expected)
{
    const bool gradient = line->word[1][0] != 'y';
    if (got == 0 && expected == 0) {
        return signbit(got) == signbit(expected);
    }
    if (gradient && strcmp(line->word[0], "softsign") == 0 && isinf(one[k])) {
        return got == 0 && isnan(expected);
    }
    return is_close(got, expected,
                    gradient && strcmp(line->word[0], "hardsigmoid") == 0 ? 1e-7 : 1e-12);
}

static void compare(const record *line, reel_tensor *t, const char *how)
{
    ck_assert_int_eq((int)reel_numel(t), line->values);
    for (int k = 0; k < line->values; k++) {
        const double expected = strtod(line->word[line->words + k], NULL), got = reeli_load(t, k);
        ck_assert_msg(agrees(line, k, got, expected),
                      "%s %s (%s), place %d of the grid: %.17g, not %.17g", line->word[0],
                      line->word[1], how, k, got, expected);
    }
}

/* One line: the value, or one input's gradient, computed in both ways. */
static void check_line(const record *line)
{
    const sample *it = find(line->word[0]);
    const int inputs = count_inputs(it), which = line->word[1][0] - 'a';
    reel_tensor *x[SAMPLE_INPUTS] = {NULL, NULL, NULL}, *y, *dx[SAMPLE_INPUTS];
    for (int i = 0; i < inputs; i++) {
        x[i] = column(inputs, i, line->values);
    }
    y = it->call(it, x);
    if (line->word[1][0] == 'y') {
        compare(line, y, "value");
        return;
    }
    for (int recorded = 0; recorded < 2; recorded++) {
        reel_backward_options options = {reel_ones_like(y), true, recorded};
        ck_assert_int_eq(reel_gradients(y, x, (size_t)inputs, &options, dx), REEL_OK);
        compare(line, dx[which], recorded ? "recorded" : "loop");
    }
}

START_TEST(as_pytorch)
{
    static record line;
    FILE *file = open_records("special/elementwise.txt");
    r = quiet_reel();
    while (next_record(file, &line)) {
        check_line(&line);
        reel_rewind(r);
    }
    reel_free(r);
}
END_TEST

/* Every row has its line. */
START_TEST(complete)
{
    static record line;
    bool found[SAMPLES];
    FILE *file = open_records("special/elementwise.txt");
    for (int i = 0; i < SAMPLES; i++) {
        const sample *it = &samples[i];
        found[i] = it->row == &reeli_op_where || !it->row->formula || it->call == call_loss;
    }
    while (next_record(file, &line)) {
        for (int i = 0; i < SAMPLES; i++) {
            found[i] = found[i] || strcmp(line.word[0], samples[i].row->name) == 0;
        }
    }
    for (int i = 0; i < SAMPLES; i++) {
        ck_assert_msg(found[i], "%s is not in special/elementwise.txt", samples[i].row->name);
    }
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, complete);
    tcase_add_test(cases, as_pytorch);
}

int main(void) { return run_suite("special values", add_cases); }
