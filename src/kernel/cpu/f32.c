/* SPDX-License-Identifier: MIT */
/* The loops for float. */
#include "level.h"

#define T float
#define TYPE f32
#define PLACE int32_t /* of an element in an image */
#define GRADIENTS
#define OWN_EXP_TANH
#define LANES 8 /* of PyTorch's vectors: 32 bytes on every machine */
#define MATH(name) name##f
#define fused(a, b, c) FMAF(a, b, c)
#ifdef HAS_AVX512
#define VECTOR_BYTES 64
#define GREATER(a, b) (vector) _mm512_max_ps((__m512)(a), (__m512)(b))
#define LESS(a, b) (vector) _mm512_min_ps((__m512)(a), (__m512)(b))
#define FUSED_VECTORS(a, b, c) (vector) _mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c))
#define GATED(x, y)                                                                                \
    (vector) _mm512_maskz_mov_ps(                                                                  \
        _mm512_cmp_ps_mask((__m512)(y), _mm512_setzero_ps(), _CMP_NLE_UQ), (__m512)(x))
#define FIRST(count) (__mmask16)((1u << (count)) - 1)
#define LOAD_PART(x, count) (vector) _mm512_maskz_loadu_ps(FIRST(count), x)
#define CHEAP_PARTS /* as quick as whole vectors */
#define STORE_PART(x, value, count) _mm512_mask_storeu_ps(x, FIRST(count), (__m512)(value))
/* See list_half. */
#define PUT_CHOSEN(count, value, chosen, corner, half, to, place, n)                               \
    do {                                                                                           \
        const __mmask16 some = FIRST((count) < 16 ? (count) : 16);                                 \
        const __m512 v = _mm512_maskz_loadu_ps(some, value);                                       \
        const __mmask16 low =                                                                      \
            _mm512_test_epi32_mask(_mm512_maskz_loadu_epi32(some, corner), _mm512_set1_epi32(2));  \
        const __mmask16 kept = _mm512_mask_cmp_ps_mask((half) ? low : some & ~low, v,              \
                                                       _mm512_setzero_ps(), _CMP_NEQ_UQ);          \
        const __m512i at = _mm512_maskz_loadu_epi32(some, chosen);                                 \
        _mm512_storeu_ps((to) + (n), _mm512_maskz_compress_ps(kept, v));                           \
        _mm512_storeu_si512((place) + (n), _mm512_maskz_compress_epi32(kept, at));                 \
        (n) += __builtin_popcount(kept);                                                           \
    } while (0)
#elif defined(HAS_AVX2)
#define VECTOR_BYTES 32
#define GREATER(a, b) (vector) _mm256_max_ps((__m256)(a), (__m256)(b))
#define LESS(a, b) (vector) _mm256_min_ps((__m256)(a), (__m256)(b))
#define FUSED_VECTORS(a, b, c) (vector) _mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c))
static const int firsts[] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
#define FIRST(count) _mm256_loadu_si256((const __m256i *)(firsts + 8 - (count)))
#define LOAD_PART(x, count) (vector) _mm256_maskload_ps(x, FIRST(count))
#define STORE_PART(x, value, count) store_some(x, (__m256)(value), count)
/* Halves and what is left of them: some CPUs take longer than that for a masked store. */
static inline void store_some(float *x, __m256 value, int64_t count)
{
    __m128 rest = _mm256_castps256_ps128(value);
    if (count & 4) {
        _mm_storeu_ps(x, rest);
        rest = _mm256_extractf128_ps(value, 1);
        x += 4;
    }
    if (count & 2) {
        _mm_storel_pi((__m64 *)x, rest);
        rest = _mm_movehl_ps(rest, rest);
        x += 2;
    }
    if (count & 1) {
        _mm_store_ss(x, rest);
    }
}
#elif defined(HAS_NEON) /* Clang takes a loop over the elements of a vector one by one */
#define FUSED_VECTORS(a, b, c)                                                                     \
    (vector) vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b))
#endif
#include "dtype_loops.h"

#include "chain.h"
#include "convolution_pooled.h"
#ifndef ONLY_WIDE
#include "loss_pass.h"
#endif
#if LEVEL(REELI_CPU) == LEVEL(avx2)
#include "vector_functions.h"
#endif
