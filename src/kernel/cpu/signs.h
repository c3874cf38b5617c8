/* SPDX-License-Identifier: MIT */
/* The signs of a - b, two bits an element: for 32 elements a word of those that are above 0 and a
 * word of those below. */

#if LANES == 8 && defined(HAS_AVX2)
static void take_signs(int64_t n, const void *left, const void *right, uint32_t *signs)
{
    const T *a = left, *b = right;
    for (; n >= 32; n -= 32, a += 32, b += 32, signs += 2) {
        uint32_t above = 0, below = 0;
        REELI_UNROLL(8)
        for (int i = 0; i < 32; i += VECTOR) {
#ifdef HAS_AVX512
            const __m512 x = _mm512_loadu_ps(a + i), y = _mm512_loadu_ps(b + i);
            above |= (uint32_t)_mm512_cmp_ps_mask(x, y, _CMP_GT_OQ) << i;
            below |= (uint32_t)_mm512_cmp_ps_mask(x, y, _CMP_LT_OQ) << i;
#else
            const __m256 x = _mm256_loadu_ps(a + i), y = _mm256_loadu_ps(b + i);
            above |= (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x, y, _CMP_GT_OQ)) << i;
            below |= (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x, y, _CMP_LT_OQ)) << i;
#endif
        }
        signs[0] = above, signs[1] = below;
    }
    uint32_t above = 0, below = 0;
    for (int64_t i = 0; i < n; i++) {
        above |= (uint32_t)(a[i] > b[i]) << i;
        below |= (uint32_t)(a[i] < b[i]) << i;
    }
    if (n > 0) {
        signs[0] = above, signs[1] = below;
    }
}

#ifndef HAS_AVX512
/* The bits in which `value` and `other` differ, for those of eight elements that a word has from
 * bit i on: to choose by a vector of masks takes three times as long as these on some CPUs. */
REELI_INLINE __m256 chosen_bits(uint32_t word, int i, __m256 value, __m256 other)
{
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_srli_epi32(_mm256_set1_epi32((int)word), i), bit);
    return _mm256_and_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(set, bit)),
                         _mm256_xor_ps(value, other));
}
#endif

/* y[i] = values[0] where element i is above 0, values[1] where it is below, else values[2]. */
static void spread_signs(int64_t n, const uint32_t *signs, const void *values, void *to)
{
    const T *value = values, positive = value[0], negative = value[1], zero = value[2];
    T *y = to;
    for (; n >= 32; n -= 32, y += 32, signs += 2) {
        const uint32_t above = signs[0], below = signs[1];
        REELI_UNROLL(8)
        for (int i = 0; i < 32; i += VECTOR) {
#ifdef HAS_AVX512
            const __m512 other = _mm512_mask_blend_ps((__mmask16)(below >> i), _mm512_set1_ps(zero),
                                                      _mm512_set1_ps(negative));
            _mm512_storeu_ps(y + i, _mm512_mask_blend_ps((__mmask16)(above >> i), other,
                                                         _mm512_set1_ps(positive)));
#else
            const __m256 other = _mm256_set1_ps(zero);
            const __m256 up = chosen_bits(above, i, _mm256_set1_ps(positive), other);
            const __m256 down = chosen_bits(below, i, _mm256_set1_ps(negative), other);
            _mm256_storeu_ps(y + i, _mm256_xor_ps(other, _mm256_xor_ps(up, down)));
#endif
        }
    }
    for (int64_t i = 0; i < n; i++) {
        y[i] = signs[0] >> i & 1 ? positive : signs[1] >> i & 1 ? negative : zero;
    }
}

const reeli_signs *KERNEL(signs)(void)
{
    static const reeli_signs signs = {take_signs, spread_signs};
    return &signs;
}
#else
const reeli_signs *KERNEL(signs)(void) { return NULL; }
#endif
