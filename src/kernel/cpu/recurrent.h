/* SPDX-License-Identifier: MIT */
/* A step of an LSTM, of rows from `begin` to `end`: the gates i, f, g, o lie side by side in a row,
 * and so does what is kept of them, behind it c and its tanh. */

#ifdef DOUBLES_HERE
/* Of gates, which are worth a loop of their own: three in one are most of a thousand bytes more. */
VECTORS_OF_512
REELI_APART static void sigmoid_of_sums(int64_t n, const T *x, const T *y, T *out)
{
    INDEPENDENT
    for (int64_t j = 0; j < n; j++) {
        out[j] = sigmoid(x[j] + y[j]);
    }
}

VECTORS_OF_512
void KERNEL(lstm_step)(const reeli_lstm_step *s, int64_t begin, int64_t end)
{
    const int64_t hidden = s->hidden;
    for (int64_t row = begin; row < end; row++) {
        const T *x = (const T *)s->gates + row * 4 * hidden;
        const T *y = (const T *)s->products + row * 4 * hidden;
        const T *before = (const T *)s->before + row * s->before_row;
        T *kept = (T *)s->kept + row * 6 * hidden, *h = (T *)s->h + row * hidden;
        T *last = (T *)s->c + row * hidden;
        sigmoid_of_sums(2 * hidden, x, y, kept);
        sigmoid_of_sums(hidden, x + 3 * hidden, y + 3 * hidden, kept + 3 * hidden);
        INDEPENDENT
        for (int64_t j = 0; j < hidden; j++) {
            const T i = kept[j], f = kept[hidden + j], o = kept[3 * hidden + j];
            const T g = tanh(x[2 * hidden + j] + y[2 * hidden + j]);
            const T c = f * before[j] + i * g, tanh_c = tanh(c);
            kept[2 * hidden + j] = g;
            kept[4 * hidden + j] = c;
            kept[5 * hidden + j] = tanh_c;
            h[j] = o * tanh_c;
            last[j] = c;
        }
    }
}

#ifndef ONLY_WIDE
/* Its gradient: of h's in `gates`, to which `products` adds (NULL: nothing), and c's in `c`, the
 * gates' to h, and c's before to `c`. */
void KERNEL(lstm_back)(const reeli_lstm_step *s, int64_t begin, int64_t end)
{
    const int64_t hidden = s->hidden;
    for (int64_t row = begin; row < end; row++) {
        const T *above = (const T *)s->gates + row * hidden;
        const T *behind = s->products ? (const T *)s->products + row * hidden : NULL;
        const T *before = (const T *)s->before + row * s->before_row;
        const T *kept = (const T *)s->kept + row * 6 * hidden;
        T *d = (T *)s->h + row * 4 * hidden, *dc = (T *)s->c + row * hidden;
        SELDOM_INDEPENDENT
        for (int64_t j = 0; j < hidden; j++) {
            const T i = kept[j], f = kept[hidden + j], g = kept[2 * hidden + j];
            const T o = kept[3 * hidden + j], tanh_c = kept[5 * hidden + j];
            const T dh = behind ? above[j] + behind[j] : above[j];
            const T e = dc[j] + dh * o * (1 - tanh_c * tanh_c);
            d[j] = e * g * (i * (1 - i));
            d[hidden + j] = e * before[j] * (f * (1 - f));
            d[2 * hidden + j] = e * i * (1 - g * g);
            d[3 * hidden + j] = dh * tanh_c * (o * (1 - o));
            dc[j] = e * f;
        }
    }
}
#endif
#endif
