/* SPDX-License-Identifier: MIT */
/*
 * In rounds. A round's bytes are cut into a part for each process, at line feeds. Each process
 * parses its part and records what it finds; all play back the records of all parts, in their
 * order, as if their own parser had found it. So the table is the one that a single process reads,
 * whatever is in it: kinds of columns, texts in their order, lines in messages, and when it is
 * moved to a file.
 *
 * Where a part begins may be amid a quoted field. Then the part before it does not end between two
 * rows, its process says so, and all read this round each for itself; likewise where the parser
 * meets an error, which then is everybody's, with its line.
 */
#include "csv_team.h"
#include "csv_cells.h"
#include "csv_parse.h"
#include "csv_record.h"
#include "pages.h"
#include "system_file.h"
#include "table_cache.h"
#include "thresholds.h"

#include <string.h>

/* What tells files apart before they are read. */
typedef struct identity {
    int64_t able, machine, device, number, size, seconds;
} identity;

/* What a process has to say of its part, before its record. */
typedef struct part {
    int64_t begin, end;
    uint64_t hash;
    int64_t whole; /* it ends between two rows, and nothing was wrong with it */
} part;

typedef struct round {
    reeli_csv_reader *it;
    reeli_csv_source *source;
    const reel_table_team *team;
    int64_t at;     /* where it begins */
    int64_t length; /* of each part, more or less */
    bool checks;    /* reads all of the file for its hash: another process may have another one */
    char *bytes;
    size_t room;
    reeli_buffer message; /* char: a part and its record */
    char *all;
    const int64_t *counts;
} round;

bool reeli_team_gather(reel *r, const reel_table_team *team, const reeli_buffer *mine, char **all,
                       const int64_t **counts)
{
    reeli_visit visit;
    reeli_enter_callback(r, &visit, NULL, false);
    const bool done = team->gather(team->context, mine->data, (int64_t)mine->count, all, counts);
    reeli_leave_callback(r, &visit);
    return done;
}

static bool gather(round *now, const reeli_buffer *mine)
{
    return reeli_team_gather(now->it->r, now->team, mine, &now->all, &now->counts);
}

static identity identify(const reeli_csv_reader *it, const reeli_csv_source *source)
{
    struct stat status;
    identity is = {.machine = it->options->team->machine, .size = source->size};
    is.able = source->regular && !source->unpacker.packing && !source->recoder.encoding &&
              !it->options->comment && it->parser.delim_char != ' ' && it->named_here &&
              fstat(source->descriptor, &status) == 0;
    if (is.able) {
        is.device = (int64_t)status.st_dev;
        is.number = (int64_t)status.st_ino;
        is.seconds = (int64_t)status.st_mtime;
    }
    return is;
}

/* Whether all can read their files by parts. */
static bool get_together(round *now, bool *able)
{
    identity mine = identify(now->it, now->source);
    if (!gather(now, &(reeli_buffer){&mine, sizeof mine, sizeof mine})) {
        return false;
    }
    const identity *all = (const identity *)(const void *)now->all;
    bool first = true, same = true;
    *able = true;
    for (int i = 0; i < now->team->size; i++) {
        const bool is_mine = memcmp(&all[i], &mine, sizeof mine) == 0;
        first = first && (!is_mine || i >= now->team->rank);
        same = same && is_mine;
        *able = *able && all[i].able && all[i].size == mine.size;
    }
    now->checks = first && !same;
    return true;
}

/* Fills the round's bytes with those of the file from `at` on; *got may be less than are asked
 * for where they end. */
static bool read_at(round *now, int64_t at, size_t count, size_t *got)
{
    reeli_csv_source *source = now->source;
    source->ended = false;
    return lseek(source->descriptor, at, SEEK_SET) == at
               ? reeli_csv_raw(source, now->bytes, count, got)
               : reeli_csv_unreadable(source, REEL_ERR_FILE, "cannot be read at its parts");
}

/* The place after the first line feed from `from` on; 0: there is none. */
static size_t after_feed(const char *bytes, size_t from, size_t count)
{
    const char *feed = from < count ? memchr(bytes + from, '\n', count - from) : NULL;
    return feed ? (size_t)(feed - bytes) + 1 : 0;
}

/* Parses this process's part of bytes, and records it. */
static void record(round *now, char *bytes, size_t count, part *mine)
{
    reeli_csv_reader *it = now->it;
    reeli_csv_reader one = {.r = it->r,
                            .table = it->table,
                            .options = it->options,
                            .decimal = it->decimal,
                            .path = it->path,
                            .named = true,
                            .named_here = true,
                            .record = &now->message,
                            .order = it->order};
    if (reeli_csv_begin_parser(&one) && !memchr(bytes, '\0', count)) {
        csv_set_delim(&one.parser, csv_get_delim(&it->parser));
        mine->whole = reeli_csv_take(&one, bytes, count) && reeli_csv_between_rows(&one);
    }
    reeli_csv_end_parser(&one);
}

/* This process's part into the message; false, and an error. */
static bool make_part(round *now)
{
    const int64_t rank = now->team->rank, begin = now->at + rank * now->length;
    size_t got = 0, room = sizeof(part);
    part mine = {.begin = 0};
    if (!read_at(now, begin, (size_t)now->length + REELI_CSV_PIECE, &got)) {
        return false;
    }
    now->message.count = 0;
    if (!reeli_buffer_grow(now->it->r, &now->message, room)) {
        reeli_csv_no_memory(now->it);
        return false;
    }
    now->message.count = room;
    const size_t from = rank ? after_feed(now->bytes, 0, got) : 0;
    const size_t to = after_feed(now->bytes, (size_t)now->length, got);
    if (to > from && (from || !rank)) {
        mine = (part){begin + (int64_t)from, begin + (int64_t)to, 0, false};
        mine.hash =
            reeli_csv_hash_of(now->bytes + from, to - from, now->it->hashed + mine.begin - now->at);
        record(now, now->bytes + from, to - from, &mine);
    }
    memcpy(now->message.data, &mine, sizeof mine);
    return true;
}

/* Bytes of the file up to `end`, each process for itself: into the hash, and into the table. */
static bool read_alone(round *now, int64_t end, bool hashes, bool takes)
{
    for (int64_t at = now->at; at < end && !now->it->failed;) {
        size_t got = 0, left = (size_t)(end - at);
        if (!read_at(now, at, left < now->room ? left : now->room, &got)) {
            return false;
        }
        if (got == 0) {
            return reeli_csv_unreadable(now->source, REEL_ERR_FILE, "has become shorter");
        }
        if (hashes) {
            reeli_csv_hash(now->it, now->bytes, got);
        }
        if (takes) {
            reeli_csv_take(now->it, now->bytes, got);
        }
        at += (int64_t)got;
    }
    return !now->it->failed;
}

/* As if the parser had found it. */
static bool play_back(reeli_csv_reader *it, char *at, const char *end)
{
    reel_table *t = it->table;
    const size_t cell = reeli_cell_bytes(t);
    uint32_t length;
    while (at < end && !it->failed) {
        switch (*at++) {
        case REELI_RECORDED_NUMBER:
            it->row_line = it->column == 0 ? it->line : it->row_line;
            reeli_csv_put(t, reeli_csv_column(it), at);
            it->column++;
            at += cell;
            break;
        case REELI_RECORDED_TEXT:
            memcpy(&length, at, sizeof length);
            reeli_csv_on_field(at + sizeof length, length, it);
            at += sizeof length + length + 1;
            break;
        case REELI_RECORDED_FEED:
            reeli_csv_on_row('\n', it);
            break;
        default:
            reeli_csv_on_row('\r', it);
        }
    }
    return !it->failed;
}

/* Whether the parts are one after the other, and each is whole; *end is the last one's. */
static bool fit_together(const round *now, int64_t *end)
{
    const char *message = now->all;
    *end = now->at;
    for (int i = 0; i < now->team->size; i++) {
        part one;
        memcpy(&one, message, sizeof one);
        if (!one.whole || one.begin != *end) {
            return false;
        }
        *end = one.end;
        message += now->counts[i];
    }
    return true;
}

static bool play_back_all(round *now)
{
    reeli_csv_reader *it = now->it;
    char *message = now->all;
    for (int i = 0; i < now->team->size; i++) {
        part one;
        memcpy(&one, message, sizeof one);
        if (!now->checks) {
            it->table->hash += one.hash;
            it->hashed += one.end - one.begin;
        }
        if (!play_back(it, message + sizeof one, message + now->counts[i])) {
            return false;
        }
        message += now->counts[i];
    }
    return true;
}

static bool read_round(round *now)
{
    int64_t end;
    if (!make_part(now) || !gather(now, &now->message)) {
        return false;
    }
    if (!fit_together(now, &end)) {
        end = now->at + now->team->size * now->length;
        if (!read_alone(now, end, true, true)) {
            return false;
        }
    } else if ((now->checks && !read_alone(now, end, true, false)) || !play_back_all(now)) {
        return false;
    }
    now->at = end;
    return true;
}

/* Each for itself up to the next row, if that is not far. */
static bool find_row(round *now)
{
    size_t got = 0, end;
    while (!reeli_csv_between_rows(now->it)) {
        if (!read_at(now, now->at, REELI_CSV_PIECE, &got)) {
            return false;
        }
        end = after_feed(now->bytes, 0, got);
        end = end ? end : got;
        reeli_csv_hash(now->it, now->bytes, end);
        if (end == 0 || !reeli_csv_take(now->it, now->bytes, end)) {
            return !now->it->failed;
        }
        now->at += (int64_t)end;
    }
    return true;
}

static bool read_rounds(round *now)
{
    const int64_t size = now->team->size;
    const int64_t most =
        REELI_TEAM_ROUND / size > REELI_TEAM_PART ? REELI_TEAM_ROUND / size : REELI_TEAM_PART;
    now->room = (size_t)most + REELI_CSV_PIECE;
    now->bytes = reeli_malloc(now->it->r, now->room);
    if (!now->bytes) {
        reeli_csv_no_memory(now->it);
    }
    while (now->bytes && find_row(now)) {
        const int64_t each = (now->source->size - REELI_CSV_PIECE - now->at) / size;
        now->length = each < most ? each : most;
        if (now->length < REELI_TEAM_PART || !read_round(now)) {
            break;
        }
        if (reeli_keep_is_due(now->it, 0) && reeli_csv_between_rows(now->it) &&
            !reeli_keep_note(now->it, now->at)) {
            break;
        }
        reeli_csv_tell_progress(now->it, now->at, now->source->size);
    }
    return !now->it->failed && now->it->r->status == REEL_OK;
}

bool reeli_csv_team(reeli_csv_reader *it, reeli_csv_source *source, int64_t *taken)
{
    round now = {.it = it, .source = source, .team = it->options->team, .at = *taken};
    bool able;
    if (!get_together(&now, &able)) {
        return false;
    }
    if (!able) {
        return true;
    }
    bool ok = read_rounds(&now);
    reeli_free(it->r, now.bytes, now.room);
    reeli_buffer_free(it->r, &now.message);
    source->ended = false;
    if (ok && lseek(source->descriptor, now.at, SEEK_SET) != now.at) {
        ok = reeli_csv_unreadable(source, REEL_ERR_FILE, "cannot be read at its parts");
    }
    *taken = now.at;
    return ok;
}
