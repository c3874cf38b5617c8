/* SPDX-License-Identifier: MIT */
/* What chapter 3's exercise is looked at for: Reel's gradients of the same expressions. */
#include "check.h"
#include "exercise.h"

enum { EXPRESSIONS = 50, LEAVES = 3, ROWS = 20 };

static void small_ones(void)
{
    tape t = {0};
    const int a = leaf(&t, 3), b = leaf(&t, 5);
    mul(&t, a, b);
    backward(&t);
    look_near(t.rows[2].gradient, 1, 0, "backward begins with a 1 at the last row.",
              "y = a * b: the gradient of y");
    look_near(t.rows[a].gradient, 5, 0, "A unit of a is worth b.",
              "y = a * b at 3, 5: the gradient of a");
    look_near(t.rows[b].gradient, 3, 0, "A unit of b is worth a.",
              "y = a * b at 3, 5: the gradient of b");
    backward(&t);
    look_near(t.rows[a].gradient, 5, 0, "Begin with all gradients at 0.",
              "the same, backward a second time");

    tape u = {0};
    tanh_of(&u, leaf(&u, 0.5));
    backward(&u);
    look_near(u.rows[0].gradient, 0.78644773296592741, 1e-15, "1 - y^2, y being tanh's result.",
              "y = tanh(a) at 0.5: the gradient of a");

    tape v = {0};
    const int x = leaf(&v, 3), twice = add(&v, x, x);
    mul(&v, twice, twice);
    backward(&v);
    look_near(v.rows[x].gradient, 24, 0,
              "b is read twice, and so is a: += and not =; and b sends when both parts are there.",
              "b = a + a; c = b * b at 3: the gradient of a");
}

/* The same random rows on both tapes; returns how far the leaves' gradients are apart. */
static double apart(reel *r)
{
    tape t = {0};
    reel_tensor *same[LEAVES + ROWS];
    double off = 0;
    for (int i = 0; i < LEAVES; i++) {
        const double value = reel_item(reel_randn(r, REEL_F64, REEL_SHAPE(1)));
        leaf(&t, value);
        same[i] = reel_requires_grad_(reel_scalar(r, REEL_F64, value), true);
    }
    while (t.count < LEAVES + ROWS) {
        const int a = (int)reel_item(reel_randint(r, REEL_I64, 0, t.count, REEL_SHAPE(1)));
        const int b = (int)reel_item(reel_randint(r, REEL_I64, 0, t.count, REEL_SHAPE(1)));
        const int what = (int)reel_item(reel_randint(r, REEL_I64, 0, 3, REEL_SHAPE(1)));
        reel_tensor *made = what == 0   ? reel_add(same[a], same[b])
                            : what == 1 ? reel_mul(same[a], same[b])
                                        : reel_tanh(same[a]);
        const int row = what == 0 ? add(&t, a, b) : what == 1 ? mul(&t, a, b) : tanh_of(&t, a);
        same[row] = made;
    }
    backward(&t);
    reel_backward(same[t.count - 1]);
    for (int i = 0; i < LEAVES; i++) {
        const double theirs = reel_grad(same[i]) ? reel_item(reel_grad(same[i])) : 0;
        off = fmax(off, fabs(t.rows[i].gradient - theirs) / fmax(1, fabs(theirs)));
    }
    return off;
}

int main(void)
{
    reel *r = course_reel(3);
    small_ones();
    int right = 0;
    for (int i = 0; i < EXPRESSIONS; i++) {
        right += apart(r) < 1e-12;
        reel_rewind(r);
    }
    look(right == EXPRESSIONS,
         "Step through b = a + a; c = b * b by hand: reel explain --lesson order.",
         "%d of %d random expressions have Reel's gradients", right, EXPRESSIONS);
    reel_free(r);
    return course_result();
}
