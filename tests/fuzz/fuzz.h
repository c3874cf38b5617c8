/* SPDX-License-Identifier: MIT */
/*
 * What every fuzz target has: a file of its input, a reel that counts its memory, and a main for
 * when libFuzzer is not there.
 *
 * Under libFuzzer a target is its program. Otherwise it takes files (for AFL++, and for what a
 * fuzzer has found), or `--mutate COUNT SECONDS FILE...`: so many damaged copies of the files, or
 * for so long. Those are drawn blindly, with the same seed each time; nothing guides them but the
 * files that they start from.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory where that can be had: a save waits for the disk otherwise. */
static char path[] = "/dev/shm/reel-fuzz-XXXXXX";

static inline void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static inline void remove_file(void) { unlink(path); }

static inline void write_input(const uint8_t *data, size_t size)
{
    static bool made;
    if (!made) {
        if (access("/dev/shm", W_OK) != 0) {
            strcpy(path, "/tmp/reel-fuzz-XXXXXX");
        }
        int fd = mkstemp(path);
        require(fd >= 0 && close(fd) == 0, "no temporary file");
        made = atexit(remove_file) == 0;
    }
    FILE *stream = fopen(path, "wb");
    require(stream && fwrite(data, 1, size, stream) == size && fclose(stream) == 0,
            "cannot write the input");
}

/* The memory that a reel has and may have. */
typedef struct budget {
    size_t used, limit;
} budget;

static inline void *allocate(void *context, void *block, size_t old_size, size_t new_size)
{
    budget *b = context;
    b->used += new_size - old_size;
    require(b->used <= b->limit, "more memory than the file's size allows");
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

static inline void ignore(void *context, reel_level level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
}

enum { OWN_NEED = 1 << 18 }; /* a reel, its arena's first blocks, names and lists */

/* A reel that may take `factor` times the input's size, and what it needs itself. */
static inline reel *reel_within(budget *b, size_t size, size_t factor)
{
    *b = (budget){0, OWN_NEED + factor * size};
    return reel_new_with(
        &(reel_options){.allocator = allocate, .allocator_context = b, .handler = ignore});
}

#ifndef REEL_LIBFUZZER
enum { LONGEST = 1 << 16 };

typedef struct sample {
    uint8_t *data;
    size_t size;
} sample;

static sample read_sample(const char *name)
{
    FILE *stream = fopen(name, "rb");
    require(stream && fseek(stream, 0, SEEK_END) == 0, name);
    long size = ftell(stream);
    rewind(stream);
    sample s = {malloc(size > 0 ? (size_t)size : 1), (size_t)size};
    require(s.data && fread(s.data, 1, s.size, stream) == s.size, name);
    fclose(stream);
    return s;
}

static uint64_t drawn = 88172645463325252U;

/* A number below `below`. Source: Marsaglia, Xorshift RNGs, 2003. */
static size_t draw(size_t below)
{
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return below ? (size_t)(drawn % below) : 0;
}

/* Damages the buffer in one place, in one of several ways; its new size. */
static size_t damage(uint8_t *data, size_t size, const sample *other)
{
    static const uint8_t telling[] = "\0\1\x7f\x80\xff{}[]()\"',:0189-LTF<>|";
    size_t at = draw(size), length = 1 + draw(draw(4) ? 8 : 64), from = draw(other->size);
    switch (draw(7)) {
    case 0:
        if (size) {
            data[at] ^= (uint8_t)(1U << draw(8));
        }
        return size;
    case 1:
        if (size) {
            data[at] = telling[draw(sizeof telling - 1)];
        }
        return size;
    case 2:
        if (size) {
            data[at] = (uint8_t)(data[at] + draw(9) - 4);
        }
        return size;
    case 3: /* a part is left out */
        length = length < size - at ? length : size - at;
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    case 4: /* a part comes twice */
        length = length < size - at ? length : size - at;
        if (size + length <= LONGEST) {
            memmove(data + at + length, data + at, size - at);
            size += length;
        }
        return size;
    case 5: /* a part of another file */
        length = length < other->size - from ? length : other->size - from;
        length = length < size - at ? length : size - at;
        memcpy(data + at, other->data + from, length);
        return size;
    default: /* a shorter file */
        return draw(4) ? size : at;
    }
}

static void mutate(const sample *samples, size_t count, long inputs, long seconds)
{
    static uint8_t data[LONGEST];
    time_t end = time(NULL) + seconds;
    long done = 0;
    for (; done < inputs && time(NULL) < end; done++) {
        const sample *s = &samples[draw(count)];
        size_t size = s->size < LONGEST ? s->size : LONGEST;
        memcpy(data, s->data, size);
        for (size_t i = 1 + draw(6); i > 0; i--) {
            size = damage(data, size, &samples[draw(count)]);
        }
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%ld damaged files\n", done);
}

int main(int argc, char **argv)
{
    bool mutating = argc > 4 && strcmp(argv[1], "--mutate") == 0;
    int first = mutating ? 4 : 1;
    size_t count = argc > first ? (size_t)(argc - first) : 0;
    sample *samples = calloc(count + 1, sizeof *samples);
    require(samples && count > 0, "usage: fuzz_... [--mutate COUNT SECONDS] FILE...");
    for (size_t i = 0; i < count; i++) {
        samples[i] = read_sample(argv[first + (int)i]);
        LLVMFuzzerTestOneInput(samples[i].data, samples[i].size);
    }
    printf("%zu files\n", count);
    if (mutating) {
        mutate(samples, count, atol(argv[2]), atol(argv[3]));
    }
    for (size_t i = 0; i < count; i++) {
        free(samples[i].data);
    }
    free(samples);
    return EXIT_SUCCESS;
}
#endif
#endif
