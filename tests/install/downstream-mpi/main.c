/* SPDX-License-Identifier: MIT */
/* One process, which is its own neighbour. */
#include <reel/mpi.h>
#include <reel/reel.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    reel *r = reel_new();
    reel_mpi *mpi = reel_mpi_join(r, MPI_COMM_WORLD, (reel_mpi_options){0});
    reel_tensor *t = reel_mpi_gather(mpi, reel_ones(r, REEL_F32, REEL_SHAPE(3)));
    printf("process %d of %d has %lld numbers\n", reel_mpi_rank(mpi), reel_mpi_size(mpi),
           (long long)reel_numel(t));
    const int failed = reel_numel(t) != 3 || reel_mpi_leave(mpi) != REEL_OK;
    reel_free(r);
    MPI_Finalize();
    return failed;
}
