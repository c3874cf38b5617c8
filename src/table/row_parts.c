/* SPDX-License-Identifier: MIT */
/* Memory is divided alike among the parts; one that is full is written to the end of its part. */
#include "row_parts.h"
#include "scratch_file.h"

#include <string.h>

static const char what[] = "row_file";

bool reeli_row_order_no_memory(reel_row_file *f)
{
    reeli_no_memory(f->owned.r, what);
    return false;
}

bool reeli_row_order_refuse(reel_row_file *f, const char *before, int64_t number, const char *after)
{
    reeli_error(f->owned.r, REEL_ERR_VALUE, "%s: %s%lld%s", what, before, (long long)number, after);
    return false;
}

static size_t count_bytes(const reeli_row_parts *p)
{
    return 2 * (size_t)p->count * sizeof(int64_t);
}

bool reeli_row_parts_begin(reeli_row_parts *p, int64_t bytes)
{
    reel *r = p->f->owned.r;
    p->room = bytes / (int64_t)p->record / p->count;
    if (p->room == 0) {
        return reeli_row_order_refuse(p->f, "", (int64_t)p->f->memory,
                                      " bytes of memory are too few for so many rows");
    }
    int *descriptor = &p->f->order.descriptor;
    if (*descriptor < 0 && (*descriptor = reeli_scratch_open(r, what, NULL)) < 0) {
        return false;
    }
    p->next = reeli_malloc(r, count_bytes(p));
    if (!p->next) {
        return reeli_row_order_no_memory(p->f);
    }
    memset(p->next, 0, count_bytes(p));
    p->held = p->next + p->count;
    return true;
}

bool reeli_row_parts_put(reeli_row_parts *p, int64_t part)
{
    const int64_t record = (int64_t)p->record, at = p->base + p->next[part] * record;
    const size_t bytes = (size_t)p->held[part] * p->record;
    const char *from = p->memory + part * p->room * record;
    p->next[part] += p->held[part];
    p->held[part] = 0;
    return reeli_scratch_write(p->f->owned.r, what, NULL, p->f->order.descriptor, from, bytes, at);
}

void *reeli_row_parts_add(reeli_row_parts *p, int64_t part)
{
    if (p->held[part] == p->room && !reeli_row_parts_put(p, part)) {
        return NULL;
    }
    return p->memory + (part * p->room + p->held[part]++) * (int64_t)p->record;
}

bool reeli_row_parts_put_all(reeli_row_parts *p)
{
    bool done = true;
    for (int64_t i = 0; done && i < p->count; i++) {
        done = reeli_row_parts_put(p, i);
    }
    return done;
}

int64_t reeli_row_parts_get(const reeli_row_parts *p, int64_t first, int64_t end)
{
    const reeli_row_order *o = &p->f->order;
    const int64_t most = (int64_t)(o->piece_bytes / p->record), left = end - first;
    const int64_t count = left < most ? left : most;
    return reeli_scratch_read(p->f->owned.r, what, NULL, o->descriptor, o->piece,
                              (size_t)count * p->record, p->base + first * (int64_t)p->record)
               ? count
               : 0;
}

void reeli_row_parts_free(reeli_row_parts *p)
{
    reeli_free(p->f->owned.r, p->next, count_bytes(p));
    p->next = NULL;
}
