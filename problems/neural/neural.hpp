#pragma once
// Neural networks of a list of layers: f(w) = (1/n) Σ_j φ(network(a_j; w), y_j) + (λ/2) ‖weights‖²,
// φ the cross-entropy of the softmax of the outputs, or half the squared error of the one output.
// (Biases are not in the regulariser.)
//
// Layout: "dense1.weight" [outputs × inputs] row-major, "dense1.bias" [outputs], "dense2.weight" …,
// layers of a kind numbered from 1.
// The model is double; products are in single or double precision, losses and sums over tiles of
// rows in double. Bits: a value of a row is one chain of fused multiply-adds, whatever rows it is
// computed with; a gradient is a chain over the rows of a tile of Network::tile_rows() rows, from
// the first row of each block of core/ordered_sum.hpp; tiles are added in order and blocks by the
// trie.

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/options.hpp"
#include "core/oracle.hpp"
#include "problems/neural/layer.hpp"
#include "problems/neural/layer_spec.hpp"
#include "problems/objectives/linear_model.hpp"

namespace cohort {

enum class NeuralLoss : std::uint8_t { cross_entropy, squared };
enum class Compute : std::uint8_t { single_precision, double_precision };

inline std::vector<std::pair<std::string, NeuralLoss>> option_names(NeuralLoss) {
  return {{"cross_entropy", NeuralLoss::cross_entropy}, {"squared", NeuralLoss::squared}};
}
inline std::vector<std::pair<std::string, Compute>> option_names(Compute) {
  return {{"single", Compute::single_precision}, {"double", Compute::double_precision}};
}
inline std::vector<std::pair<std::string, Initialization>> option_names(Initialization) {
  return {{"he", Initialization::he}, {"xavier", Initialization::xavier}};
}

struct NeuralOptions {
  std::vector<LayerSpec> layers;
  std::vector<std::uint64_t> image;
  NeuralLoss loss = NeuralLoss::cross_entropy;
  Compute compute = Compute::single_precision;
  Initialization weights = Initialization::he;
  double l2 = 0;

  static void declare(OptionTable<NeuralOptions>& t) {
    t.add(
        "layers", &NeuralOptions::layers,
        "layers in order, as \"dense 200 relu\" or \"conv 32 5 pad 2 relu\"; a last one, dense and "
        "without an activation, of an output a class or one for a value, is added where it is not "
        "given");
    t.add("image", &NeuralOptions::image, at_least(1),
          "what the features of a row are to conv and pool: [height, width] or [height, width, "
          "channels], channel by channel; a square");
    t.add("loss", &NeuralOptions::loss, "of classes, or of labels that are values");
    t.add("compute", &NeuralOptions::compute, "precision of the products");
    t.add("weights", &NeuralOptions::weights,
          "as they are drawn: he, N(0, 2/inputs), or xavier, uniform within ±√(6/(inputs + "
          "outputs))");
    t.add("l2", &NeuralOptions::l2, non_negative, "λ of the regulariser (λ/2)·‖weights‖²");
  }
};

struct Neural {
  static constexpr std::string_view name = "neural";
  static constexpr std::string_view summary = "neural network of a list of layers";
  static constexpr std::string_view source = "Rumelhart et al., Nature 323 (1986)";
  using Options = NeuralOptions;

  /// On any rows of `features` columns with labels 0 … outputs − 1, or, where the loss is squared
  /// and there is one output, with values; `seed` draws the start. Error: the layers do not fit,
  /// naming the one.
  static Result<std::unique_ptr<Function>> make(std::size_t features, std::size_t outputs,
                                                RowsOf rows, const Options& options,
                                                std::uint64_t seed);
  /// On no rows: tells what a function of these layers can do.
  static std::unique_ptr<Function> without_rows(const Options& options);
  /// On the rows of a store, which outlives the function. Errors: also that labels are not
  /// what the loss needs.
  static Result<std::unique_ptr<Function>> bind(const Options& options, const DataStore& store,
                                                std::uint64_t seed);
};

}  // namespace cohort
