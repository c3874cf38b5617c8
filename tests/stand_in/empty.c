/* SPDX-License-Identifier: MIT */
/* A library that is called as OpenBLAS is, and has one of its functions. */
void cblas_sgemm(void);
void cblas_sgemm(void) {}
