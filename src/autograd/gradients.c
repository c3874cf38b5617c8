/* SPDX-License-Identifier: MIT */
/* reel_gradients: backward to the tensors that are asked for, found by a table of their
 * addresses. */
#include "backward.h"

#include <string.h>

/* Where the number of t is, counted from 1, if it is a target; else a place with 0 in it. */
static uint32_t *number_of(const reeli_backward *b, const reel_tensor *t)
{
    const uint64_t mixed = (uint64_t)(uintptr_t)t * 0x9e3779b97f4a7c15;
    size_t i = (size_t)(mixed >> 32) & b->mask;
    while (b->numbers[i] && b->targets[b->numbers[i] - 1] != t) {
        i = (i + 1) & b->mask;
    }
    return &b->numbers[i];
}

reel_tensor **reeli_result_of(const reeli_backward *b, const reel_tensor *t)
{
    const uint32_t number = *number_of(b, t);
    return number ? &b->results[number - 1] : NULL;
}

/* Gives the inputs numbers, and one that is there twice the first of its two. False, and an error,
 * when memory is out, or for what is no tensor to be used. */
static bool number_targets(reel *r, reeli_backward *b)
{
    size_t room = 4;
    while (room < 2 * b->count && b->count <= INT32_MAX) {
        room *= 2;
    }
    b->mask = room - 1;
    b->numbers = reeli_arena_alloc(r, room * sizeof *b->numbers);
    if (!b->numbers || b->count > INT32_MAX) {
        reeli_no_memory(r, "gradients");
        return false;
    }
    memset(b->numbers, 0, room * sizeof *b->numbers);
    for (size_t i = 0; i < b->count; i++) {
        if (!reeli_usable_as(r, "gradients", "an input", b->targets[i])) {
            return false;
        }
        uint32_t *number = number_of(b, b->targets[i]);
        *number = *number ? *number : (uint32_t)(i + 1);
        b->results[i] = NULL;
    }
    return true;
}

reel_status reel_gradients(reel_tensor *output, reel_tensor *const *inputs, size_t count,
                           const reel_backward_options *options, reel_tensor **gradients)
{
    reel *r = output ? reeli_reel_of(output) : NULL;
    if (r && (!reeli_list_given(r, "gradients", inputs, count) ||
              !reeli_list_given(r, "gradients", gradients, count))) {
        return REEL_ERR_VALUE;
    }
    reeli_backward b = {
        .options = options, .targets = inputs, .results = gradients, .count = count};
    const bool numbered = r && number_targets(r, &b);
    const reel_status status = numbered ? reeli_run_backward(&b, output) : reeli_failure(r);
    for (size_t i = 0; numbered && i < count && status == REEL_OK; i++) {
        gradients[i] = *reeli_result_of(&b, inputs[i]);
    }
    for (size_t i = 0; i < count && gradients && status != REEL_OK; i++) {
        gradients[i] = r ? r->poison : NULL;
    }
    return status;
}
