/* SPDX-License-Identifier: MIT */
/* Views against PyTorch's: sizes, strides, values, gradients, refusals; and writing through them.
 * Expected values: tests/generate/views.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { NUMBERS = 24 };

/* The tensor that a case starts from, all of it seen through x = 1 … 24. */
static reel_tensor *base_of(const char *name, reel_tensor *x)
{
    static const int64_t block[] = {2, 3, 4}, turn[] = {2, 0, 1};
    struct {
        const char *name;
        reel_tensor *t;
    } bases[] = {
        {"scalar", reel_reshape(reel_narrow(x, 0, 0, 1), REEL_SCALAR_SHAPE)},
        {"flat", reel_narrow(x, 0, 0, 6)},
        {"block", reel_reshape(x, 3, block)},
        {"turned", reel_permute(reel_reshape(x, 3, block), turn)},
        {"columns", reel_narrow(reel_reshape(x, REEL_SHAPE(4, 6)), 1, 1, 3)},
        {"ones", reel_reshape(reel_narrow(x, 0, 0, 3), REEL_SHAPE(1, 3, 1))},
        {"repeated",
         reel_expand(reel_reshape(reel_narrow(x, 0, 0, 3), REEL_SHAPE(3, 1)), REEL_SHAPE(3, 2))},
        {"empty", reel_reshape(reel_narrow(x, 0, 0, 0), REEL_SHAPE(0, 3))},
    };
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        if (strcmp(bases[i].name, name) == 0) {
            return bases[i].t;
        }
    }
    ck_abort_msg("%s is no base", name);
    return NULL;
}

/* The view that a case names, of x; its whole-number arguments are in a. */
static reel_tensor *view_of(const char *name, reel_tensor *x, int count, const int64_t *a)
{
#define IS(text) (strcmp(name, text) == 0)
    return IS("unsqueeze")     ? reel_unsqueeze(x, a[0])
           : IS("squeeze")     ? reel_squeeze(x, a[0])
           : IS("squeeze_all") ? reel_squeeze_all(x)
           : IS("reshape")     ? reel_reshape(x, count, a)
           : IS("view")        ? reel_view(x, count, a)
           : IS("flatten")     ? reel_flatten(x, a[0], a[1])
           : IS("transpose")   ? reel_transpose(x, a[0], a[1])
           : IS("t")           ? reel_t(x)
           : IS("permute")     ? reel_permute(x, a)
           : IS("select")      ? reel_select(x, a[0], a[1])
           : IS("narrow")      ? reel_narrow(x, a[0], a[1], a[2])
           : IS("expand")      ? reel_expand(x, count, a)
           : IS("contiguous")  ? reel_contiguous(x)
           : IS("clone")       ? reel_clone(x)
                               : NULL;
#undef IS
}

/* Whether the values that belong to a record are the given ones. */
static void assert_numbers(const record *it, const char *title, const char *name, int64_t count,
                           const double *got)
{
    ck_assert_str_eq(it->word[0], name);
    ck_assert_msg(it->values == count, "%s: %lld %s, not %d", title, (long long)count, name,
                  it->values);
    for (int i = 0; i < it->values; i++) {
        ck_assert_msg(got[i] == record_number(it, it->words + i), "%s: %s %d is %g, not %s", title,
                      name, i, got[i], it->word[it->words + i]);
    }
}

/* A stride matters to nobody where the size is 1 or the tensor empty. */
static void assert_shape(FILE *file, const char *title, const reel_tensor *y)
{
    record it;
    double size[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    for (int d = 0; d < reel_ndim(y); d++) {
        size[d] = (double)reel_size(y, d);
        stride[d] = (double)reel_stride(y, d);
    }
    ck_assert(next_record(file, &it));
    assert_numbers(&it, title, "size", reel_ndim(y), size);
    ck_assert(next_record(file, &it));
    for (int d = 0; d < reel_ndim(y) && d < it.values; d++) {
        bool free = reel_size(y, d) <= 1 || reel_numel(y) == 0;
        stride[d] = free ? record_number(&it, it.words + d) : stride[d];
    }
    assert_numbers(&it, title, "stride", reel_ndim(y), stride);
}

static void assert_values_and_gradient(FILE *file, const char *title, reel_tensor *y,
                                       reel_tensor *x)
{
    record it;
    double got[64] = {0};
    int64_t n = reel_numel(y);
    ck_assert_int_le(n, 64);
    ck_assert_int_eq(reel_to_f64(y, got, n), REEL_OK);
    ck_assert(next_record(file, &it));
    assert_numbers(&it, title, "values", n, got);
    reel_tensor *weight = reel_arange(reel_of(y), REEL_F64, 1, (double)n + 1, 1);
    reel_backward(reel_sum(reel_mul(reel_reshape(y, 1, &n), weight)));
    ck_assert_msg(!reel_failed(reel_of(y)), "%s: %s", title, reel_error(reel_of(y)));
    ck_assert_int_eq(reel_to_f64(reel_grad(x), got, NUMBERS), REEL_OK);
    ck_assert(next_record(file, &it));
    assert_numbers(&it, title, "gradient", NUMBERS, got);
}

static void check_case(reel *r, FILE *file, const record *it)
{
    char title[128] = "";
    int64_t arguments[REEL_MAX_DIMS] = {0};
    int count = it->words - 3;
    for (int i = 1; i < it->words; i++) {
        strcat(strcat(title, it->word[i]), " ");
    }
    for (int i = 0; i < count; i++) {
        arguments[i] = record_whole(it, 3 + i);
    }
    reel_tensor *x = reel_requires_grad_(reel_arange(r, REEL_F64, 1, NUMBERS + 1, 1), true);
    reel_tensor *y = view_of(it->word[1], base_of(it->word[2], x), count, arguments);
    long at = ftell(file);
    record next;
    ck_assert(next_record(file, &next));
    if (strcmp(next.word[0], "error") == 0) {
        ck_assert_msg(reel_is_poison(y) && reel_error_status(r) == REEL_ERR_SHAPE,
                      "%s should be refused", title);
        reel_clear_error(r);
    } else {
        ck_assert_msg(!reel_is_poison(y), "%s: %s", title, reel_error(r));
        fseek(file, at, SEEK_SET);
        assert_shape(file, title, y);
        assert_values_and_gradient(file, title, y, x);
    }
    reel_tensor_free(x);
    reel_rewind(r);
}

START_TEST(views_are_pytorchs)
{
    reel *r = quiet_reel();
    FILE *file = open_records("views/cases.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        ck_assert_str_eq(it.word[0], "case");
        check_case(r, file, &it);
    }
    ck_assert_int_gt(count, 600);
    reel_free(r);
}
END_TEST

/* Each view of t is written at its first element; the others see it. */
START_TEST(writing_shows_in_every_view)
{
    reel *r = reel_new();
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3, 1));
    reel_tensor *views[] = {
        t,
        reel_unsqueeze(t, 0),
        reel_squeeze(t, 2),
        reel_squeeze_all(t),
        reel_reshape(t, REEL_SHAPE(6)),
        reel_view(t, REEL_SHAPE(3, 2)),
        reel_flatten(t, 0, 1),
        reel_transpose(t, 0, 1),
        reel_t(reel_squeeze(t, 2)),
        reel_permute(t, (int64_t[]){2, 1, 0}),
        reel_select(t, 0, 0),
        reel_narrow(t, 1, 0, 2),
        reel_expand(t, REEL_SHAPE(2, 3, 5)),
        reel_detach(t),
        reel_contiguous(t),
    };
    enum { COUNT = sizeof views / sizeof *views };
    static const int64_t first[REEL_MAX_DIMS];
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(reel_set(views[i], first, i + 1), REEL_OK);
        for (int j = 0; j < COUNT; j++) {
            ck_assert_msg(reel_get(views[j], first) == i + 1, "view %d does not see what %d wrote",
                          j, i);
        }
    }
    ck_assert_int_eq(reel_set(reel_t(reel_squeeze(t, 2)), (int64_t[]){2, 1}, 9), REEL_OK);
    ck_assert(reel_get(t, (int64_t[]){1, 2, 0}) == 9);
    reel_free(r);
}
END_TEST

START_TEST(copies_do_not_share)
{
    reel *r = reel_new();
    reel_tensor *t = reel_arange(r, REEL_I64, 0, 6, 1);
    reel_tensor *turned = reel_t(reel_view(t, REEL_SHAPE(2, 3)));
    reel_tensor *copies[] = {reel_clone(t), reel_to(t, REEL_F64), reel_keep(t),
                             reel_contiguous(turned), reel_reshape(turned, REEL_SHAPE(6))};
    static const int64_t first[REEL_MAX_DIMS];
    reel_set(t, first, 50);
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        ck_assert(reel_get(copies[i], first) == 0);
        ck_assert(reel_is_contiguous(copies[i]));
    }
    ck_assert(!reel_is_contiguous(turned));
    ck_assert_str_eq(reel_repr(copies[4]), "tensor([0, 3, 1, 4, 2, 5])");
    reel_free(r);
}
END_TEST

START_TEST(dims_have_a_limit)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(1, 1, 1, 1, 1, 1, 1, 1));
    ck_assert(reel_is_poison(reel_unsqueeze(t, 0)));
    assert_error(r, REEL_ERR_SHAPE, "unsqueeze: shape (1, 1, 1, 1, 1, 1, 1, 1)");
    static const int64_t nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    ck_assert(reel_is_poison(reel_expand(t, 9, nine)));
    reel_clear_error(r);
    ck_assert(reel_is_poison(reel_reshape(t, 9, nine)));
    reel_clear_error(r);
    ck_assert(reel_is_poison(reel_view(t, -1, nine)));
    assert_error(r, REEL_ERR_SHAPE, "view");
    reel_free(r);
}
END_TEST

/* A second derivative goes through a view and back: d²/dx² of Σ (view x)³ is 6x. */
START_TEST(views_differentiate_twice)
{
    reel *r = reel_new();
    reel_tensor *x = reel_requires_grad_(reel_arange(r, REEL_F64, 1, 7, 1), true);
    reel_tensor *m = reel_narrow(reel_t(reel_view(x, REEL_SHAPE(2, 3))), 0, 1, 2);
    reel_tensor *y = reel_sum(reel_mul(reel_square(m), m)), *first, *second;
    reel_backward_options keep = {.create_graph = true};
    ck_assert_int_eq(reel_gradients(y, &x, 1, &keep, &first), REEL_OK);
    ck_assert_int_eq(reel_gradients(reel_sum(first), &x, 1, NULL, &second), REEL_OK);
    ck_assert_str_eq(reel_repr(reel_detach(first)),
                     "tensor([  0.,  12.,  27.,   0.,  75., 108.], dtype=torch.float64)");
    ck_assert_str_eq(reel_repr(second),
                     "tensor([ 0., 12., 18.,  0., 30., 36.], dtype=torch.float64)");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, views_are_pytorchs);
    tcase_add_test(cases, writing_shows_in_every_view);
    tcase_add_test(cases, copies_do_not_share);
    tcase_add_test(cases, dims_have_a_limit);
    tcase_add_test(cases, views_differentiate_twice);
}

int main(void) { return run_suite("views", add_cases); }
