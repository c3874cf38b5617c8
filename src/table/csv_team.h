/* SPDX-License-Identifier: MIT */
/* A file that several processes read together (reel_table_options.team). */
#ifndef REELI_CSV_TEAM_H
#define REELI_CSV_TEAM_H

#include "csv_reader.h"
#include "csv_source.h"

/*
 * Reads on after the first piece, as far as that is worth while: *taken is how many bytes of the
 * file have been read, and the source goes on there. By all processes of the team, whatever their
 * files are; the cells come to be those that each alone would have read. False, and an error.
 */
bool reeli_csv_team(reeli_csv_reader *it, reeli_csv_source *source, int64_t *taken);

/* What all processes of a team have, `mine` from this one, one behind the other until the next
 * time, and how many bytes of each: by all of them, also where something has failed, of which all
 * learn. False, and an error. */
bool reeli_team_gather(reel *r, const reel_table_team *team, const reeli_buffer *mine, char **all,
                       const int64_t **counts);

#endif
