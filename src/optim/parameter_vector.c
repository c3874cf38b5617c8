/* SPDX-License-Identifier: MIT */
/* All parameters seen as one vector: its sums, and moves along a direction. */
#include "parameter_vector.h"

#define LOOP(name, f) reeli_##name##_loops[(f)->o->owned.r->level][(f)->dtype]
#define VALUE(name, f) reeli_value_map(&reeli_formula_##name, (f)->o->owned.r->level, (f)->dtype)

static const char *at(const reel_tensor *t, int64_t i)
{
    return (const char *)t->data + (size_t)i * reeli_element_size(t->dtype);
}

static int64_t block(const reeli_flat *f, int64_t i)
{
    return f->n - i < REELI_BLOCK ? f->n - i : REELI_BLOCK;
}

static double as_double(const reeli_flat *f, const void *value)
{
    double result;
    reeli_move(1, &result, REEL_F64, 1, value, f->dtype, 1);
    return result;
}

double reeli_flat_round(const reeli_flat *f, double x)
{
    return f->dtype == REEL_F32 ? (double)(float)x : x;
}

double reeli_flat_dot(const reeli_flat *f, const reel_tensor *a, const reel_tensor *b)
{
    double sum;
    LOOP(dot_product, f)(f->n, a->data, b->data, &sum);
    return as_double(f, &sum);
}

double reeli_flat_largest(const reeli_flat *f, const reel_tensor *a)
{
    double magnitudes[REELI_BLOCK], largest = 0, part;
    for (int64_t i = 0; i < f->n; i += REELI_BLOCK) {
        const int64_t n = block(f, i);
        VALUE(abs, f)(n, magnitudes, (const void *[]){at(a, i)}, NULL);
        LOOP(extreme, f)(false, n, 1, magnitudes, &part, NULL);
        const double value = as_double(f, &part);
        largest = value <= largest ? largest : value;
        if (largest != largest) {
            break;
        }
    }
    return largest;
}

/* The pass of plain SGD, with a learning rate of -factor. */
void reeli_flat_add(const reeli_flat *f, reel_tensor *y, double factor, const reel_tensor *x)
{
    LOOP(sgd_update, f)
    (f->n, y->data, x->data, (void *[REELI_STATES]){NULL}, &(reeli_step){.lr = -factor});
}

void reeli_flat_scale(const reeli_flat *f, reel_tensor *y, double factor, const reel_tensor *x)
{
    double number; /* in the vectors' dtype */
    reeli_move(1, &number, f->dtype, 1, &factor, REEL_F64, 1);
    reeli_map_contiguous(f->o->owned.r, VALUE(mul, f), f->dtype, f->dtype, f->n, y->data, 2,
                         (const void *[]){x->data, &number}, 2, NULL);
}

double reeli_flat_sum_of_magnitudes(const reeli_flat *f, const reel_tensor *x)
{
    double sum;
    VALUE(abs, f)(f->n, f->work->data, (const void *[]){x->data}, NULL);
    LOOP(sum, f)(f->work->data, 1, f->n, &sum);
    return as_double(f, &sum);
}

void reeli_flat_move(reeli_flat *f, double t)
{
    const reel_tensor *to = f->x;
    if (t != 0) {
        reeli_copy(f->work, f->x);
        reeli_flat_add(f, f->work, t, f->d);
        to = f->work;
    }
    int64_t i = 0;
    for (size_t k = 0; k < f->o->slots; k++) {
        reel_tensor *p = f->o->slot[k].parameter;
        reeli_move(p->numel, p->data, p->dtype, 1, at(to, i), f->dtype, 1);
        p->version++;
        i += p->numel;
    }
}

bool reeli_flat_evaluate(reeli_flat *f, int gradient, double *loss)
{
    reel_optimizer *o = f->o;
    if (!reeli_call_closure(o, f->closure, f->context, loss)) {
        return false;
    }
    static const double zero = 0;
    int64_t i = 0;
    for (size_t k = 0; k < o->slots; k++) {
        const reel_tensor *p = o->slot[k].parameter;
        const void *g = reeli_gradient_data(p);
        reeli_move(p->numel,
                   (char *)f->gradient[gradient]->data + (size_t)i * reeli_element_size(f->dtype),
                   f->dtype, 1, g ? g : &zero, g ? p->dtype : REEL_F64, g ? 1 : 0);
        i += p->numel;
    }
    return true;
}
