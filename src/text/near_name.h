/* SPDX-License-Identifier: MIT */
/* Names that are nearly the same, for messages about one that is not there. */
#ifndef REELI_NEAR_NAME_H
#define REELI_NEAR_NAME_H

/*
 * How many letters have to be changed, put in, left out or exchanged with the next to make name b
 * of a, whatever their case; -1 where that is more than a third of a's, so that they are nothing
 * alike.
 *
 * Source: Damerau (1964), as the distance of optimal string alignment.
 */
int reeli_name_distance(const char *a, const char *b);

#endif
