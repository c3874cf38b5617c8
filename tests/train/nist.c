/* SPDX-License-Identifier: MIT */
/*
 * NIST's nonlinear regressions from both published starts: Levenberg-Marquardt reaches the
 * certified parameters to 6 digits and more. `nist --table` prints docs/nist.md, with what the
 * other optimizers get.
 */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/optim.h>
#include <reel/reduce.h>
#include <stdio.h>

enum { PARAMETERS = 7, ROWS = 54, STARTS = 2 };

/* A set, its parameters as leaves, and what runs on it. */
typedef struct regression {
    reel *r;
    int parameters, rows;
    double start[STARTS][PARAMETERS], certified[PARAMETERS], squares;
    double x_values[ROWS], y_values[ROWS];
    reel_tensor *x, *y, *b[PARAMETERS];
    reel_tensor *(*model)(const struct regression *it);
    reel_optimizer *optimizer;
} regression;

static reel_tensor *power_of(const regression *it, int k) { return reel_pow_scalar(it->x, k); }

/* exp(-b1 x) / (b2 + b3 x). */
static reel_tensor *chwirut2(const regression *it)
{
    reel_tensor *decay = reel_exp(reel_neg(reel_mul(it->b[0], it->x)));
    return reel_div(decay, reel_add(it->b[1], reel_mul(it->b[2], it->x)));
}

/* b1 x^b2. */
static reel_tensor *danwood(const regression *it)
{
    return reel_mul(it->b[0], reel_pow(it->x, it->b[1]));
}

/* b1 (1 - exp(-b2 x)). */
static reel_tensor *misra1a(const regression *it)
{
    reel_tensor *decay = reel_exp(reel_neg(reel_mul(it->b[1], it->x)));
    return reel_mul(it->b[0], reel_add_scalar(reel_neg(decay), 1));
}

/* b1 / (1 + exp(b2 - b3 x)). */
static reel_tensor *rat42(const regression *it)
{
    reel_tensor *growth = reel_exp(reel_sub(it->b[1], reel_mul(it->b[2], it->x)));
    return reel_div(it->b[0], reel_add_scalar(growth, 1));
}

/* (b1 + b2 x + b3 x² + b4 x³) / (1 + b5 x + b6 x² + b7 x³). */
static reel_tensor *thurber(const regression *it)
{
    reel_tensor *above = it->b[0], *below = NULL;
    for (int k = 1; k <= 3; k++) {
        reel_tensor *term = reel_mul(it->b[3 + k], power_of(it, k));
        above = reel_add(above, reel_mul(it->b[k], power_of(it, k)));
        below = below ? reel_add(below, term) : reel_add_scalar(term, 1);
    }
    return reel_div(above, below);
}

static const struct {
    const char *name;
    reel_tensor *(*model)(const regression *it);
} sets[] = {{"Chwirut2", chwirut2},
            {"DanWood", danwood},
            {"Misra1a", misra1a},
            {"Rat42", rat42},
            {"Thurber", thurber}};
enum { SETS = sizeof sets / sizeof *sets };

static regression read_set(int set)
{
    char path[64];
    regression it = {.model = sets[set].model};
    snprintf(path, sizeof path, "nist/%s.txt", sets[set].name);
    FILE *file = open_records(path);
    for (record row; next_record(file, &row);) {
        if (strcmp(row.word[0], "parameter") == 0) {
            for (int s = 0; s < STARTS; s++) {
                it.start[s][it.parameters] = record_number(&row, row.words + s);
            }
            it.certified[it.parameters++] = record_number(&row, row.words + STARTS);
        } else if (strcmp(row.word[0], "squares") == 0) {
            it.squares = record_number(&row, row.words);
        } else {
            it.y_values[it.rows] = record_number(&row, row.words);
            it.x_values[it.rows++] = record_number(&row, row.words + 1);
        }
    }
    return it;
}

/* The set's data and its parameters at a start, in a new reel. */
static void begin(regression *it, int start)
{
    it->r = quiet_reel();
    it->x = reel_from_f64(it->r, it->x_values, REEL_SHAPE(it->rows));
    it->y = reel_from_f64(it->r, it->y_values, REEL_SHAPE(it->rows));
    for (int k = 0; k < it->parameters; k++) {
        it->b[k] = reel_requires_grad_(reel_scalar(it->r, REEL_F64, it->start[start][k]), true);
    }
}

static reel_tensor_list list_of(const regression *it)
{
    return (reel_tensor_list){it->r, it->b, (size_t)it->parameters};
}

static reel_tensor *residuals(void *context)
{
    const regression *it = context;
    reel_rewind(it->r);
    return reel_sub(it->model(it), it->y);
}

static reel_tensor *mean_of_squares(void *context)
{
    const regression *it = context;
    reel_tensor *loss = reel_mean(reel_square(residuals(context)));
    reel_zero_grad(it->optimizer);
    reel_backward(loss);
    return loss;
}

/* How many digits all parameters have in common with the certified ones; at most 11, as many as
 * those have. */
static double digits(const regression *it)
{
    double least = 11;
    for (int k = 0; k < it->parameters; k++) {
        const double off = fabs(reel_item(it->b[k]) - it->certified[k]) / fabs(it->certified[k]);
        least = isnan(off) ? 0 : fmin(least, off > 0 ? -log10(off) : least);
    }
    return fmax(least, 0);
}

static double run_lm(regression *it, int start, reel_jacobian jacobian, int *steps, double *squares)
{
    begin(it, start);
    it->optimizer = reel_optim_levenberg_marquardt(
        list_of(it), (reel_levenberg_marquardt_options){.jacobian = jacobian});
    for (*steps = 0; *steps < 2000 && !reel_converged(it->optimizer); ++*steps) {
        if (reel_step_with(it->optimizer, residuals, it, squares) != REEL_OK) {
            break;
        }
    }
    const double found = digits(it);
    *squares = reel_item(reel_sum(reel_square(residuals(it))));
    reel_free(it->r);
    return found;
}

START_TEST(levenberg_marquardt_reaches_the_certified_values)
{
    regression it = read_set(_i / STARTS);
    for (reel_jacobian j = REEL_JACOBIAN_AUTO; j <= REEL_JACOBIAN_COLUMNS; j++) {
        int steps;
        double squares;
        const double found = run_lm(&it, _i % STARTS, j, &steps, &squares);
        ck_assert_msg(found >= 7, "%s, start %d: %.1f digits after %d steps",
                      sets[_i / STARTS].name, _i % STARTS + 1, found, steps);
        ck_assert_int_lt(steps, 100);
        assert_close(squares, it.squares, 1e-9);
    }
}
END_TEST

enum { SGD, ADAM, LBFGS, LM, OPTIMIZERS };

/* The best of learning rates from 1 down to 1e-9, by the sum of squares; for L-BFGS lr is 1. */
static double run_first_order(regression *it, int start, int which)
{
    double best = (double)INFINITY, found = 0;
    for (double lr = 1; lr > 5e-10; lr = which == LBFGS ? 0 : lr / 10) {
        begin(it, start);
        it->optimizer =
            which == SGD
                ? reel_optim_sgd(list_of(it), (reel_sgd_options){.lr = lr, .momentum = 0.9})
            : which == ADAM
                ? reel_optim_adam(list_of(it), (reel_adam_options){.lr = lr})
                : reel_optim_lbfgs(list_of(it),
                                   (reel_lbfgs_options){.tolerance_grad = 1e-15,
                                                        .tolerance_change = 1e-18,
                                                        .line_search_fn = REEL_STRONG_WOLFE});
        const int steps = which == LBFGS ? 200 : 5000;
        double loss = 0;
        for (int i = 0; i < steps && isfinite(loss); i++) {
            reel_step_with(it->optimizer, mean_of_squares, it, &loss);
        }
        loss = reel_item(mean_of_squares(it));
        if (loss < best) {
            best = loss;
            found = digits(it);
        }
        reel_free(it->r);
    }
    return found;
}

START_TEST(print_table)
{
    static const char *const names[] = {"SGD", "Adam", "L-BFGS", "Levenberg-Marquardt"};
    int reached[OPTIMIZERS] = {0};
    printf(
        "# NIST's nonlinear regressions\n\n"
        "How many digits of the certified parameters each optimizer gets, in float64, from both "
        "published\n"
        "starts (11 are certified). SGD (momentum 0.9) and Adam take 5,000 full-batch steps on the "
        "mean square\n"
        "at ten learning rates, 1 to 1e-9, and the best counts; L-BFGS takes 200 steps of up to 20 "
        "iterations with\n"
        "the strong Wolfe search; Levenberg-Marquardt goes on until `reel_converged`, and the "
        "number of its\n"
        "steps is in brackets. `bin/tests/train/nist --table` prints this page.\n\n"
        "| set | start | SGD | Adam | L-BFGS | Levenberg-Marquardt |\n|---|---|---|---|---|---|\n");
    for (int i = 0; i < SETS * STARTS; i++) {
        regression it = read_set(i / STARTS);
        double got[OPTIMIZERS], squares;
        int steps;
        for (int k = 0; k < LM; k++) {
            got[k] = run_first_order(&it, i % STARTS, k);
        }
        got[LM] = run_lm(&it, i % STARTS, REEL_JACOBIAN_AUTO, &steps, &squares);
        printf("| %s | %d |", sets[i / STARTS].name, i % STARTS + 1);
        for (int k = 0; k < OPTIMIZERS; k++) {
            reached[k] += got[k] >= 6;
            printf(k == LM ? " %.1f (%d) |" : " %.1f |", got[k], steps);
        }
        printf("\n");
        fflush(stdout);
    }
    printf("\n");
    for (int k = 0; k < OPTIMIZERS; k++) {
        printf("- %s: 6 digits or more from %d of %d starts.\n", names[k], reached[k],
               SETS * STARTS);
    }
}
END_TEST

static void add_cases(TCase *tcase)
{
    tcase_add_loop_test(tcase, levenberg_marquardt_reaches_the_certified_values, 0, SETS * STARTS);
}

/* Reading records asserts, which is for running tests only; so the table is one, without a
 * report. */
static int run_table(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    tcase_set_timeout(tcase, 600);
    tcase_add_test(tcase, print_table);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_SILENT);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--table") == 0) {
        return run_table();
    }
    return run_suite("nist", add_cases);
}
