/* SPDX-License-Identifier: MIT */
/* Chapter 3: fill in what says TODO, and run ./scripts/course.sh 3. */
#include "exercise.h"

#include <math.h>

static int append(tape *t, kind kind, int a, int b, double value)
{
    t->rows[t->count] = (row){kind, a, b, value, 0};
    return t->count++;
}

int leaf(tape *t, double value) { return append(t, LEAF, -1, -1, value); }
int add(tape *t, int a, int b) { return append(t, ADD, a, b, t->rows[a].value + t->rows[b].value); }
int mul(tape *t, int a, int b) { return append(t, MUL, a, b, t->rows[a].value * t->rows[b].value); }
int tanh_of(tape *t, int a) { return append(t, TANH, a, -1, tanh(t->rows[a].value)); }

void send(tape *t, int i)
{
    const row *me = &t->rows[i];
    row *rows = t->rows;
    const double g = me->gradient;
    switch (me->kind) {
    case ADD: /* the slope of a sum is 1, for both */
        rows[me->a].gradient += g;
        rows[me->b].gradient += g;
        break;
    case MUL: /* TODO */
        break;
    case TANH: /* TODO: its slope is 1 - y^2, and y is this row's value */
        break;
    default:
        break;
    }
}

/* TODO: all gradients are 0, the last row's is 1; then each row sends. In which order? */
void backward(tape *t) { (void)t; }
