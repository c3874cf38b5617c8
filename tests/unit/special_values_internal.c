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

static double sign_of(double x) { return (double)((x > 0) - (x < 0)); }

/* Whether the line is one of first derivatives, or else of second ones. */
static bool is_first(const record *line) { return line->word[1][1] == '\0'; }

/*
 * Where PyTorch's derivative is not what it should be, and what that is; false anywhere else. Its
 * NaN are a quotient or a product of infinities and zeros, where the derivative has a value: hypot
 * at the origin, as a norm's, softsign and copysign far away, logaddexp beside an infinity, atan2
 * and pow where a mask has set the first derivative to 0, which the second derivative does not
 * leave. prelu's first derivative at 0 is that of its lower branch, and its second one says 0.
 * ψ' at its poles, of which PyTorch's sine misses all but 0, is infinite, and ψ'' far away 0, not
 * 0 times infinity. A slope of smooth_l1_loss and huber_loss is what it is on the last piece that a
 * NaN is not beyond, for which PyTorch says 0.
 */
static bool is_known(const record *line, const double *x, double *right)
{
    const char *name = line->word[0], which = line->word[1][0];
    const bool first = is_first(line);
    const double a = x[0], b = x[1];
#define IS(text) (strcmp(name, text) == 0)
    *right = 0;
    if ((IS("polygamma") || (IS("digamma") && !first)) && isinf(a) && a > 0) {
        return true;
    }
    if (which == 'y') {
        return IS("poisson_nll_loss") && a == 0 && b == 0; /* whichever sign it has */
    }
    if ((IS("digamma") && first) || (IS("lgamma") && !first)) {
        *right = (double)INFINITY;
        return a < 0 && a == floor(a);
    }
    if (IS("softsign")) {
        return first && isinf(a);
    }
    if (IS("hypot")) {
        return a == 0 && b == 0;
    }
    if (IS("copysign") && which == 'a') {
        *right = first ? sign_of(a) * sign_of(copysign(a, b)) : 0;
        return isinf(a) || (a == 0 && !first);
    }
    if (first) {
        return false;
    }
    if (IS("logit")) {
        return !(a >= 0 && a <= 1); /* where the first one is a NaN by decree */
    }
    if (IS("pow") && isinf(a) && a > 0 && b == 0 && which == 'b') {
        *right = (double)INFINITY;
        return true;
    }
    if (IS("pow") && a == 0 && b >= 0 && (isfinite(b) || which == 'b')) {
        *right = which == 'b' && b == 1;
        return true;
    }
    if ((IS("smooth_l1_loss") || IS("huber_loss")) && isnan(a - b)) {
        *right = (which == 'a' ? -1 : 1) / (IS("huber_loss") ? 1 : 0.7);
        return true;
    }
    if (IS("prelu") && a == 0) {
        *right = which == 'a' ? 2 : 1;
        return true;
    }
    return (IS("logaddexp") && (isinf(a) || isinf(b)) && a == a && b == b && a != b) ||
           (IS("atan2") && a == 0 && b == 0);
#undef IS
}

/* A loss's term that weighs 0 is 0, and the limit of one at infinity is taken, where PyTorch's 0
 * times infinity is a NaN; what is behind infinities has no second derivative to compare. */
static bool is_selected(const record *line, const double *x, double expected)
{
    static const char *const losses[] = {"binary_cross_entropy_with_logits",
                                         "kl_div",
                                         "kl_div_log",
                                         "soft_margin_loss",
                                         "poisson_nll_loss",
                                         "poisson_nll_loss_log"};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        if (strcmp(line->word[0], losses[i]) == 0) {
            return isnan(expected) || (line->word[1][1] && !(isfinite(x[0]) && isfinite(x[1])));
        }
    }
    return false;
}

/* A NaN in makes no second derivative to compare; zeros of first ones have the same sign.
 * hardsigmoid's sixth and binary_cross_entropy's 1e-12 are rounded to float32 in PyTorch, whose ψ'
 * has nine digits. */
static bool agrees(const record *line, const double *x, double got, double expected)
{
    double right;
    const bool value = line->word[1][0] == 'y';
    if (is_known(line, x, &right)) {
        return is_close(got, right, 1e-12);
    }
    if (is_selected(line, x, expected)) {
        return true;
    }
    if (!value && !is_first(line) && isnan(x[0])) {
        return true;
    }
    if (got == 0 && expected == 0 && is_first(line)) {
        return signbit(got) == signbit(expected);
    }
    const bool coarse = strcmp(line->word[0], "hardsigmoid") == 0 ||
                        strcmp(line->word[0], is_first(line) ? "digamma" : "lgamma") == 0;
    const bool is_odds = strcmp(line->word[0], "odds_slope") == 0;
    return is_close(got, expected, (!value && coarse) || is_odds ? 1e-7 : 1e-12);
}

/* The inputs at place k. */
static void place(double *x, int inputs, int k)
{
    const int count = grids[inputs - 1].count;
    x[1] = 0;
    for (int i = inputs - 1; i >= 0; i--, k /= count) {
        x[i] = grids[inputs - 1].values[k % count];
    }
}

static void compare(const record *line, reel_tensor *t, int inputs, const char *how)
{
    double x[SAMPLE_INPUTS];
    ck_assert_int_eq((int)reel_numel(t), line->values);
    for (int k = 0; k < line->values; k++) {
        const double expected = strtod(line->word[line->words + k], NULL), got = reeli_load(t, k);
        place(x, inputs, k);
        ck_assert_msg(agrees(line, x, got, expected),
                      "%s %s (%s), place %d of the grid: %.17g, not %.17g", line->word[0],
                      line->word[1], how, k, got, expected);
    }
}

/* The gradient of Σ k times the k-th gradient, with respect to one input. */
static void check_second(const record *line, reel_tensor *y, reel_tensor *const *x, int inputs)
{
    const int which = line->word[1][0] - 'a';
    reel_tensor *dx[SAMPLE_INPUTS], *second[SAMPLE_INPUTS], *sum = NULL;
    reel_backward_options options = {reel_ones_like(y), true, true};
    ck_assert_int_eq(reel_gradients(y, x, (size_t)inputs, &options, dx), REEL_OK);
    for (int i = 0; i < inputs; i++) {
        reel_tensor *term = dx[i] ? reel_mul_scalar(dx[i], i + 1) : NULL;
        sum = sum && term ? reel_add(sum, term) : term ? term : sum;
    }
    options = (reel_backward_options){sum ? reel_ones_like(sum) : NULL, false, false};
    if (!sum || !reel_requires_grad(sum)) {
        second[which] = NULL;
    } else {
        ck_assert_int_eq(reel_gradients(sum, x, (size_t)inputs, &options, second), REEL_OK);
    }
    compare(line, second[which] ? second[which] : reel_zeros_like(x[which]), inputs, "second");
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
        compare(line, y, inputs, "value");
        return;
    }
    if (line->word[1][1] == '2') {
        check_second(line, y, x, inputs);
        return;
    }
    for (int recorded = 0; recorded < 2; recorded++) {
        reel_backward_options options = {reel_ones_like(y), true, recorded};
        ck_assert_int_eq(reel_gradients(y, x, (size_t)inputs, &options, dx), REEL_OK);
        compare(line, dx[which], inputs, recorded ? "recorded" : "loop");
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

/* What PyTorch has no loss of, or refuses outside [0, 1]: its slope is in the file. */
static bool is_refused(const char *name)
{
    return strcmp(name, "quantile_loss") == 0 || strcmp(name, "log_cosh_loss") == 0 ||
           strcmp(name, "binary_cross_entropy") == 0;
}

/* Every row has its line. */
START_TEST(complete)
{
    static record line;
    bool found[SAMPLES];
    FILE *file = open_records("special/elementwise.txt");
    for (int i = 0; i < SAMPLES; i++) {
        const sample *it = &samples[i];
        found[i] = it->row == &reeli_op_where || !it->row->formula || is_refused(it->row->name);
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
