/* SPDX-License-Identifier: MIT */
/* Any bytes at all as an .npy file: it is refused with a reason, or it can be read, and what is
 * written of it is read as the same. */
#include "fuzz.h"

/* Bit by bit, NaNs included. */
static void compare(reel_tensor *a, reel_tensor *b)
{
    require(reel_dtype_of(a) == reel_dtype_of(b) && reel_ndim(a) == reel_ndim(b) &&
                reel_numel(a) == reel_numel(b),
            "another tensor came back");
    size_t count = (size_t)reel_numel(a);
    const void *x = NULL, *y = NULL;
    size_t bytes = 8;
    switch (reel_dtype_of(a)) {
    case REEL_F32:
        x = reel_data_f32(a), y = reel_data_f32(b), bytes = 4;
        break;
    case REEL_F64:
        x = reel_data_f64(a), y = reel_data_f64(b);
        break;
    case REEL_I64:
        x = reel_data_i64(a), y = reel_data_i64(b);
        break;
    case REEL_BOOL:
        x = reel_data_bool(a), y = reel_data_bool(b), bytes = 1;
        break;
    }
    require(count == 0 || memcmp(x, y, count * bytes) == 0, "other elements came back");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    budget memory;
    write_input(data, size);
    reel *r = reel_within(&memory, size, 32);
    reel_tensor *t = reel_npy_load(r, path);
    require(reel_is_poison(t) == reel_failed(r), "poison without an error, or the other way");
    if (!reel_failed(r)) {
        require(reel_npy_save(t, path) == REEL_OK, reel_error(r));
        reel_tensor *again = reel_npy_load(r, path);
        require(!reel_failed(r), reel_error(r));
        compare(t, again);
    }
    reel_free(r);
    return 0;
}
