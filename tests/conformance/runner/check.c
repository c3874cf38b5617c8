/* SPDX-License-Identifier: MIT */
/* What came back against what PyTorch has. */
#include "runner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* PyTorch's default tolerances for a dtype (torch.testing.assert_close), or the case's own. */
static bool is_close(reel_dtype dtype, double atol, double ours, double theirs)
{
    double relative = dtype == REEL_F32 ? 1.3e-6 : 1e-7, absolute = dtype == REEL_F32 ? 1e-5 : 1e-7;
    absolute = atol > 0 ? atol : absolute;
    return ours == theirs || (isnan(ours) && isnan(theirs)) ||
           (isfinite(ours) && isfinite(theirs) &&
            fabs(ours - theirs) <= absolute + relative * fabs(theirs));
}

static const char *shape_text(char *text, size_t room, const reel_tensor *t)
{
    size_t at = (size_t)snprintf(text, room, "%s (", reel_dtype_name(reel_dtype_of(t)));
    for (int d = 0; d < reel_ndim(t) && at < room; d++) {
        at += (size_t)snprintf(text + at, room - at, d ? ", %lld" : "%lld",
                               (long long)reel_size(t, d));
    }
    if (at < room) {
        snprintf(text + at, room - at, ")");
    }
    return text;
}

static bool same_kind(const reel_tensor *a, const reel_tensor *b)
{
    bool same = reel_dtype_of(a) == reel_dtype_of(b) && reel_ndim(a) == reel_ndim(b);
    for (int d = 0; same && d < reel_ndim(a); d++) {
        same = reel_size(a, d) == reel_size(b, d);
    }
    return same;
}

/* The index of element i, counted row by row. */
static const char *index_text(char *text, size_t room, const reel_tensor *t, int64_t i)
{
    int64_t index[REEL_MAX_DIMS] = {0};
    for (int d = reel_ndim(t) - 1; d >= 0; d--) {
        index[d] = i % reel_size(t, d);
        i /= reel_size(t, d);
    }
    size_t at = (size_t)snprintf(text, room, "[");
    for (int d = 0; d < reel_ndim(t) && at < room; d++) {
        at += (size_t)snprintf(text + at, room - at, d ? ", %lld" : "%lld", (long long)index[d]);
    }
    if (at < room) {
        snprintf(text + at, room - at, "]");
    }
    return text;
}

static bool report(const reel_tensor *t, int64_t first, int64_t wrong, const char *ours,
                   const char *theirs, reason *why)
{
    return because(why, "%lld of %lld elements differ, first at %s: %s, PyTorch has %s",
                   (long long)wrong, (long long)reel_numel(t),
                   index_text((char[128]){0}, 128, t, first), ours, theirs);
}

static bool same_floats(const reel_tensor *t, double atol, const double *ours, const double *theirs,
                        reason *why)
{
    int64_t first = -1, wrong = 0;
    for (int64_t i = 0; i < reel_numel(t); i++) {
        if (!is_close(reel_dtype_of(t), atol, ours[i], theirs[i])) {
            first = first < 0 ? i : first;
            wrong++;
        }
    }
    if (wrong == 0) {
        return true;
    }
    char a[32], b[32];
    snprintf(a, sizeof a, "%.17g", ours[first]);
    snprintf(b, sizeof b, "%.17g", theirs[first]);
    return report(t, first, wrong, a, b, why);
}

static bool same_integers(const reel_tensor *t, const int64_t *ours, const int64_t *theirs,
                          reason *why)
{
    int64_t first = -1, wrong = 0;
    for (int64_t i = 0; i < reel_numel(t); i++) {
        if (ours[i] != theirs[i]) {
            first = first < 0 ? i : first;
            wrong++;
        }
    }
    if (wrong == 0) {
        return true;
    }
    char a[32], b[32];
    snprintf(a, sizeof a, "%lld", (long long)ours[first]);
    snprintf(b, sizeof b, "%lld", (long long)theirs[first]);
    return report(t, first, wrong, a, b, why);
}

static bool same_elements(const reel_tensor *ours, const reel_tensor *theirs, double atol,
                          reason *why)
{
    int64_t count = reel_numel(ours);
    bool floating = reel_dtype_of(ours) == REEL_F32 || reel_dtype_of(ours) == REEL_F64;
    void *a = calloc((size_t)count + 1, 8), *b = calloc((size_t)count + 1, 8);
    bool same;
    if (!a || !b) {
        same = because(why, "out of memory");
    } else if (floating) {
        same =
            (reel_to_f64(ours, a, count) == REEL_OK && reel_to_f64(theirs, b, count) == REEL_OK) ||
            because(why, "elements cannot be copied out");
        same = same && same_floats(ours, atol, a, b, why);
    } else {
        same =
            (reel_to_i64(ours, a, count) == REEL_OK && reel_to_i64(theirs, b, count) == REEL_OK) ||
            because(why, "elements cannot be copied out");
        same = same && same_integers(ours, a, b, why);
    }
    free(a);
    free(b);
    return same;
}

bool check_tensor(const reel_tensor *ours, const reel_tensor *theirs, double atol, reason *why)
{
    if (reel_is_poison(theirs)) {
        return because(why, "PyTorch's tensor cannot be read");
    }
    if (reel_is_poison(ours)) {
        return because(why, "poison: %s", reel_error(reel_of(theirs)));
    }
    if (!same_kind(ours, theirs)) {
        return because(why, "%s, PyTorch has %s", shape_text((char[128]){0}, 128, ours),
                       shape_text((char[128]){0}, 128, theirs));
    }
    return same_elements(ours, theirs, atol, why);
}

void print_differences(const reel_tensor *ours, const reel_tensor *theirs, double atol)
{
    const int64_t count = reel_numel(ours);
    double *a = calloc((size_t)count + 1, 8), *b = calloc((size_t)count + 1, 8);
    const bool copied = a && b && same_kind(ours, theirs) &&
                        reel_to_f64(ours, a, count) == REEL_OK &&
                        reel_to_f64(theirs, b, count) == REEL_OK;
    for (int64_t i = 0; copied && i < count; i++) {
        if (!is_close(reel_dtype_of(ours), atol, a[i], b[i])) {
            printf(" %.17g, PyTorch has %.17g\n", a[i], b[i]);
        }
    }
    free(a);
    free(b);
}
