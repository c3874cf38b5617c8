/* SPDX-License-Identifier: MIT */
/* Which Reel this is, and what it has. A build that leaves something out installs its own copy. */
#ifndef REEL_CONFIG_H
#define REEL_CONFIG_H

/* What was compiled against; `reel_version` says what runs. */
#define REEL_VERSION_MAJOR 0
#define REEL_VERSION_MINOR 1
#define REEL_VERSION_PATCH 0

#define REEL_HAS_IO 1  /* files and tables: io.h, checkpoint.h, npy.h, table.h, encoder.h */
#define REEL_HAS_NPZ 1 /* .npz archives, in npy.h */

#endif
