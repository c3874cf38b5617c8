/* SPDX-License-Identifier: MIT */
/*
 * Tables: rows of named columns, of numbers or of text, from CSV and .npy files.
 *
 * A library configured with REEL_WITH_IO=OFF (REEL_HAS_IO is 0) has none of this.
 */
#ifndef REEL_TABLE_H
#define REEL_TABLE_H

#include <reel/tensor.h>

#if REEL_HAS_IO

#ifdef __cplusplus
extern "C" {
#endif

/** A table in memory. Every function below takes NULL for a table without columns. */
typedef struct reel_table reel_table;

/** Called while a file is read: so many bytes of its text have been, of `size`, which is -1 where
 *  it is not known. */
typedef void (*reel_table_progress)(void *context, const char *path, int64_t bytes, int64_t size);

/** Processes that read tables together: each parses a part of the file, and all get the whole
 *  table. reel/mpi.h makes one. */
typedef struct reel_table_team {
    int rank;        /**< this process's number among them, from 0 */
    int size;        /**< how many they are */
    int64_t machine; /**< the same number for those to whom a file is the same one */
    /** By all processes: *all comes to be what each has, one after the other, and counts[i] how
     *  many bytes process i has. They stay, and may be changed, until the next call. False, and an
     *  error, in all of them. */
    bool (*gather)(void *context, const void *mine, int64_t count, char **all,
                   const int64_t **counts);
    void *context; /**< what it gets */
} reel_table_team;

/** How a file is read; all zero is the default. Without effect on .npy files but for the dtype. */
typedef struct reel_table_options {
    char separator;     /**< between fields; 0: of , ; tab | the one that makes the same number of
                             fields in the first lines, or blanks where none does; ' ': blanks,
                             however many */
    char decimal;       /**< before a number's fraction; 0: '.' */
    char thousands;     /**< between groups of three digits, such as ',' or ' '; 0: nothing */
    char comment;       /**< lines that begin with it are passed over; 0: none */
    bool no_header;     /**< the first row is data; the columns are called "1", "2", … */
    bool detect_header; /**< the same if all that the first row has are numbers, with a warning */
    reel_dtype dtype;   /**< of the numbers: REEL_F32 or REEL_F64 */
    const char *const *text; /**< columns that are text though they may look like numbers, by name
                                  or number, as of `reel_table_look_up` */
    size_t text_count;       /**< how many */
    const char *const *missing; /**< what stands for a missing value besides what always does */
    size_t missing_count;       /**< how many */
    const char *const *date_formats; /**< as `reel_encoder_options` has them: a column that looks
                                          like numbers, but is dates by one with a month, is text */
    size_t date_format_count;        /**< how many */
    int64_t skip_lines;              /**< lines before the table, which are passed over */
    const char *encoding; /**< as iconv names it: "latin1", "windows-1252"; NULL: UTF-8, or
                                     UTF-16 where the file is */
    int64_t memory;       /**< bytes that a CSV table's cells may take in memory; 0: any number */
    const char *cache;    /**< where a CSV table is kept as it was read; NULL: nowhere */
    reel_table_progress progress; /**< told of each piece of a CSV file; NULL: nobody is */
    void *progress_context;       /**< what it gets */
    const reel_table_team *team;  /**< who else reads it; NULL: nobody */
} reel_table_options;

/**
 * Reads a table from a file: an .npy file, known by how it starts, with a matrix, whose columns are
 * called "1", "2", …; anything else is CSV. "-" is the standard input, and CSV may come by a pipe.
 * What gzip or zstd has compressed is read through.
 *
 * In CSV the first row has the columns' names; a column without one gets its number, and one whose
 * name is there already "x.1". Fields may be in quotes, and then hold separators, line breaks and
 * doubled quotes; spaces around them are dropped. What a row with too few fields does not have is
 * missing, and a warning tells of it. Empty lines are passed over, and so is a byte order mark;
 * "sep=;" in the first line names the separator. A field is missing if it is empty or one of NA N/A
 * n/a #N/A <NA> NaN nan -NaN -nan NaT null NULL None ? \N #DIV/0! #VALUE! #REF! #NAME? #NUM!
 * #NULL!.
 *
 * All rows say what a column holds. It holds numbers if at most a tenth of its values is anything
 * else, or if these are but three different texts and fewer than the numbers; what is else is then
 * missing, and a warning tells of it. Otherwise it holds text. A number may have a percent sign
 * (12 % is 0.12), a sign of currency, parentheses for less than zero; of such there is a warning,
 * too, and of zeros before numbers and of digits beyond 2^53, which may be names. A file is read
 * twice where numbers turn out to be text; a pipe cannot be, and that is an error.
 *
 * Numbers are read as the nearest double, whatever the process's locale, and then rounded to the
 * dtype. The memory is about that of the numbers alone, and of one copy of each different text.
 * Cells that would take more than `memory` lie in a file without a name, in TMPDIR or /var/tmp.
 *
 * With a `team` the same table is read by all its processes, which do this together: a plain file,
 * neither packed nor in another encoding, nor with comments or blanks between fields, is parsed by
 * parts, anything else by each process. Whether all had the same file `reel_table_hash` tells.
 *
 * What is kept in `cache` is read the next time, if the options and the files, by their sizes and
 * times, are those that it was made of, and it is whole; otherwise it is made anew. Of standard
 * input it is made each time. A file that is something else is not replaced. While it is made the
 * cells lie in `cache`.part, and where that is interrupted the next reading goes on, which a
 * warning tells, if nothing has changed. Of a team one process of each machine keeps it.
 *
 * Owner: the reel's until you free it, or the reel.
 * Fails: NULL, and REEL_ERR_FILE if the file cannot be read; REEL_ERR_FORMAT for what is no table:
 *        "houses.csv:17: expected 3 fields, …", with the line of the file (a row with too many
 *        fields, a quote that is never closed, text that is not in the encoding, a damaged
 *        archive); REEL_ERR_VALUE for options that are none; REEL_ERR_MEMORY.
 * Source: pandas.read_csv.
 */
REEL_API reel_table *reel_table_read(reel *r, const char *path, reel_table_options options);

/**
 * The same of several CSV files with the same columns, in whatever order, as one: the rows of the
 * first, then those of the second, and so on.
 *
 * Fails: as `reel_table_read`; REEL_ERR_FORMAT for a file that has other columns.
 * Source: pandas.concat.
 */
REEL_API reel_table *reel_table_read_all(reel *r, const char *const *paths, size_t count,
                                         reel_table_options options);

/**
 * A table of numbers from a matrix, which is copied; NaN is a missing value.
 *
 * Shape: x is (rows, columns), floating. `names` has a name for each column; NULL: "1", "2", ….
 * Owner: as of `reel_table_read`.
 * Fails: NULL, and REEL_ERR_SHAPE, REEL_ERR_DTYPE, REEL_ERR_VALUE for infinities and for names that
 *        come twice, are empty or not UTF-8, REEL_ERR_MEMORY; REEL_ERR_STATE while a step is
 *        being captured.
 * Source: pandas.DataFrame.
 */
REEL_API reel_table *reel_table_from_tensor(reel *r, reel_tensor *x, const char *const *names);

/** How many rows it has; the names are none. */
REEL_API int64_t reel_table_rows(const reel_table *t);
/** How many columns it has. */
REEL_API size_t reel_table_columns(const reel_table *t);
/** The dtype of its numbers. */
REEL_API reel_dtype reel_table_dtype(const reel_table *t);
/** The file it came from, as messages name it, of several the first; "" if it came from none. */
REEL_API const char *reel_table_path(const reel_table *t);
/** A number that tells files apart by what is in them, as it was read: two that differ in a byte
 *  have, but by a rare chance, two of them; 0 of a table that came from none. */
REEL_API uint64_t reel_table_hash(const reel_table *t);
/** A column's name; NULL where there is no such column. Owner: the table. */
REEL_API const char *reel_table_name(const reel_table *t, size_t column);
/** The number of the column of this name, from 0; -1 if there is none. */
REEL_API int64_t reel_table_find(const reel_table *t, const char *name);
/** The column that a user means: of this name, or else of this number, from 1; -1 if there is none.
 */
REEL_API int64_t reel_table_look_up(const reel_table *t, const char *text);
/** Whether a column holds text. */
REEL_API bool reel_table_is_text(const reel_table *t, size_t column);
/** How many values a column lacks. */
REEL_API int64_t reel_table_missing(const reel_table *t, size_t column);
/** How many different texts a column of text has; 0 for one of numbers. */
REEL_API size_t reel_table_categories(const reel_table *t, size_t column);
/** Text i of a column's, in the order of first appearance; NULL where there is none. Owner: the
 *  table. */
REEL_API const char *reel_table_category(const reel_table *t, size_t column, size_t i);
/** The line of its file on which a row starts, from 1; row + 1 where there are no lines, 0 for
 *  a row that cannot be. */
REEL_API int64_t reel_table_line(const reel_table *t, int64_t row);
/** The file that a row came from, as `reel_table_path` names one. Owner: the table. */
REEL_API const char *reel_table_row_path(const reel_table *t, int64_t row);

/**
 * A column's values: numbers in the table's dtype, NaN where one is missing; for text int64, which
 * text of `reel_table_category` it is, -1 where it is missing.
 *
 * Shape: (rows).
 * Owner: lives until `reel_rewind`.
 * Fails: poison and REEL_ERR_VALUE if there is no such column, REEL_ERR_MEMORY.
 */
REEL_API reel_tensor *reel_table_column(reel_table *t, size_t column);

/**
 * The values of `count` rows of a column from row `first` on, as doubles into `to`: what
 * `reel_table_column` has, of a table whose columns memory does not hold.
 *
 * Fails: REEL_ERR_VALUE if there is no such column or row, or `to` is NULL; REEL_ERR_FILE,
 *        REEL_ERR_MEMORY; REEL_ERR_STATE while a step is being captured.
 */
REEL_API reel_status reel_table_read_column(reel_table *t, size_t column, int64_t first,
                                            int64_t count, double *to);

/**
 * The rows that have a value in a column: int64, in their order. What a training wants that is to
 * leave out rows without a target.
 *
 * Shape: (n), n at most the number of rows.
 * Owner: the reel's until you free it, as of a tensor that you created.
 * Fails: as `reel_table_column`; REEL_ERR_STATE while a step is being captured.
 * Source: the index of pandas.DataFrame.dropna(subset=[column]).
 */
REEL_API reel_tensor *reel_table_present_rows(reel_table *t, size_t column);

/** Frees a table. Tensors made of it stay. */
REEL_API void reel_table_free(reel_table *t);

#ifdef __cplusplus
}
#endif

#endif /* REEL_HAS_IO */
#endif
