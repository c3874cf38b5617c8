/* SPDX-License-Identifier: MIT */
/* What the calls that api.awk makes look at when they have come back: what failed has a reason, a
 * sentence, and what has not can be read. */
#ifndef API_RESULTS_H
#define API_RESULTS_H

#include "api.h"

static bool has_new_error(void) { return is_failed() || errors() > now.errors; }

/* What failed has a reason, and what has not left none. */
static void came_back(bool failed, const char *what)
{
    if (now.pending || now.called_back) {
        return;
    }
    now.failed = failed;
    if (failed && !now.excused) {
        FAULTY_REQUIRE(has_new_error(), "%s without an error", what);
    }
    if (!failed && !worlds[0].capturing && !worlds[1].capturing) { /* or it is the capture's */
        FAULTY_REQUIRE(!has_new_error(), "an error, and yet no %s", what);
    }
}

static void look(const reel_tensor *t)
{
    uint64_t numel = 1; /* of what has no elements the other sizes may be any */
    const int ndim = reel_ndim(t);
    FAULTY_REQUIRE(ndim >= 0 && ndim <= REEL_MAX_DIMS, "%d dims", ndim);
    for (int d = 0; d < ndim; d++) {
        numel *= (uint64_t)reel_size(t, d);
    }
    FAULTY_REQUIRE(numel == (uint64_t)reel_numel(t), "sizes and their product differ");
    if (numel <= LARGEST && !is_failed() && !here->capturing && depth == 0) {
        const reel_status status = reel_to_f64(t, all_results, (int64_t)numel);
        reel *r = reel_of(t);
        here->capturing = status == REEL_ERR_STATE; /* it was begun from within another call */
        FAULTY_REQUIRE(status == REEL_OK || here->capturing, "its elements cannot be read: %s",
                       reel_error(r));
        if (here->capturing) {
            reel_clear_error(r);
        }
    }
}

/* What may be NULL or poison, and is kept. */
static void take_more(reel_tensor *t)
{
    if (t && !is_poison(t)) {
        look(t);
    }
    keep(t);
}

/* Functions that answer NULL where there is nothing. */
static bool may_be_nothing(void)
{
    static const char *const names[] = {"reel_grad", "reel_state_named", "reel_module_child",
                                        "reel_module_at", "reel_parameter"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(now.name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void take_tensor(reel_tensor *t)
{
    if (t || !may_be_nothing()) {
        came_back(!t || is_poison(t), "poison");
    }
    take_more(t);
}

static void take_outs(reel_tensor *const *outs, int room)
{
    for (int i = 0; i < room && outs; i++) {
        if (outs[i]) {
            take_more(outs[i]);
        }
    }
}

static void take_handle(enum kind kind, const void *handle)
{
    if (handle || !may_be_nothing()) {
        came_back(!handle, "NULL");
    }
    if (handle) {
        here->handles[kind][here->handles_made[kind]++ % HANDLES] = (void *)(uintptr_t)handle;
    }
}

static void take_status(reel_status status)
{
    /* A file that has failed says so again and again. */
    now.excused = now.excused || strncmp(now.name, "reel_file_", 10) == 0;
    came_back(status != REEL_OK, "status of a failure");
}

static void take_text(const char *text)
{
    FAULTY_REQUIRE(!text || strlen(text) < BUDGET, "a text without an end");
}

static void take_number(double number)
{
    if (isfinite(number)) {
        came_back(false, "NaN");
    }
}

static void take_whole(int64_t whole)
{
    if (whole > 0 && strcmp(now.name, "reel_is_poison") != 0 &&
        strcmp(now.name, "reel_early_stopping_step") != 0) { /* true: it is to end */
        came_back(false, "0");
    }
}

static void take_pointer(const void *p)
{
    if (p) {
        came_back(false, "NULL");
    }
}

static void remember(uint64_t number) { here->numbers[here->numbers_made++ % NUMBERS] = number; }

/* While a step is being captured nothing can be read. */
static void note_capture(void)
{
    if (now.of && strcmp(now.name, "reel_capture_begin") == 0) {
        now.of->capturing = now.of->capturing || !now.failed;
    } else if (now.of && strcmp(now.name, "reel_capture_end") == 0) {
        now.of->capturing = false;
    }
}

static void end_call(void)
{
    note_capture();
    for (int i = 0; i < 2; i++) {
        const char *sentence = reel_failed(worlds[i].r) ? reel_error(worlds[i].r) : "a: b";
        FAULTY_REQUIRE(strstr(sentence, ": ") && !strchr(sentence, '\n'),
                       "an error that is no sentence: %s", sentence);
    }
    trace("    %s\n", is_failed() ? reel_error(worlds[reel_failed(worlds[1].r)].r) : "done");
}

#endif
