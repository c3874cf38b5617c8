/* SPDX-License-Identifier: MIT */
/* What a tape is called in what is shown of it: names, numbers, ids. */
#include "names.h"

#include "c_locale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *reeli_label(char text[REELI_LABEL], const reel_tensor *t, const reeli_node *from)
{
    if (!reeli_bad(t) && t->leaf && t->leaf->name[0]) {
        snprintf(text, REELI_LABEL, "%s", t->leaf->name);
    } else if (from) {
        snprintf(text, REELI_LABEL, "#%lu", (unsigned long)from->step);
    } else if (reeli_bad(t)) {
        snprintf(text, REELI_LABEL, "freed");
    } else if (t->numel == 1 && !reeli_requires_grad(t)) {
        reeli_format(text, REELI_LABEL, "%g", reeli_load(t, 0));
    } else {
        snprintf(text, REELI_LABEL, "%s", reeli_requires_grad(t) ? "leaf" : "constant");
    }
    return text;
}

const char *reeli_number_text(char text[REELI_LABEL], double value)
{
    const double size = fabs(value);
    const bool plain = value == 0 || !isfinite(value) || (size >= 1e-3 && size < 1e6);
    if (isnan(value)) {
        snprintf(text, REELI_LABEL, "nan"); /* which has no sign here */
    } else {
        reeli_format(text, REELI_LABEL, plain ? "%.4f" : "%.3e", value);
    }
    return text;
}

double reeli_element(const reel_tensor *t, int64_t i)
{
    return reeli_load(t, reeli_element_offset(t, i));
}

const char *reeli_values_text(char text[REELI_LABEL], const reel_tensor *t)
{
    char first[REELI_LABEL], last[REELI_LABEL];
    if (reeli_bad(t) || t->numel == 0) {
        snprintf(text, REELI_LABEL, reeli_bad(t) ? "-" : "[]");
    } else if (t->numel == 1) {
        reeli_number_text(text, reeli_load(t, 0));
    } else {
        snprintf(text, REELI_LABEL, t->numel == 2 ? "[%.24s, %.24s]" : "[%.24s, ..., %.24s]",
                 reeli_number_text(first, reeli_load(t, 0)),
                 reeli_number_text(last, reeli_element(t, t->numel - 1)));
    }
    return text;
}

reeli_node *reeli_turn(reeli_node *n)
{
    reeli_node *before = NULL;
    while (n) {
        reeli_node *next = n->previous;
        n->previous = before;
        before = n;
        n = next;
    }
    return before;
}

/* By tensor; its uses from the last to the first, as one meets them on the way back. */
static int compare_uses(const void *p, const void *q)
{
    const reeli_look_use *a = p, *b = q;
    if (a->t != b->t) {
        return (uintptr_t)a->t < (uintptr_t)b->t ? -1 : 1;
    }
    if (a->step != b->step) {
        return a->step > b->step ? -1 : 1;
    }
    return a->input - b->input;
}

/* One mark for each node that the root came from, one use for each leaf that it reads. */
static bool mark(reeli_look *it)
{
    for (reeli_node *n = it->root->node; n; n = n->previous) {
        for (int i = 0; n->gradient && i < n->inputs; i++) {
            if (n->in[i].from) {
                n->in[i].from->gradient = n->in[i].from->out;
                continue;
            }
            reeli_look_use *use = reeli_buffer_add(it->r, &it->uses, sizeof *use);
            if (!use) {
                return false;
            }
            *use = (reeli_look_use){n->in[i].t, n->step, i};
        }
    }
    return true;
}

bool reeli_look_at(reeli_look *it, const char *what, const reel_tensor *root)
{
    if (!reeli_usable(what, root)) {
        return false;
    }
    *it = (reeli_look){.r = root->r, .root = root};
    if (it->r->walking) {
        reeli_error(it->r, REEL_ERR_STATE, "%s: it cannot be called while a backward is under way",
                    what);
        return false;
    }
    reeli_number_tape(it->r);
    if (root->node) {
        root->node->gradient = root->node->out;
    }
    if (!mark(it)) {
        reeli_look_away(it);
        reeli_no_memory(it->r, what);
        return false;
    }
    if (it->uses.count > 1) {
        qsort(it->uses.data, it->uses.count, sizeof(reeli_look_use), compare_uses);
    }
    return true;
}

void reeli_look_away(reeli_look *it)
{
    for (reeli_node *n = it->root->node; n; n = n->previous) {
        n->gradient = NULL;
    }
    reeli_buffer_free(it->r, &it->uses);
}

/* The use that a leaf is called after, the first of its own; NULL if the root does not come from
 * it. */
static const reeli_look_use *naming_use(const reeli_look *it, const reel_tensor *t)
{
    const reeli_look_use *use = it->uses.data;
    size_t first = 0, end = it->uses.count;
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        if ((uintptr_t)use[middle].t < (uintptr_t)t) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first < it->uses.count && use[first].t == t ? &use[first] : NULL;
}

const char *reeli_id(char text[REELI_LABEL], const reeli_look *it, const reel_tensor *t,
                     const reeli_node *from)
{
    const reeli_look_use *use = from ? NULL : naming_use(it, t);
    if (use) {
        snprintf(text, REELI_LABEL, "leaf%lu_%d", (unsigned long)use->step, use->input);
    } else {
        snprintf(text, REELI_LABEL, "v%lu", from ? (unsigned long)from->step : 0UL);
    }
    return text;
}

bool reeli_names_leaf(const reeli_look *it, const reeli_node *n, int input)
{
    const reeli_look_use *use = n->in[input].from ? NULL : naming_use(it, n->in[input].t);
    return use && use->step == n->step && use->input == input;
}
