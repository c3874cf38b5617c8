/* SPDX-License-Identifier: MIT */
/*
 * A round is one call of reeli_parallel. It is opened and closed by the reel's own thread under the
 * lock; a worker joins it under the lock, while it is open. So a worker that wakes up late finds
 * the round closed and is not waited for: work takes no longer than one thread alone would need,
 * whatever else the machine does.
 */
#include "pool.h"

#include "cpus.h"
#include "state.h"
#include "thresholds.h"

/* Without threads, or where one of them could not count: the reel's own does all the work. */
#if defined(__STDC_NO_ATOMICS__) || defined(__TINYC__) ||                                          \
    !(defined(__unix__) || defined(__APPLE__) || defined(__MINGW32__))
#define REEL_NO_THREADS
#endif

#ifndef REEL_NO_THREADS
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_WORKERS = 255,
    SHARES = 8 /* a thread takes its part of the pieces in so many helpings */
};

typedef struct reeli_pool {
    size_t size;
    pid_t process; /* that the threads belong to: a fork has none of them */
    int workers;   /* that did start */
    int looking;   /* how long a thread looks for something before it sleeps, in ns */
    pthread_mutex_t lock;
    pthread_cond_t opened, left;

    /* Written under the lock while no worker is in a round. */
    reeli_job job;
    reeli_placed_job placed; /* or this */
    void *context;
    int64_t pieces, helping;
    bool open, stop;

    atomic_uint round; /* counts the rounds; workers watch it */
    atomic_int inside; /* workers that have joined and not left; changed under the lock */
    atomic_int places; /* that the threads with a piece in this round have taken */
    char apart[64];    /* `next` has a cache line for itself */
    _Alignas(8) _Atomic int64_t next; /* by which 32-bit x86 does not go of itself */
    char apart_too[64];
    pthread_t thread[];
} reeli_pool;

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Somebody who looks for something again and again before they sleep. */
typedef struct looking {
    int looks;
    int64_t end; /* by the clock, in ns */
} looking;

/* Whether to look once more. The clock is asked now and then: a pause takes some CPUs ten times as
 * long as others. */
static bool looks_on(const reeli_pool *p, looking *l)
{
    enum { LOOKS = 32 };
    pause_briefly();
    if (l->looks++ % LOOKS != 0) {
        return true;
    }
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    const int64_t now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    l->end = l->end > 0 ? l->end : now + p->looking;
    return now < l->end;
}

/* What went past the caches is there for the other threads. */
static void end_streams(void)
{
#if defined(__SSE__)
    __builtin_ia32_sfence();
#endif
}

static void do_pieces(reeli_pool *p)
{
    for (int place = -1;;) {
        const int64_t first = atomic_fetch_add_explicit(&p->next, p->helping, memory_order_relaxed);
        if (first >= p->pieces) {
            end_streams();
            return;
        }
        const int64_t rest = p->pieces - first,
                      end = first + (rest < p->helping ? rest : p->helping);
        place = !p->placed || place >= 0 ? place : atomic_fetch_add(&p->places, 1);
        for (int64_t piece = first; piece < end; piece++) {
            if (p->placed) {
                p->placed(piece, place, p->context);
            } else {
                p->job(piece, p->context);
            }
        }
    }
}

/* Waits for a round after `*seen`, and joins it if it is still open; false: the pool ends. */
static bool join_round(reeli_pool *p, unsigned *seen, bool *joined)
{
    looking round = {0};
    while (atomic_load(&p->round) == *seen && looks_on(p, &round)) {
    }
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->round) == *seen) {
        pthread_cond_wait(&p->opened, &p->lock);
    }
    *seen = atomic_load(&p->round);
    *joined = p->open;
    if (p->open) {
        atomic_fetch_add(&p->inside, 1);
    }
    const bool goes_on = !p->stop;
    pthread_mutex_unlock(&p->lock);
    return goes_on;
}

static void leave_round(reeli_pool *p)
{
    pthread_mutex_lock(&p->lock);
    if (atomic_fetch_sub(&p->inside, 1) == 1) {
        pthread_cond_signal(&p->left);
    }
    pthread_mutex_unlock(&p->lock);
}

static void *work(void *pool)
{
    reeli_pool *p = pool;
    unsigned seen = 0;
    bool joined;
    while (join_round(p, &seen, &joined)) {
        if (joined) {
            do_pieces(p);
            leave_round(p);
        }
    }
    return NULL;
}

/* Signals are for the program's own threads. */
static void start_workers(reeli_pool *p, int count)
{
#ifndef _WIN32
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
#endif
    while (p->workers < count && pthread_create(&p->thread[p->workers], NULL, work, p) == 0) {
        p->workers++;
    }
#ifndef _WIN32
    pthread_sigmask(SIG_SETMASK, &before, NULL);
#endif
}

/* Where there are more threads than CPUs, who looks is in the way of who works. */
static int how_long(int threads)
{
    const int cpus = reeli_cpus();
    return cpus > 0 && threads > cpus ? REELI_LOOKING / 4 : REELI_LOOKING;
}

static reeli_pool *pool_new(reel *r)
{
    const int count = r->threads - 1 < MOST_WORKERS ? r->threads - 1 : MOST_WORKERS;
    const size_t size = sizeof(reeli_pool) + (size_t)count * sizeof(pthread_t);
    reeli_pool *p = reeli_malloc(r, size);
    if (!p) {
        return NULL;
    }
    *p = (reeli_pool){.size = size, .process = getpid(), .looking = how_long(count + 1)};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->opened, NULL);
    pthread_cond_init(&p->left, NULL);
    start_workers(p, count);
    return p;
}

static void announce(reeli_pool *p)
{
    atomic_fetch_add(&p->round, 1);
    pthread_cond_broadcast(&p->opened);
    pthread_mutex_unlock(&p->lock);
}

/* In a forked process there is nobody to be joined, and the lock may be held for ever. */
static void end_workers(reeli_pool *p)
{
    if (p->process != getpid()) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    announce(p);
    for (int i = 0; i < p->workers; i++) {
        pthread_join(p->thread[i], NULL);
    }
    pthread_cond_destroy(&p->left);
    pthread_cond_destroy(&p->opened);
    pthread_mutex_destroy(&p->lock);
}

void reeli_pool_free(reel *r)
{
    if (r->pool) {
        end_workers(r->pool);
        reeli_free(r, r->pool, r->pool->size);
        r->pool = NULL;
    }
}

/* The reel's pool with at least one worker, started if need be; NULL if there is none to be had. */
static reeli_pool *pool_of(reel *r)
{
    if (r->pool && r->pool->process != getpid()) {
        reeli_pool_free(r);
    }
    if (!r->pool) {
        r->pool = pool_new(r);
    }
    return r->pool && r->pool->workers > 0 ? r->pool : NULL;
}

static void open_round(reeli_pool *p, int64_t pieces, reeli_job job, reeli_placed_job placed,
                       void *context)
{
    const int64_t helping = pieces / ((p->workers + 1) * SHARES);
    pthread_mutex_lock(&p->lock);
    p->job = job;
    p->placed = placed;
    p->context = context;
    p->pieces = pieces;
    p->helping = helping > 1 ? helping : 1;
    p->open = true;
    atomic_store(&p->places, 0);
    atomic_store(&p->next, 0);
    announce(p);
}

/* No piece is left to be taken: waits for those that have been. */
static void close_round(reeli_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->open = false;
    pthread_mutex_unlock(&p->lock);
    looking for_others = {0};
    while (atomic_load(&p->inside) > 0 && looks_on(p, &for_others)) {
    }
    if (atomic_load(&p->inside) > 0) {
        pthread_mutex_lock(&p->lock);
        while (atomic_load(&p->inside) > 0) {
            pthread_cond_wait(&p->left, &p->lock);
        }
        pthread_mutex_unlock(&p->lock);
    }
}

/* False: there is nobody to share them with. */
static bool share(reel *r, int64_t pieces, reeli_job job, reeli_placed_job placed, void *context)
{
    reeli_pool *p = r->threads > 1 && pieces > 1 ? pool_of(r) : NULL;
    if (p) {
        open_round(p, pieces, job, placed, context);
        do_pieces(p);
        close_round(p);
    }
    return p != NULL;
}

#else
void reeli_pool_free(reel *r) { r->pool = NULL; }

static bool share(reel *r, int64_t pieces, reeli_job job, reeli_placed_job placed, void *context)
{
    (void)r, (void)pieces, (void)job, (void)placed, (void)context;
    return false;
}
#endif

void reeli_parallel(reel *r, int64_t pieces, reeli_job job, void *context)
{
    const bool shared = share(r, pieces, job, NULL, context);
    for (int64_t piece = 0; piece < pieces && !shared; piece++) {
        job(piece, context);
    }
}

void reeli_parallel_placed(reel *r, int64_t pieces, reeli_placed_job job, void *context)
{
    const bool shared = share(r, pieces, NULL, job, context);
    for (int64_t piece = 0; piece < pieces && !shared; piece++) {
        job(piece, 0, context);
    }
}

int64_t reeli_working_places(const reel *r, int64_t pieces)
{
    return r->threads < pieces ? r->threads : pieces;
}

void reel_set_num_threads(reel *r, int threads)
{
    if (!r) {
        return;
    }
    if (threads < 1) {
        reeli_error(r, REEL_ERR_VALUE, "set_num_threads: %d threads; there must be at least 1",
                    threads);
        return;
    }
    if (threads != r->threads) {
        reeli_pool_free(r);
        r->threads = threads;
    }
}

int reel_get_num_threads(const reel *r) { return r ? r->threads : 1; }
