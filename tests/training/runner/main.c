/* SPDX-License-Identifier: MIT */
/* The program: which runs, and the count of what came of them. */
#include "runner.h"
#include "versions.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: trajectories [--verbose | --losses] DIR|FILE...\n"
    "\n"
    "Replays training runs of PyTorch's (*.safetensors): the same initial weights from the\n"
    "seed, to the bit, and the same loss and learning rate at every step; or initial weights\n"
    "alone. Prints each run that\n"
    "fails, with the first thing that differs, and one line at the end; the exit status is 0\n"
    "if none failed.\n"
    "\n"
    "  --verbose   each run that passes too\n"
    "  --losses    prints our loss of each step instead, and compares no losses\n";

typedef struct tally {
    versions versions;
    bool verbose, losses;
    long count[3]; /* by outcome */
} tally;

static void ignore(void *context, reel_level level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
}

/* A file that is no run is a failure: nothing is left out in silence. */
static void run_file(tally *to, const char *path)
{
    reel *r = reel_new();
    reel_set_message_handler(r, ignore, NULL);
    reel_safetensors *file = reel_safetensors_open(r, path);
    reason why = {""};
    outcome result = FAILED;
    if (file) {
        note_version(&to->versions, reel_safetensors_metadata(file, "torch"));
        result = reel_safetensors_metadata(file, "cases") ? replay_initial(r, file, &why)
                                                          : replay(r, file, to->losses, &why);
    } else {
        because(&why, "%s", reel_error(r));
    }
    to->count[result]++;
    if (result == FAILED || to->verbose) {
        printf("%s %s%s%s\n", result == FAILED ? "FAIL" : "passed", path, why.text[0] ? ": " : "",
               why.text);
    }
    reel_free(r);
}

static int is_run(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 12 && strcmp(entry->d_name + length - 12, ".safetensors") == 0;
}

static void run_folder(tally *to, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_run, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        run_file(to, path);
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    if (count <= 0) {
        printf("FAIL %s: no runs\n", folder);
        to->count[FAILED]++;
    }
}

static void run_path(tally *to, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        run_folder(to, path);
    } else {
        run_file(to, path);
    }
}

int main(int argc, char **argv)
{
    tally to = {.verbose = false};
    int first = 1;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (argc > 1 && (strcmp(argv[1], "--verbose") == 0 || strcmp(argv[1], "--losses") == 0)) {
        to.losses = argv[1][2] == 'l';
        to.verbose = !to.losses;
        first = 2;
    }
    if (first >= argc || argv[first][0] == '-') {
        fputs(usage, stderr);
        return 2;
    }
    for (int i = first; i < argc; i++) {
        run_path(&to, argv[i]);
    }
    if (to.losses) {
        return to.count[FAILED] ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    print_versions(&to.versions);
    printf("%ld passed, %ld failed, %ld skipped\n", to.count[PASSED], to.count[FAILED],
           to.count[SKIPPED]);
    return to.count[FAILED] == 0 && to.count[PASSED] > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
