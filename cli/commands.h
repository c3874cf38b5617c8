/* SPDX-License-Identifier: MIT */
/* The commands of `reel`. Each answers with the program's exit status: 0, 1 if something failed; a
 * mistake on the command line ends the program with 2. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

enum { INTERRUPTED = 130 }; /* a training that Ctrl-C ended; its model was kept */

int fit(int argc, char **argv);
int evaluate(int argc, char **argv);
int predict(int argc, char **argv);
int inspect(int argc, char **argv);
int export_model(int argc, char **argv);
int explain(int argc, char **argv);
int lab(int argc, char **argv);

#endif
