/* SPDX-License-Identifier: MIT */
/*
 * A team of at most LIMIT_MAX_THREADS threads for the workloads that memory bounds. A worker spins
 * for some microseconds before it sleeps: a wake-up through the kernel would show in a 2 ms step.
 */
#include "limit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SPINS = 20000 };

struct limit_team {
    int threads;
    void (*job)(void *state, int worker);
    void *state;
    atomic_uint round, done; /* jobs handed out, and jobs that the second thread has finished */
    bool stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t second;
};

/* Returns once *counter is `value`. The changer holds the lock, so that no signal is lost. */
static void await(limit_team *team, atomic_uint *counter, unsigned value)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(counter, memory_order_acquire) == value) {
            return;
        }
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    pthread_mutex_lock(&team->lock);
    while (atomic_load(counter) != value) {
        pthread_cond_wait(&team->changed, &team->lock);
    }
    pthread_mutex_unlock(&team->lock);
}

static void advance(limit_team *team, atomic_uint *counter)
{
    pthread_mutex_lock(&team->lock);
    atomic_fetch_add(counter, 1);
    pthread_cond_signal(&team->changed);
    pthread_mutex_unlock(&team->lock);
}

static void *second_thread(void *arg)
{
    limit_team *team = arg;
    for (unsigned round = 1;; round++) {
        await(team, &team->round, round);
        if (team->stop) {
            return NULL;
        }
        team->job(team->state, 1);
        advance(team, &team->done);
    }
}

limit_team *limit_team_create(int threads)
{
    limit_team *team =
        threads >= 1 && threads <= LIMIT_MAX_THREADS ? calloc(1, sizeof *team) : NULL;
    if (!team) {
        return NULL;
    }
    team->threads = threads;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->changed, NULL);
    if (threads == 2 && pthread_create(&team->second, NULL, second_thread, team) != 0) {
        team->threads = 1;
        limit_team_destroy(team);
        return NULL;
    }
    return team;
}

void limit_team_run(limit_team *team, void (*job)(void *state, int worker), void *state)
{
    if (team->threads == 1) {
        job(state, 0);
        return;
    }
    team->job = job;
    team->state = state;
    advance(team, &team->round);
    job(state, 0);
    await(team, &team->done, atomic_load(&team->round));
}

void limit_team_destroy(limit_team *team)
{
    if (!team) {
        return;
    }
    if (team->threads == 2) {
        team->stop = true;
        advance(team, &team->round);
        pthread_join(team->second, NULL);
    }
    pthread_cond_destroy(&team->changed);
    pthread_mutex_destroy(&team->lock);
    free(team);
}

void *limit_alloc(int64_t bytes)
{
    size_t size = ((size_t)bytes + 63) / 64 * 64;
    void *p = aligned_alloc(64, size);
    return p ? memset(p, 0, size) : NULL;
}
