/* SPDX-License-Identifier: MIT */
/* reel lab: what the playground asks the library for, from the command line. */
#include "lab.h"

#include "commands.h"

#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1 << 16 };

/* As argp calls it. NOLINTNEXTLINE(readability-non-const-parameter) */
static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **path = state->input;
    if (key == ARGP_KEY_ARG && !*path) {
        *path = argument;
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "one request at a time");
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp lab_parser = {
    NULL,
    parse,
    "[FILE]",
    "Runs an experiment that is given as JSON, and prints what came out as JSON. The playground in "
    "the browser asks the same function.\v"
    "Without FILE the request is read from standard input.\n\n"
    "  echo '{\"do\": \"run\", \"experiment\": {\"kind\": \"training\", \"loss\": \"mse\"}}' | "
    "reel lab\n"
    "  echo '{\"do\": \"code\", \"language\": \"python\", \"experiment\": {\"kind\": "
    "\"training\"}}' | reel lab\n"
    "  echo '{\"do\": \"ask\", \"lesson\": \"order\", \"question\": 0, \"seed\": 7}' | reel lab\n",
    NULL,
    NULL,
    NULL};

static bool read_request(const char *name, const char *path, char *text)
{
    const bool standard = !path || strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "r");
    const size_t length = stream ? fread(text, 1, LONGEST, stream) : 0;
    const bool whole = stream && !ferror(stream);
    if (!whole) {
        fprintf(stderr, "%s: %s cannot be read: %s\n", name, standard ? "standard input" : path,
                strerror(errno));
    } else if (length == LONGEST) {
        fprintf(stderr, "%s: a request has up to 65535 bytes\n", name);
    }
    text[length < LONGEST ? length : 0] = '\0';
    if (stream && !standard) {
        fclose(stream);
    }
    return whole && length < LONGEST;
}

int lab(int argc, char **argv)
{
    const char *path = NULL;
    argp_parse(&lab_parser, argc, argv, 0, NULL, &path);
    char *request = malloc(LONGEST + 1);
    const bool read = request && read_request(argv[0], path, request);
    char *answer = read ? lab_answer(request) : NULL;
    if (answer) {
        puts(answer);
    } else if (read || !request) {
        fprintf(stderr, "%s: out of memory\n", argv[0]);
    }
    const bool done = answer && strncmp(answer, "{\"error\"", 8) != 0 && fflush(stdout) == 0;
    free(answer);
    free(request);
    return done ? 0 : 1;
}
