/* SPDX-License-Identifier: MIT */
/* The tape as it is shown: table, picture, JSON, and the trace of a backward. The values are those
 * of calculus: of c = (a + a)², dc/da = 8a. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>

static reel *r;

static reel_tensor *leaf(double value, const char *name)
{
    return reel_set_name(reel_requires_grad_(reel_scalar(r, REEL_F64, value), true), name);
}

static char text[1 << 20];

static const char *shown(const reel_tensor *t, int how)
{
    FILE *stream = tmpfile();
    ck_assert_ptr_nonnull(stream);
    if (how == 't') {
        reel_tape_print(r, stream);
    } else if (how == 'd') {
        reel_tape_dot(t, stream);
    } else {
        ck_assert_int_eq(reel_tape_json(t, stream), REEL_OK);
    }
    rewind(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    return text;
}

/* Everything that a box in the picture may hold, and what must not be in it. */
START_TEST(a_picture)
{
    r = reel_new();
    reel_retain_all_grads(r, true);
    reel_tensor *x = leaf(2, "x\"|"), *aside = reel_exp(x), *s = reel_set_name(reel_square(x), "s");
    reel_tensor *w = reel_from_f64(r, (double[]){1, 2}, REEL_SHAPE(2)), *y = reel_mul(s, x);
    (void)aside;
    reel_backward(y);
    shown(reel_mul(y, w), 'd');
    for (const char *const *line =
             (const char *const[]){
                 "v3 [", "fillcolor=\"#ffffff\"", "{ #3 | data 8.0000 | grad 1.0000 }",
                 "op3 [label=\"mul\"", "  op3 -> v3;\n  v2 -> op3;\n  leaf3_1 [",
                 "{ x__ | data 2.0000 | grad 12.0000 }", "  leaf3_1 -> op3;\n",
                 "{ s | data 4.0000 | grad 2.0000 }", "{ constant (2,) | data [1.0000, 2.0000] }",
                 "op2 -> v2;", "  leaf3_1 -> op2;\n", NULL};
         *line; line++) {
        ck_assert_msg(strstr(text, *line) != NULL, "%s is not in %s", *line, text);
    }
    ck_assert_ptr_null(strstr(text, "exp"));
    ck_assert_int_eq(reel_backward(reel_square(x)), REEL_OK); /* looking has changed nothing */
    ck_assert_double_eq(reel_item(reel_grad(x)), 16);
    reel_free(r);
}
END_TEST

START_TEST(a_table)
{
    r = reel_new();
    reel_retain_all_grads(r, true);
    reel_tensor *x = leaf(2, "x"), *s = reel_set_name(reel_square(x), "s");
    reel_backward(reel_mul(reel_mul_scalar(s, 1e-7), x));
    ck_assert_str_eq(
        shown(NULL, 't'),
        "step  operation        inputs               shape        value                    "
        "gradient g               backward\n"
        "   1  s = square       x                    ()           4.0000                   "
        "2.000e-07                x += g * 2 * x\n"
        "   2  mul              s, 1e-07             ()           4.000e-07                "
        "2.0000                   s += g * 1e-07\n"
        "   3  mul              #2, x                ()           8.000e-07                "
        "1.0000                   #2 += g * x; x += g * #2\n");
    reel_free(r);
}
END_TEST

/* b = a + a, c = b * b at 3: two times 6 come to b, two times 12 to a; then once more,
 * unforgotten. */
START_TEST(a_traced_backward)
{
    r = reel_new();
    ck_assert(!reel_set_trace(r, true) && reel_set_trace(r, true));
    reel_tensor *a = leaf(3, "a"), *b = reel_set_name(reel_add(a, a), "b");
    reel_backward(reel_mul(b, b));
    shown(NULL, 't');
    ck_assert_msg(strstr(text,
                         "\nA value that is used more than once has a sum as gradient:\n"
                         "  b: 6.0000 from step 2 + 6.0000 from step 2 = 12.0000\n"
                         "  a: 12.0000 from step 1 + 12.0000 from step 1 = 24.0000\n") != NULL,
                  "%s", text);
    reel_rewind(r);
    reel_backward(reel_mul_scalar(a, 2));
    ck_assert_ptr_nonnull(
        strstr(shown(NULL, 't'), "  a: 24.0000 from before + 2.0000 from step 1 = 26.0000\n"));
    const uint64_t mark = reel_mark(r);
    reel_backward(reel_mul_scalar(a, 2));
    reel_rewind_to(r, mark);
    ck_assert_ptr_null(strstr(shown(NULL, 't'), "from step"));
    reel_set_trace(r, false);
    reel_rewind(r);
    reel_zero_grad_of(a);
    reel_backward(reel_mul(a, a));
    ck_assert_ptr_null(strstr(shown(NULL, 't'), "from step"));
    ck_assert_double_eq(reel_item(reel_grad(a)), 6);
    reel_free(r);
}
END_TEST

/* A leaf whose gradient nobody asks for gets none, and is no fault of the trace either. */
START_TEST(traced_gradients)
{
    r = reel_new();
    reel_set_trace(r, true);
    reel_tensor *a = leaf(3, "a"), *w = leaf(5, "w"), *slope = NULL;
    ck_assert_int_eq(reel_gradients(reel_mul(a, w), &a, 1, NULL, &slope), REEL_OK);
    ck_assert_double_eq(reel_item(slope), 5);
    reel_tensor *y = reel_mul(a, w);
    reel_requires_grad_(w, false);
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    ck_assert_double_eq(reel_item(reel_grad(a)), 5);
    reel_free(r);
}
END_TEST

START_TEST(json)
{
    r = reel_new();
    reel_set_trace(r, true);
    reel_tensor *a = leaf(3, "a\"");
    reel_tensor *y = reel_log(reel_mul(a, reel_from_f64(r, (double[]){2, 0}, REEL_SHAPE(2))));
    reel_backward(reel_sum(y));
    static const char expected[] =
        "{\"format\":\"reel-tape\",\"version\":1,\"root\":\"v2\",\"values\":["
        "{\"id\":\"v2\",\"name\":\"#2\",\"kind\":\"result\",\"shape\":[2],\"text\":"
        "[\"1.7918\",\"-inf\"],\"grad_text\":null,\"step\":2,\"dtype\":\"float64\",\"data\":"
        "[1.791759469228055,\"-inf\"]},"
        "{\"id\":\"leaf1_0\",\"name\":\"a\\\"\",\"kind\":\"leaf\",\"shape\":[],\"text\":"
        "[\"3.0000\"],\"grad_text\":[\"nan\"],\"step\":0,\"dtype\":\"float64\",\"data\":[3.0],"
        "\"grad\":[\"nan\"]},"
        "{\"id\":\"leaf1_1\",\"name\":\"constant\",\"kind\":\"constant\",\"shape\":[2],\"text\":"
        "[\"2.0000\",\"0.0000\"],\"grad_text\":null,\"step\":0,\"dtype\":\"float64\",\"data\":"
        "[2.0,0.0]},"
        "{\"id\":\"v1\",\"name\":\"#1\",\"kind\":\"result\",\"shape\":[2],\"text\":"
        "[\"6.0000\",\"0.0000\"],\"grad_text\":null,\"step\":1,\"dtype\":\"float64\",\"data\":"
        "[6.0,0.0]}],"
        "\"ops\":[{\"step\":2,\"op\":\"log\",\"out\":\"v2\",\"in\":[{\"value\":\"v1\",\"wanted\":"
        "true,"
        "\"rule\":\"g * 1 / #1\"}]},{\"step\":1,\"op\":\"mul\",\"out\":\"v1\",\"in\":[{\"value\":"
        "\"leaf1_0\",\"wanted\":true,\"rule\":\"g * constant, summed where it was "
        "stretched\"},{\"value\":\"leaf1_1\",\"wanted\":"
        "false,\"rule\":\"g * a\\\"\"}]}],"
        "\"backward\":[{\"step\":2,\"in\":0,\"value\":\"v1\",\"upstream\":[\"1.0000\",\"1.0000\"],"
        "\"local\":[\"0.1667\",\"inf\"],\"amount\":[\"0.1667\",\"inf\"],\"before\":null,\"after\":"
        "[\"0.1667\",\"inf\"],\"reduced\":false},{\"step\":1,\"in\":0,\"value\":\"leaf1_0\","
        "\"upstream\":[\"0.1667\",\"inf\"],\"local\":null,\"amount\":[\"nan\"],\"before\":null,"
        "\"after\":[\"nan\"],\"reduced\":true}]}";
    shown(y, 'j');
    for (size_t i = 0; i < sizeof expected; i++) {
        ck_assert_msg(text[i] == expected[i], "from byte %zu on: %.200s", i, text + i);
    }
    ck_assert_int_eq(reel_tape_json(y, NULL), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_tape_json(NULL, stdout), REEL_ERR_OWNER);
    ck_assert_int_eq(reel_tape_html(NULL, NULL, stdout), REEL_ERR_OWNER);
    reel_free(r);
}
END_TEST

/* No name gets out of the script, or into a tag. */
START_TEST(a_page)
{
    r = reel_new();
    reel_set_trace(r, true);
    reel_tensor *a = leaf(3, "</script><b>");
    reel_tensor *y = reel_mul(a, a);
    reel_backward(y);
    FILE *stream = tmpfile();
    ck_assert_int_eq(reel_tape_html(y, "</script><i>", stream), REEL_OK);
    rewind(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    ck_assert_ptr_nonnull(strstr(text, "\n{\"format\":\"reel-tape\""));
    ck_assert_ptr_nonnull(strstr(text, "\"name\":\"\\u003c/script>\\u003cb>\""));
    ck_assert_ptr_nonnull(strstr(text, "      to &#60;/script&#62;&#60;b&#62;: g * "));
    ck_assert(!strstr(text, "<b>") && !strstr(text, "<i>"));
    reel_free(r);
}
END_TEST

/* A hundred thousand steps: what is shown costs so much for each. */
START_TEST(a_long_tape)
{
    r = reel_new();
    reel_tensor *x = leaf(1, "x"), *y = x;
    enum { STEPS = 100000 };
    for (int i = 0; i < STEPS; i++) {
        y = reel_add(y, x);
    }
    ck_assert_uint_eq(reel_tape_length(r), STEPS);
    FILE *stream = tmpfile();
    reel_tape_print(r, stream);
    reel_tape_dot(y, stream);
    ck_assert_int_eq(reel_tape_json(y, stream), REEL_OK);
    ck_assert_int_gt(ftell(stream), STEPS * 300L);
    fclose(stream);
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    ck_assert_double_eq(reel_item(reel_grad(x)), STEPS + 1);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, a_picture);
    tcase_add_test(cases, a_table);
    tcase_add_test(cases, a_traced_backward);
    tcase_add_test(cases, traced_gradients);
    tcase_add_test(cases, json);
    tcase_add_test(cases, a_page);
    tcase_add_test(cases, a_long_tape);
}

int main(void) { return run_suite("explain", add_cases); }
