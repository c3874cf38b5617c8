/* SPDX-License-Identifier: MIT */
/* An OpenBLAS that counts in integers of 64 bits, and would read others wrongly. */
const char *openblas_get_config(void);
void cblas_sgemm(void);
void cblas_dgemm(void);

const char *openblas_get_config(void) { return "OpenBLAS 0.3.21 USE64BITINT"; }
void cblas_sgemm(void) {}
void cblas_dgemm(void) {}
