/* SPDX-License-Identifier: MIT */
/* What each workload is to reach: a time, a rate, or a multiple of the limit in the same run. */
#include "bench.h"

#include <string.h>

static const struct {
    const char *workload, *config; /* how the line's begins */
    int threads;                   /* 0: any */
    bar bar;
} bars[] = {
    {"W1", "eager", 0, {BAR_RATIO, 80}},
    {"W1", "replayed", 0, {BAR_RATIO, 20}},
    {"W1p", "whole process", 0, {BAR_AT_MOST, 1.5}},
    {"W1p", "peak memory", 0, {BAR_AT_MOST, 6}},
    {"W2", "eager", 0, {BAR_RATIO, 1.3}},
    {"W2", "replayed", 0, {BAR_RATIO, 1.15}},
    {"W3", "eager", 1, {BAR_RATIO, 1.05}},
    {"W3", "replayed", 1, {BAR_RATIO, 1.05}},
    {"W3", "eager", 2, {BAR_RATIO, 1.1}},
    {"W3", "replayed", 2, {BAR_RATIO, 1.1}},
    {"W4", "eager", 0, {BAR_RATIO, 1.1}},
    {"W4", "limit in one pass", 0, {BAR_RATIO, 1.2}},
    {"W4h", "eager", 0, {BAR_RATIO, 1.1}},
    {"W4h", "limit in one pass", 0, {BAR_RATIO, 1.2}},
    {"W5", "eager", 0, {BAR_RATIO, 1.1}},
    {"W5", "limit in one pass", 0, {BAR_RATIO, 1.25}},
    {"W6", "eager", 0, {BAR_RATIO, 5}},
    {"W6", "replayed", 0, {BAR_RATIO, 1.2}},
    {"W7", "", 0, {BAR_RATIO, 1.5}},
    {"W8", "", 0, {BAR_RATIO, 1.3}},
    {"W9", "", 0, {BAR_RATIO, 1.5}},
    {"fit", "share inside the step", 0, {BAR_AT_LEAST, 0.8}},
    {"csv", "to floats", 0, {BAR_AT_LEAST, 100}},
    {"csv", "to features", 0, {BAR_RATIO, 1.25}},
};

bar find_bar(const result *r)
{
    for (size_t i = 0; i < sizeof bars / sizeof *bars; i++) {
        if (strcmp(bars[i].workload, r->workload) == 0 &&
            strncmp(bars[i].config, r->config, strlen(bars[i].config)) == 0 &&
            (bars[i].threads == 0 || bars[i].threads == r->threads) &&
            (bars[i].bar.kind != BAR_RATIO || r->limit.median > 0)) {
            return bars[i].bar;
        }
    }
    return (bar){NO_BAR, 0};
}
