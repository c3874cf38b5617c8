/* SPDX-License-Identifier: MIT */
/* How many CPUs there are for this process. */
#ifndef REELI_CPUS_H
#define REELI_CPUS_H

/* As many as it may run on, where the system says so, as for a container; 0: nobody knows. */
int reeli_cpus(void);

#endif
