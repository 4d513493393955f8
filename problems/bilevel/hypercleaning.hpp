#pragma once
// Data hyper-cleaning: a weight for every training row, learned so that what is trained on the
// weighted rows does well on a few clean ones.
//   lower  g_i(x_i, y) = (1/n_i) Σ_j σ(x_ij) ℓ_ij(y) + (λ/2)‖weight‖²    over the rows to clean
//   upper  f_i(y) = (1/m_i) Σ_j ℓ_ij(y)                                  over the clean rows
// -----------------------------------------------------------------------------------------------
// y the weights and biases of a softmax model; x_i [n_i] the logits of client i's row weights,
// which the client owns and which never travel; ℓ the softmax loss; σ(t) = 1/(1 + e^−t). The first
// rows of a client, a share `clean` of them and at least one, are its clean ones. Of the others a
// share `corruption`, drawn row by row, gets a label that is drawn uniformly from all classes, as
// in the benchmark of Dagréou et al., NeurIPS 2022; which ones the methods are not told. Asked as a
// function of one level it is f: training on the clean rows alone.

#include <memory>
#include <string_view>
#include <vector>

#include "core/options.hpp"
#include "core/ordered_sum.hpp"
#include "problems/objectives/linear_model.hpp"

namespace cohort {

/// The start of x, where it stays if the upper rate is zero.
enum class CleaningStart : std::uint8_t { equal, truth };
inline std::vector<std::pair<std::string, CleaningStart>> option_names(CleaningStart) {
  return {{"equal", CleaningStart::equal}, {"truth", CleaningStart::truth}};
}

struct HypercleaningOptions {
  double corruption = 0.3;
  double clean = 0.2;
  double l2 = 1e-3;
  CleaningStart start = CleaningStart::equal;

  static void declare(OptionTable<HypercleaningOptions>& t) {
    using O = HypercleaningOptions;
    t.add("corruption", &O::corruption, probability, "share of rows that get a random label");
    t.add("clean", &O::clean, Bounds{0, 1, true, true}, "share of a client's rows that is clean");
    t.add("l2", &O::l2, non_negative, "λ");
    t.add(
        "start", &O::start,
        "row weights at the start: all 1/2, or, to compare with, 1 where the label is right and 0 "
        "where it is not");
  }
};

/// The first-order answers of both levels. Weights of rows beyond `truth_logit` are 0 and 1 to
/// rounding.
class Hypercleaning final : public Function {
 public:
  static constexpr std::string_view model = "hypercleaning";
  static constexpr double truth_logit = 40;

  /// Rows of the clients [held.first, held.last), with labels 0 … classes − 1.
  Hypercleaning(std::size_t features, std::size_t classes, RowsOf rows, IdRange held,
                const HypercleaningOptions& options, std::uint64_t seed);

  std::string_view name() const override { return model; }
  const Layout& layout() const override { return upper_->layout(); }
  Capabilities capabilities() const override {
    return {Query::value, Query::losses, Query::gradient, Query::lower};
  }
  std::uint64_t rows(RowSource source, ClientId client) const override {
    return upper_->rows(source, client);
  }
  Prediction prediction() const override { return upper_->prediction(); }
  const Function* lower() const override { return lower_.get(); }
  std::uint64_t owned(ClientId client) const override;
  Vec owned_start(ClientId client) const override;
  std::span<const double> owned_truth(ClientId client) const override;

  double value(Context, const Sample&, VecView w) const override;
  void losses(Context, const Sample&, VecView w, std::span<double> out) const override;
  double gradient(Context, const Sample&, VecView w, std::span<const double> weights,
                  VecRef g) const override;
  void predict(Context, const Sample&, VecView w, std::span<double> losses,
               std::span<double> scores) const override;
  void labels(const Sample& sample, std::span<double> out) const override;

 private:
  class Weighted;
  /// What is drawn of a client's rows that are to be cleaned.
  struct Labels {
    std::vector<double> given;  // as g sees them
    std::vector<double> truth;  // 1 where `given` is the label of the data
  };
  const Labels* labels_of(ClientId client) const;

  HypercleaningOptions options_;
  IdRange held_;
  std::vector<Labels> labels_;  // by held client
  std::unique_ptr<Function> upper_;
  std::unique_ptr<Function> lower_;
};

/// What scenarios know as [model] type = "hypercleaning".
struct HypercleaningModel {
  static constexpr std::string_view name = Hypercleaning::model;
  static constexpr std::string_view summary =
      "softmax whose training rows have weights that clean ones teach";
  static constexpr std::string_view source = "Dagréou et al., NeurIPS 2022";
  using Options = HypercleaningOptions;

  static std::unique_ptr<Function> without_rows(const Options& options);
  /// On the rows of a store, which outlives the function. Errors: the labels are not classes.
  static Result<std::unique_ptr<Function>> bind(const Options& options, const DataStore& store,
                                                std::uint64_t seed);
};

}  // namespace cohort
