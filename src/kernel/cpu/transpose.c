/* SPDX-License-Identifier: MIT */
/* Matrices of 4- and 8-byte elements transposed, in tiles of vector registers. */
#include "kernels.h"
#include "level.h"

#include <limits.h>
#include <string.h>

#ifdef __ARM_NEON
#include <arm_neon.h>
#endif

/* What there is for elements of 4 and of 8 bytes. */
#define SIZED_(name, bytes, cpu) name##bytes##_##cpu
#define SIZED_OF(name, bytes, cpu) SIZED_(name, bytes, cpu)
#define SIZED(name, bytes) SIZED_OF(name, bytes, REELI_CPU)

#define NAME_(cpu) reeli_transpose_##cpu
#define NAME(cpu) NAME_(cpu)

typedef uint32_t __attribute__((may_alias)) element4;
typedef uint64_t __attribute__((may_alias)) element8;

#ifdef HAS_AVX2
/* One line past the caches; `to` starts it. */
static inline void stream_line(void *to, const void *from)
{
#ifdef HAS_AVX512
    _mm512_stream_si512(to, _mm512_loadu_si512(from));
#else
    _mm256_stream_si256(to, _mm256_loadu_si256(from));
    _mm256_stream_si256((__m256i *)to + 1, _mm256_loadu_si256((const __m256i *)from + 1));
#endif
}

/* Asks for the lines of memory to come to the second cache. */
static inline void fetch(const void *from, size_t bytes)
{
    const char *at = from;
    for (size_t i = 0; i < bytes + 63; i += 64) {
        _mm_prefetch(at + i, _MM_HINT_T1);
    }
}

/* 16 bytes of each of two rows. */
static inline __m256i join(const void *low, const void *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(low)),
                                   _mm_loadu_si128(high), 1);
}

/* Four columns of eight rows. */
static inline void half_tile4(element4 *to, int64_t to_stride, const element4 *from, int64_t stride)
{
    __m256i a = join(from, from + 4 * stride), b = join(from + stride, from + 5 * stride);
    __m256i c = join(from + 2 * stride, from + 6 * stride);
    __m256i d = join(from + 3 * stride, from + 7 * stride);
    __m256i ab = _mm256_unpacklo_epi32(a, b), cd = _mm256_unpacklo_epi32(c, d);
    _mm256_storeu_si256((__m256i *)to, _mm256_unpacklo_epi64(ab, cd));
    _mm256_storeu_si256((__m256i *)(to + to_stride), _mm256_unpackhi_epi64(ab, cd));
    ab = _mm256_unpackhi_epi32(a, b);
    cd = _mm256_unpackhi_epi32(c, d);
    _mm256_storeu_si256((__m256i *)(to + 2 * to_stride), _mm256_unpacklo_epi64(ab, cd));
    _mm256_storeu_si256((__m256i *)(to + 3 * to_stride), _mm256_unpackhi_epi64(ab, cd));
}

static inline void SIZED(tile, 4)(element4 *to, int64_t to_stride, const element4 *from,
                                  int64_t from_stride)
{
    half_tile4(to, to_stride, from, from_stride);
    half_tile4(to + 4 * to_stride, to_stride, from + 4, from_stride);
}

/* Four columns of eight rows of the result. */
static inline void narrow_tile4(element4 *to, int64_t to_stride, const element4 *from,
                                int64_t stride)
{
    const __m256i a = _mm256_loadu_si256((const __m256i *)from);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(from + stride));
    const __m256i c = _mm256_loadu_si256((const __m256i *)(from + 2 * stride));
    const __m256i d = _mm256_loadu_si256((const __m256i *)(from + 3 * stride));
    REELI_UNROLL(4)
    for (int i = 0; i < 4; i++, to += to_stride) {
        const __m256i ab = i < 2 ? _mm256_unpacklo_epi32(a, b) : _mm256_unpackhi_epi32(a, b);
        const __m256i cd = i < 2 ? _mm256_unpacklo_epi32(c, d) : _mm256_unpackhi_epi32(c, d);
        const __m256i row = i % 2 ? _mm256_unpackhi_epi64(ab, cd) : _mm256_unpacklo_epi64(ab, cd);
        _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(row));
        _mm_storeu_si128((__m128i *)(to + 4 * to_stride), _mm256_extracti128_si256(row, 1));
    }
}

#ifdef HAS_AVX512
#define SIXTEEN(i) REELI_UNROLL(16) for (int i = 0; i < 16; i++)

/* Sixteen columns of up to sixteen rows of the result: each is part of a line of what is read, and
 * one of the result. */
static void tile16(int64_t rows, element4 *to, int64_t to_stride, const element4 *from,
                   int64_t stride)
{
    __m512 r[16], t[16];
    const __mmask16 part = (__mmask16)(0xffff >> (16 - rows));
    SIXTEEN(i) { r[i] = _mm512_maskz_loadu_ps(part, from + i * stride); }
    SIXTEEN(i)
    {
        t[i] = i % 2 ? _mm512_unpackhi_ps(r[i - 1], r[i]) : _mm512_unpacklo_ps(r[i], r[i + 1]);
    }
    SIXTEEN(i) /* now r[4 b + c] has in lane l column 4 l + c of the rows 4 b to 4 b + 3 */
    {
        const int b = i / 4 * 4, half = i % 4 / 2;
        const __m512d low = _mm512_castps_pd(t[b + half]), high = _mm512_castps_pd(t[b + 2 + half]);
        r[i] =
            _mm512_castpd_ps(i % 2 ? _mm512_unpackhi_pd(low, high) : _mm512_unpacklo_pd(low, high));
    }
    SIXTEEN(i) /* lanes 0 and 2 of two of them, or 1 and 3 */
    {
        const int a = i % 4 + i / 4 % 2 * 8;
        t[i] = i < 8 ? _mm512_shuffle_f32x4(r[a], r[a + 4], 0x88)
                     : _mm512_shuffle_f32x4(r[a], r[a + 4], 0xdd);
    }
    SIXTEEN(i)
    {
        if (i >= rows) {
            return;
        }
        const int a = i % 4 + i / 4 % 2 * 8;
        _mm512_storeu_ps(to + i * to_stride, i < 8 ? _mm512_shuffle_f32x4(t[a], t[a + 4], 0x88)
                                                   : _mm512_shuffle_f32x4(t[a], t[a + 4], 0xdd));
    }
}
#endif

/* Two columns of four rows. */
static inline void half_tile8(element8 *to, int64_t to_stride, const element8 *from, int64_t stride)
{
    __m256i a = join(from, from + 2 * stride), b = join(from + stride, from + 3 * stride);
    _mm256_storeu_si256((__m256i *)to, _mm256_unpacklo_epi64(a, b));
    _mm256_storeu_si256((__m256i *)(to + to_stride), _mm256_unpackhi_epi64(a, b));
}

static inline void SIZED(tile, 8)(element8 *to, int64_t to_stride, const element8 *from,
                                  int64_t from_stride)
{
    half_tile8(to, to_stride, from, from_stride);
    half_tile8(to + 2 * to_stride, to_stride, from + 2, from_stride);
}
#else
#define PLAIN_TILE(name, T, edge)                                                                  \
    static inline void name(T *to, int64_t to_stride, const T *from, int64_t from_stride)          \
    {                                                                                              \
        for (int64_t i = 0; i < edge; i++) {                                                       \
            for (int64_t j = 0; j < edge; j++) {                                                   \
                to[i * to_stride + j] = from[j * from_stride + i];                                 \
            }                                                                                      \
        }                                                                                          \
    }
PLAIN_TILE(SIZED(tile, 8), element8, 4)
#ifdef __ARM_NEON
/* Four columns of four rows. */
static inline void quarter_tile4(element4 *to, int64_t to_stride, const element4 *from,
                                 int64_t stride)
{
    const uint32x4_t a = vld1q_u32(from), b = vld1q_u32(from + stride);
    const uint32x4_t c = vld1q_u32(from + 2 * stride), d = vld1q_u32(from + 3 * stride);
    const uint32x4x2_t ac = vzipq_u32(a, c), bd = vzipq_u32(b, d);
    const uint32x4x2_t low = vzipq_u32(ac.val[0], bd.val[0]);
    const uint32x4x2_t high = vzipq_u32(ac.val[1], bd.val[1]);
    vst1q_u32(to, low.val[0]);
    vst1q_u32(to + to_stride, low.val[1]);
    vst1q_u32(to + 2 * to_stride, high.val[0]);
    vst1q_u32(to + 3 * to_stride, high.val[1]);
}

static inline void SIZED(tile, 4)(element4 *to, int64_t to_stride, const element4 *from,
                                  int64_t from_stride)
{
    for (int64_t i = 0; i < 8; i += 4) {
        for (int64_t j = 0; j < 8; j += 4) {
            quarter_tile4(to + i * to_stride + j, to_stride, from + j * from_stride + i,
                          from_stride);
        }
    }
}
#else
PLAIN_TILE(SIZED(tile, 4), element4, 8)
#endif
#endif

#define T element4
#define EDGE 8
#define NAMED(name) SIZED(name, 4)
#ifdef HAS_AVX2
#define LOW_TILE half_tile4
#define NARROW_TILE narrow_tile4
#endif
#ifdef HAS_AVX512
#define WIDE_TILE tile16
#define WIDE_SIDE 16
#endif
#include "transpose.h"
#undef T
#undef EDGE
#undef NAMED
#undef LOW_TILE
#undef NARROW_TILE
#undef WIDE_TILE
#undef WIDE_SIDE
#define T element8
#define EDGE 4
#define NAMED(name) SIZED(name, 8)
#include "transpose.h"

static void transpose(bool stream, int64_t rows, int64_t columns, size_t element, void *to,
                      int64_t to_stride, const void *from, int64_t from_stride)
{
    (void)stream;
#ifdef HAS_AVX2
    if (stream && rows >= 64 && columns >= 64) {
        if (element == 4) {
            SIZED(stream, 4)(rows, columns, to, to_stride, from, from_stride);
        } else {
            SIZED(stream, 8)(rows, columns, to, to_stride, from, from_stride);
        }
        return;
    }
#endif
    if (element == 4) {
        SIZED(blocks, 4)(rows, columns, to, to_stride, from, from_stride);
    } else {
        SIZED(blocks, 8)(rows, columns, to, to_stride, from, from_stride);
    }
}

reeli_transpose_loop NAME(REELI_CPU);
void NAME(REELI_CPU)(bool stream, int64_t rows, int64_t columns, size_t element, void *to,
                     int64_t to_stride, const void *from, int64_t from_stride)
{
    transpose(stream, rows, columns, element, to, to_stride, from, from_stride);
#ifdef HAS_AVX2
    _mm256_zeroupper(); /* as LEAVE_VECTORS in maps.h */
#endif
}
