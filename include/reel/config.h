/* SPDX-License-Identifier: MIT */
/* Which Reel this is, and what it has. A build that leaves something out installs its own copy. */
#ifndef REEL_CONFIG_H
#define REEL_CONFIG_H

/** The version that is compiled against, its first number; `reel_version` says what runs. */
#define REEL_VERSION_MAJOR 0
/** Its second number. */
#define REEL_VERSION_MINOR 1
/** Its third number. */
#define REEL_VERSION_PATCH 0

/** Whether files and tables are there: io.h, checkpoint.h, npy.h, table.h and encoder.h. */
#define REEL_HAS_IO 1
/** Whether .npz archives are there, in npy.h. */
#define REEL_HAS_NPZ 1
/** Whether .png files are there, in picture.h. */
#define REEL_HAS_PNG 1

#endif
