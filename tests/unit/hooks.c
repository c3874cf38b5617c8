/* SPDX-License-Identifier: MIT */
/* Hooks on gradients. What they see, in which order, is what torch prints for the same
 * graph. */
#include "check_reel.h"

#include <reel/reel.h>

static reel *r;

enum { SEEN = 32 };

/* What hooks have seen: a letter each, and the first element. */
static struct {
    char letters[SEEN];
    double values[SEEN];
    int count;
} seen;

typedef struct spy {
    char letter;
    double factor; /* 0: leaves the gradient as it is */
} spy;

static reel_tensor *look(reel_tensor *g, void *context)
{
    const spy *it = context;
    seen.values[seen.count] = reel_get(g, (int64_t[]){0});
    seen.letters[seen.count++] = it->letter;
    return it->factor != 0 ? reel_mul_scalar(g, it->factor) : NULL;
}

static void forget(void) { memset(&seen, 0, sizeof seen); }

static reel_tensor *leaf(double value)
{
    return reel_requires_grad_(reel_from_f64(r, &value, REEL_SHAPE(1)), true);
}

static double grad(reel_tensor *t) { return reel_get(reel_grad(t), (int64_t[]){0}); }

static void assert_seen(const char *letters, const double *values)
{
    ck_assert_str_eq(seen.letters, letters);
    for (int i = 0; i < seen.count; i++) {
        ck_assert_msg(seen.values[i] == values[i], "%d: %g, not %g", i, seen.values[i], values[i]);
    }
    forget();
}

/* z = x w v + w at x = 5, w = 2, v = 3; hooks on all of them, on h = x w three, on w three. */
START_TEST(order_and_values)
{
    static spy x_spy = {'x', 0}, w_spy = {'w', 0}, v_spy = {'v', 0}, h_spy = {'h', 0},
               y_spy = {'y', 0}, z_spy = {'z', 0}, w_tenfold = {'W', 10}, w_last = {'u', 0},
               h_double = {'H', 2}, h_seven = {'i', 7};
    forget();
    r = quiet_reel();
    reel_tensor *x = leaf(5), *w = leaf(2), *v = leaf(3);
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul_scalar(w, 100))),
                     REEL_OK); /* w has 100 already */
    reel_tensor *h = reel_mul(x, w), *y = reel_mul(h, v), *z = reel_add(y, w);
    reel_retain_grad(h);
    ck_assert(reel_register_hook(x, look, &x_spy) && reel_register_hook(w, look, &w_spy));
    ck_assert(reel_register_hook(v, look, &v_spy) && reel_register_hook(h, look, &h_spy));
    ck_assert(reel_register_hook(y, look, &y_spy) && reel_register_hook(z, look, &z_spy));
    ck_assert(reel_register_hook(w, look, &w_tenfold) && reel_register_hook(w, look, &w_last));
    ck_assert(reel_register_hook(h, look, &h_double) && reel_register_hook(h, look, &h_seven));
    reel_tensor *loss = reel_sum(z), *inputs[] = {w, h, x}, *gradients[3];
    reel_backward_options keep = {.retain_graph = true};
    ck_assert_int_eq(reel_backward_with(loss, &keep), REEL_OK);
    assert_seen("zyvhHixwWu", (double[]){1, 1, 10, 3, 3, 6, 84, 211, 211, 2110});
    ck_assert(grad(w) == 2210 && grad(x) == 84 && grad(v) == 10 && grad(h) == 42);
    /* Asked for by themselves, gradients are those before the tensor's own hooks. */
    ck_assert_int_eq(reel_gradients(loss, inputs, 3, &keep, gradients), REEL_OK);
    assert_seen("zyhHi", (double[]){1, 1, 3, 3, 6});
    ck_assert(reel_get(gradients[0], (int64_t[]){0}) == 211 &&
              reel_get(gradients[1], (int64_t[]){0}) == 3);
    ck_assert(reel_get(gradients[2], (int64_t[]){0}) == 84);
    reel_rewind(r);
    reel_backward(reel_mul(x, w)); /* a leaf's hooks stay */
    assert_seen("xwWu", (double[]){2, 5, 5, 50});
    ck_assert(grad(w) == 2210 + 50);
    reel_free(r);
}
END_TEST

START_TEST(removed_hooks_are_not_called)
{
    static spy a = {'a', 0}, b = {'b', 2}, c = {'c', 0};
    forget();
    r = quiet_reel();
    reel_tensor *x = leaf(1);
    uint64_t first = reel_register_hook(x, look, &a), second = reel_register_hook(x, look, &b);
    reel_register_hook(x, look, &c);
    ck_assert(first && second && first != second);
    reel_remove_hook(x, second);
    reel_remove_hook(x, second);
    reel_remove_hook(x, 999);
    reel_backward(reel_neg(x));
    assert_seen("ac", (double[]){-1, -1});
    reel_remove_hook(x, first);
    reel_backward(reel_neg(x));
    assert_seen("c", (double[]){-1});
    ck_assert(grad(x) == -2);
    reel_tensor_free(x); /* with its hook */
    reel_free(r);
}
END_TEST

typedef struct own_hook {
    reel_tensor *t;
    uint64_t handle;
} own_hook;

static reel_tensor *removing_itself(reel_tensor *g, void *context)
{
    const own_hook *it = context;
    (void)g;
    seen.letters[seen.count++] = 'r';
    reel_remove_hook(it->t, it->handle);
    return NULL;
}

START_TEST(a_hook_may_remove_itself)
{
    forget();
    r = quiet_reel();
    own_hook hook = {leaf(1), 0};
    hook.handle = reel_register_hook(hook.t, removing_itself, &hook);
    reel_backward(reel_neg(hook.t));
    reel_backward(reel_neg(hook.t));
    ck_assert_str_eq(seen.letters, "r");
    ck_assert(grad(hook.t) == -2);
    reel_free(r);
}
END_TEST

/* A leaf that is itself the end, a hook that keeps the gradient it was given, leaves of one
 * step. */
START_TEST(special_leaves)
{
    static spy tripled = {'t', 3};
    forget();
    r = quiet_reel();
    reel_tensor *x = leaf(2);
    reel_register_hook(x, look, &tripled);
    ck_assert_int_eq(reel_backward(x), REEL_OK);
    ck_assert(grad(x) == 3);
    reel_tensor *passing = reel_requires_grad_(reel_detach(reel_neg(x)), true);
    reel_register_hook(passing, look, &tripled);
    ck_assert_int_eq(reel_backward(reel_mul(passing, passing)), REEL_OK);
    ck_assert(grad(passing) == 3 * 2 * -2);
    ck_assert(reel_is_leaf(passing));
    reel_rewind(r);
    forget();
    ck_assert_int_eq(reel_backward(reel_mul_scalar(x, 1)), REEL_OK);
    ck_assert(grad(x) == 6);
    reel_free(r);
}
END_TEST

/* A hook belongs to the value that the tensor had: 5 g before it was multiplied, g after. */
START_TEST(changed_in_place)
{
    static spy before = {'b', 0}, after = {'a', 0};
    forget();
    r = quiet_reel();
    reel_tensor *x = leaf(3), *created = reel_ones(r, REEL_F64, REEL_SHAPE(1));
    reel_tensor *y = reel_neg(x);
    reel_register_hook(y, look, &before);
    reel_mul_scalar_(y, 5);
    reel_register_hook(y, look, &after);
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_OK);
    assert_seen("ab", (double[]){1, 5});
    reel_mul_(created, x); /* is on the tape until it is rewound, and its hook with it */
    ck_assert(reel_register_hook(created, look, &before) != 0);
    ck_assert_int_eq(reel_backward(reel_mul_scalar(created, 2)), REEL_OK);
    assert_seen("b", (double[]){2});
    reel_rewind(r);
    reel_requires_grad_(created, true);
    ck_assert_int_eq(reel_backward(reel_neg(created)), REEL_OK);
    assert_seen("", NULL);
    reel_free(r);
}
END_TEST

static reel_tensor *keep_pointer(reel_tensor *g, void *context)
{
    *(reel_tensor **)context = g;
    return NULL;
}

START_TEST(a_gradient_lives_until_rewind)
{
    forget();
    r = quiet_reel();
    reel_tensor *x = leaf(3), *of_leaf, *of_result;
    reel_tensor *y = reel_square(x);
    reel_register_hook(x, keep_pointer, &of_leaf);
    reel_register_hook(y, keep_pointer, &of_result);
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul_scalar(y, 2))), REEL_OK);
    reel_exp(x);
    ck_assert(reel_get(of_leaf, (int64_t[]){0}) == 12 && reel_get(of_result, (int64_t[]){0}) == 2);
    reel_free(r);
}
END_TEST

/* Hooks take part in what create_graph records. */
START_TEST(differentiated_twice)
{
    static spy twice = {'d', 2};
    forget();
    r = quiet_reel();
    reel_tensor *x = leaf(3), *dx, *ddx;
    reel_tensor *y = reel_square(x);
    reel_register_hook(y, look, &twice);
    ck_assert_int_eq(reel_gradients(y, &x, 1, &(reel_backward_options){.create_graph = true}, &dx),
                     REEL_OK);
    ck_assert(reel_item(dx) == 12);
    ck_assert_int_eq(reel_gradients(dx, &x, 1, NULL, &ddx), REEL_OK);
    ck_assert(reel_item(ddx) == 4);
    reel_free(r);
}
END_TEST

static reel_tensor *failing(reel_tensor *g, void *context)
{
    switch (*(int *)context) {
    case 0:
        return reel_reshape(g, REEL_SHAPE(7));
    case 1:
        return reel_expand(g, REEL_SHAPE(3));
    case 2:
        return reel_to(g, REEL_F32);
    case 3:
        reel_backward(g);
        return NULL;
    default:
        reel_rewind(reel_of(g));
        return NULL;
    }
}

/* Whichever way a hook fails, on a leaf or not, no gradient has changed; the next backward is
 * sound. */
START_TEST(failing_hooks)
{
    static const struct {
        reel_status status;
        const char *part;
    } expected[] = {
        {REEL_ERR_SHAPE, "reshape: "},
        {REEL_ERR_SHAPE, "it returned float64 (3,) for a gradient that is float64 (1,)"},
        {REEL_ERR_SHAPE, "it returned float32 (1,)"},
        {REEL_ERR_STATE, "backward: it cannot be called"},
        {REEL_ERR_STATE, "rewind: "}};
    forget();
    r = quiet_reel();
    reel_tensor *x = reel_set_name(leaf(3), "weight"), *other = leaf(2);
    for (int which = 0; which < 5; which++) {
        for (int on_leaf = 0; on_leaf < 2; on_leaf++) {
            reel_tensor *y = reel_mul(reel_square(x), other), *t = on_leaf ? x : y;
            uint64_t hook = reel_register_hook(t, failing, &which);
            ck_assert_int_eq(reel_backward(reel_sum(y)), expected[which].status);
            ck_assert_ptr_null(reel_grad(x));
            ck_assert_ptr_null(reel_grad(other));
            ck_assert_ptr_nonnull(
                strstr(reel_error(r), on_leaf ? "backward: a hook on weight of shape (1,): "
                                              : "backward: a hook on mul of shape (1,): "));
            assert_error(r, expected[which].status, expected[which].part);
            reel_remove_hook(t, hook);
        }
    }
    ck_assert_int_eq(reel_backward(reel_mul(x, other)), REEL_OK);
    ck_assert(grad(x) == 2 && grad(other) == 3);
    reel_free(r);
}
END_TEST

START_TEST(refused_registrations)
{
    static spy a = {'a', 0};
    forget();
    r = quiet_reel();
    reel_tensor *constant = reel_ones(r, REEL_F64, REEL_SHAPE(2));
    ck_assert_uint_eq(reel_register_hook(constant, look, &a), 0);
    assert_error(r, REEL_ERR_STATE, "register_hook: the tensor requires no gradient");
    ck_assert_uint_eq(reel_register_hook(leaf(1), NULL, &a), 0);
    assert_error(r, REEL_ERR_VALUE, "register_hook: the hook is NULL");
    ck_assert_uint_eq(reel_register_hook(NULL, look, &a), 0);
    reel_remove_hook(NULL, 1);
    reel_remove_hook(constant, 1);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, order_and_values);
    tcase_add_test(cases, removed_hooks_are_not_called);
    tcase_add_test(cases, a_hook_may_remove_itself);
    tcase_add_test(cases, special_leaves);
    tcase_add_test(cases, changed_in_place);
    tcase_add_test(cases, a_gradient_lives_until_rewind);
    tcase_add_test(cases, differentiated_twice);
    tcase_add_test(cases, failing_hooks);
    tcase_add_test(cases, refused_registrations);
}

int main(void) { return run_suite("hooks", add_cases); }
