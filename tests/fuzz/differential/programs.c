/* SPDX-License-Identifier: MIT */
/*
 * Runs random programs that fuzz.py has written: leaves, then calls of PyTorch's operators, bound
 * as conformance cases are, on results of the calls before. Every result, and gradients and
 * gradients of gradients of a weighted sum of them all, must be PyTorch's; three threads, and a
 * replay of the program captured with other values, must give the same bits as the program itself.
 */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool compare_all(program *p, json_t *names, json_t *atols, reel_tensor *const *ours,
                        size_t count, const char *what, reason *why)
{
    for (size_t i = 0; i < count; i++) {
        json_t *name = json_array_get(names, i), *atol = json_array_get(atols, i);
        reason inner = {""};
        if (json_is_null(name) || json_is_null(atol)) {
            continue; /* PyTorch's own answer hangs on the last digits of its inputs, or is none */
        }
        reel_tensor *theirs = reel_safetensors_tensor(p->s.file, json_string_value(name));
        reel_tensor *got = ours[i] ? ours[i] : reel_zeros_like(theirs);
        if (!check_tensor(got, theirs, json_number_value(atol), &inner)) {
            p->wrong = got, p->right = theirs, p->atol = json_number_value(atol);
            return because(why, "%s %zu (%s): %s", what, i, p->maker[i] ? p->maker[i] : "leaf",
                           inner.text);
        }
    }
    return true;
}

static bool as_pytorch(program *p, reason *why)
{
    json_t *it = p->it;
    if (!run_program(p, why) ||
        !compare_all(p, json_object_get(it, "outputs"), json_object_get(it, "atols"), p->result,
                     p->results, "value", why)) {
        return false;
    }
    if (!json_object_get(it, "grads")) {
        return true;
    }
    memset(p->maker, 0, sizeof p->maker);
    return compare_all(p, json_object_get(it, "grads"), json_object_get(it, "grad_atols"),
                       p->gradient, p->s.leaves, "gradient", why) &&
           compare_all(p, json_object_get(it, "second"), json_object_get(it, "second_atols"),
                       p->second, p->s.leaves, "second", why);
}

static bool same_bits(const bits *expected, program *p, const char *how, reason *why)
{
    bits got = bits_of(p);
    const bool same = got.size == expected->size &&
                      (got.size == 0 || memcmp(got.data, expected->data, got.size) == 0);
    free(got.data);
    return same || because(why, "%s: other bits", how);
}

/* Captured with halved leaves, replayed with their own. What depends on values refuses to be
 * captured. */
static bool as_replayed(program *p, const bits *expected, bool *refused, reason *why)
{
    halve_leaves(p);
    reel_capture_begin(p->r);
    reason ignored = {""};
    run_program(p, &ignored);
    reel_graph *graph = reel_capture_end(p->r);
    *refused = !graph;
    reel_clear_error(p->r);
    restore_leaves(p);
    bool same =
        !graph || reel_replay(graph) == REEL_OK || because(why, "replay: %s", reel_error(p->r));
    same = same && (!graph || same_bits(expected, p, "replay", why));
    reel_graph_free(graph);
    return same;
}

/* Whether a call of it is refused, which other values might not be. */
static bool refuses(const program *p)
{
    json_t *steps = json_object_get(p->it, "steps"), *step;
    size_t i;
    json_array_foreach(steps, i, step)
    {
        if (json_object_get(step, "error")) {
            return true;
        }
    }
    return false;
}

static bool check(program *p, bool *refused, reason *why)
{
    if (!as_pytorch(p, why)) {
        return false;
    }
    bits expected = bits_of(p);
    reel_rewind(p->r);
    reel_set_num_threads(p->r, 3);
    restore_leaves(p);
    bool same = run_program(p, why) && same_bits(&expected, p, "three threads", why);
    reel_rewind(p->r);
    reel_set_num_threads(p->r, 1);
    same = same && (refuses(p) || as_replayed(p, &expected, refused, why));
    free(expected.data);
    return same;
}

static int run_file(const char *path)
{
    reel *r = reel_new();
    reel_safetensors *file = reel_safetensors_open(r, path);
    const char *text = reel_safetensors_metadata(file, "cases"),
               *version = reel_safetensors_metadata(file, "torch");
    json_t *all = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    size_t failed = 0, uncaptured = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        reason why = {""};
        bool refused = false;
        program p = {.it = json_array_get(all, i)};
        if (!open_program(&p, path, &why) || !check(&p, &refused, &why)) {
            printf("FAIL %lld: %s\n", (long long)json_integer_value(json_object_get(p.it, "id")),
                   why.text);
            if (p.wrong && !reel_is_poison(p.wrong)) {
                print_differences(p.wrong, p.right, p.atol);
            }
            failed++;
        }
        uncaptured += refused;
        close_program(&p);
    }
    printf("%zu programs by PyTorch %s, %zu of which cannot be captured: %zu failed\n",
           json_array_size(all), version ? version : "unknown", uncaptured, failed);
    failed += json_array_size(all) == 0;
    json_decref(all);
    reel_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Files by name, one a line. */
static int run_named(FILE *names)
{
    char path[4096];
    int status = EXIT_SUCCESS;
    while (fgets(path, sizeof path, names)) {
        path[strcspn(path, "\n")] = '\0';
        status |= run_file(path);
        fflush(stdout);
    }
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 2 || (argv[1][0] == '-' && argv[1][1])) {
        fputs("usage: fuzz_programs FILE\n\nRuns the programs of a file that fuzz.py has written; "
              "with -, of those that standard input names.\n",
              stderr);
        return 2;
    }
    return strcmp(argv[1], "-") == 0 ? run_named(stdin) : run_file(argv[1]);
}
