#pragma once
// Runs a method over quadratic clients in this process, without worker, coordinator or wire.

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "algorithms/method_config.hpp"

namespace cohort::drive {

/// Scenario values as C++ writes them: table({{"type", "sgd"}, {"learning_rate", 0.1}}).
struct Value : ConfigNode {
  Value(ConfigNode node);
  Value(const char* text);
  Value(const std::string& text);
  Value(double number);
  Value(int number);
};
ConfigNode table(std::initializer_list<std::pair<const char*, Value>> entries);
ConfigNode list(std::initializer_list<Value> entries);
/// At line 7, column 3 of test.toml.
ConfigNode placed(ConfigNode node);

/// Client i: row j has ½ (w − b_j)ᵀ A (w − b_j), so that ∇f_i(w) = A (w − mean b).
struct QuadraticClient {
  Mat a;  // [d × d]
  Mat b;  // [d × rows]
  Vec centre() const;
};

class Quadratics final : public Function {
 public:
  explicit Quadratics(std::vector<QuadraticClient> clients);
  std::string_view name() const override { return "quadratics"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override {
    return {Query::value, Query::gradient, Query::jvp, Query::hvp, Query::lower};
  }
  /// A bilevel function without upper variables, whose levels are one.
  const Function* lower() const override { return this; }
  std::uint64_t rows(RowSource, ClientId client) const override;
  double value(Context, const Sample& s, VecView w) const override;
  double gradient(Context context, const Sample& s, VecView w, std::span<const double>,
                  VecRef g) const override;
  double jvp(Context context, const Sample& s, VecView w, VecView v) const override;
  void hvp(Context, const Sample& s, VecView, VecView v, VecRef out) const override;
  const std::vector<QuadraticClient>& clients() const { return clients_; }

  using Batches = std::vector<std::pair<std::uint64_t, std::vector<std::uint64_t>>>;
  /// Client and rows of every gradient and value asked, in order; not recorded if null.
  Batches* seen = nullptr;

 private:
  double value_of(const Sample& s, VecView w) const;
  void record(const Sample& s) const;
  std::vector<QuadraticClient> clients_;
  Layout layout_;
};

/// Clients with different curvatures and centres; eigenvalues of A in [1, 3].
std::vector<QuadraticClient> different_clients(std::size_t n, Index d, Index rows,
                                               std::uint64_t seed = 1);

std::vector<double> equal_weights(std::size_t n);

/// A⁻¹ B, for expected values; A [n × n], B [n × m].
Mat solve(const Mat& a, const Mat& b);

class Run {
 public:
  /// `weights` are the p_i; `function` outlives the run.
  Run(const ConfigNode& method, const Function& function, std::vector<double> weights,
      std::uint64_t seed = 1);

  Vec x;  // [d] the shared model

  /// One round of all clients, or of `cohort` (ascending); replies of `dropped` are made, but never
  /// arrive.
  void round(std::vector<std::uint64_t> cohort = {},
             const std::vector<std::uint64_t>& dropped = {});
  void rounds(int count);

  /// What a client would reply to `ask`; its committed state stays.
  Reply answer(const Ask& ask, std::uint64_t client);
  /// The first Ask of the next round.
  Ask next_ask();

  double invariant_gap() const;
  const State& server_state() const { return server_; }
  const State& client_state(std::size_t i) const { return clients_[i].method; }
  const Method& method() const { return *setup_.method; }
  const OracleCounts& counts() const { return counts_; }
  std::uint64_t bytes_up() const { return bytes_up_; }
  /// Where all clients take part.
  std::uint64_t bytes_down() const { return bytes_down_; }

  /// All that the next round reads.
  template <class V>
  void fields(V&& v) {
    v("x", x);
    v("round", round_);
    v("server", server_);
    v("pipeline", server_pipeline_);
    v("replica", replica_);
    for (Client& c : clients_) {
      v("method", c.method);
      v("pipeline", c.pipeline);
    }
  }

 private:
  struct Client {
    State method;
    ClientPipelineState pipeline;
  };
  std::size_t d() const { return function_->layout().shared(); }

  /// The reply and the tentative state of the method.
  std::pair<Reply, State> answer(const Ask& ask, std::uint64_t id, const State& committed,
                                 ClientPipelineState pipeline);
  Combined collect(const Ask& ask, const std::vector<std::uint64_t>& cohort,
                   const std::vector<std::uint64_t>& dropped);

  const Function* function_;
  std::vector<double> weights_;
  std::uint64_t seed_;
  MethodSetup setup_;
  std::uint64_t round_ = 0;
  State server_;
  ServerPipelineState server_pipeline_;
  std::vector<Client> clients_;
  State replica_;
  ClientPipelineState pipeline_;  // of the client that answered last
  ClientBuffers buffers_;
  ThreadPool pool_{1};
  Scratch scratch_;
  OracleCounts counts_;
  std::uint64_t bytes_up_ = 0;  // of accepted replies
  std::uint64_t bytes_down_ = 0;
  std::optional<AskId> accepted_;  // the last
};

}  // namespace cohort::drive
