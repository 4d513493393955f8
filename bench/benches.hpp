#pragma once
// The benchmarks, one file each.

#include <cstdint>
#include <string>
#include <vector>

#include "bench/harness.hpp"
#include "core/result.hpp"

namespace cohort::bench {

struct GradientArgs {
  std::string data;
  std::string objective = "logistic";
  std::uint64_t bytes = std::uint64_t{1} << 30;  // to which the rows are repeated; 0: left out
};
/// One gradient over all rows of a file on one core: ns a stored value in cache, and repeated to
/// `bytes` against reading the same bytes.
cohort::Result<std::vector<Result>> gradient(const GradientArgs& args);

struct RoundsArgs {
  std::string data;
  std::uint64_t clients = 1000;
  std::uint64_t cohort = 100;
  std::uint64_t rounds = 200;  // of one measurement
};
/// FedAvg on logistic regression, one local step over all the client's rows, in one thread: the
/// platform's own share of a client-visit, all but the oracle's time.
cohort::Result<std::vector<Result>> rounds(const RoundsArgs& args);

struct ClientsArgs {
  std::uint64_t count = 1000000;
};
/// Bytes that an idle client costs a run of one process.
cohort::Result<std::vector<Result>> clients(const ClientsArgs& args);

struct ReadArgs {
  std::string data;
  std::uint64_t bytes = 200000000;  // of text
};
/// LIBSVM text and gzip, parsed from files in the temporary folder.
cohort::Result<std::vector<Result>> read(const ReadArgs& args);

struct AggregateArgs {
  std::string rule = "median";
  std::vector<std::string> maps;  // in front of it
  std::uint64_t rows = 32;
  std::uint64_t coordinates = 1000000;
  std::uint64_t f = 0;
  std::string precision = "double";  // or "single"
  std::uint64_t threads = 1;
};
/// A rule on normal rows against one pass over them; one that works on the Gram matrix also against
/// Eigen's.
cohort::Result<std::vector<Result>> aggregate(const AggregateArgs& args);

struct WalkArgs {
  std::string graph = "random_regular nodes=1000000 degree=8";  // as of `cohort graph`
  std::string base = "metropolis";
  double alpha = 5.0;
  std::uint64_t hops = 500000;  // of one measurement
};
/// Hops of a self-repellent walk on one core, against reading the weights of the rows it visits;
/// and its memory.
cohort::Result<std::vector<Result>> walk(const WalkArgs& args);

struct GossipArgs {
  std::string graph = "ring";  // as of `cohort graph`
  std::uint64_t nodes = 16;
  std::uint64_t coordinates = 1000000;
};
/// On one core: what every node takes from its neighbours, and a round of a worker that hosts them
/// all, against the traffic of each value read for each edge and written once.
cohort::Result<std::vector<Result>> gossip(const GossipArgs& args);

struct CompressArgs {
  std::uint64_t coordinates = 10000000;
  std::string only;  // a compressor; empty: all
};
/// On one core: the selection of the k largest against std::nth_element, and each compressor with
/// its defaults, to the encoded block, against one pass.
cohort::Result<std::vector<Result>> compress(const CompressArgs& args);

struct ScalingArgs {
  std::string file;                        // scenario; of its cases the first
  std::vector<std::uint32_t> ranks{1, 2};  // ascending, from 1 on
  bool is_weak = false;                    // clients grow with the ranks, else they are the file's
  std::uint64_t rounds = 200;              // of each job
  std::size_t threads = 1;                 // a rank
  std::vector<std::string> sets;           // as of `cohort run`
  std::string launcher = "mpirun";
  std::string svg;  // file of the figure; empty: none
  bool as_json = false;
};
/// Round times, phases of every rank, efficiency and imbalance of jobs that `launcher` starts, and
/// a model that predicts them from the job of one rank and the network (bench/scaling_model.hpp).
/// Without `as_json` it prints a table and returns nothing. Under a launcher it measures that job
/// alone, and rank 0 prints one line of JSON.
cohort::Result<std::vector<Result>> scaling(const ScalingArgs& args);

struct MlpArgs {
  std::uint64_t batch = 32;  // rows of a gradient, at most 600
};
/// Gradients of a network of three dense layers, and of one with two convolutions, on one core
/// against Eigen's products of the same shapes; the Gram matrix of 256 row gradients of the first
/// against their gradient.
cohort::Result<std::vector<Result>> mlp(const MlpArgs& args);

struct ExternalArgs {
  std::string python = "/usr/bin/python3";  // with NumPy
  std::uint64_t dimension = 100000;
};
/// A gradient of an oracle in Python that gives back what it was sent, against a bare pipe that
/// copies the same bytes.
cohort::Result<std::vector<Result>> external(const ExternalArgs& args);

struct ZerothOrderArgs {
  std::uint64_t coordinates = 10000000;  // of the model of the seed-only step
  std::uint64_t rows = 10000;            // of the two-point query
  std::uint64_t features = 123;
};
/// On one core: a step along a direction that is never stored, in time and memory; normals a
/// second; a two-point query against two values.
cohort::Result<std::vector<Result>> zeroth_order(const ZerothOrderArgs& args);

struct SurrogateArgs {
  std::uint64_t points = 500;
  std::uint64_t dimension = 1000;
  std::uint64_t features = 10000;
};
/// What a query costs zord and fzoos on one core, part by part, against its operations at the rate
/// of a product.
cohort::Result<std::vector<Result>> surrogate(const SurrogateArgs& args);

/// Reductions, updates and elementary functions in cache and in memory.
cohort::Result<std::vector<Result>> kernels();

}  // namespace cohort::bench
