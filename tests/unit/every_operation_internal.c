/* SPDX-License-Identifier: MIT */
/*
 * What holds for every operation: its gradient is that of differences, and so is the gradient's
 * own, or it says that it has none; for broadcast inputs, strided ones, one tensor given twice, no
 * elements.
 */
#include "rows.h"
#include "samples.h"

#include <unistd.h>

/* Whether a node of `row` is on the tape. Rows of the user's own operations are copies. */
static bool is_on_tape(const reeli_op *row)
{
    for (const reeli_node *n = r->tape; n; n = n->previous) {
        if (n->op->gradient == row->gradient && n->op->formula == row->formula) {
            return true;
        }
    }
    return false;
}

/* The samples cover the whole of ops.def, and reach the operation that they are for. */
START_TEST(list_is_complete)
{
    for (size_t k = 0; rows[k]; k++) {
        bool found = false;
        for (int i = 0; i < SAMPLES && !found; i++) {
            found = samples[i].row == rows[k];
        }
        ck_assert_msg(found, "%s has no sample: add a line to tests/samples.def", rows[k]->name);
    }
}
END_TEST

/* A check's function: a sample called with its inputs, or with the first one in place of all. */
typedef struct checked {
    const sample *it;
    bool twice;
} checked;

static reel_tensor *evaluate(reel_tensor *const *x, size_t count, void *context)
{
    const checked *what = context;
    reel_tensor *all[SAMPLE_INPUTS] = {NULL, NULL, NULL};
    for (int i = 0; i < count_inputs(what->it); i++) {
        all[i] = x[what->twice ? 0 : (size_t)i < count ? i : 0];
    }
    return what->it->call(what->it, all);
}

static void check(const sample *it, reel_tensor *const *x, int count, bool twice, const char *how)
{
    checked what = {it, twice};
    /* Through float32 a step must be large to be seen. */
    const reel_gradcheck_options options = {.eps = it->traits & SAMPLE_COARSE ? 1e-2 : 0};
    reel_status status = reel_gradcheck(evaluate, &what, x, (size_t)count, &options, NULL);
    if (it->traits & SAMPLE_REFUSES) {
        ck_assert_int_eq(status, REEL_ERR_STATE);
        assert_error(r, REEL_ERR_STATE, "it cannot be differentiated");
        return;
    }
    ck_assert_msg(status == REEL_OK, "%s, %s: %s", describe(it), how, reel_error(r));
    status = reel_gradgradcheck(evaluate, &what, x, (size_t)count, &options, NULL);
    ck_assert_msg(status == REEL_OK, "%s, %s: %s", describe(it), how, reel_error(r));
}

static bool has_gradient(const sample *it) { return !(it->traits & SAMPLE_FLAT); }

static void check_gradients(const sample *it)
{
    for (int strided = 0; strided < 2; strided++) {
        r = quiet_reel();
        reel_tensor *x[SAMPLE_INPUTS], *y;
        make_inputs(it, usual_sizes, REEL_F64, strided, x);
        fill_inputs(it, x, count_inputs(it));
        y = it->call(it, x);
        ck_assert_msg(!reeli_bad(y), "%s: %s", describe(it), reel_error(r));
        ck_assert_msg(reeli_requires_grad(y) == has_gradient(it), "%s: whether it requires grad",
                      describe(it));
        if (has_gradient(it)) {
            ck_assert_msg(is_on_tape(it->row), "%s does not come onto the tape", describe(it));
            check(it, x, count_inputs(it), false, strided ? "strided" : "row by row");
        }
        reel_free(r);
    }
}

START_TEST(gradients) { for_share(_i, check_gradients); }
END_TEST

/* op(a, a): both gradients come to one tensor. */
static void check_one_tensor_twice(const sample *it)
{
    const char *second = strchr(it->shapes, ';');
    if (!has_gradient(it) || !second ||
        strncmp(it->shapes, second + 1, (size_t)(second - it->shapes)) != 0) {
        return;
    }
    r = quiet_reel();
    reel_tensor *x[SAMPLE_INPUTS], *same[SAMPLE_INPUTS];
    make_inputs(it, usual_sizes, REEL_F64, false, x);
    same[0] = same[1] = same[2] = x[0];
    fill_inputs(it, same, 1);
    check(it, x, 1, true, "one tensor twice");
    reel_free(r);
}

START_TEST(one_tensor_twice) { for_share(_i, check_one_tensor_twice); }
END_TEST

/* Each letter of the shapes set to 0: a sound result or a refusal; where nothing comes out, no
 * input has any influence, and where nothing goes in, there is nothing in its gradient. */
static void without_elements(const sample *it, sizes with, int dtype)
{
    reel_tensor *x[SAMPLE_INPUTS], *y;
    r = quiet_reel();
    make_inputs(it, with, dtype, false, x);
    for (int i = 0; i < count_inputs(it); i++) {
        fill(x[i], i, 0.1, 0.9);
    }
    y = it->call(it, x);
    if (reeli_bad(y)) {
        ck_assert_msg(!(it->traits & SAMPLE_ELEMENTWISE), "%s: %s", describe(it), reel_error(r));
        ck_assert_msg(reel_failed(r), "%s: poison without an error", describe(it));
    } else if (has_gradient(it) && !(it->traits & SAMPLE_REFUSES) && reeli_requires_grad(y)) {
        reel_tensor *g = reel_ones_like(y);
        reel_status status = reel_backward_with(y, &(reel_backward_options){.gradient = g});
        ck_assert_msg(status == REEL_OK, "%s: %s", describe(it), reel_error(r));
        for (int i = 0; i < count_inputs(it); i++) {
            const reel_tensor *dx = reel_grad(x[i]);
            ck_assert_msg(dx && reeli_same_shape(dx, x[i]), "%s: gradient %d", describe(it), i);
            for (int64_t k = 0; k < dx->numel && y->numel == 0; k++) {
                ck_assert_msg(reeli_load(dx, k) == 0, "%s: gradient %d of nothing", describe(it),
                              i);
            }
        }
    }
    reel_free(r);
}

static void check_no_elements(const sample *it)
{
    for (const char *letter = "nmk"; *letter; letter++) {
        if (strchr(it->shapes, *letter)) {
            sizes with = usual_sizes;
            *(*letter == 'n' ? &with.n : *letter == 'm' ? &with.m : &with.k) = 0;
            without_elements(it, with, REEL_F64);
            without_elements(it, with, REEL_F32);
        }
    }
}

START_TEST(no_elements) { for_share(_i, check_no_elements); }
END_TEST

/* Memory for what a result of no elements may take, and for no more. */
static void *little(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return new_size <= 1 << 24 ? realloc(block, new_size) : NULL;
}

/* 2^40 of nothing, as in (2^40, 0, 3): what has no elements takes no time, forward and backward,
 * and the product of its other sizes may be no number. */
static void check_many_of_nothing(const sample *it)
{
    static const int64_t many = (int64_t)1 << 40;
    static const sizes with[] = {{0, many, 4},    {0, 3, many},    {many, 0, 4},
                                 {2, 0, many},    {many, 3, 0},    {2, many, 0},
                                 {0, many, many}, {many, 0, many}, {many, many, 0}};
    for (size_t k = 0; k < sizeof with / sizeof *with; k++) {
        reel_tensor *x[SAMPLE_INPUTS];
        r = reel_new_with(&(reel_options){.allocator = little, .handler = ignore_message});
        make_inputs(it, with[k], REEL_F32, false, x);
        reel_tensor *y = reel_failed(r) ? r->poison : it->call(it, x);
        if (!reeli_bad(y) && has_gradient(it) && reeli_requires_grad(y)) {
            reel_backward_with(y, &(reel_backward_options){.gradient = reel_ones_like(y)});
        }
        reel_free(r);
    }
}

START_TEST(many_of_nothing) { for_share(_i, check_many_of_nothing); }
END_TEST

/* Poison in any place gives poison and no second error; so do NULL and a tensor of another reel,
 * with an error. */
static void check_poison(const sample *it)
{
    r = quiet_reel();
    reel *other = quiet_reel();
    reel_tensor *x[SAMPLE_INPUTS], *y;
    make_inputs(it, usual_sizes, REEL_F32, false, x);
    fill_inputs(it, x, count_inputs(it));
    for (int i = 0; i < count_inputs(it); i++) {
        reel_tensor *const sound = x[i];
        x[i] = r->poison;
        y = it->call(it, x);
        ck_assert_msg(reeli_bad(y), "%s: poison as input %d", describe(it), i);
        ck_assert_msg(!reel_failed(r), "%s: poison is reported again: %s", describe(it),
                      reel_error(r));
        x[i] = NULL;
        const bool optional = it->traits & SAMPLE_OPTIONAL && i == count_inputs(it) - 1;
        y = it->call(it, x);
        ck_assert_msg(reeli_bad(y) != optional, "%s: NULL as input %d", describe(it), i);
        reel_clear_error(r);
        x[i] = reeli_create(other, "foreign", REEL_F32, sound->ndim, sound->size);
        y = it->call(it, x);
        const bool first = count_inputs(it) == 1; /* then it is all the other reel's */
        ck_assert_msg(first || reeli_bad(y), "%s: input %d of another reel", describe(it), i);
        ck_assert_msg(first || reel_failed(r) || reel_failed(other), "%s: no error for that",
                      describe(it));
        reel_clear_error(r);
        reel_clear_error(other);
        x[i] = sound;
    }
    ck_assert(!reeli_bad(it->call(it, x)));
    reel_free(other);
    reel_free(r);
}

START_TEST(poison) { for_share(_i, check_poison); }
END_TEST

/* NaN and infinities in, forward and backward: no crash, and no error but a refusal. */
static void check_not_finite(const sample *it)
{
    static const double special[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1e308, 0};
    for (int dtype = REEL_F32; dtype <= REEL_F64; dtype++) {
        r = quiet_reel();
        reel_tensor *x[SAMPLE_INPUTS], *y;
        make_inputs(it, usual_sizes, dtype, false, x);
        fill_inputs(it, x, count_inputs(it));
        for (size_t k = 0; k < sizeof special / sizeof special[0]; k++) {
            for (int i = 0; i < count_inputs(it); i++) {
                const double was = reeli_load(x[i], 0);
                reeli_store(x[i], 0, special[k]);
                y = it->call(it, x);
                if (!reeli_bad(y) && reeli_requires_grad(y) && !(it->traits & SAMPLE_REFUSES)) {
                    reel_backward(reel_sum(y));
                }
                int64_t at;
                bool shows =
                    !reeli_bad(y) && !reeli_all_finite(y, &at) && isnan(reel_item(reel_sum(y)));
                ck_assert_msg(shows || !(it->traits & SAMPLE_NAN) || i || k, "%s: a NaN is lost",
                              describe(it));
                ck_assert_msg(!reel_failed(r) || k == 0 || !(it->traits & SAMPLE_ELEMENTWISE),
                              "%s: %s", describe(it), reel_error(r));
                reel_clear_error(r);
                reeli_store(x[i], 0, was);
            }
        }
        reel_free(r);
    }
}

START_TEST(not_finite) { for_share(_i, check_not_finite); }
END_TEST

/* What is no view has memory of its own, so it can be changed in place: three times the result, and
 * three times the gradient, unless that reads the result. */
static void check_new(const sample *it)
{
    if (!has_gradient(it) || (!it->row->forward && !it->row->formula) ||
        strcmp(it->row->name, "custom") == 0) {
        return;
    }
    r = quiet_reel();
    reel_tensor *x[SAMPLE_INPUTS], *before[SAMPLE_INPUTS], *after[SAMPLE_INPUTS], *y;
    const size_t count = (size_t)count_inputs(it);
    make_inputs(it, usual_sizes, REEL_F64, false, x);
    fill_inputs(it, x, (int)count);
    y = it->call(it, x);
    ck_assert_msg(y->base == y, "%s is a view", describe(it));
    if (!(it->traits & SAMPLE_REFUSES)) {
        reel_tensor *three = reel_mul_scalar(reel_sum(it->call(it, x)), 3);
        ck_assert_int_eq(reel_gradients(three, x, count, NULL, before), REEL_OK);
        y = reel_sum(reel_mul_scalar_(y, 3));
        const bool reads = it->row->saved & REELI_SAVES_RESULT;
        ck_assert_msg(reads || reel_gradients(y, x, count, NULL, after) == REEL_OK, "%s: %s",
                      describe(it), reel_error(r));
        for (size_t i = 0; !reads && i < count; i++) {
            reel_tensor *apart = reel_max(reel_abs(reel_sub(before[i], after[i])));
            ck_assert_msg(reel_item(apart) < 1e-9, "%s: gradient %zu", describe(it), i);
        }
    }
    reel_free(r);
}

START_TEST(results_are_new) { for_share(_i, check_new); }
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, list_is_complete);
    tcase_add_loop_test(cases, gradients, 0, SHARES);
    tcase_add_loop_test(cases, one_tensor_twice, 0, SHARES);
    tcase_add_loop_test(cases, no_elements, 0, SHARES);
    tcase_add_loop_test(cases, many_of_nothing, 0, SHARES);
    tcase_add_loop_test(cases, poison, 0, SHARES);
    tcase_add_loop_test(cases, not_finite, 0, SHARES);
    tcase_add_loop_test(cases, results_are_new, 0, SHARES);
}

int main(void) { return run_suite("every operation", add_cases); }
