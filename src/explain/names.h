/* SPDX-License-Identifier: MIT */
/* What the values and operations of a tape are called where it is shown, and how numbers look. */
#ifndef REELI_NAMES_H
#define REELI_NAMES_H

#include "buffer.h"
#include "tape.h"

enum { REELI_LABEL = 64, REELI_RULE = 192, REELI_LINE = 512 };

/* The tape may outlive what it was recorded of: t, or poison if that has been freed. */
static inline const reel_tensor *reeli_shown(const reel_tensor *t)
{
    return reeli_bad(t) ? reeli_reel_of(t)->poison : t;
}

/* For people: a tensor's name, else the step that made it, #3, else what it is. */
const char *reeli_label(char text[REELI_LABEL], const reel_tensor *t, const reeli_node *from);

/* A number in four decimals; a very large or small one with an exponent. */
const char *reeli_number_text(char text[REELI_LABEL], double value);
/* Element i of t, counted row by row. */
double reeli_element(const reel_tensor *t, int64_t i);
/* One value as it is; more of them as the first and last; "-" of NULL, or what is gone. */
const char *reeli_values_text(char text[REELI_LABEL], const reel_tensor *t);

/* What n's operation sends to an input, in terms of g, the gradient of its result, of the inputs
 * and the result y by their names: "g * x". "" where it has no short way to say it. */
const char *reeli_rule_text(char text[REELI_RULE], const reeli_node *n, int input);

/* The tape is linked from its end. It is turned round for as long as one goes from its beginning:
 * the node that was first. Turned again, with that, it is as it was. */
reeli_node *reeli_turn(reeli_node *n);

/* What a root came from. While one looks at it, the nodes among them have a `gradient`, their own
 * result, which is free outside of backward; others have none. */
typedef struct reeli_look {
    reel *r;
    const reel_tensor *root;
    reeli_buffer
        uses; /* reeli_look_use of leaves and constants, by tensor, and step from the end */
} reeli_look;

typedef struct reeli_look_use {
    const reel_tensor *t;
    uint32_t step;
    int input;
} reeli_look_use;

/* False, and an error, if the root is not usable or memory is out; then there is nothing to end. */
bool reeli_look_at(reeli_look *it, const char *what, const reel_tensor *root);
void reeli_look_away(reeli_look *it);
/* For programs, the same for the same tape: v3 is what step 3 made; leaf3_1 a leaf, called after
 * its last use, as input 1 of step 3. */
const char *reeli_id(char text[REELI_LABEL], const reeli_look *it, const reel_tensor *t,
                     const reeli_node *from);
/* Whether this use is the one that a leaf is called after. */
bool reeli_names_leaf(const reeli_look *it, const reeli_node *n, int input);

/* Where sentences go; into a page of HTML, what would be a tag there is written otherwise. */
typedef struct reeli_sheet {
    FILE *stream;
    bool html;
} reeli_sheet;

/* As printf, a line at most. */
void reeli_say(const reeli_sheet *to, const char *format, ...) REELI_PRINTF(2, 3);
/* reel_tape_explain's sentences. */
void reeli_explain(const reeli_look *look, const reeli_sheet *to);

/* The page that shows a tape, page.html in strings of a line or more, made by scripts/page.sh; then
 * NULL. */
extern const char *const reeli_page[];

#endif
