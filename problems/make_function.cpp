#include "problems/make_function.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/kernels.hpp"

namespace cohort {

namespace {

class MadeFunction final : public Function {
 public:
  explicit MadeFunction(FunctionParts parts) : parts_(std::move(parts)) {
    layout_.append("weight", 1, parts_.dimension, SegmentKind::weight);
  }

  std::string_view name() const override { return parts_.name; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override {
    Capabilities can{Query::value, Query::losses};
    if (parts_.gradient) can = can.with({Query::gradient, Query::jvp});
    if (parts_.hvp) can = can.with({Query::hvp, Query::hessian});
    return can;
  }
  std::uint64_t rows(RowSource source, ClientId client) const override {
    return source == RowSource::client && client.value < parts_.clients ? 1 : 0;
  }
  Vec start() const override { return parts_.start ? *parts_.start : Function::start(); }

  double value(Context, const Sample& sample, VecView w) const override {
    return sample.rows() == 0 ? 0 : parts_.value(sample.client, w);
  }
  void losses(Context context, const Sample& sample, VecView w,
              std::span<double> out) const override {
    std::fill(out.begin(), out.end(), value(context, sample, w));
  }
  double gradient(Context, const Sample& sample, VecView w, std::span<const double> weights,
                  VecRef g) const override {
    if (sample.rows() == 0) {
      g.setZero();
      return 0;
    }
    const double value = parts_.gradient(sample.client, w, g);
    if (weights.empty()) return value;
    const double mean = kernels::sum(weights) / static_cast<double>(sample.rows());
    g *= mean;
    return mean * value;
  }
  double jvp(Context context, const Sample& sample, VecView w, VecView v) const override {
    Vec g(w.size());
    gradient(context, sample, w, {}, g);
    return kernels::dot(as_span(g), as_span(v));
  }
  void hvp(Context, const Sample& sample, VecView w, VecView v, VecRef out) const override {
    if (sample.rows() == 0) {
      out.setZero();
    } else {
      parts_.hvp(sample.client, w, v, out);
    }
  }
  void hessian(Context, const Sample& sample, VecView w, HessianSink& sink) const override {
    if (sample.rows() == 0) return;
    Vec unit = Vec::Zero(w.size()), column(w.size());
    for (Index j = 0; j < w.size(); ++j) {
      unit[j] = 1;
      parts_.hvp(sample.client, w, unit, column);
      unit[j] = 0;
      for (Index i = 0; i <= j; ++i) {
        sink.add(static_cast<std::size_t>(i), static_cast<std::size_t>(j), column[i]);
      }
    }
  }

  bool is_convex() const override { return parts_.is_convex; }
  bool has_minimiser() const override { return parts_.minimiser.has_value(); }
  Vec minimiser(std::span<const double>) const override { return *parts_.minimiser; }

 private:
  FunctionParts parts_;
  Layout layout_;
};

}  // namespace

std::unique_ptr<Function> make_function(FunctionParts parts) {
  const auto check = [&](bool holds, std::string_view what) {
    COHORT_CHECK(holds, fmt::format("make_function \"{}\": {}", parts.name, what));
  };
  const auto has_length = [&](const std::optional<Vec>& point) {
    return !point || static_cast<std::size_t>(point->size()) == parts.dimension;
  };
  check(!parts.name.empty(), "it has a name");
  check(parts.dimension > 0, "its dimension is at least 1");
  check(parts.clients > 0, "there is a client");
  check(static_cast<bool>(parts.value), "it has a value");
  check(!parts.hvp || parts.gradient, "hvp comes with a gradient");
  check(!parts.is_convex || parts.hvp, "convex, for Newton's method, comes with hvp");
  check(has_length(parts.start), "start has the dimension");
  check(has_length(parts.minimiser), "minimiser has the dimension");
  return std::make_unique<MadeFunction>(std::move(parts));
}

}  // namespace cohort
