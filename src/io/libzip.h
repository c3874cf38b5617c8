/* SPDX-License-Identifier: MIT */
/*
 * libzip, loaded when the first archive is opened: it brings four libraries along, which a program
 * that reads none is not to wait for. It is chosen because it is kept, fuzzed and in every
 * distribution, hands errors back, reads and writes ZIP64, and reads nothing that a directory's
 * entries do not agree about. (minizip as zlib ships it is older code, and its distributors
 * disagree about which of two it is.)
 */
#ifndef REELI_LIBZIP_H
#define REELI_LIBZIP_H

#include "state.h"

#include <zip.h>

#define REELI_ZIP_FUNCTIONS(F)                                                                     \
    F(zip_close)                                                                                   \
    F(zip_discard)                                                                                 \
    F(zip_error_code_zip)                                                                          \
    F(zip_error_fini)                                                                              \
    F(zip_error_init_with_code)                                                                    \
    F(zip_error_set)                                                                               \
    F(zip_error_strerror)                                                                          \
    F(zip_error_to_data)                                                                           \
    F(zip_fclose)                                                                                  \
    F(zip_fdopen)                                                                                  \
    F(zip_file_add)                                                                                \
    F(zip_file_set_dostime)                                                                        \
    F(zip_fopen_index)                                                                             \
    F(zip_fread)                                                                                   \
    F(zip_get_error)                                                                               \
    F(zip_get_name)                                                                                \
    F(zip_get_num_entries)                                                                         \
    F(zip_open_from_source)                                                                        \
    F(zip_set_file_compression)                                                                    \
    F(zip_source_free)                                                                             \
    F(zip_source_function_create)                                                                  \
    F(zip_source_seek_compute_offset)                                                              \
    F(zip_stat_index)

/* Its functions. */
typedef struct reeli_zip {
#define F(name) __typeof__(name) *name;
    REELI_ZIP_FUNCTIONS(F)
#undef F
} reeli_zip;

/* Finds them; false, and an error that starts with `what`, if the library is not installed. */
bool reeli_zip_load(reel *r, const char *what, reeli_zip *zip);

#endif
