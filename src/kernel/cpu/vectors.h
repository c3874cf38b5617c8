/* SPDX-License-Identifier: MIT */
/* Vectors of T, as wide as the level's registers; of one element where the compiler has none, or is
 * to make small code. */
#if !defined(VECTOR_BYTES) && defined(__GNUC__) && !defined(__OPTIMIZE_SIZE__)
#define VECTOR_BYTES 16
#elif !defined(VECTOR_BYTES)
#define VECTOR_BYTES 0
#endif
enum { VECTOR = VECTOR_BYTES == 0 ? 1 : VECTOR_BYTES / sizeof(T) };

#if VECTOR_BYTES
typedef T vector __attribute__((vector_size(VECTOR_BYTES)));
typedef T loose_vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));
#else
typedef T vector, loose_vector;
#endif
#if VECTOR_BYTES
typedef __typeof__((vector){0} < (vector){0}) vector_mask;
#define ONLY_WHERE_NOT(mask, x) (vector)((vector_mask)(x) & ~(mask))
#else
#define ONLY_WHERE_NOT(condition, x) ((condition) ? 0 : (x))
#endif
#define VECTOR_AT(x) (*(loose_vector *)(x))
#define CONST_VECTOR_AT(x) (*(const loose_vector *)(x))

/* a b + c, rounded once. */
REELI_INLINE vector fused_vectors(vector a, vector b, vector c)
{
#ifdef FUSED_VECTORS
    return FUSED_VECTORS(a, b, c);
#elif VECTOR_BYTES
    for (int i = 0; i < VECTOR; i++) {
        c[i] = fused(a[i], b[i], c[i]);
    }
    return c;
#else
    return fused(a, b, c);
#endif
}

/* relu of x, and x where y is above 0 (or NaN), else 0. */
REELI_INLINE vector rectified(vector x)
{
#ifdef GREATER
    return GREATER((vector){0}, x); /* the second, of which one is NaN or both are 0 */
#else
    return ONLY_WHERE_NOT(x < (vector){0}, x);
#endif
}

REELI_INLINE vector gated(vector x, vector y)
{
#ifdef GATED
    return GATED(x, y);
#else
    return ONLY_WHERE_NOT(y <= (vector){0}, x);
#endif
}

/* The first `count` elements of a vector, which may be all; the rest are read as 0, and not
 * written. */
REELI_INLINE vector load_part(const T *x, int64_t count)
{
    if (count >= VECTOR) {
        return CONST_VECTOR_AT(x);
    }
#ifdef LOAD_PART
    return LOAD_PART(x, count);
#else
    vector part = {0};
#if VECTOR_BYTES /* a copy of so few bytes would be a call */
    REELI_UNROLL(4)
    for (int i = 0; i < VECTOR; i++) {
        part[i] = i < count ? x[i] : part[i];
    }
#endif
    return part;
#endif
}

static inline void store_part(T *x, vector value, int64_t count)
{
    if (count >= VECTOR) {
        VECTOR_AT(x) = value;
        return;
    }
#ifdef STORE_PART
    STORE_PART(x, value, count);
#else
    memcpy(x, &value, (size_t)count * sizeof(T));
#endif
}

/* Whether parts of vectors are as quick as whole ones; then the same without a branch. */
#ifdef CHEAP_PARTS
enum { PARTS_ARE_CHEAP = 1 };
REELI_INLINE vector load_first(const T *x, int64_t count) { return LOAD_PART(x, count); }
REELI_INLINE void store_first(T *x, vector value, int64_t count) { STORE_PART(x, value, count); }
#else
enum { PARTS_ARE_CHEAP = 0 };
REELI_INLINE vector load_first(const T *x, int64_t count)
{
    (void)count;
    return CONST_VECTOR_AT(x);
}
REELI_INLINE void store_first(T *x, vector value, int64_t count)
{
    (void)count;
    VECTOR_AT(x) = value;
}
#endif
