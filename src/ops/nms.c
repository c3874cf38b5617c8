/* SPDX-License-Identifier: MIT */
/* Which boxes to keep: lists of indices, whose length follows from values. */
#include "capture.h"
#include "checks.h"

#include <reel/boxes.h>
#include <reel/sort.h>
#include <reel/views.h>

/* Boxes to choose from, in doubles. */
typedef struct choice {
    reel *r;
    const char *what;
    int64_t n;
    const double *boxes;  /* four numbers each */
    const int64_t *order; /* from the highest score down; NULL: as they come */
    const int64_t *class; /* or NULL: all are of one */
} choice;

static bool begin(choice *c, const char *what, reel_tensor *boxes)
{
    if (!reeli_usable(what, boxes) ||
        REELI_REFUSE(boxes->r, what, "how many it keeps is not known")) {
        return false;
    }
    if (!reeli_floating(what, "boxes", boxes)) {
        return false;
    }
    if (boxes->ndim != 2 || boxes->size[1] != 4) {
        reeli_error(boxes->r, REEL_ERR_SHAPE, "%s: boxes must be (N, 4), and are %s", what,
                    REELI_SHAPE_OF(boxes));
        return false;
    }
    *c = (choice){.r = boxes->r, .what = what, .n = boxes->size[0]};
    c->boxes = reeli_dense(boxes, what, REEL_F64);
    return c->boxes != NULL;
}

static double area(const double *b) { return (b[2] - b[0]) * (b[3] - b[1]); }

static double smaller(double a, double b) { return a < b ? a : b; }
static double larger(double a, double b) { return a > b ? a : b; }

static double overlap(const double *a, const double *b)
{
    const double width = smaller(a[2], b[2]) - larger(a[0], b[0]);
    const double height = smaller(a[3], b[3]) - larger(a[1], b[1]);
    const double both = larger(width, 0) * larger(height, 0);
    return both / (area(a) + area(b) - both);
}

/* Whether the box overlaps none of those that are kept, or none of its class. */
static bool is_free(const choice *c, int64_t box, const int64_t *kept, int64_t count, double most)
{
    for (int64_t i = 0; i < count; i++) {
        const bool rivals = !c->class || c->class[kept[i]] == c->class[box];
        if (rivals && overlap(c->boxes + 4 * kept[i], c->boxes + 4 * box) > most) {
            return false;
        }
    }
    return true;
}

/* The first `count` of the indices as a tensor. */
static reel_tensor *as_tensor(const choice *c, const int64_t *kept, int64_t count)
{
    reel_tensor *t = reeli_empty(c->r, c->what, REEL_I64, 1, &count);
    for (int64_t i = 0; i < count && !reeli_bad(t); i++) {
        ((int64_t *)t->data)[i] = kept[i];
    }
    return t;
}

static int64_t *room(const choice *c)
{
    int64_t *kept = reeli_arena_alloc(c->r, (size_t)(c->n + 1) * sizeof *kept);
    if (!kept) {
        reeli_no_memory(c->r, c->what);
    }
    return kept;
}

static reel_tensor *suppress(const choice *c, double most)
{
    int64_t *kept = room(c), count = 0;
    if (!kept) {
        return c->r->poison;
    }
    for (int64_t i = 0; i < c->n; i++) {
        const int64_t box = c->order[i];
        if (is_free(c, box, kept, count, most)) {
            kept[count++] = box;
        }
    }
    return as_tensor(c, kept, count);
}

static bool read_scores(choice *c, const reel_tensor *boxes, reel_tensor *scores)
{
    if (!reeli_usable_as(c->r, c->what, "scores", scores) ||
        !reeli_same_dtype(c->what, "scores", scores, boxes)) {
        return false;
    }
    if (scores->ndim != 1 || scores->size[0] != c->n) {
        reeli_error(c->r, REEL_ERR_SHAPE, "%s: scores must be (%lld,), one a box, and are %s",
                    c->what, (long long)c->n, REELI_SHAPE_OF(scores));
        return false;
    }
    const reel_tensor *order = reel_argsort(scores, 0, true);
    c->order = reeli_bad(order) ? NULL : order->data;
    return c->order != NULL;
}

reel_tensor *reel_nms(reel_tensor *boxes, reel_tensor *scores, double iou_threshold)
{
    choice c;
    return begin(&c, "nms", boxes) && read_scores(&c, boxes, scores) ? suppress(&c, iou_threshold)
                                                                     : reeli_poison_for(1, &boxes);
}

reel_tensor *reel_batched_nms(reel_tensor *boxes, reel_tensor *scores, reel_tensor *classes,
                              double iou_threshold)
{
    choice c;
    if (!begin(&c, "batched_nms", boxes) || !read_scores(&c, boxes, scores) ||
        !reeli_usable_as(c.r, c.what, "classes", classes) ||
        !reeli_has_dtype(c.what, "classes", classes, REEL_I64) ||
        !reeli_fits(classes->ndim == 1 && classes->numel == c.n, c.what, "classes", classes,
                    boxes)) {
        return reeli_poison_for(1, &boxes);
    }
    c.class = reeli_dense(classes, c.what, REEL_I64);
    return c.class ? suppress(&c, iou_threshold) : c.r->poison;
}

reel_tensor *reel_remove_small_boxes(reel_tensor *boxes, double min_size)
{
    choice c;
    int64_t *kept, count = 0;
    if (!begin(&c, "remove_small_boxes", boxes) || !(kept = room(&c))) {
        return reeli_poison_for(1, &boxes);
    }
    for (int64_t i = 0; i < c.n; i++) {
        const double *b = c.boxes + 4 * i;
        if (b[2] - b[0] >= min_size && b[3] - b[1] >= min_size) {
            kept[count++] = i;
        }
    }
    return as_tensor(&c, kept, count);
}
