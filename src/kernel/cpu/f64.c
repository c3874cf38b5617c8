/* SPDX-License-Identifier: MIT */
/* The loops for double. */
#include "level.h"

#define T double
#define TYPE f64
#define PLACE int64_t
#define GRADIENTS
#define LANES 4 /* of PyTorch's vectors: 32 bytes on every machine */
#define MATH(name) name
#define fused(a, b, c) FMA(a, b, c)
#ifdef HAS_AVX2
#define VECTOR_BYTES 32
#define FUSED_VECTORS(a, b, c) (vector) _mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c))
static const long long firsts[] = {-1, -1, -1, -1, 0, 0, 0, 0};
#define FIRST(count) _mm256_loadu_si256((const __m256i *)(firsts + 4 - (count)))
#define LOAD_PART(x, count) (vector) _mm256_maskload_pd(x, FIRST(count))
#define STORE_PART(x, value, count) _mm256_maskstore_pd(x, FIRST(count), (__m256d)(value))
#elif defined(HAS_NEON)
#define FUSED_VECTORS(a, b, c)                                                                     \
    (vector) vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b))
#endif
#include "dtype_loops.h"
