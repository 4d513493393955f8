#pragma once
// What the features of a row are to layers that look at images: feature (c, y, x) is number
// (c · height + y) · width + x. Without an image all features are channels of one position.

#include <cstddef>

namespace cohort {

struct ImageShape {
  std::size_t channels = 0;
  std::size_t height = 1;
  std::size_t width = 1;

  std::size_t positions() const { return height * width; }
  std::size_t features() const { return channels * positions(); }
  friend bool operator==(const ImageShape&, const ImageShape&) = default;
};

}  // namespace cohort
