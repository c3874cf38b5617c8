/* SPDX-License-Identifier: MIT */
/* Names that are nearly the same, for messages about one that is not there. */
#ifndef REELI_NEAR_NAME_H
#define REELI_NEAR_NAME_H

#include <stddef.h>
#include <stdint.h>

/* Name i of a list. */
typedef const char *reeli_name_at(const void *list, size_t i);

/*
 * Which of a list of names is made of `name` by changing, putting in, leaving out or exchanging the
 * fewest letters, whatever their case; -1 where that is more than a third of its letters for all,
 * so that none is anything alike.
 *
 * Source: Damerau (1964), as the distance of optimal string alignment.
 */
int64_t reeli_nearest_name(const char *name, size_t count, reeli_name_at *at, const void *list);

#endif
