#include "problems/neural/layer_spec.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

namespace cohort {

namespace {

constexpr std::string_view activations[] = {"relu", "gelu", "tanh"};
constexpr std::string_view forms =
    "\"dense OUTPUTS\", \"conv CHANNELS SIDE [pad ZEROS]\", \"pool SIDE\", \"norm GROUPS\", each "
    "with [relu | gelu | tanh], or \"embed SYMBOLS WIDTH\"";
constexpr std::size_t most_side = 64;
constexpr std::size_t most_symbols = std::size_t{1} << 20;

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
  /// Whether it is this word, which is then behind.
  bool takes(std::string_view word) {
    if (word_ != word) return false;
    next();
    return true;
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
  if (words.takes("dense")) {
    COHORT_TRY(layer.outputs, words.number("the number of outputs", most_outputs));
  } else if (words.takes("conv")) {
    layer.kind = LayerKind::conv;
    COHORT_TRY(layer.outputs, words.number("the number of channels", most_outputs));
    COHORT_TRY(layer.side, words.number("the side of a kernel", most_side));
    if (words.takes("pad")) {
      COHORT_TRY(layer.zeros, words.number("the zeros around the image", most_side));
    }
  } else if (words.takes("pool")) {
    layer.kind = LayerKind::pool;
    COHORT_TRY(layer.side, words.number("the side of a square", most_side));
  } else if (words.takes("norm")) {
    layer.kind = LayerKind::norm;
    COHORT_TRY(layer.outputs, words.number("the number of groups", most_outputs));
  } else if (words.takes("embed")) {
    layer.kind = LayerKind::embed;
    COHORT_TRY(layer.symbols, words.number("the number of symbols", most_symbols));
    COHORT_TRY(layer.outputs, words.number("the width of a vector", most_outputs));
  } else {
    return words.expected(fmt::format("a layer, {}", forms));
  }
  const bool may_activate = layer.kind != LayerKind::embed;
  for (std::size_t i = 0; i < std::size(activations) && may_activate; ++i) {
    if (layer.activation == Activation::none && words.takes(activations[i])) {
      layer.activation = static_cast<Activation>(i + 1);
    }
  }
  if (!words.at_end()) {
    return words.expected(layer.activation == Activation::none && may_activate
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
