/* SPDX-License-Identifier: MIT */
/*
 * What the calls that api.awk makes draw their arguments by, and what they look at afterwards.
 *
 * There are two reels. Each has a pool of tensors and one of handles of each kind, the last ones
 * that came back of anything; whether they are alive is nobody's care, so what has been rewound,
 * what has been freed and what is the other reel's is passed on like the rest.
 */
#ifndef API_H
#define API_H

#include <limits.h>
#include <math.h>
#include <reel/reel.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn static void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define FAULTY_REQUIRE(holds, ...) ((holds) ? (void)0 : fault(__VA_ARGS__))
#include "faulty.h"

enum {
    TENSORS = 24,       /* in a reel's pool */
    HANDLES = 6,        /* of a kind */
    NUMBERS = 8,        /* marks and hooks */
    MANY = 64,          /* elements of an array whose length no count says */
    ARRAYS = 1024,      /* drawn for one input */
    MOST_CALLS = 160,   /* of one input */
    DEEPEST = 3,        /* callbacks in callbacks */
    BUDGET = 1 << 19,   /* bytes that a reel may have */
    LARGEST = 1 << 11,  /* elements of a tensor in a pool: a view may have more than memory */
    VALUES = BUDGET / 8 /* so that no tensor has more */
};

typedef struct function {
    const char *name;
    void (*call)(void);
} function;

typedef struct world {
    faulty memory;
    reel *r;
    reel_tensor *poison; /* known by its address, for asking would tell of what is stale */
    reel_tensor *tensors[TENSORS];
    int64_t numel[TENSORS]; /* when they were new */
    void *handles[KINDS][HANDLES];
    uint64_t numbers[NUMBERS];
    unsigned tensors_made, handles_made[KINDS], numbers_made;
    long errors;
    bool capturing;
} world;

/* The call that is being made. */
typedef struct call_state {
    const char *name;
    world *of;        /* whose reel was an argument */
    bool excused;     /* an argument was NULL or poison, so what fails may have no error */
    bool pending;     /* an error was recorded already */
    bool called_back; /* calls were made from within it */
    bool failed;      /* what came back says so */
    long errors;      /* before it */
} call_state;

static world worlds[2], *here;
static call_state now;
static const uint8_t *input, *input_end;
static int depth, calls;
static bool tracing;
static void *arrays[ARRAYS];
static size_t array_count;
static double all_values[VALUES], all_results[VALUES];
static bool all_truths[BUDGET];
static char folder[64], paths[5][128];
static bool files_touched;
static FILE *nowhere;

static void some_calls(void);
static void *make(enum kind kind);

/* The input. */

static unsigned draw_byte(void) { return input < input_end ? *input++ : 0; }
static unsigned draw_bits(void) { return draw_byte() | draw_byte() << 8; }
static bool draw_flip(void) { return draw_byte() & 1; }
static bool rarely(void) { return draw_byte() >= 0xF8; }

/* What is wrong with it, where. */

static void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void trace(const char *format, ...)
{
    if (tracing) {
        va_list arguments;
        va_start(arguments, format);
        fprintf(stderr, "%*s", 4 * depth, "");
        vfprintf(stderr, format, arguments);
        va_end(arguments);
    }
}

static void fault(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "api: %s: ", now.name ? now.name : "the input");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

static bool is_failed(void) { return reel_failed(worlds[0].r) || reel_failed(worlds[1].r); }
static long errors(void) { return worlds[0].errors + worlds[1].errors; }

static void begin_call(const char *name)
{
    now.name = name;
    now.pending = is_failed();
    now.errors = errors();
    trace("%s\n", name);
}

/* Numbers. */

static int64_t draw_whole(void)
{
    static const int64_t wild[] = {INT64_MIN,
                                   INT64_MAX,
                                   INT64_MIN + 1,
                                   INT64_MAX - 1,
                                   INT32_MIN,
                                   INT32_MAX,
                                   UINT32_MAX,
                                   1LL << 32,
                                   1LL << 31,
                                   1LL << 62,
                                   -(1LL << 62),
                                   1LL << 61,
                                   INT64_MAX / 3,
                                   INT64_MAX / 5,
                                   INT64_MIN / 2,
                                   1LL << 53,
                                   (1LL << 53) + 1,
                                   -100,
                                   1000,
                                   70000,
                                   64,
                                   8,
                                   9,
                                   1LL << 48};
    const unsigned b = draw_byte();
    if (b >= 0xF0) {
        return wild[draw_byte() % (sizeof wild / sizeof *wild)];
    }
    return b >= 0xD0 ? (int64_t)(b % 7) - 4 : (int64_t)(b % (b >= 0xC0 ? 16 : 4));
}

static int64_t draw_few(void) { return (int64_t)(draw_byte() % 8) - 1; }

static size_t draw_place(void)
{
    const unsigned b = draw_byte();
    return b < 0xF0 ? b % 4 : b < 0xF8 ? b : (size_t)draw_whole();
}

/* For int and size_t; what is not to be believed goes with a NULL array. */
static int draw_count(void)
{
    static const int wild[] = {-1, INT_MIN, INT_MAX, 9, 64, 65, 1000, 1 << 24};
    const unsigned b = draw_byte();
    return b >= 0xF8 ? wild[b & 7] : b >= 0xE0 ? (int)(b % 10) : (int)(b % 4);
}

static double draw_number(void)
{
    static const double some[] = {0,
                                  1,
                                  -1,
                                  0.5,
                                  2,
                                  0.1,
                                  1e-3,
                                  0.9,
                                  3,
                                  -0.5,
                                  0.25,
                                  10,
                                  1e-8,
                                  -0.0,
                                  0.99,
                                  4,
                                  (double)INFINITY,
                                  -(double)INFINITY,
                                  (double)NAN,
                                  1e300,
                                  -1e300,
                                  1e38,
                                  3.5e38,
                                  5e-324,
                                  1e19,
                                  -9.3e18,
                                  127,
                                  1e-45,
                                  255,
                                  -3,
                                  1e9,
                                  9007199254740993.0};
    const unsigned b = draw_byte();
    return some[b < 0xC0 ? b % 16 : b % 32];
}

/* One of so many, or none of them. */
static int draw_choice(int values)
{
    const unsigned b = draw_byte();
    return b >= 0xF8 ? (int)b - 0xFC : (int)(b % (unsigned)values);
}

static uint64_t draw_remembered(void)
{
    const unsigned b = draw_byte();
    return b < 0xF0 ? here->numbers[b % NUMBERS] : (uint64_t)draw_whole();
}

/* Arrays: as long as the count says and no longer, so that a sanitizer sees what is read behind. */

#define ROOM(count) room((int64_t)(count))
static int room(int64_t count) { return count < 0 || count > MANY ? -1 : (int)count; }

static void *exact(int room, size_t size)
{
    if (room < 0 || array_count == ARRAYS || rarely()) {
        return NULL;
    }
    void *array = calloc((size_t)room, size);
    FAULTY_REQUIRE(array != NULL || room == 0, "no memory");
    arrays[array_count++] = array;
    return array;
}

static int64_t *draw_wholes(int room)
{
    int64_t *it = exact(room, sizeof *it);
    for (int i = 0; i < room && it; i++) {
        it[i] = room == MANY && i >= 8 ? 0 : draw_whole();
    }
    return it;
}

static void *draw_values(void) { return rarely() ? NULL : all_values; }
static bool *draw_truths(void) { return rarely() ? NULL : all_truths; }
static void *draw_room_for_values(void) { return rarely() ? NULL : all_results; }

/* Texts. */

static const char *draw_name(void)
{
    static char long_name[300];
    static const char *const some[] = {
        "weight",
        "bias",
        "0",
        "1",
        "0.weight",
        "a",
        "b",
        "c",
        "lr",
        "momentum",
        "beta1",
        "x y",
        "",
        "%s%n%d",
        "a.b",
        "line\nbreak",
        "\xff\xfe",
        "\xc3\xa9",
        "\"q\\\"|",
        "<b>&amp;",
        "eps",
        "__metadata__",
        "sum",
        long_name,
        "betas",
        "running_mean",
        "param_groups.0.lr",
        "0.0.exp_avg",
        "weight_decay",
        "mean",
        "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f"
        "\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
        "target"};
    const unsigned b = draw_byte();
    if (!long_name[0]) {
        memset(long_name, 'n', sizeof long_name - 1);
    }
    return b == 0xFF ? NULL : some[b % (sizeof some / sizeof *some)];
}

static const char **draw_names(int room)
{
    const char **it = exact(room, sizeof *it);
    for (int i = 0; i < room && it; i++) {
        it[i] = room == MANY && i >= 8 ? "z" : draw_name();
    }
    return it;
}

static const char *draw_path(void)
{
    static char long_path[5000];
    const unsigned b = draw_byte();
    if (!long_path[0]) {
        memset(long_path, 'p', sizeof long_path - 1);
    }
    const char *const bad[] = {NULL, "", folder, long_path};
    files_touched = true;
    return b >= 0xF0 ? bad[b % 4] : paths[b % (sizeof paths / sizeof *paths)];
}

static const char *draw_equation(void)
{
    static const char *const some[] = {"ij,jk->ik", "ij->ji", "ii->i",   "i,i->",     "ij,ij->",
                                       "...i->...", "i->ii",  "ij,jk",   "ijk,k->ij", "a b",
                                       "->",        "",       "i,j->ij", "ij,kj->ik", "i...,i..."};
    const unsigned b = draw_byte();
    return b >= 0xF0 ? draw_name() : some[b % (sizeof some / sizeof *some)];
}

static FILE *draw_stream(void) { return rarely() ? NULL : nowhere; }

/* Reels and what is theirs. */

static reel *draw_reel(void)
{
    const unsigned b = draw_byte();
    now.excused = now.excused || b == 0xFF;
    now.of = b == 0xFF ? NULL : b == 0xFE ? &worlds[here == worlds] : here;
    return now.of ? now.of->r : NULL;
}

static bool is_poison(const reel_tensor *t)
{
    return t == worlds[0].poison || t == worlds[1].poison;
}

static void keep(reel_tensor *t)
{
    const int64_t numel = t ? reel_numel(t) : 0;
    if (t && numel <= LARGEST) {
        const unsigned i = here->tensors_made++ % TENSORS;
        here->tensors[i] = t;
        here->numel[i] = numel;
        trace("  -> tensor %u: %s of %d dims, %lld elements\n", i,
              is_poison(t) ? "poison" : reel_dtype_name(reel_dtype_of(t)), reel_ndim(t),
              (long long)numel);
    }
}

static reel_tensor *fresh(unsigned b)
{
    static const struct {
        int ndim;
        int64_t size[5];
    } shapes[] = {{2, {2, 3}},       {1, {3}},    {2, {2, 2}},    {0, {0}},
                  {2, {3, 2}},       {1, {2}},    {2, {3, 4}},    {3, {2, 2, 3}},
                  {4, {1, 2, 4, 4}}, {2, {1, 3}}, {3, {1, 2, 4}}, {5, {1, 2, 2, 2, 2}},
                  {1, {0}},          {2, {2, 0}}, {1, {1}},       {2, {4, 4}}};
    const int ndim = shapes[b % 16].ndim;
    const int64_t *size = shapes[b % 16].size;
    reel *r = here->r;
    reel_tensor *t;
    const unsigned kind = draw_byte() % 8;
    if (kind < 5) {
        t = reel_randn(r, kind < 3 ? REEL_F32 : REEL_F64, ndim, size);
        t = kind & 1 ? t : reel_requires_grad_(t, true);
    } else {
        t = kind == 5   ? reel_randint(r, REEL_I64, 0, 3, ndim, size)
            : kind == 6 ? reel_full(r, REEL_F32, 0.5, ndim, size)
                        : reel_ones(r, REEL_BOOL, ndim, size);
    }
    keep(t);
    return t;
}

static reel_tensor *draw_tensor(void)
{
    const unsigned b = draw_byte();
    world *of = b == 0xFE ? &worlds[here == worlds] : here;
    reel_tensor *t = NULL;
    if (b != 0xFF) {
        const unsigned i = (of->tensors_made - 1 - b % 16) % TENSORS;
        t = b < 0xE8 ? of->tensors[i] : NULL;
        trace("  tensor %u%s\n", i, !t ? " is a new one" : of == here ? "" : " of the other reel");
        t = t ? t : fresh(b);
    }
    now.excused = now.excused || !t || is_poison(t);
    return t;
}

static reel_tensor **draw_tensors(int room)
{
    reel_tensor **it = exact(room, sizeof *it);
    for (int i = 0; i < room && it; i++) {
        it[i] = draw_tensor();
    }
    now.excused = now.excused || !it || room == 0; /* then there is no reel */
    return it;
}

static reel_tensor **draw_outs(int room) { return exact(room, sizeof(reel_tensor *)); }

/* As many elements as a tensor has that was there lately, for that is what is asked for. */
static int64_t draw_numel(void)
{
    const int64_t numel = here->numel[(here->tensors_made - 1 - draw_byte() % 4) % TENSORS];
    return rarely() ? draw_whole() : numel;
}

static void *draw_handle(enum kind kind)
{
    const unsigned b = draw_byte();
    const world *of = b == 0xFE ? &worlds[here == worlds] : here;
    void *it = NULL;
    if (b != 0xFF) {
        it = b < 0xE0 ? of->handles[kind][(of->handles_made[kind] - 1 - b % 4) % HANDLES] : NULL;
        it = it ? it : make(kind);
    }
    now.excused = now.excused || !it;
    trace("  a handle of kind %d: %s\n", (int)kind, it ? "" : "NULL");
    return it;
}

static void **draw_handles(enum kind kind, int room)
{
    void **it = exact(room, sizeof *it);
    for (int i = 0; i < room && it; i++) {
        it[i] = draw_handle(kind);
    }
    return it;
}

static const char *draw_json(void)
{
    return draw_flip() ? draw_name() : reel_encoder_to_json(draw_handle(KIND_encoder));
}

static reel_tensor_list draw_reel_tensor_list(void)
{
    const unsigned b = draw_byte();
    if (b < 0xC0) {
        return reel_parameters(draw_handle(KIND_module));
    }
    const int count = draw_count();
    return (reel_tensor_list){draw_reel(), draw_tensors(ROOM(count)), (size_t)count};
}

static reel_named_tensor *array_reel_named_tensor(int room)
{
    reel_named_tensor *it = exact(room, sizeof *it);
    reel_named_tensors state = {NULL, 0};
    switch (draw_byte() % 8) {
    case 0:
        state = reel_state_dict(draw_handle(KIND_module));
        break;
    case 1:
        state = reel_optimizer_state_dict(draw_handle(KIND_optimizer));
        break;
    case 2:
        state = reel_scheduler_state_dict(draw_handle(KIND_scheduler));
        break;
    case 3:
        state = reel_ema_state_dict(draw_handle(KIND_ema));
        break;
    case 4:
        state = reel_early_stopping_state_dict(draw_handle(KIND_early_stopping));
        break;
    default:
        break;
    }
    for (int i = 0; i < room && it; i++) {
        if ((size_t)i < state.count) {
            it[i] = state.entries[i];
        } else {
            it[i].name = draw_name();
            it[i].tensor = draw_tensor();
        }
    }
    now.excused = true;
    return it;
}

#endif
