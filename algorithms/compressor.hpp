#pragma once
// A compressor makes a block of numbers small. It stands in [method.update], where it acts on every
// block that a method declares as an update or as compressed, after transforms and attack.
//
//   unbiased      E C(x) = x,  E ‖C(x) − x‖² ≤ ω ‖x‖²
//   contractive   E ‖C(x) − x‖² ≤ (1 − δ) ‖x‖²,  0 < δ ≤ 1
//
// Constants may depend on d, the length of x; a compressor may have one, both or none of them.
// A compressor is a struct with name, summary, source, Options, `Options options`, and
//   double omega(d) const  and/or  double delta(d) const   NaN where there is none for this d
//   std::uint64_t bytes(d) const
//   void compress(const Stream&, Block&) const
// CompressorOf gives it the virtual calls of its seam, one a block.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/options.hpp"
#include "core/payload.hpp"
#include "core/random.hpp"

namespace cohort {

class Compressor {
 public:
  virtual ~Compressor() = default;
  virtual std::string_view name() const = 0;
  /// ω, if C is unbiased.
  virtual std::optional<double> omega(std::uint64_t d) const = 0;
  /// δ, if C is contractive: its own, or 1 − ω where ω < 1.
  virtual std::optional<double> delta(std::uint64_t d) const = 0;
  /// Data of a compressed block, exactly; the 16 bytes that every block has come on top.
  virtual std::uint64_t bytes(std::uint64_t d) const = 0;
  /// A dense block of f64 → what is sent in its place. The same stream gives the same bytes. A
  /// block with a number that is not finite becomes one whose norm is not finite.
  virtual void compress(const Stream& stream, Block& block) const = 0;
};

template <class T>
class CompressorOf final : public Compressor {
 public:
  explicit CompressorOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  std::optional<double> omega([[maybe_unused]] std::uint64_t d) const override {
    if constexpr (requires { impl_.omega(d); }) return known(impl_.omega(d));
    return std::nullopt;
  }
  std::optional<double> delta(std::uint64_t d) const override {
    if constexpr (requires { impl_.delta(d); }) {
      if (const auto own = known(impl_.delta(d))) return own;
    }
    const auto unbiased = omega(d);
    return unbiased && *unbiased < 1 ? std::optional(1 - *unbiased) : std::nullopt;
  }
  std::uint64_t bytes(std::uint64_t d) const override { return impl_.bytes(d); }
  void compress(const Stream& stream, Block& block) const override {
    COHORT_CHECK(block.form == Form::dense && block.element == Element::f64,
                 "compressors take dense blocks of f64");
    impl_.compress(stream, block);
  }

 private:
  static std::optional<double> known(double constant) {
    return constant == constant ? std::optional(constant) : std::nullopt;
  }
  T impl_;
};

}  // namespace cohort
