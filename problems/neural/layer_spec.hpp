#pragma once
// What `[model] layers` says of one layer: "dense 200 relu", "conv 32 5 pad 2 relu", "pool 2",
// "norm 8", "embed 65 8".

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/options.hpp"

namespace cohort {

enum class LayerKind : std::uint8_t { dense, conv, pool, norm, embed };
enum class Activation : std::uint8_t { none, relu, gelu, tanh };

struct LayerSpec {
  LayerKind kind = LayerKind::dense;
  std::size_t outputs = 0;  // dense; conv: channels; embed: width; norm: groups
  std::size_t side = 0;     // of conv's kernels and pool's squares
  std::size_t zeros = 0;    // conv: around the image
  std::size_t symbols = 0;  // embed
  Activation activation = Activation::none;
  std::string text;  // as it was given

  friend bool operator==(const LayerSpec&, const LayerSpec&) = default;
};

/// Most outputs that a layer may have.
inline constexpr std::size_t most_outputs = std::size_t{1} << 24;

/// Error bad_input: which word of the text, what was expected there, what was found.
Result<LayerSpec> parse_layer(const std::string& text);

template <>
struct OptionType<LayerSpec> {
  static std::string name() { return "layer"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, LayerSpec& out,
                   Mistakes& mistakes);
  static ConfigNode write(const LayerSpec& layer) { return config_value(layer.text); }
};

}  // namespace cohort
