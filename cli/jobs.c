/* SPDX-License-Identifier: MIT */
/* A job's process writes its result into one pipe and what it says into another. */
#include "jobs.h"
#include "cpus.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RESULT, TEXT, PIPES };
enum { A_MOMENT = 200 }; /* milliseconds, after which interruptions are looked for in any case */
enum { MOST_AT_ONCE = 256 };

typedef struct worker {
    pid_t process;   /* 0: it was not begun, or its end was seen */
    int pipe[PIPES]; /* to read from; -1: closed */
    job_result got[PIPES];
    size_t room[PIPES];
    bool ended, failed, lost; /* lost: there was no memory for what it wrote */
    int killed_by;
} worker;

typedef struct run {
    session *s;
    const jobs *of;
    reel_tensor *state; /* of the random numbers */
    worker *workers;    /* one for each job */
    int64_t at_once, begun, ended, told, under_way;
    bool stopped; /* nothing more is begun */
    progress *shown;
} run;

static int64_t how_many_at_once(const session *s, const jobs *of)
{
    int64_t most = s->o->threads ? s->o->threads : reeli_cpus();
    int64_t there_is_room_for = of->bytes > 0 ? s->memory / of->bytes : of->count;
    most = most < MOST_AT_ONCE ? most : MOST_AT_ONCE;
    most = most < of->count ? most : of->count;
    most = most < there_is_room_for ? most : there_is_room_for;
    return s->together || s->parent || most < 1 ? 1 : most;
}

static bool do_job(const run *it, int64_t k, job_result *result)
{
    return reel_set_rng_state(it->s->r, it->state) == REEL_OK &&
           it->of->each(it->of->context, k, result);
}

static bool write_all(int to, const job_result *what)
{
    const char *bytes = what->data;
    for (size_t done = 0; done < what->size;) {
        ssize_t n = write(to, bytes + done, what->size - done);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* The process of job k. The terminal's Ctrl-C is for the one that began it, and passes it on. */
static _Noreturn void be_worker(const run *it, int64_t k, const int write_to[PIPES], pid_t parent)
{
    job_result result = {NULL, 0};
    session *s = it->s;
    session_become_job(s, parent);
    dup2(write_to[TEXT], STDERR_FILENO);
    const int64_t threads = s->o->threads / it->at_once;
    reel_set_num_threads(s->r, threads > 1 ? (int)threads : 1);
    bool done = do_job(it, k, &result) && write_all(write_to[RESULT], &result);
    fflush(stderr);
    _exit(done ? 0 : 1);
}

static void close_both(int pipes[2])
{
    close(pipes[0]);
    close(pipes[1]);
}

/* False: there can be no other process now. */
static bool begin(run *it, int64_t k)
{
    worker *w = &it->workers[k];
    int result[2], text[2];
    if (pipe(result) != 0) {
        return false;
    }
    if (pipe(text) != 0) {
        close_both(result);
        return false;
    }
    fflush(stdout);
    fflush(stderr);
    const pid_t parent = getpid();
    w->process = fork();
    if (w->process == 0) {
        be_worker(it, k, (const int[]){result[1], text[1]}, parent);
    }
    if (w->process < 0) {
        w->process = 0;
        close_both(result);
        close_both(text);
        return false;
    }
    close(result[1]);
    close(text[1]);
    w->pipe[RESULT] = result[0];
    w->pipe[TEXT] = text[0];
    it->under_way++;
    return true;
}

/* Takes what is there. At the end of the pipe, or without memory, it is closed. */
static void take(worker *w, int which)
{
    enum { PIECE = 1 << 16 };
    job_result *got = &w->got[which];
    if (got->size + PIECE > w->room[which]) {
        size_t room = 2 * w->room[which] + PIECE;
        void *larger = realloc(got->data, room);
        got->data = larger ? larger : got->data;
        w->room[which] = larger ? room : w->room[which];
        w->lost = w->lost || !larger;
    }
    ssize_t n = w->lost ? 0 : read(w->pipe[which], (char *)got->data + got->size, PIECE);
    if (n == 0 || (n < 0 && errno != EINTR)) {
        close(w->pipe[which]);
        w->pipe[which] = -1;
    }
    got->size += n > 0 ? (size_t)n : 0;
}

static void see_end(run *it, worker *w)
{
    int status = 0;
    while (waitpid(w->process, &status, 0) < 0 && errno == EINTR) {
    }
    w->process = 0;
    w->ended = true;
    w->failed = status != 0;
    w->killed_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    it->under_way--;
    progress_epoch(it->shown, ++it->ended, (double)NAN, (double)NAN, false);
}

static void ask_to_end(const run *it)
{
    for (int64_t k = it->told; k < it->begun; k++) {
        if (it->workers[k].process) {
            kill(it->workers[k].process, SIGTERM);
        }
    }
}

/* Waits until a job has something to say, or a moment. */
static bool wait_for_some(run *it)
{
    struct pollfd *of = calloc((size_t)it->under_way * PIPES, sizeof *of);
    nfds_t n = 0;
    for (int64_t k = it->told; of && k < it->begun; k++) {
        for (int i = 0; it->workers[k].process && i < PIPES; i++) {
            of[n++] = (struct pollfd){.fd = it->workers[k].pipe[i], .events = POLLIN};
        }
    }
    bool some = of && poll(of, n, A_MOMENT) > 0;
    n = 0;
    for (int64_t k = it->told; of && k < it->begun; k++) {
        worker *w = &it->workers[k];
        for (int i = 0; w->process && i < PIPES; i++, n++) {
            if (some && of[n].revents) {
                take(w, i);
            }
        }
        if (w->process && w->pipe[RESULT] < 0 && w->pipe[TEXT] < 0) {
            see_end(it, w);
        }
    }
    free(of);
    return of || complain(it->s, "there is no memory to wait for jobs");
}

/* Begins as many as there may be under way; here, if there can be no other process at all. */
static void begin_some(run *it)
{
    while (!it->stopped && it->under_way < it->at_once && it->begun < it->of->count) {
        worker *w = &it->workers[it->begun];
        if (begin(it, it->begun)) {
            it->begun++;
        } else if (it->under_way > 0) {
            it->at_once = it->under_way;
        } else {
            w->failed = !do_job(it, it->begun++, &w->got[RESULT]);
            w->ended = true;
            return;
        }
    }
}

/* What the next job said, and its result. False if it failed. */
static bool hear(run *it, job_result *result)
{
    worker *w = &it->workers[it->told++];
    progress_erase(it->shown);
    session_hear(it->s, w->got[TEXT].data, w->got[TEXT].size);
    *result = w->got[RESULT];
    w->got[RESULT].data = NULL;
    if (w->lost) {
        return complain(it->s, "%s, %" PRId64 " of %" PRId64 ": there is no memory for its result",
                        it->of->name, it->told, it->of->count);
    }
    if (w->killed_by) {
        return complain(it->s, "%s, %" PRId64 " of %" PRId64 ": its process was ended: %s",
                        it->of->name, it->told, it->of->count, strsignal(w->killed_by));
    }
    return !w->failed;
}

/* Nothing is left of those that are under way. */
static void end_all(run *it)
{
    for (int64_t k = 0; k < it->begun; k++) {
        worker *w = &it->workers[k];
        if (w->process) {
            kill(w->process, SIGKILL);
            for (int i = 0; i < PIPES; i++) {
                w->pipe[i] < 0 ? 0 : close(w->pipe[i]);
            }
            see_end(it, w);
        }
        free(w->got[RESULT].data);
        free(w->got[TEXT].data);
    }
    free(it->workers);
}

static bool side_by_side(run *it, job_result *results)
{
    const int64_t count = it->of->count;
    bool done = true;
    while (done && it->told < count && !(it->stopped && it->told == it->begun)) {
        begin_some(it);
        done = it->under_way == 0 || wait_for_some(it);
        if (!it->stopped && interrupted(it->s)) {
            it->stopped = true;
            ask_to_end(it);
        }
        while (done && it->told < it->begun && it->workers[it->told].ended) {
            done = hear(it, &results[it->told]);
        }
    }
    return done;
}

static bool one_by_one(run *it, job_result *results)
{
    bool done = true;
    for (int64_t k = 0; done && k < it->of->count && (k == 0 || !interrupted(it->s)); k++) {
        done = do_job(it, k, &results[k]);
        progress_epoch(it->shown, k + 1, (double)NAN, (double)NAN, false);
    }
    return done;
}

job_result *jobs_run(session *s, const jobs *of)
{
    run it = {.s = s, .of = of, .at_once = how_many_at_once(s, of)};
    job_result *results = calloc((size_t)of->count, sizeof *results);
    it.workers = calloc((size_t)of->count, sizeof *it.workers);
    if (!results || !it.workers) {
        free(results);
        free(it.workers);
        complain(s, "there is no memory for %s", of->name);
        return NULL;
    }
    it.state = reel_keep(reel_get_rng_state(s->r));
    it.shown = progress_begin_trial(stderr, of->name, of->count, 0, progress_mode_of(s->o));
    bool done = it.at_once > 1 ? side_by_side(&it, results) : one_by_one(&it, results);
    end_all(&it);
    progress_end(it.shown, NULL);
    done = done && reel_set_rng_state(s->r, it.state) == REEL_OK;
    reel_tensor_free(it.state);
    if (!done) {
        jobs_free(results, of->count);
    }
    return done ? results : NULL;
}

void jobs_free(job_result *results, int64_t count)
{
    for (int64_t k = 0; results && k < count; k++) {
        free(results[k].data);
    }
    free(results);
}
