/* SPDX-License-Identifier: MIT */
/*
 * Any bytes at all as a safetensors file: it is refused with a reason, or all of it can be read and
 * written again. Under libFuzzer this is its target; otherwise a program that takes files, for
 * AFL++ and for running what a fuzzer has found.
 */
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory where that can be had: a save waits for the disk otherwise. */
static char path[] = "/dev/shm/reel-fuzz-XXXXXX";

static void ignore(void *context, reel_level level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
}

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void remove_file(void) { unlink(path); }

static void write_input(const uint8_t *data, size_t size)
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

/* Reads every tensor; the sum keeps the reading from being optimised away and touches each
 * element. */
static void read_all(reel *r, reel_safetensors *file)
{
    size_t count = reel_safetensors_count(file), read = 0;
    reel_named_tensor *tensors = calloc(count + 1, sizeof *tensors);
    require(tensors != NULL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const char *name = reel_safetensors_name(file, i);
        reel_tensor *t = reel_safetensors_tensor(file, name);
        require(reel_is_poison(t) == reel_failed(r), "poison without an error, or the other way");
        if (!reel_failed(r)) {
            tensors[read++] = (reel_named_tensor){name, t};
            require(!reel_is_poison(reel_sum(t)), "a tensor cannot be summed");
        }
        reel_clear_error(r);
    }
    for (size_t i = 0; i < reel_safetensors_metadata_count(file); i++) {
        reel_metadata_entry entry = reel_safetensors_metadata_entry(file, i);
        require(strcmp(reel_safetensors_metadata(file, entry.key), entry.value) == 0, "metadata");
    }
    require(reel_safetensors_save(r, path, tensors, read, NULL, 0) == REEL_OK, reel_error(r));
    reel_safetensors *again = reel_safetensors_open(r, path);
    require(reel_safetensors_count(again) == read, "what was written cannot be opened");
    free(tensors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    write_input(data, size);
    reel *r = reel_new();
    reel_set_message_handler(r, ignore, NULL);
    reel_safetensors *file = reel_safetensors_open(r, path);
    require(!file == reel_failed(r), "no file without an error, or the other way");
    if (file) {
        read_all(r, file);
    }
    reel_free(r);
    return 0;
}

#ifndef REEL_LIBFUZZER
static void run_file(const char *name)
{
    FILE *stream = fopen(name, "rb");
    require(stream && fseek(stream, 0, SEEK_END) == 0, name);
    long size = ftell(stream);
    rewind(stream);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    require(data && fread(data, 1, (size_t)size, stream) == (size_t)size, name);
    fclose(stream);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        run_file(argv[i]);
    }
    printf("%d files\n", argc - 1);
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
#endif
