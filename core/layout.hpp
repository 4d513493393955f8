#pragma once
// Layout: the model is one contiguous vector of double plus named segments. Shared segments come
// first: [0, shared) travels and is the server's x; client-owned segments follow.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.hpp"
#include "core/penalty.hpp"

namespace cohort {

enum class SegmentKind : std::uint8_t { weight, bias, hyper, dual };
enum class Owner : std::uint8_t { shared, client };

struct Segment {
  std::string name;
  std::size_t offset = 0;
  std::size_t rows = 0;  // row-major [rows × cols]
  std::size_t cols = 1;
  SegmentKind kind = SegmentKind::weight;
  Owner owner = Owner::shared;
  Penalty penalty;

  std::size_t size() const { return rows * cols; }
  friend bool operator==(const Segment&, const Segment&) = default;
  template <class V>
  void fields(V&& v) {
    v("name", name);
    v("offset", offset);
    v("rows", rows);
    v("cols", cols);
    v("kind", kind);
    v("owner", owner);
    v("penalty", penalty);
  }
};

class Layout {
 public:
  /// Appends a segment behind the last one. Shared segments must come before client-owned ones.
  void append(std::string name, std::size_t rows, std::size_t cols, SegmentKind kind,
              Owner owner = Owner::shared, const Penalty& penalty = {}) {
    COHORT_CHECK(owner == Owner::client || shared_ == size_, "shared segments come first");
    segments_.push_back({std::move(name), size_, rows, cols, kind, owner, penalty});
    size_ += rows * cols;
    if (owner == Owner::shared) shared_ = size_;
  }
  /// Length of the whole vector.
  std::size_t size() const { return size_; }
  /// Length of the part that travels.
  std::size_t shared() const { return shared_; }
  /// Length of the upper variables of a bilevel function: the first segments, of kind hyper.
  std::size_t upper() const {
    std::size_t length = 0;
    for (const Segment& s : segments_) {
      if (s.kind != SegmentKind::hyper) break;
      length += s.size();
    }
    return length;
  }
  const std::vector<Segment>& segments() const { return segments_; }
  bool has_penalty() const {
    return std::any_of(segments_.begin(), segments_.end(),
                       [](const Segment& s) { return !s.penalty.empty(); });
  }

  friend bool operator==(const Layout&, const Layout&) = default;

 private:
  std::vector<Segment> segments_;
  std::size_t size_ = 0;
  std::size_t shared_ = 0;
};

/// ψ(w) of all segments (core/penalty.hpp); w [d], or the shared part alone.
double penalty(const Layout& layout, std::span<const double> w);
/// w ← prox_ηψ(w), η = step.
void apply_prox(const Layout& layout, double step, std::span<double> w);

}  // namespace cohort
