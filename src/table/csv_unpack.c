/* SPDX-License-Identifier: MIT */
/* Streams one after the other, as gzip and zstd both allow. */
#include "csv_unpack.h"

#include "csv_source.h"
#include "library.h"

#include <stdio.h>
#include <string.h>

#ifdef REELI_LIBZ
#include <zlib.h>

#define ZLIB_FUNCTIONS(F) F(inflateInit2_) F(inflate) F(inflateReset) F(inflateEnd)

typedef struct zlib {
    z_stream stream;
#define F(name) __typeof__(name) *name;
    ZLIB_FUNCTIONS(F)
#undef F
} zlib;
#endif

#ifdef REELI_LIBZSTD
#include <zstd.h>

#define ZSTD_FUNCTIONS(F)                                                                          \
    F(ZSTD_createDStream) F(ZSTD_decompressStream) F(ZSTD_isError) F(ZSTD_freeDStream)

typedef struct zstd {
    ZSTD_DStream *stream;
#define F(name) __typeof__(name) *name;
    ZSTD_FUNCTIONS(F)
#undef F
} zstd;
#endif

reeli_packing reeli_packing_of(const char *bytes, size_t count)
{
    return count >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0           ? REELI_GZIP
           : count >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0 ? REELI_ZSTD
                                                                     : REELI_UNPACKED;
}

static bool is_damaged(const reeli_csv_source *source)
{
    return reeli_csv_unreadable(source, REEL_ERR_FORMAT,
                                "the compressed file is damaged, or ends too early");
}

#if defined(REELI_LIBZ) || defined(REELI_LIBZSTD)
static bool is_not_there(const reeli_csv_source *source, const char *name)
{
    char why[200];
    snprintf(why, sizeof why, "%s, which unpacks it, is not there: %s", name,
             reeli_library_error());
    return reeli_csv_unreadable(source, REEL_ERR_FILE, why);
}
#endif

#if !defined(REELI_LIBZ) || !defined(REELI_LIBZSTD)
static bool is_not_built(const reeli_csv_source *source, const char *why)
{
    return reeli_csv_unreadable(source, REEL_ERR_FILE, why);
}
#endif

#ifdef REELI_LIBZ
static bool begin_gzip(reeli_csv_source *source)
{
    enum { WITH_GZIP_HEADER = 15 + 16 };
    void *library = reeli_library_open(REELI_LIBZ);
    bool found = library != NULL;
    zlib *z = reeli_malloc(source->r, sizeof *z);
    if (!z) {
        reeli_no_memory(source->r, "table_read");
        return false;
    }
    memset(z, 0, sizeof *z);
#define F(name) found = reeli_library_find(library, #name, &z->name) && found;
    ZLIB_FUNCTIONS(F)
#undef F
    if (!found ||
        z->inflateInit2_(&z->stream, WITH_GZIP_HEADER, ZLIB_VERSION, sizeof z->stream) != Z_OK) {
        reeli_free(source->r, z, sizeof *z);
        return is_not_there(source, "zlib");
    }
    source->unpacker.state = z;
    return true;
}

static bool inflate_some(reeli_csv_source *source, char *to, size_t room, size_t *made)
{
    reeli_unpacker *it = &source->unpacker;
    zlib *z = it->state;
    z->stream.next_in = (unsigned char *)it->packed + it->at;
    z->stream.avail_in = (unsigned)(it->count - it->at);
    z->stream.next_out = (unsigned char *)to;
    z->stream.avail_out = (unsigned)room;
    int status = z->inflate(&z->stream, Z_NO_FLUSH);
    it->at = it->count - z->stream.avail_in;
    *made = room - z->stream.avail_out;
    it->within = status != Z_STREAM_END;
    if (status == Z_STREAM_END) {
        z->inflateReset(&z->stream);
    }
    return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR || is_damaged(source);
}

static void end_gzip(reeli_csv_source *source)
{
    zlib *z = source->unpacker.state;
    z->inflateEnd(&z->stream);
    reeli_free(source->r, z, sizeof *z);
}
#else
static bool begin_gzip(reeli_csv_source *source)
{
    return is_not_built(source,
                        "it is compressed by gzip, which this build does not read (zlib was "
                        "not there); unpack it (gunzip) first");
}

static bool inflate_some(reeli_csv_source *source, char *to, size_t room, size_t *made)
{
    (void)room;
    *to = 0;
    *made = 0;
    return is_damaged(source);
}

static void end_gzip(reeli_csv_source *source) { (void)source; }
#endif

#ifdef REELI_LIBZSTD
static bool begin_zstd(reeli_csv_source *source)
{
    void *library = reeli_library_open(REELI_LIBZSTD);
    bool found = library != NULL;
    zstd *z = reeli_malloc(source->r, sizeof *z);
    if (!z) {
        reeli_no_memory(source->r, "table_read");
        return false;
    }
    memset(z, 0, sizeof *z);
#define F(name) found = reeli_library_find(library, #name, &z->name) && found;
    ZSTD_FUNCTIONS(F)
#undef F
    z->stream = found ? z->ZSTD_createDStream() : NULL;
    if (!z->stream) {
        reeli_free(source->r, z, sizeof *z);
        return is_not_there(source, "zstd");
    }
    source->unpacker.state = z;
    return true;
}

static bool decompress_some(reeli_csv_source *source, char *to, size_t room, size_t *made)
{
    reeli_unpacker *it = &source->unpacker;
    zstd *z = it->state;
    ZSTD_inBuffer in = {it->packed, it->count, it->at};
    ZSTD_outBuffer out = {.size = room};
    out.dst = to;
    size_t left = z->ZSTD_decompressStream(z->stream, &out, &in);
    it->at = in.pos;
    *made = out.pos;
    it->within = left != 0;
    return !z->ZSTD_isError(left) || is_damaged(source);
}

static void end_zstd(reeli_csv_source *source)
{
    zstd *z = source->unpacker.state;
    z->ZSTD_freeDStream(z->stream);
    reeli_free(source->r, z, sizeof *z);
}
#else
static bool begin_zstd(reeli_csv_source *source)
{
    return is_not_built(source, "it is compressed by zstd, which this build does not read (zstd's "
                                "header was not there); unpack it (unzstd) first");
}

static bool decompress_some(reeli_csv_source *source, char *to, size_t room, size_t *made)
{
    (void)room;
    *to = 0;
    *made = 0;
    return is_damaged(source);
}

static void end_zstd(reeli_csv_source *source) { (void)source; }
#endif

bool reeli_unpack_begin(reeli_csv_source *source, reeli_packing packing)
{
    reeli_unpacker *it = &source->unpacker;
    it->packed = reeli_malloc(source->r, REELI_CSV_PIECE);
    if (!it->packed) {
        reeli_no_memory(source->r, "table_read");
        return false;
    }
    memcpy(it->packed, source->bytes, source->count);
    it->count = source->count;
    it->packing = packing;
    return packing == REELI_GZIP ? begin_gzip(source) : begin_zstd(source);
}

bool reeli_unpack(reeli_csv_source *source, char *to, size_t room, size_t *got)
{
    reeli_unpacker *it = &source->unpacker;
    *got = 0;
    while (*got < room) {
        size_t made = 0;
        if (it->at == it->count) {
            it->at = 0;
            if (!reeli_csv_raw(source, it->packed, REELI_CSV_PIECE, &it->count)) {
                return false;
            }
        }
        bool no_more = it->count == 0;
        if (!no_more || it->within) {
            if (!(it->packing == REELI_GZIP
                      ? inflate_some(source, to + *got, room - *got, &made)
                      : decompress_some(source, to + *got, room - *got, &made))) {
                return false;
            }
        }
        *got += made;
        if (no_more && made == 0) {
            return !it->within || is_damaged(source);
        }
    }
    return true;
}

void reeli_unpack_end(reeli_csv_source *source)
{
    reeli_unpacker *it = &source->unpacker;
    if (it->state) {
        it->packing == REELI_GZIP ? end_gzip(source) : end_zstd(source);
    }
    reeli_free(source->r, it->packed, REELI_CSV_PIECE);
    *it = (reeli_unpacker){0};
}
