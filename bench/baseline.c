/* SPDX-License-Identifier: MIT */
/*
 * --baseline: this run beside an earlier one's JSON. A machine is not as fast today as it was, so
 * where there is a limit, figures are compared as multiples of it. A line has moved if its middle
 * half and the earlier one's, both so, have nothing in common.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 200, LINE = 1024 };

static struct earlier {
    char name[128];
    double low, middle, high; /* of the limit, or in the unit */
    bool over_limit;
} lines[MOST_LINES];
static int count, slower, quicker, alike;
static bool asked;

static void fail(const char *path, const char *why)
{
    fprintf(stderr, "bench: --baseline %s: %s; see bench --help\n", path ? path : "", why);
    exit(2);
}

/* The member's text, without quotes; false if it is not there. */
static bool member(const char *line, const char *name, char *value, size_t size)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *at = strstr(line, key);
    if (!at) {
        return false;
    }
    at += strlen(key);
    const bool text = *at == '"';
    at += text;
    const size_t length = strcspn(at, text ? "\"" : ",}");
    snprintf(value, size, "%.*s", (int)(length < size ? length : size - 1), at);
    return true;
}

static double number_of(const char *line, const char *name)
{
    char value[64];
    return member(line, name, value, sizeof value) ? strtod(value, NULL) : 0;
}

static void name_line(char name[128], const char *workload, const char *config, int threads)
{
    snprintf(name, 128, "%s: %s, %d thread%s", workload, config, threads, threads == 1 ? "" : "s");
}

static bool read_line(const char *line, struct earlier *e)
{
    char workload[32], config[64];
    if (!member(line, "workload", workload, sizeof workload) ||
        !member(line, "config", config, sizeof config)) {
        return false;
    }
    name_line(e->name, workload, config, (int)number_of(line, "threads"));
    const double limit = number_of(line, "limit"), by = limit > 0 ? limit : 1;
    e->over_limit = limit > 0;
    e->low = number_of(line, "reel_low") / by;
    e->middle = number_of(line, "reel") / by;
    e->high = number_of(line, "reel_high") / by;
    return e->middle > 0;
}

void read_baseline(const char *path)
{
    FILE *in = path ? fopen(path, "r") : NULL;
    if (!in) {
        fail(path, path ? "it cannot be read" : "a file is needed");
    }
    for (char line[LINE]; count < MOST_LINES && fgets(line, sizeof line, in);) {
        count += read_line(line, &lines[count]);
    }
    fclose(in);
    if (count == 0) {
        fail(path, "it has no line that bench --json wrote");
    }
    asked = true;
}

static const struct earlier *find_earlier(const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(lines[i].name, name) == 0) {
            return &lines[i];
        }
    }
    return NULL;
}

void compare_with_baseline(const result *r)
{
    char name[128];
    name_line(name, r->workload, r->config, r->threads);
    const struct earlier *e = asked ? find_earlier(name) : NULL;
    if (!e || e->over_limit != (r->limit.median > 0)) {
        return;
    }
    const double by = e->over_limit ? figure(r, r->limit.median) : 1;
    const double low = figure(r, r->rate ? r->reel.high : r->reel.low) / by;
    const double high = figure(r, r->rate ? r->reel.low : r->reel.high) / by;
    const double middle = figure(r, r->reel.median) / by;
    const bool above = low > e->high, below = high < e->low;
    const bool worse = r->rate ? below : above, better = r->rate ? above : below;
    slower += worse, quicker += better, alike += !worse && !better;
    if (worse || better) {
        fprintf(stderr, "%s: %s: %.3g %s, was %.3g (%.3g to %.3g)\n", worse ? "SLOWER" : "quicker",
                name, middle, e->over_limit ? "x the limit" : r->unit, e->middle, e->low, e->high);
    }
}

bool conclude_baseline(void)
{
    if (asked) {
        fprintf(stderr, "beside the baseline: %d slower, %d quicker, %d within their spread\n",
                slower, quicker, alike);
    }
    return slower == 0;
}
