/* SPDX-License-Identifier: MIT */
/*
 * A chain of maps over the same few floats, in one go: they stay in registers while the chain goes
 * by. Each result is written where it belongs, for who may read it, but the next link does not wait
 * for it to come back from there.
 *
 *   y = u op v, sum = sum + y   of each link, of which most have no sum; u: what one of the three
 *   links before it made, or from memory
 *
 * The bits are those of the maps, whose formulas these are once more: what a compiler makes of
 * loops over single elements does not stay in registers from one loop to the next.
 */

#define CHAIN_OF(cpu) reeli_chain_##cpu
#define CHAIN(cpu) CHAIN_OF(cpu)
reeli_chain_loop CHAIN(REELI_CPU);

#if VECTOR_BYTES && !defined(REELI_FOR_SIZE)
enum { LINK_PARTS = REELI_LINK_FLOATS / VECTOR };

typedef struct link_values {
    vector of[LINK_PARTS];
} link_values;

#define EACH_PART REELI_UNROLL(4) for (int i = 0; i < LINK_PARTS; i++)

/* Where masks cost nothing there may be fewer floats than the registers hold. */
#ifdef HAS_AVX512
enum { LEAST_LINK_FLOATS = 1 };
#define READ_PART(x) LOAD_PART((const T *)(x), n)
#define WRITE_PART(x, value) STORE_PART((T *)(x), value, n)
#else
enum { LEAST_LINK_FLOATS = REELI_LINK_FLOATS };
#define READ_PART(x) CONST_VECTOR_AT((const T *)(x) + i * VECTOR)
#define WRITE_PART(x, value) VECTOR_AT((T *)(x) + i * VECTOR) = value
#endif

/* Lanes that are all ones or all zeros. */
typedef int32_t lane_mask __attribute__((vector_size(VECTOR_BYTES)));
#define WHERE(mask, x) (vector)((lane_mask)(x) & (mask))
#define UNLESS(mask, x) (vector)((lane_mask)(x) & ~(mask))
#define ALL(value) ((vector){0} + (value))

/* a > b ? a : b, and the same with <: of which the second is a NaN. */
#ifndef GREATER
#define CHOOSE(mask, a, b) (vector)(((lane_mask)(a) & (mask)) | ((lane_mask)(b) & ~(mask)))
#define GREATER(a, b) CHOOSE((a) > (b), a, b)
#define LESS(a, b) CHOOSE((a) < (b), a, b)
#endif

REELI_INLINE vector sign_of_vector(vector v) { return WHERE(v > 0, ALL(1)) - WHERE(v < 0, ALL(1)); }

#ifdef HAS_FMA
#define PLUS_PRODUCT_OF_VECTORS(c, a, b) fused_vectors(a, b, c)
#else
#define PLUS_PRODUCT_OF_VECTORS(c, a, b) ((a) * (b) + (c))
#endif
#define SIGN_OF(x) WHERE((lane_mask)(-ALL(0)), x)
#define MAGNITUDE_OF(x) UNLESS((lane_mask)(-ALL(0)), x)
#define AS_VECTOR(y, x) (vector)((lane_mask)(y) | (lane_mask)SIGN_OF(x)) /* of a y without sign */
REELI_INLINE vector tanh_vector(vector x)
{
    TANH_OF(vector, ALL, MAGNITUDE_OF, LESS, AS_VECTOR, PLUS_PRODUCT_OF_VECTORS)
}

#define LINK(name, formula)                                                                        \
    case REELI_LINK_##name:                                                                        \
        EACH_PART                                                                                  \
        {                                                                                          \
            const vector u = made.of[i], v = READ_PART(l->v);                                      \
            (void)v;                                                                               \
            made.of[i] = formula;                                                                  \
        }                                                                                          \
        break;

static void run_links(int64_t n, void *unused, const void *const *ends, const double *p)
{
    link_values last = {0}, before = {0}, third = {0};
    (void)n, (void)unused, (void)p;
    for (const reeli_link *l = ends[0], *const end = ends[1]; l < end; l++) {
        link_values made;
        switch (l->from) {
        case 0:
            EACH_PART made.of[i] = READ_PART(l->u);
            break;
        case 1:
            made = last;
            break;
        case 2:
            made = before;
            break;
        default:
            made = third;
        }
        switch (l->code) {
            LINK(ADD, u + v)
            LINK(SUB, u - v)
            LINK(SUB_FROM, v - u)
            LINK(MUL, u * v)
            LINK(DIV, u / v)
            LINK(DIV_INTO, v / u)
            LINK(NEG, -u)
            LINK(ABS, MAGNITUDE_OF(u))
            LINK(TIMES_SIGN, u * sign_of_vector(v))
            LINK(TIMES_TWICE, u * (2 * v))
            LINK(RELU, GREATER(ALL(0), u))
            LINK(GATE, UNLESS(v <= 0, u))
            LINK(TANH_SLOPE, u * (1 - v * v))
            LINK(TANH, tanh_vector(u))
        default:
            REELI_ASSUME(false);
        }
        EACH_PART WRITE_PART(l->y, made.of[i]);
        if (l->sum) {
            EACH_PART WRITE_PART(l->sum, READ_PART(l->sum) + made.of[i]);
        }
        third = before;
        before = last;
        last = made;
    }
}

reeli_map CHAIN(REELI_CPU)(int64_t n)
{
#if defined(HAS_AVX512) && defined(REELI_X86) /* else there are no other levels */
    if (n == REELI_LINK_FLOATS) { /* two vectors of 32 bytes divide sooner than one of 64 */
        return reeli_chain_loops[REELI_AVX2](n);
    }
#endif
    return n >= LEAST_LINK_FLOATS && n <= REELI_LINK_FLOATS ? run_links : NULL;
}
#else
reeli_map CHAIN(REELI_CPU)(int64_t n)
{
    (void)n;
    return NULL;
}
#endif
