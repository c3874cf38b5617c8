/* SPDX-License-Identifier: MIT */
/* The program `reel`: small regression models from tables, on the command line. */
#include "commands.h"
#include "together.h"

#include <argp.h>
#include <reel/base.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
    const char *name, *what;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"fit", "train a model on a table", fit},
    {"evaluate", "say how good a model is on another table", evaluate},
    {"predict", "predict the target of new rows", predict},
    {"inspect", "print what a model holds", inspect},
    {"export", "write a model in C, SQL or as a formula", export_model},
    {"explain", "show an expression's gradients, step by step", explain},
    {"lab", "run an experiment given as JSON", lab},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int usage(FILE *to)
{
    fprintf(to, "Usage: reel COMMAND [OPTION...]\n\n"
                "Trains small regression models on tables, and uses them.\n\n");
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(to, "  reel %-9s %s\n", commands[i].name, commands[i].what);
    }
    fprintf(to, "\n`reel COMMAND --help` says more about each. To begin with:\n\n"
                "  reel fit houses.csv --target price --test-fraction 0.2\n"
                "  reel predict model.safetensors new.csv\n"
                "  reel explain 'b = a + a; c = b * b' a=3\n");
    return to == stdout ? 0 : 2;
}

static int run(const struct command *it, int argc, char **argv)
{
    char name[32]; /* what messages begin with */
    snprintf(name, sizeof name, "reel %s", it->name);
    argv[1] = name;
    return it->run(argc - 1, argv + 1);
}

/* The build, and what was found here. */
static void print_version(FILE *to, struct argp_state *state)
{
    (void)state;
    reel *r = reel_new();
    fprintf(to, "%s\nlarge products: %s\n", reel_build_info(), reel_blas_info(r));
    reel_free(r);
}

int main(int argc, char **argv)
{
    if (!together_start(argc, argv)) {
        return 1;
    }
    argp_program_version_hook = print_version;
    argp_err_exit_status = 2;
    if (argc < 2) {
        return usage(stderr);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        return usage(stdout);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        print_version(stdout, NULL);
        return fflush(stdout) != 0;
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return run(&commands[i], argc, argv);
        }
    }
    fprintf(stderr, "reel: there is no command '%s'\n\n", argv[1]);
    return usage(stderr);
}
