/* SPDX-License-Identifier: MIT */
/*
 * Reading a table and encoding it, by each process for itself and by all together: milliseconds,
 * the least of five runs, of the slowest process.
 *
 *     mpirun -n 2 bench_mpi_table FILE.csv TARGET
 *
 * memory      reel_table_read into memory
 * file        the same into a file, as with little memory
 * fit         reel_encoder_fit of that
 * encoded     reel_encode_to_file
 */
#include <reel/mpi.h>
#include <reel/reel.h>
#include <stdio.h>

enum { RUNS = 5, PARTS = 4, FEW = 1 << 20 };

static int rank, size;

static void silent(void *context, reel_level level, const char *message)
{
    (void)context;
    if (level == REEL_ERROR) {
        fprintf(stderr, "%s\n", message);
    }
}

/* Seconds since *begin, of the slowest process. */
static double lap(double *begin)
{
    double now = MPI_Wtime(), seconds = now - *begin, slowest;
    MPI_Allreduce(&seconds, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    *begin = MPI_Wtime();
    return slowest;
}

static void run(const char *path, const char *target, bool together, double least[PARTS])
{
    reel *r = reel_new_with(&(struct reel_options){.handler = silent});
    reel_mpi *mpi = reel_mpi_join(r, MPI_COMM_WORLD, (reel_mpi_options){0});
    reel_table_options how = {.team = together ? reel_mpi_table_team(mpi) : NULL};
    double seconds[PARTS], begin = MPI_Wtime();
    reel_table_free(reel_table_read(r, path, how));
    seconds[0] = lap(&begin);
    how.memory = FEW;
    reel_table *t = reel_table_read(r, path, how);
    seconds[1] = lap(&begin);
    reel_encoder *e =
        reel_encoder_fit(t, NULL, (reel_encoder_options){.target = target, .team = how.team});
    seconds[2] = lap(&begin);
    reel_row_file_free(reel_encode_to_file(e, t, NULL, REEL_F32, FEW));
    seconds[3] = lap(&begin);
    for (int i = 0; i < PARTS; i++) {
        least[i] = least[i] == 0 || seconds[i] < least[i] ? seconds[i] : least[i];
    }
    reel_mpi_leave(mpi);
    reel_free(r);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argc != 3) {
        fprintf(stderr, "usage: mpirun -n N bench_mpi_table FILE.csv TARGET\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    double least[2][PARTS] = {{0}};
    for (int i = 0; i < 2 * RUNS; i++) {
        run(argv[1], argv[2], i % 2, least[i % 2]);
    }
    static const char *const names[] = {"memory", "file", "fit", "encoded"};
    for (int i = 0; i < PARTS && rank == 0; i++) {
        printf("%-8s each for itself %8.1f, %d together %8.1f\n", names[i], 1e3 * least[0][i], size,
               1e3 * least[1][i]);
    }
    MPI_Finalize();
    return 0;
}
