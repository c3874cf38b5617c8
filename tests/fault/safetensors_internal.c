/* SPDX-License-Identifier: MIT */
/* Every allocation of a save and a load fails once, and then all from there on: the reel's and the
 * JSON library's. White-box, because it links that library too, to make its allocations fail. */
#include "check_reel.h"

#include <errno.h>
#include <jansson.h>
#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/reel-fault-XXXXXX";

/* Allocation number `at` fails (counted from 0), and all after it if `for_good`. */
static struct {
    long seen, at;
    bool for_good;
} fault;

static bool fails(void)
{
    long i = fault.seen++;
    return fault.at >= 0 && (i == fault.at || (fault.for_good && i > fault.at));
}

static void *allocate(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return fails() ? NULL : realloc(block, new_size);
}

/* In malloc's place, which also says so in errno. */
static void *allocate_json(size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return malloc(size);
}

static bool save(reel *r)
{
    reel_tensor *t = reel_from_f32(r, (float[]){1, 2, 3}, REEL_SHAPE(3));
    reel_named_tensor tensors[] = {{"first", t},
                                   {"second", reel_zeros(r, REEL_I64, REEL_SHAPE(2))}};
    reel_metadata_entry metadata = {"step", "7"};
    return reel_safetensors_save(r, path, tensors, 2, &metadata, 1) == REEL_OK;
}

static bool load(reel *r)
{
    reel_safetensors *file = reel_safetensors_open(r, path);
    reel_tensor *t = reel_safetensors_tensor(file, "first");
    bool ok = !reel_is_poison(t) && reel_get(t, (int64_t[]){2}) == 3;
    ck_assert(!file || strcmp(reel_safetensors_metadata(file, "step"), "7") == 0);
    reel_safetensors_close(file);
    return ok;
}

/* Whether `work` was done; if not, an error says that memory was out. */
static bool run(bool (*work)(reel *), long at, bool for_good)
{
    fault.seen = 0;
    fault.at = at;
    fault.for_good = for_good;
    reel *r = reel_new_with(&(reel_options){.allocator = allocate, .handler = ignore_message});
    bool ok = r && work(r);
    if (r && !ok) {
        ck_assert_msg(reel_error_status(r) == REEL_ERR_MEMORY, "allocation %ld: \"%s\"", at,
                      reel_error(r));
    }
    ck_assert(!ok || !reel_failed(r));
    fault.at = -1;
    reel_free(r);
    return ok;
}

/* Jansson may live without an allocation (a smaller buffer), so success does not end the search. */
static void fail_everywhere(bool (*work)(reel *), bool for_good)
{
    ck_assert(run(work, -1, false));
    long total = fault.seen;
    ck_assert_int_gt(total, 10);
    for (long at = 0; at < total; at++) {
        run(work, at, for_good);
        fault.at = -1;
        ck_assert_msg(run(load, -1, false), "allocation %ld of %ld: the file is not whole", at,
                      total);
    }
}

START_TEST(save_and_load_survive)
{
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    json_set_alloc_funcs(allocate_json, free);
    ck_assert(run(save, -1, false));
    for (int for_good = 0; for_good < 2; for_good++) {
        fail_everywhere(save, for_good);
        fail_everywhere(load, for_good);
    }
    unlink(path);
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_test(cases, save_and_load_survive); }

int main(void) { return run_suite("safetensors under failing allocations", add_cases); }
