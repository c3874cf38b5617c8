/* SPDX-License-Identifier: MIT */
/* The program: which files, which cases, and the count of what came of them. */
#include "runner.h"
#include "versions.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: conformance [--op NAME]... [--verbose] [--replayed] DIR|FILE...\n"
    "       conformance --list\n"
    "\n"
    "Runs PyTorch's cases (*.safetensors) and compares values, dtypes, shapes and\n"
    "gradients; what PyTorch refuses must be refused. Prints each failing case and\n"
    "one line at the end; the exit status is 0 if no case failed.\n"
    "\n"
    "  --op NAME   only this operator (PyTorch's name, as in the file's); may be repeated\n"
    "  --replayed  each call is captured and replayed instead: the same bits must come\n"
    "              back, and operators that refuse it are those that are known to\n"
    "  --list      the operators that are bound, with PyTorch's parameters\n"
    "  --verbose   each operator's count too, and each call that C's types refuse\n";

enum { MAX_OPS = 64 };

typedef struct run {
    versions versions;
    const char *op[MAX_OPS];
    size_t ops;
    bool verbose, replayed;
    long count[3]; /* by outcome */
} run;

static void ignore(void *context, reel_level level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
}

static bool is_wanted(const run *to, const char *op)
{
    bool wanted = to->ops == 0;
    for (size_t i = 0; i < to->ops; i++) {
        wanted |= strcmp(to->op[i], op) == 0;
    }
    return wanted;
}

static void run_cases(run *to, reel *r, reel_safetensors *file, const char *op, json_t *cases)
{
    static const char *const words[] = {"passed", "FAIL", "refused by type"};
    long count[3] = {0};
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *it = json_array_get(cases, i);
        reason why = {""};
        outcome result = (to->replayed ? run_replayed : run_case)(r, file, op, it, &why);
        count[result]++;
        to->count[result]++;
        if (result == FAILED || (result == REFUSED_BY_TYPE && to->verbose)) {
            printf("%s %s %lld: %s\n", words[result], op,
                   (long long)json_integer_value(json_object_get(it, "id")), why.text);
        }
    }
    if (to->replayed && is_refused_in_capture(op) && count[REFUSED_BY_TYPE] == 0) {
        printf("FAIL %s: should refuse to be captured, and does not\n", op);
        to->count[FAILED]++;
    }
    if (to->verbose) {
        printf("     %s: %ld passed, %ld failed, %ld of them refused by type\n", op,
               count[PASSED] + count[REFUSED_BY_TYPE], count[FAILED], count[REFUSED_BY_TYPE]);
    }
}

/* A file that is no case file is a failure: nothing is left out in silence. */
static void run_file(run *to, const char *path)
{
    reel *r = reel_new();
    reel_set_message_handler(r, ignore, NULL);
    reel_safetensors *file = reel_safetensors_open(r, path);
    const char *op = reel_safetensors_metadata(file, "op");
    const char *text = reel_safetensors_metadata(file, "cases");
    json_t *cases = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (!op || !json_is_array(cases) || json_array_size(cases) == 0) {
        printf("FAIL %s: %s\n", path, file ? "has no cases" : reel_error(r));
        to->count[FAILED]++;
    } else if (is_wanted(to, op)) {
        run_cases(to, r, file, op, cases);
    }
    note_version(&to->versions, reel_safetensors_metadata(file, "torch"));
    json_decref(cases);
    reel_free(r);
}

static int is_case_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 12 && strcmp(entry->d_name + length - 12, ".safetensors") == 0;
}

static bool run_folder(run *to, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_case_file, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        run_file(to, path);
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    return count > 0;
}

static bool run_path(run *to, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return run_folder(to, path);
    }
    run_file(to, path);
    return true;
}

static int list_operators(void)
{
    for (size_t i = 0; binding_at(i); i++) {
        printf("%s(%s)\n", binding_at(i)->name, binding_at(i)->parameters);
    }
    return EXIT_SUCCESS;
}

static int wrong_usage(const char *what)
{
    fprintf(stderr, "conformance: %s\n%s", what, usage);
    return 2;
}

/* The options; the first that is none is argv[*first]. -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, run *to, int *first)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        }
        if (strcmp(argv[i], "--list") == 0) {
            return list_operators();
        }
        if (strcmp(argv[i], "--verbose") == 0) {
            to->verbose = true;
        } else if (strcmp(argv[i], "--replayed") == 0) {
            to->replayed = true;
        } else if (strcmp(argv[i], "--op") == 0 && i + 1 < argc && to->ops < MAX_OPS) {
            to->op[to->ops++] = argv[++i];
        } else {
            return wrong_usage(argv[i]);
        }
    }
    *first = i;
    return i < argc ? -1 : wrong_usage("which folder?");
}

int main(int argc, char **argv)
{
    run to = {.ops = 0};
    int first = 0, status = read_options(argc, argv, &to, &first);
    if (status >= 0) {
        return status;
    }
    for (int i = first; i < argc; i++) {
        if (!run_path(&to, argv[i])) {
            printf("FAIL %s: no case files\n", argv[i]);
            to.count[FAILED]++;
        }
    }
    print_versions(&to.versions);
    /* Nothing is ever skipped: what is not known has failed. */
    printf("%ld passed, %ld failed, 0 skipped\n", to.count[PASSED] + to.count[REFUSED_BY_TYPE],
           to.count[FAILED]);
    return to.count[FAILED] == 0 && to.count[PASSED] > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
