/* SPDX-License-Identifier: MIT */
/* Boxes: how they overlap and losses of that, made of other operations. */
#include "losses.h"

#include <reel/autograd.h>
#include <reel/boxes.h>
#include <reel/compare.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/reduce.h>
#include <reel/views.h>

/* The last dim has the four numbers of a box; `ndim` dims, or any number if that is 0. */
static bool are_boxes(const char *what, const char *role, const reel_tensor *t, int ndim)
{
    if (!reeli_floating(what, role, t)) {
        return false;
    }
    const bool fits = t->ndim > 0 && t->size[t->ndim - 1] == 4 && (ndim == 0 || t->ndim == ndim);
    if (!fits) {
        reeli_error(t->r, REEL_ERR_SHAPE, "%s: %s must be %s, and is %s", what, role,
                    ndim == 0 ? "boxes (…, 4)" : "boxes (N, 4)", REELI_SHAPE_OF(t));
    }
    return fits;
}

static bool is_pair(const char *what, reel_tensor *a, reel_tensor *b, int ndim)
{
    return reeli_all_usable(what, 2, (reel_tensor *[]){a, b}) && are_boxes(what, "a", a, ndim) &&
           are_boxes(what, "b", b, ndim) && reeli_same_dtype(what, "b", b, a);
}

/* A box's numbers apart, each of the boxes' shape without the last dim. */
typedef struct corners {
    reel_tensor *x1, *y1, *x2, *y2;
} corners;

static corners corners_of(reel_tensor *boxes)
{
    return (corners){reel_select(boxes, -1, 0), reel_select(boxes, -1, 1),
                     reel_select(boxes, -1, 2), reel_select(boxes, -1, 3)};
}

static reel_tensor *area(const corners *c)
{
    return reel_mul(reel_sub(c->x2, c->x1), reel_sub(c->y2, c->y1));
}

reel_tensor *reel_box_area(reel_tensor *boxes)
{
    if (!reeli_usable("box_area", boxes) || !are_boxes("box_area", "the argument", boxes, 2)) {
        return reeli_poison_for(1, &boxes);
    }
    const corners c = corners_of(boxes);
    return area(&c);
}

/* Two boxes, or all pairs of two lists as they broadcast; and what a quotient is kept finite by. */
typedef struct pair {
    corners a, b;
    double eps, eps_of_quotients, eps_of_shapes;
    reel_tensor *both, *iou; /* the area of the union, and what is made of it */
} pair;

/* max(x, 0), with the gradient of x at 0. */
static reel_tensor *side(reel_tensor *low, reel_tensor *high)
{
    return reel_clamp(reel_sub(high, low), 0, (double)INFINITY);
}

static void measure(pair *p)
{
    const corners *a = &p->a, *b = &p->b;
    reel_tensor *inter = reel_mul(side(reel_maximum(a->x1, b->x1), reel_minimum(a->x2, b->x2)),
                                  side(reel_maximum(a->y1, b->y1), reel_minimum(a->y2, b->y2)));
    p->both = reel_sub(reel_add(area(a), area(b)), inter);
    p->iou = reel_div(inter, reel_add_scalar(p->both, p->eps_of_quotients));
}

/* The sides of the box around both. */
static reel_tensor *width_around(const pair *p)
{
    return reel_sub(reel_maximum(p->a.x2, p->b.x2), reel_minimum(p->a.x1, p->b.x1));
}

static reel_tensor *height_around(const pair *p)
{
    return reel_sub(reel_maximum(p->a.y2, p->b.y2), reel_minimum(p->a.y1, p->b.y1));
}

static reel_tensor *intersection_alone(const pair *p) { return p->iou; }

static reel_tensor *generalized(const pair *p)
{
    reel_tensor *width = width_around(p), *around = reel_mul(width, height_around(p));
    return reel_sub(
        p->iou, reel_div(reel_sub(around, p->both), reel_add_scalar(around, p->eps_of_quotients)));
}

/* (the sum of two less that of two others)² / 4: the square of the distance of their middles. */
static reel_tensor *apart(reel_tensor *a1, reel_tensor *a2, reel_tensor *b1, reel_tensor *b2)
{
    return reel_square(
        reel_sub(reel_div_scalar(reel_add(a1, a2), 2), reel_div_scalar(reel_add(b1, b2), 2)));
}

static reel_tensor *by_distance(const pair *p)
{
    const corners *a = &p->a, *b = &p->b;
    reel_tensor *width = reel_square(width_around(p)), *height = reel_square(height_around(p));
    reel_tensor *diagonal = reel_add_scalar(reel_add(width, height), p->eps);
    reel_tensor *distance =
        reel_add(apart(a->x1, a->x2, b->x1, b->x2), apart(a->y1, a->y2, b->y1, b->y2));
    return reel_sub(p->iou, reel_div(distance, diagonal));
}

static reel_tensor *slope(const corners *c)
{
    return reel_atan(reel_div(reel_sub(c->x2, c->x1), reel_sub(c->y2, c->y1)));
}

static reel_tensor *complete(const pair *p)
{
    const double pi = 3.14159265358979323846;
    reel_tensor *v =
        reel_mul_scalar(reel_square(reel_sub(slope(&p->a), slope(&p->b))), 4 / (pi * pi));
    reel_tensor *still = reel_detach(v), *rest = reel_sub(still, reel_detach(p->iou));
    reel_tensor *alpha = reel_div(still, reel_add_scalar(rest, 1 + p->eps_of_shapes));
    return reel_sub(by_distance(p), reel_mul(alpha, v));
}

typedef reel_tensor *(*measured)(const pair *p);

static reel_tensor *of_pairs(const char *what, reel_tensor *a, reel_tensor *b, double eps,
                             measured how)
{
    if (!is_pair(what, a, b, 2)) {
        return reeli_poison_for(2, (reel_tensor *[]){a, b});
    }
    pair p = {corners_of(reel_unsqueeze(a, 1)), corners_of(reel_unsqueeze(b, 0)), .eps = eps,
              .eps_of_shapes = eps};
    measure(&p);
    return how(&p);
}

reel_tensor *reel_box_iou(reel_tensor *a, reel_tensor *b)
{
    return of_pairs("box_iou", a, b, 0, intersection_alone);
}

reel_tensor *reel_generalized_box_iou(reel_tensor *a, reel_tensor *b)
{
    return of_pairs("generalized_box_iou", a, b, 0, generalized);
}

reel_tensor *reel_distance_box_iou(reel_tensor *a, reel_tensor *b, double eps)
{
    return of_pairs("distance_box_iou", a, b, eps, by_distance);
}

reel_tensor *reel_complete_box_iou(reel_tensor *a, reel_tensor *b, double eps)
{
    return of_pairs("complete_box_iou", a, b, eps, complete);
}

/* As reeli_reduce_terms, but the mean of none is 0. */
static reel_tensor *reduce(reel_tensor *terms, reel_reduction reduction)
{
    const bool none = !reeli_bad(terms) && terms->numel == 0 && reduction == REEL_MEAN;
    return reeli_reduce_terms(terms, none ? REEL_SUM : reduction);
}

static reel_tensor *loss(const char *what, reel_tensor *a, reel_tensor *b, double eps,
                         reel_reduction reduction, measured how)
{
    reel_tensor *in[] = {a, b};
    if (!is_pair(what, a, b, 0) || !reeli_shape_of_input(what, "b", b, a) ||
        !reeli_sound_reduction(a->r, what, reduction)) {
        return reeli_poison_for(2, in);
    }
    const double usual = how == complete ? 1e-7 : eps; /* torchvision's, whatever is asked for */
    pair p = {corners_of(a), corners_of(b), .eps = usual, .eps_of_quotients = usual,
              .eps_of_shapes = eps};
    measure(&p);
    reel_tensor *y = how(&p);
    return reeli_bad(y) ? y : reduce(reel_rsub(y, reeli_number_for(y, 1)), reduction);
}

reel_tensor *reel_generalized_box_iou_loss(reel_tensor *a, reel_tensor *b, reel_reduction reduction,
                                           double eps)
{
    return loss("generalized_box_iou_loss", a, b, eps, reduction, generalized);
}

reel_tensor *reel_distance_box_iou_loss(reel_tensor *a, reel_tensor *b, reel_reduction reduction,
                                        double eps)
{
    return loss("distance_box_iou_loss", a, b, eps, reduction, by_distance);
}

reel_tensor *reel_complete_box_iou_loss(reel_tensor *a, reel_tensor *b, reel_reduction reduction,
                                        double eps)
{
    return loss("complete_box_iou_loss", a, b, eps, reduction, complete);
}

reel_tensor *reel_sigmoid_focal_loss(reel_tensor *input, reel_tensor *target, double alpha,
                                     double gamma, reel_reduction reduction)
{
    const char *what = "sigmoid_focal_loss";
    reel_tensor *in[] = {input, target};
    if (!reeli_loss_begin(what, 2, in, reduction) ||
        !reeli_shape_of_input(what, "target", target, input)) {
        return reeli_poison_for(2, in);
    }
    reel_tensor *p = reel_sigmoid(input), *one = reel_number(input->r, 1);
    reel_tensor *terms =
        reel_binary_cross_entropy_with_logits(input, target, NULL, NULL, REEL_NONE);
    reel_tensor *wrong =
        reel_add(reel_mul(p, reel_rsub(target, one)), reel_mul(reel_rsub(p, one), target));
    terms = reel_mul(terms, reel_pow_scalar(wrong, gamma));
    if (alpha >= 0) {
        terms = reel_mul(terms, reel_add_scalar(reel_mul_scalar(target, 2 * alpha - 1), 1 - alpha));
    }
    return reeli_reduce_terms(terms, reduction);
}

reel_tensor *reel_box_convert(reel_tensor *boxes, reel_box_format from, reel_box_format to)
{
    const char *what = "box_convert";
    if (!reeli_usable(what, boxes) || !are_boxes(what, "the argument", boxes, 0)) {
        return reeli_poison_for(1, &boxes);
    }
    if ((unsigned)from > REEL_BOX_CXCYWH || (unsigned)to > REEL_BOX_CXCYWH) {
        return reeli_fail(boxes->r, REEL_ERR_VALUE, "%s: there is no format %d", what,
                          (int)((unsigned)from > REEL_BOX_CXCYWH ? from : to));
    }
    if (from == to) {
        return reel_clone(boxes);
    }
    corners c = corners_of(boxes);
    if (from == REEL_BOX_CXCYWH) {
        c.x1 = reel_sub(c.x1, reel_mul_scalar(c.x2, 0.5));
        c.y1 = reel_sub(c.y1, reel_mul_scalar(c.y2, 0.5));
    }
    if (from != REEL_BOX_XYXY) {
        c.x2 = reel_add(c.x1, c.x2);
        c.y2 = reel_add(c.y1, c.y2);
    }
    if (to != REEL_BOX_XYXY) {
        reel_tensor *width = reel_sub(c.x2, c.x1), *height = reel_sub(c.y2, c.y1);
        if (to == REEL_BOX_CXCYWH) {
            c.x1 = reel_div_scalar(reel_add(c.x1, c.x2), 2);
            c.y1 = reel_div_scalar(reel_add(c.y1, c.y2), 2);
        }
        c.x2 = width;
        c.y2 = height;
    }
    return reel_stack((reel_tensor *[]){c.x1, c.y1, c.x2, c.y2}, 4, -1);
}

reel_tensor *reel_clip_boxes_to_image(reel_tensor *boxes, double height, double width)
{
    const char *what = "clip_boxes_to_image";
    if (!reeli_usable(what, boxes) || !are_boxes(what, "the argument", boxes, 0)) {
        return reeli_poison_for(1, &boxes);
    }
    const corners c = corners_of(boxes);
    return reel_stack((reel_tensor *[]){reel_clamp(c.x1, 0, width), reel_clamp(c.y1, 0, height),
                                        reel_clamp(c.x2, 0, width), reel_clamp(c.y2, 0, height)},
                      4, -1);
}
