/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of calls of the public functions, misuse included: it ends in answers and reasons,
 * never in a crash, and nothing is left when the reel is freed. api.awk makes the calls from the
 * headers; bytes say which, and with what.
 *
 *   fuzz_api --seed S --runs N [--from K] [--seconds T] [--trace]   inputs of its own, from the
 *   K-th fuzz_api --list                                                 what is called, and what
 *   is not fuzz_api [--trace] FILE...                                      inputs that a fuzzer has
 *   found; - is stdin
 *
 * An input of its own depends on S and on its number alone: what ended the program at K comes again
 * with --from K --runs 1, and --trace shows its calls.
 */
#define _DEFAULT_SOURCE
#include "api_calls.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* Sanitizers ask these. Leaks are counted here. */
const char *__asan_default_options(void)
{
    return "abort_on_error=1:detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=16";
}
const char *__ubsan_default_options(void) { return "abort_on_error=1:print_stacktrace=1"; }

enum { FUNCTIONS = sizeof functions / sizeof *functions };
static long called[FUNCTIONS], answered[FUNCTIONS];

/* Sequences that chance alone would hardly find. */

static void *make_module(void)
{
    reel *r = here->r;
    switch (draw_byte() % 8) {
    case 0:
        return reel_nn_sequential(r, REEL_MODULES(reel_nn_linear(r, 3, 2), reel_nn_tanh(r)));
    case 1:
        return reel_nn_batch_norm1d(r, 3, NULL);
    case 2:
        return reel_nn_module(r, "own", some_forward, NULL);
    case 3:
        return reel_nn_lstm(r, 3, 2, NULL);
    case 4:
        return reel_nn_multihead_attention(r, 4, 2, NULL);
    case 5:
        return reel_nn_mse_loss(r, (reel_mse_loss_options){0});
    default:
        return reel_nn_linear(r, 3, 2);
    }
}

static void *make_optimizer(void)
{
    const reel_tensor_list list = reel_parameters(draw_handle(KIND_module));
    switch (draw_byte() % 4) {
    case 0:
        return reel_optim_adam(list, (reel_adam_options){0});
    case 1:
        return reel_optim_lbfgs(list, (reel_lbfgs_options){.max_iter = 2});
    default:
        return reel_optim_sgd(list, (reel_sgd_options){.lr = 0.1, .momentum = 0.9});
    }
}

static void *make_graph(void)
{
    if (depth == 0) {
        reel_rewind(here->r);
    }
    if (reel_capture_begin(here->r) != REEL_OK) {
        return NULL;
    }
    world *const it = here;
    it->capturing = true;
    depth++;
    for (int i = 0; i < 3; i++) {
        some_calls();
    }
    depth--;
    it->capturing = false;
    return reel_capture_end(it->r);
}

static void *make_table(void)
{
    files_touched = true;
    return draw_flip()
               ? reel_table_read(here->r, paths[0], (reel_table_options){0})
               : reel_table_from_tensor(here->r, reel_randn(here->r, REEL_F32, REEL_SHAPE(4, 3)),
                                        (const char *[]){"a", "b", "target"});
}

static void *make_file(enum kind kind)
{
    const reel_named_tensor state[] = {{"a", draw_tensor()}, {"b", draw_tensor()}};
    files_touched = true;
    if (kind == KIND_file) {
        return reel_file_create(here->r, draw_path());
    }
    if (kind == KIND_npz) {
        reel_npz_save(here->r, paths[1], state, 2, draw_flip());
        return reel_npz_open(here->r, paths[1]);
    }
    reel_safetensors_save(here->r, paths[2], state, 2, NULL, 0);
    return reel_safetensors_open(here->r, paths[2]);
}

/* Something of that kind, when there is none yet. */
static void *make(enum kind kind)
{
    void *it = NULL;
    if (calls-- <= 0) {
        return NULL;
    }
    switch (kind) {
    case KIND_module:
        it = make_module();
        break;
    case KIND_optimizer:
        it = make_optimizer();
        break;
    case KIND_scheduler:
        it = reel_lr_exponential(draw_handle(KIND_optimizer),
                                 (reel_lr_exponential_options){.gamma = 0.9});
        break;
    case KIND_ema:
        it = reel_ema_new(reel_parameters(draw_handle(KIND_module)), (reel_ema_options){0});
        break;
    case KIND_early_stopping:
        it = reel_early_stopping_new(draw_handle(KIND_module), (reel_early_stopping_options){0});
        break;
    case KIND_loader:
        it = reel_loader_new(here->r, &(reel_tensor *){draw_tensor()}, 1, (reel_loader_options){0});
        break;
    case KIND_row_file:
        it = reel_row_file_new(here->r, REEL_F32, 3, draw_whole());
        reel_row_file_write(it, 0, draw_tensor());
        break;
    case KIND_graph:
        it = make_graph();
        break;
    case KIND_table:
        it = make_table();
        break;
    case KIND_encoder:
        it = reel_encoder_fit(draw_handle(KIND_table), NULL,
                              (reel_encoder_options){.target = "target"});
        break;
    case KIND_model:
        it = reel_model_new(here->r, draw_handle(KIND_encoder), NULL, (reel_model_options){0});
        break;
    default:
        it = make_file(kind);
        break;
    }
    if (it) {
        here->handles[kind][here->handles_made[kind]++ % HANDLES] = it;
    }
    return it;
}

static void train(void)
{
    reel_module *model = draw_handle(KIND_module);
    reel_optimizer *optimizer = draw_handle(KIND_optimizer);
    reel_tensor *x = draw_flip() ? draw_tensor() : reel_randn(here->r, REEL_F32, REEL_SHAPE(4, 3));
    reel_tensor *y = reel_forward(model, x);
    reel_tensor *loss = reel_mean(y ? reel_square(y) : NULL);
    keep(y);
    keep(loss);
    some_calls();
    reel_zero_grad(optimizer);
    reel_backward(loss);
    some_calls();
    reel_step(optimizer);
}

static void differentiate(void)
{
    reel_tensor *x = draw_tensor();
    const reel_backward_options options = {.create_graph = draw_flip(),
                                           .retain_graph = draw_flip()};
    some_calls();
    reel_backward_with(draw_flip() ? reel_sum(x) : draw_tensor(), &options);
    keep(reel_grad(x));
}

static void go_back(void)
{
    const uint64_t mark = reel_mark(here->r);
    some_calls();
    some_calls();
    reel_rewind_to(here->r, mark);
}

static void replay(void)
{
    reel_graph *graph = draw_handle(KIND_graph);
    some_calls();
    reel_replay(graph);
}

static void free_something(void)
{
    switch (draw_byte() % 8) {
    case 0:
        reel_module_free(draw_handle(KIND_module));
        break;
    case 1:
        reel_optimizer_free(draw_handle(KIND_optimizer));
        break;
    case 2:
        reel_loader_free(draw_handle(KIND_loader));
        break;
    case 3:
        reel_graph_free(draw_handle(KIND_graph));
        break;
    default:
        reel_tensor_free(draw_tensor());
        break;
    }
}

static void rewind_now(void) { reel_rewind(here->r); }
static void other_reel(void) { here = &worlds[here == worlds]; }

/* One allocation fails soon, or all of them from then on, or none any more. */
static void fail_memory(void)
{
    const unsigned b = draw_byte();
    here->memory.fail_at = b & 1 ? -1 : here->memory.calls + (b >> 2);
    here->memory.for_good = b & 2;
}

static void end_capture(void)
{
    reel_capture_end(here->r);
    here->capturing = false;
}

static void (*const sequences[])(void) = {train,      differentiate, go_back,     replay,
                                          rewind_now, other_reel,    rewind_now,  free_something,
                                          train,      fail_memory,   end_capture, differentiate};

/* Calls. */

static void free_arrays(void)
{
    while (array_count > 0) {
        free(arrays[--array_count]);
    }
}

static void one_call(void)
{
    const unsigned n = draw_bits();
    now = (call_state){0};
    if (n >= 0xD800) {
        trace("a sequence\n");
        now.name = "a sequence";
        sequences[n % (sizeof sequences / sizeof *sequences)]();
        return;
    }
    functions[n % FUNCTIONS].call();
    called[n % FUNCTIONS]++;
    answered[n % FUNCTIONS] += !has_new_error() && !now.excused && !now.failed;
}

/* Up to three, from within a call. */
static void some_calls(void)
{
    const call_state was = now;
    if (depth < DEEPEST && input < input_end) {
        depth++;
        for (unsigned n = draw_byte() % 4; n > 0 && calls > 0; n--) {
            calls--;
            one_call();
        }
        depth--;
    }
    now = was;
    now.called_back = true;
}

/* The reels. */

static void count_message(void *context, reel_level level, const char *message)
{
    world *of = context;
    FAULTY_REQUIRE(strstr(message, ": ") || level == REEL_WARNING,
                   "a message that is no sentence: %s", message);
    of->errors += level == REEL_ERROR;
    if (draw_byte() == 0xFF) {
        some_calls();
    }
}

static void open_world(world *it, unsigned how)
{
    static double fixed[2][BUDGET / sizeof(double)];
    *it = (world){.memory = {.fail_at = -1, .limit = BUDGET}};
    reel_options options = {.handler = count_message, .handler_context = it};
    if (how == 7) {
        options.memory = fixed[it - worlds];
        options.memory_size = sizeof *fixed;
    } else {
        options.allocator = faulty_allocate;
        options.allocator_context = &it->memory;
    }
    if (how == 6) {
        it->memory.fail_at = (long)(draw_byte() % 32);
        it->memory.for_good = draw_flip();
    }
    it->r = reel_new_with(&options);
    here = it;
    it->poison = it->r ? reel_zeros(it->r, REEL_F32, -1, NULL) : NULL;
    reel_clear_error(it->r);
    for (unsigned i = 0; i < 6 && it->r; i++) {
        fresh(i);
    }
}

/* It is still a reel; and it gives everything back. */
static void close_world(world *it)
{
    now = (call_state){.name = "the end"};
    if (it->r) {
        it->memory.fail_at = -1;
        it->memory.limit = 0;
        reel_clear_error(it->r);
        reel_set_anomaly_mode(it->r, false);
        reel_capture_end(it->r); /* if it is on */
        reel_clear_error(it->r);
        reel_rewind(it->r);
        const double sum = reel_item(reel_sum(reel_ones(it->r, REEL_F32, REEL_SHAPE(3))));
        FAULTY_REQUIRE(sum == 3 || reel_error_status(it->r) == REEL_ERR_MEMORY,
                       "the reel is no longer one: %s", reel_error(it->r));
    }
    now.name = "reel_free";
    faulty_end(&it->memory, it->r);
}

static void write_files(void)
{
    static const char table[] = "a,b,target\n1,2,3\n4,x,6\n7,,9\n\"1\",y,2\n";
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        unlink(paths[i]);
    }
    FILE *stream = fopen(paths[0], "wb");
    FAULTY_REQUIRE(stream && fwrite(table, 1, sizeof table - 1, stream) && fclose(stream) == 0,
                   "no file");
    files_touched = false;
}

static void remove_files(void)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        unlink(paths[i]);
    }
    rmdir(folder);
}

static void set_up(void)
{
    static const char *const names[] = {"table.csv", "a.npz", "b.safetensors", "c.npy", "d.pgm"};
    const bool in_memory = access("/dev/shm", W_OK) == 0;
    snprintf(folder, sizeof folder, "%s",
             in_memory ? "/dev/shm/reel-api-XXXXXX" : "/tmp/reel-api-XXXXXX");
    FAULTY_REQUIRE(mkdtemp(folder) != NULL, "no folder");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
    }
    nowhere = fopen("/dev/null", "w");
    FAULTY_REQUIRE(nowhere && atexit(remove_files) == 0, "no /dev/null");
    for (size_t i = 0; i < VALUES; i++) {
        all_values[i] = (double)(i % 5);
    }
    files_touched = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!nowhere) {
        set_up();
    }
    if (files_touched) {
        write_files();
    }
    input = data;
    input_end = data + size;
    calls = depth = 0; /* the handler makes none yet */
    now = (call_state){.name = "the start"};
    const unsigned how = draw_byte();
    memset(worlds, 0, sizeof worlds);
    open_world(&worlds[1], 0);
    open_world(&worlds[0], how % 8);
    calls = MOST_CALLS;
    while (input < input_end && calls-- > 0 && here->r) {
        one_call();
        if (is_failed() && draw_byte() < 0xE0) {
            reel_clear_error(worlds[0].r);
            reel_clear_error(worlds[1].r);
        }
    }
    close_world(&worlds[1]);
    close_world(&worlds[0]);
    free_arrays();
    return 0;
}

#ifndef REEL_LIBFUZZER
enum { SHORTEST = 32, LONGEST = 512, ALLOWED_SECONDS = 20 };
static unsigned long seed, run;

static char again[128]; /* how the input is had once more */

/* What ends the program also says where it was. */
static void crashed(int number)
{
    const char *const parts[] = {"api: a signal in ", now.name ? now.name : "the input", again};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (write(2, parts[i], strlen(parts[i])) < 0) {
            break;
        }
    }
    _exit(number == SIGPROF ? 3 : 2);
}

/* Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014. */
static uint64_t next_number(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static void random_input(void)
{
    static uint64_t words[LONGEST / 8];
    uint64_t state = seed * 0x2545f4914f6cdd1dU + run;
    const size_t size = SHORTEST + next_number(&state) % (LONGEST - SHORTEST);
    for (size_t i = 0; i <= size / 8 && i < LONGEST / 8; i++) {
        words[i] = next_number(&state);
    }
    LLVMFuzzerTestOneInput((const uint8_t *)words, size);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void random_inputs(unsigned long from, unsigned long runs, double seconds)
{
    const double start = seconds_now();
    double last = start, slowest = 0;
    unsigned long slowest_run = from, all = 0, good = 0;
    const struct itimerval allowed = {.it_value.tv_sec = ALLOWED_SECONDS}; /* of the processor */
    for (run = from; run < from + runs && last - start < seconds; run++) {
        setitimer(ITIMER_PROF, &allowed, NULL);
        snprintf(again, sizeof again, "; again: --seed %lu --from %lu --runs 1 --trace\n", seed,
                 run);
        random_input();
        const double time = seconds_now();
        if (time - last > slowest) {
            slowest = time - last;
            slowest_run = run;
        }
        last = time;
    }
    int never = 0, unanswered = 0;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        all += (unsigned long)called[i];
        good += (unsigned long)answered[i];
        never += called[i] == 0;
        unanswered += answered[i] == 0;
        if (answered[i] == 0 && getenv("REEL_API_UNANSWERED")) {
            fprintf(stderr, "%s: never answered in %ld calls\n", functions[i].name, called[i]);
        }
    }
    printf("api: seed %lu: %lu inputs in %.1f s, %.0f a second; %lu calls, of which %lu did what "
           "was asked; of %d "
           "functions %d were not called and %d never did; the slowest input took %.3f s, number "
           "%lu\n",
           seed, run - from, last - start, (double)(run - from) / (last - start), all, good,
           (int)FUNCTIONS, never, unanswered, slowest, slowest_run);
}

static void run_file(const char *name)
{
    static uint8_t data[1 << 16];
    FILE *stream = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    FAULTY_REQUIRE(stream != NULL, "%s cannot be read", name);
    LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, stream));
    fclose(stream);
}

static void list(void)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        printf("%s\n", functions[i].name);
    }
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        printf("%s: left out: %s\n", left_out[i][0], left_out[i][1]);
    }
}

int main(int argc, char **argv)
{
    unsigned long from = 0, runs = 0;
    double seconds = (double)INFINITY;
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGPROF, SIGILL};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        signal(signals[i], crashed);
    }
    for (int i = 1; i < argc; i++) {
        const char *const option = argv[i], *value = i + 1 < argc ? argv[i + 1] : "0";
        const bool valued = strcmp(option, "--seed") == 0 || strcmp(option, "--from") == 0 ||
                            strcmp(option, "--runs") == 0 || strcmp(option, "--seconds") == 0;
        if (strcmp(option, "--list") == 0) {
            list();
        } else if (strcmp(option, "--trace") == 0) {
            tracing = true;
        } else if (valued) {
            unsigned long *const number = option[2] == 'f'   ? &from
                                          : option[2] == 'r' ? &runs
                                                             : &seed;
            if (strcmp(option, "--seconds") == 0) {
                seconds = atof(value);
            } else {
                *number = strtoul(value, NULL, 10);
            }
            i++;
        } else {
            run_file(option);
        }
    }
    if (runs > 0) {
        random_inputs(from, runs, seconds);
    }
    return EXIT_SUCCESS;
}
#endif
