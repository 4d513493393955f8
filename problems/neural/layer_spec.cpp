#include "problems/neural/layer_spec.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

namespace cohort {

namespace {

constexpr std::string_view activations[] = {"relu", "gelu", "tanh"};
constexpr std::string_view forms = "\"dense OUTPUTS [relu | gelu | tanh]\"";

/// The words of a layer in turn.
class Words {
 public:
  explicit Words(const std::string& text) : text_(text), stream_(text) { next(); }

  bool at_end() const { return word_.empty(); }
  const std::string& word() const { return word_; }
  void next() {
    word_.clear();
    stream_ >> word_;
    ++place_;
  }
  Error expected(std::string_view what) const {
    return bad_input(fmt::format("word {}: expected {}, found {} in \"{}\"", place_, what,
                                 at_end() ? "the end" : fmt::format("\"{}\"", word_), text_));
  }
  Result<std::size_t> number(std::string_view what, std::size_t most) {
    std::size_t value = 0;
    const char* end = word_.data() + word_.size();
    const auto [stop, error] = std::from_chars(word_.data(), end, value);
    if (error != std::errc{} || stop != end || value < 1 || value > most) {
      return expected(fmt::format("{}, a whole number from 1 to {}", what, most));
    }
    next();
    return value;
  }

 private:
  const std::string& text_;
  std::istringstream stream_;
  std::string word_;
  std::size_t place_ = 0;
};

}  // namespace

Result<LayerSpec> parse_layer(const std::string& text) {
  Words words(text);
  LayerSpec layer;
  layer.text = text;
  if (words.word() != "dense") return words.expected(fmt::format("a layer, {}", forms));
  words.next();
  COHORT_TRY(layer.outputs, words.number("the number of outputs", most_outputs));
  for (std::size_t i = 0; i < std::size(activations); ++i) {
    if (words.word() == activations[i]) layer.activation = static_cast<Activation>(i + 1);
  }
  if (layer.activation != Activation::none) words.next();
  if (!words.at_end()) {
    return words.expected(layer.activation == Activation::none
                              ? "relu, gelu, tanh or the end of the layer"
                              : "the end of the layer");
  }
  return layer;
}

bool OptionType<LayerSpec>::read(const ConfigNode& node, const std::string& path, const Bounds&,
                                 LayerSpec& out, Mistakes& mistakes) {
  if (!node.is_text()) {
    options_detail::expected(node, path, fmt::format("a layer, {}", forms), mistakes);
    return false;
  }
  auto layer = parse_layer(node.text());
  if (!layer) {
    mistakes.add(node.spot, path + ": " + layer.error().message);
    return false;
  }
  out = *std::move(layer);
  return true;
}

}  // namespace cohort
