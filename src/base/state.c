/* SPDX-License-Identifier: MIT */
/* A reel's allocator, its errors and messages, and the ring of what it owns. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "state.h"

#include "c_locale.h"
#include "counted.h"
#include "fixed_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* Memory of many pages is better had in large ones: fewer faults, and loops run up to a third
 * faster. */
enum { LARGE_PAGE = 2 << 20, LARGE_FROM = 2 * LARGE_PAGE };

static void *allocate(size_t size)
{
#ifdef MADV_HUGEPAGE
    void *block;
    if (size >= LARGE_FROM) {
        if (posix_memalign(&block, LARGE_PAGE, size) != 0) {
            return NULL;
        }
        madvise(block, size, MADV_HUGEPAGE); /* a wish: where it is not granted nothing is lost */
        return block;
    }
#endif
    return malloc(size);
}

static void *default_allocator(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return block ? realloc(block, new_size) : allocate(new_size);
}

static void default_handler(void *context, reel_level level, const char *message)
{
    (void)context;
    fprintf(stderr, "reel: %s: %s\n", level == REEL_ERROR ? "error" : "warning", message);
}

void *reeli_malloc(reel *r, size_t size)
{
    return r->allocator(r->allocator_context, NULL, 0, size ? size : 1);
}

void reeli_free(reel *r, void *block, size_t size)
{
    if (block) {
        r->allocator(r->allocator_context, block, size ? size : 1, 0);
    }
}

void reeli_no_reel(const reel_options *options, const char *why)
{
    const reel_message_handler handler =
        options && options->handler ? options->handler : default_handler;
    handler(options ? options->handler_context : NULL, REEL_ERROR, why);
}

reel *reeli_state_new(const reel_options *options)
{
    reel_allocator allocator =
        options && options->allocator ? options->allocator : default_allocator;
    void *context = options ? options->allocator_context : NULL;
    const bool fixed = options && options->memory;
    if (fixed) {
        allocator = reeli_fixed_allocator;
        context = reeli_fixed_memory_new(options->memory, options->memory_size);
    }
    reel *r = allocator(context, NULL, 0, sizeof *r);
    if (!r) {
        return NULL;
    }
    memset(r, 0, sizeof *r);
    r->allocator = allocator;
    r->allocator_context = context;
    if (fixed) { /* a library would have memory of its own */
        r->blas = (reeli_blas){.callers = 1, .about = "none: all memory is the caller's"};
    }
    reel_set_message_handler(r, options ? options->handler : NULL,
                             options ? options->handler_context : NULL);
    r->owned.next = r->owned.previous = &r->owned;
    r->grad_enabled = true;
    r->threads = 1;
    reeli_mt_seed(&r->random, 0);
    return r;
}

void reeli_state_free(reel *r)
{
    reeli_tell_repeats(r);
    r->arena.slots = (reeli_slots){.at = NULL}; /* no view needs to be told what goes */
    while (r->owned.next != &r->owned) {
        reeli_disown(r->owned.next);
    }
    reeli_arena_free(r);
    reeli_pool_free(r);
    reeli_free_slabs(r);
    reeli_free_queues(r);
    r->allocator(r->allocator_context, r, sizeof *r, 0);
}

void reeli_enter_callback(reel *r, reeli_visit *v, const char *head, bool may_rewind)
{
    *v = (reeli_visit){r->last_mark, r->within, r->visits, r->in_callback_since, r->destination};
    r->within = head ? head : r->within;
    r->in_callback_since = r->births;
    r->callbacks++;
    r->visits += !may_rewind;
    r->destination = NULL;
    r->arena.callbacks++;
}

void reeli_leave_callback(reel *r, const reeli_visit *v)
{
    r->callbacks--;
    r->visits = v->visits;
    while (r->marks && r->marks->number > v->last_mark) { /* its own */
        r->marks = r->marks->outer;
    }
    r->within = v->within;
    r->in_callback_since = v->since;
    r->destination = v->destination;
}

static void report(reel *r, reel_status status, const char *format, va_list arguments)
    REELI_PRINTF(3, 0);

/* Whether the default handler has just said the same: then it is counted. */
static bool is_repeated(reel *r, const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (const char *c = text; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    }
    if (r->handler != default_handler) {
        return false;
    }
    if (hash == r->told) {
        r->repeats++;
        return true;
    }
    reeli_tell_repeats(r);
    r->told = hash;
    return false;
}

void reeli_tell_repeats(reel *r)
{
    if (r->repeats) {
        fprintf(stderr, "reel: the same came %s more\n", REELI_COUNTED(r->repeats, "time"));
    }
    r->repeats = r->told = 0;
}

/* The handler may use the reel; what that has to say is not handed to it again. */
static void tell(reel *r, reel_level level, const char *text)
{
    if (!r->telling && !is_repeated(r, text)) {
        reeli_visit visit;
        struct reel_graph *const capture = r->capture; /* of which it is no part */
        r->telling = true;
        r->capture = NULL;
        reeli_enter_callback(r, &visit, NULL, false);
        r->handler(r->handler_context, level, text);
        reeli_leave_callback(r, &visit);
        r->capture = capture;
        r->telling = false;
    }
}

/* Names that are not ours may be of several lines, or sound a bell. */
static void make_one_line(char *text)
{
    for (char *c = text; *c; c++) {
        *c = (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c;
    }
}

/* An error is recorded only if it is the first; every message is handed on. */
static void report(reel *r, reel_status status, const char *format, va_list arguments)
{
    char later[REELI_MESSAGE_SIZE];
    bool first = status != REEL_OK && r->status == REEL_OK;
    char *text = first ? r->message : later;
    int head = r->within ? snprintf(text, REELI_MESSAGE_SIZE / 2, "%s: ", r->within) : 0;
    size_t at = head < REELI_MESSAGE_SIZE / 2 ? (size_t)head : REELI_MESSAGE_SIZE / 2 - 1;
    reeli_vformat(text + at, REELI_MESSAGE_SIZE - at, format, arguments);
    make_one_line(text);
    if (first) {
        r->status = status;
    }
    r->failed_since = r->failed_since || status != REEL_OK;
    tell(r, status == REEL_OK ? REEL_WARNING : REEL_ERROR, text);
}

reel_status reeli_error(reel *r, reel_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(r, status, format, arguments);
    va_end(arguments);
    return status;
}

reel_tensor *reeli_fail(reel *r, reel_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(r, status, format, arguments);
    va_end(arguments);
    return r->poison;
}

void reeli_warn(reel *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(r, REEL_OK, format, arguments);
    va_end(arguments);
}

reel_status reeli_failure(const reel *r)
{
    return r && r->status != REEL_OK ? r->status : REEL_ERR_OWNER;
}

reel_tensor *reeli_no_memory(reel *r, const char *what)
{
    return reeli_fail(r, REEL_ERR_MEMORY, "%s: out of memory", what);
}

bool reel_failed(const reel *r) { return !r || r->status != REEL_OK; }

const char *reel_error(const reel *r)
{
    return r ? r->message : "there is no reel: it could not be made, or NULL was given";
}

reel_status reel_error_status(const reel *r) { return r ? r->status : REEL_ERR_MEMORY; }

void reel_clear_error(reel *r)
{
    if (r) {
        r->status = REEL_OK;
        r->message[0] = '\0';
    }
}

void reel_set_message_handler(reel *r, reel_message_handler handler, void *context)
{
    if (r) {
        reeli_tell_repeats(r);
        r->handler = handler ? handler : default_handler;
        r->handler_context = context;
    }
}

void reel_manual_seed(reel *r, uint64_t seed)
{
    if (r && !REELI_REFUSE(r, "manual_seed", "the generator cannot be seeded")) {
        reeli_mt_seed(&r->random, seed);
    }
}

size_t reel_memory_peak(const reel *r)
{
    return r && r->allocator == reeli_fixed_allocator ? reeli_fixed_peak(r->allocator_context) : 0;
}
