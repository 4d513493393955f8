// The same program as that of the tests of comm/ under MPI.
#include "tests/comm/mpi/main.cpp"
