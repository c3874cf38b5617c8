/* SPDX-License-Identifier: MIT */
/* Any bytes at all as an .npz file: it is refused with a reason, or its list can be read, and each
 * member is refused or read and can be written again. */
#include "fuzz.h"

static void read_all(reel *r, reel_npz *file)
{
    size_t count = reel_npz_count(file), read = 0;
    reel_named_tensor *tensors = calloc(count + 1, sizeof *tensors);
    require(tensors != NULL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const char *name = reel_npz_name(file, i);
        require(name && reel_npz_has(file, name), "a name that is not there");
        reel_tensor *t = reel_npz_tensor(file, name);
        require(reel_is_poison(t) == reel_failed(r), "poison without an error, or the other way");
        if (!reel_failed(r)) {
            tensors[read++] = (reel_named_tensor){name, t};
        }
        reel_clear_error(r);
    }
    if (reel_npz_save(r, path, tensors, read, true) == REEL_OK) {
        reel_npz *again = reel_npz_open(r, path);
        require(reel_npz_count(again) == read, "what was written cannot be opened");
    } else { /* a name that is no UTF-8 */
        require(reel_error_status(r) == REEL_ERR_VALUE, reel_error(r));
    }
    free(tensors);
}

/* Deflate makes up to 1,032 bytes of one; the rest as of an .npy file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    budget memory;
    write_input(data, size);
    reel *r = reel_within(&memory, size, 32 * 1032);
    reel_npz *file = reel_npz_open(r, path);
    require(!file == reel_failed(r), "no file without an error, or the other way");
    if (file) {
        read_all(r, file);
    }
    reel_free(r);
    return 0;
}
