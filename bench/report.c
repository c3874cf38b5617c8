/* SPDX-License-Identifier: MIT */
/* The lines of the report: for people, as JSON, or as the table of docs/performance-*.md. */
#include "bench.h"

#include <math.h>
#include <stdio.h>

format bench_format;

/* Of a rate's quartiles the lower is the higher in seconds. */
double figure(const result *r, double seconds)
{
    return (r->rate ? 1 / seconds : seconds) * r->scale;
}

static double ratio(const result *r, timing other)
{
    return r->rate ? time_ratio(other, r->reel) : time_ratio(r->reel, other);
}

static bool is_met(const result *r, bar b)
{
    const double reel = figure(r, r->reel.median);
    return b.kind == BAR_RATIO     ? ratio(r, r->limit) <= b.value
           : b.kind == BAR_AT_MOST ? reel <= b.value
                                   : reel >= b.value;
}

static void print_text(const result *r)
{
    printf("%-10s %-24s %d thread%s  reel %9.4g %-4s (%.4g to %.4g)", r->workload, r->config,
           r->threads, r->threads == 1 ? " " : "s", figure(r, r->reel.median), r->unit,
           figure(r, r->rate ? r->reel.high : r->reel.low),
           figure(r, r->rate ? r->reel.low : r->reel.high));
    if (r->limit.median > 0) {
        printf("  limit %9.4g  ratio %.3f", figure(r, r->limit.median), ratio(r, r->limit));
    }
    if (r->libtorch.median > 0) {
        printf("  libtorch %9.4g  ratio %.3f", figure(r, r->libtorch.median),
               ratio(r, r->libtorch));
    }
    const bar b = find_bar(r);
    if (b.kind != NO_BAR) {
        printf("  bar %g: %s", b.value, is_met(r, b) ? "met" : "missed");
    }
    printf("\n");
}

/* A member of the object: a figure, or null where there is none. */
static void print_member(const char *name, bool there, double value)
{
    if (there) {
        printf("\"%s\": %.6g, ", name, value);
    } else {
        printf("\"%s\": null, ", name);
    }
}

static void print_json(const result *r)
{
    const bool limit = r->limit.median > 0, libtorch = r->libtorch.median > 0;
    printf("{\"workload\": \"%s\", \"config\": \"%s\", \"threads\": %d, ", r->workload, r->config,
           r->threads);
    print_member("reel", true, figure(r, r->reel.median));
    print_member("reel_low", true, figure(r, r->rate ? r->reel.high : r->reel.low));
    print_member("reel_high", true, figure(r, r->rate ? r->reel.low : r->reel.high));
    print_member("limit", limit, limit ? figure(r, r->limit.median) : 0);
    print_member("libtorch", libtorch, libtorch ? figure(r, r->libtorch.median) : 0);
    print_member("ratio_limit", limit, limit ? ratio(r, r->limit) : 0);
    print_member("ratio_libtorch", libtorch, libtorch ? ratio(r, r->libtorch) : 0);
    const bar b = find_bar(r);
    print_member("bar", b.kind != NO_BAR, b.value);
    printf("\"met\": %s, ", b.kind == NO_BAR ? "null" : is_met(r, b) ? "true" : "false");
    printf("\"unit\": \"%s\"}\n", r->unit);
}

/* Another's figure, and ours as a multiple of it. */
static void print_cells(const result *r, timing other)
{
    if (other.median > 0) {
        printf(" %.3g | %.3g |", figure(r, other.median), ratio(r, other));
    } else {
        printf(" | |");
    }
}

static void print_bar_cell(const result *r)
{
    const bar b = find_bar(r);
    if (b.kind == NO_BAR) {
        printf(" |\n");
        return;
    }
    printf(" %s %g %s: %s |\n", b.kind == BAR_AT_LEAST ? "≥" : "≤", b.value,
           b.kind == BAR_RATIO ? "× by hand" : r->unit, is_met(r, b) ? "met" : "**missed**");
}

static void print_markdown(const result *r)
{
    static bool started;
    if (!started) {
        printf(
            "| workload | threads | Reel | middle half | by hand | ratio | libtorch | ratio | bar "
            "|\n|---|---|---|---|---|---|---|---|---|\n");
        started = true;
    }
    printf("| %s: %s | %d | %.3g %s | %.3g–%.3g |", r->workload, r->config, r->threads,
           figure(r, r->reel.median), r->unit, figure(r, r->rate ? r->reel.high : r->reel.low),
           figure(r, r->rate ? r->reel.low : r->reel.high));
    print_cells(r, r->limit);
    print_cells(r, r->libtorch);
    print_bar_cell(r);
}

void report(const result *r)
{
    static void (*const print[])(const result *) = {
        [FORMAT_TEXT] = print_text, [FORMAT_JSON] = print_json, [FORMAT_MARKDOWN] = print_markdown};
    print[bench_format](r);
    fflush(stdout);
    compare_with_baseline(r);
}
