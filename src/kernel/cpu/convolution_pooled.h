/* SPDX-License-Identifier: MIT */
/*
 * A convolution's weights as sums over gradients of which only the largest of each 2 x 2 went on:
 * three of four are 0, and behind a ReLU more. The others, a channel's after another's, are listed
 * row by row; then each is multiplied by the taps that meet it. A product with 0 adds nothing, so
 * the sums are those over all, to the bit, if the image is finite.
 *
 * A vector is some channels of one position of the image.
 */
#define POOLED_(cpu) reeli_sum_pooled_gradients_##cpu
#define POOLED(cpu) POOLED_(cpu)

#define EACH_POOLED_TAP(DO) DO(1) DO(3) DO(9)
enum { POOLED_TAPS = 9 };

/* Of one channel. The lists end amid whole vectors. */
typedef struct largest {
    float *value; /* that are listed, and where their taps begin in the image */
    int32_t *place;
    int32_t *first;           /* of each 2 x 2, where the taps of the first begin; */
    int32_t *chosen, *corner; /* those of the largest, and which that is */
} largest;

/* sums[i] += Σ_j value[j] image[place[j] + offset[i]], for `taps` i. */
REELI_INLINE void sum_places(const int taps, int64_t n, const largest *l, const float *image,
                             const int64_t *offset, float *sums)
{
    vector sum[POOLED_TAPS] = {0};
    const float *x[POOLED_TAPS] = {0};
    REELI_UNROLL(16)
    for (int i = 0; i < taps; i++) {
        x[i] = image + offset[i];
        sum[i] = CONST_VECTOR_AT(sums + i * VECTOR);
    }
    for (int64_t j = 0; j < n; j++) {
        const vector value = l->value[j] - (vector){0};
        const int64_t at = l->place[j];
        REELI_UNROLL(16)
        for (int i = 0; i < taps; i++) {
            sum[i] = multiply_add(CONST_VECTOR_AT(x[i] + at), value, sum[i]);
        }
    }
    REELI_UNROLL(16)
    for (int i = 0; i < taps; i++) {
        VECTOR_AT(sums + i * VECTOR) = sum[i];
    }
}

typedef void (*places_tile)(int64_t n, const largest *l, const float *image, const int64_t *offset,
                            float *sums);
#define PLACES_TILE(taps)                                                                          \
    static void NAMED(sum_places, taps)(int64_t n, const largest *l, const float *image,           \
                                        const int64_t *offset, float *sums)                        \
    {                                                                                              \
        sum_places(taps, n, l, image, offset, sums);                                               \
    }
#define PLACES_OF(taps) [taps] = NAMED(sum_places, taps),
EACH_POOLED_TAP(PLACES_TILE)
static const places_tile places_tiles[POOLED_TAPS + 1] = {EACH_POOLED_TAP(PLACES_OF)};

/* The largest of channel o, in the order of their 2 x 2. */
VECTORS_OF_512
static void find_largest(const reeli_pooled_taps *c, int64_t o, const largest *l)
{
    const int32_t *word = (const int32_t *)c->corners + o, down = (int32_t)c->down,
                  right = (int32_t)c->right;
    const int64_t count = c->height / 2 * (c->width / 2);
    for (int64_t q = 0; q < count; q += REELI_CORNERS_IN_ONE, word += c->corner_step) {
        const int32_t eight = *word;
        INDEPENDENT
        for (int i = 0; i < REELI_CORNERS_IN_ONE; i++) {
            const int32_t corner = eight >> 2 * i & 3;
            l->corner[q + i] = corner;
            l->chosen[q + i] = l->first[q + i] + (corner & 1 ? right : 0) + (corner & 2 ? down : 0);
        }
    }
}

/* Of a row of 2 x 2 those whose largest is not 0 and in the upper half, or the lower; how many. */
static int64_t list_half(int64_t count, const float *value, const int32_t *chosen,
                         const int32_t *corner, int32_t half, float *to, int32_t *place)
{
    int64_t n = 0;
#ifdef PUT_CHOSEN
    for (int64_t i = 0; i < count; i += VECTOR) {
        PUT_CHOSEN(count - i, value + i, chosen + i, corner + i, half, to, place, n);
    }
#else
    for (int64_t i = 0; i < count; i++) {
        to[n] = value[i];
        place[n] = chosen[i];
        n += ((corner[i] & 2) == half) & (value[i] != 0);
    }
#endif
    return n;
}

/* Channel o's gradients that are not 0, row by row; how many. */
static int64_t list_largest(const reeli_pooled_taps *c, int64_t o, const largest *l)
{
    const int64_t wide = c->width / 2, high = c->height / 2;
    const float *g = (const float *)c->gradient + o * high * wide;
    int64_t n = 0;
    find_largest(c, o, l);
    for (int64_t at = 0; at < high * wide; at += wide) {
        for (int32_t half = 0; half <= 2; half += 2) {
            n += list_half(wide, g + at, l->chosen + at, l->corner + at, half, l->value + n,
                           l->place + n);
        }
    }
    return n;
}

/* The lists one behind the other, `each` elements apart. */
static largest lists_at(const reeli_pooled_taps *c)
{
    const int64_t wide = c->width / 2, count = c->height / 2 * wide;
    const int64_t each = count + REELI_LISTED_BEHIND;
    int32_t *place = (int32_t *)((float *)c->lists + each);
    const largest l = {c->lists, place, place + each, place + 2 * each, place + 3 * each};
    for (int64_t q = 0; q < count; q++) {
        l.first[q] = (int32_t)(q / wide * 2 * c->down + q % wide * 2 * c->right);
    }
    return l;
}

/* Channel after channel, all taps of each, as many at once as there are tiles for. */
reeli_sum_pooled_gradients_loop POOLED(REELI_CPU);
void POOLED(REELI_CPU)(const reeli_pooled_taps *c)
{
    const largest l = lists_at(c);
    float *sums = c->sums;
    for (int64_t o = 0; o < c->outputs; o++) {
        const int64_t n = list_largest(c, o, &l);
        for (int64_t t = 0, high; t < c->taps; t += high, sums += high * VECTOR) {
            high = c->taps - t >= POOLED_TAPS ? POOLED_TAPS : c->taps - t >= 3 ? 3 : 1;
            places_tiles[high](n, &l, c->image, c->offset + t, sums);
        }
    }
}
