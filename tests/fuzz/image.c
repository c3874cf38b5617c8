/* SPDX-License-Identifier: MIT */
/* Any bytes at all as a picture: it is refused with a reason, or it can be read, and what is
 * written of it is read as the same, in 256 steps. */
#include "fuzz.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    budget memory;
    write_input(data, size);
    reel *r = reel_within(&memory, size, 32);
    reel_tensor *t = reel_read_image(r, path);
    require(reel_is_poison(t) == reel_failed(r), "poison without an error, or the other way");
    if (!reel_failed(r)) {
        require(reel_write_image(t, path) == REEL_OK, reel_error(r));
        reel_tensor *again = reel_read_image(r, path);
        require(!reel_failed(r), reel_error(r));
        require(reel_numel(again) == reel_numel(t), "another picture came back");
        for (int64_t i = 0; i < reel_numel(t); i++) {
            const float apart = reel_data_f32(t)[i] - reel_data_f32(again)[i];
            require(fabsf(apart) < 0.501F / 255, "other values came back");
        }
    }
    reel_free(r);
    return 0;
}
