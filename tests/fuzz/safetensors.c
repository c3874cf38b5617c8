/* SPDX-License-Identifier: MIT */
/* Any bytes at all as a safetensors file: it is refused with a reason, or all of it can be read and
 * written again. */
#include "fuzz.h"

/* Reads every tensor; the sum keeps the reading from being optimised away and touches each
 * element. */
static void read_all(reel *r, reel_safetensors *file)
{
    size_t count = reel_safetensors_count(file), read = 0;
    reel_named_tensor *tensors = calloc(count + 1, sizeof *tensors);
    require(tensors != NULL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const char *name = reel_safetensors_name(file, i);
        reel_tensor *t = reel_safetensors_tensor(file, name);
        require(reel_is_poison(t) == reel_failed(r), "poison without an error, or the other way");
        if (!reel_failed(r)) {
            tensors[read++] = (reel_named_tensor){name, t};
            require(!reel_is_poison(reel_sum(t)), "a tensor cannot be summed");
        }
        reel_clear_error(r);
    }
    for (size_t i = 0; i < reel_safetensors_metadata_count(file); i++) {
        reel_metadata_entry entry = reel_safetensors_metadata_entry(file, i);
        require(strcmp(reel_safetensors_metadata(file, entry.key), entry.value) == 0, "metadata");
    }
    require(reel_safetensors_save(r, path, tensors, read, NULL, 0) == REEL_OK, reel_error(r));
    reel_safetensors *again = reel_safetensors_open(r, path);
    require(reel_safetensors_count(again) == read, "what was written cannot be opened");
    free(tensors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    write_input(data, size);
    budget memory;
    reel *r = reel_within(&memory, size, 32);
    reel_safetensors *file = reel_safetensors_open(r, path);
    require(!file == reel_failed(r), "no file without an error, or the other way");
    if (file) {
        read_all(r, file);
    }
    reel_free(r);
    return 0;
}
