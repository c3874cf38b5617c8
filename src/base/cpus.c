/* SPDX-License-Identifier: MIT */
/* CPUs counted: by what this process may use where Linux says so, by what is there elsewhere. */
#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "cpus.h"

#if defined(__unix__) || defined(__APPLE__)
#include <sched.h>
#include <unistd.h>
#endif

int reeli_cpus(void)
{
#ifdef CPU_COUNT
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
        return CPU_COUNT(&allowed);
    }
#endif
#ifdef _SC_NPROCESSORS_ONLN
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 0;
#else
    return 0;
#endif
}
