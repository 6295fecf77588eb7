/* One process without MPI, for a machine that has none, or for a launcher that starts N times one of one. */
#define MPI_COMM_WORLD 0
#define MPI_CHAR 1
#define MPI_LONG 2
#define MPI_DOUBLE 3
#define MPI_MAX 0
#define MPI_MIN 1
#define MPI_SUM 2
#define MPI_IN_PLACE NULL
#define MPI_Init(argc, argv) ((void)0)
#define MPI_Finalize() ((void)0)
#define MPI_Abort(comm, code) exit(code)
#define MPI_Barrier(comm) ((void)0)
#define MPI_Comm_rank(comm, at) (*(at) = 0)
#define MPI_Comm_size(comm, at) (*(at) = 1)
#define MPI_Bcast(what, count, type, root, comm) ((void)(what))
#define MPI_Allreduce(from, to, count, type, op, comm) ((void)(to))
#define MPI_Gather(from, count, type, to, times, type2, root, comm) memcpy(to, from, (count) * ((type) == MPI_CHAR ? 1 : 8))
