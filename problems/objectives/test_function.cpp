#include "problems/objectives/test_function.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/random.hpp"

namespace cohort {

namespace {

using Name = TestFunctionName;
constexpr std::size_t widest = 4;

// ---- Truncated power series -------------------------------------------------------------------

/// c_0 + c_1 t + c_2 t² + c_3 t³ + O(t⁴)
struct Series {
  std::array<double, 4> c{};
  Series(double value = 0, double slope = 0) : c{value, slope, 0, 0} {}
  friend Series operator+(Series a, const Series& b) {
    for (std::size_t i = 0; i < 4; ++i) a.c[i] += b.c[i];
    return a;
  }
  friend Series operator-(Series a, const Series& b) {
    for (std::size_t i = 0; i < 4; ++i) a.c[i] -= b.c[i];
    return a;
  }
  friend Series operator*(const Series& a, const Series& b) {
    Series out;
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; i + j < 4; ++j) out.c[i + j] += a.c[i] * b.c[j];
    }
    return out;
  }
};

/// value + u s + v t + uv s t + O(s², t²): u and v are derivatives along two directions, uv both.
struct TwoSeries {
  double value = 0, u = 0, v = 0, uv = 0;
  TwoSeries(double value_of = 0, double along_u = 0, double along_v = 0)
      : value(value_of), u(along_u), v(along_v) {}
  friend TwoSeries operator+(TwoSeries a, const TwoSeries& b) {
    a.value += b.value;
    a.u += b.u;
    a.v += b.v;
    a.uv += b.uv;
    return a;
  }
  friend TwoSeries operator-(TwoSeries a, const TwoSeries& b) {
    a.value -= b.value;
    a.u -= b.u;
    a.v -= b.v;
    a.uv -= b.uv;
    return a;
  }
  friend TwoSeries operator*(const TwoSeries& a, const TwoSeries& b) {
    TwoSeries out(a.value * b.value, a.u * b.value + a.value * b.u, a.v * b.value + a.value * b.v);
    out.uv = a.uv * b.value + a.u * b.v + a.v * b.u + a.value * b.uv;
    return out;
  }
};

template <class T>
T square(const T& x) {
  return x * x;
}

/// φ of one block.
template <class T>
T block_value(Name name, const std::array<T, widest>& x) {
  const T& a = x[0];
  const T& b = x[1];
  const T& c = x[2];
  const T& d = x[3];
  const auto k = [](double constant) { return T(constant); };
  switch (name) {
    case Name::rosenbrock:
      return k(100) * square(b - a * a) + square(k(1) - a);
    case Name::powell:
      return square(a + k(10) * b) + k(5) * square(c - d) + square(square(b - k(2) * c)) +
             k(10) * square(square(a - d));
    case Name::wood:
      return k(100) * square(a * a - b) + square(a - k(1)) + square(c - k(1)) +
             k(90) * square(c * c - d) + k(10.1) * (square(b - k(1)) + square(d - k(1))) +
             k(19.8) * (b - k(1)) * (d - k(1));
    case Name::beale:
      return square(k(1.5) - a * (k(1) - b)) + square(k(2.25) - a * (k(1) - b * b)) +
             square(k(2.625) - a * (k(1) - b * b * b));
    case Name::himmelblau:
      return square(a * a + b - k(11)) + square(a + b * b - k(7));
    case Name::goldstein_price:
      return (k(1) + square(a + b + k(1)) * (k(19) - k(14) * a + k(3) * a * a - k(14) * b +
                                             k(6) * a * b + k(3) * b * b)) *
             (k(30) + square(k(2) * a - k(3) * b) * (k(18) - k(32) * a + k(12) * a * a + k(48) * b -
                                                     k(36) * a * b + k(27) * b * b));
    case Name::three_hump_camel:
      return k(2) * a * a - k(1.05) * square(a * a) + k(1.0 / 6) * a * a * square(a * a) + a * b +
             b * b;
    case Name::styblinski_tang:
      return k(0.5) * (square(a * a) - k(16) * a * a + k(5) * a);
    case Name::booth:
      return square(a + k(2) * b - k(7)) + square(k(2) * a + b - k(5));
    case Name::matyas:
      return k(0.26) * (a * a + b * b) - k(0.48) * a * b;
  }
  return k(0);
}

// ---- What is known of each --------------------------------------------------------------------

struct Known {
  std::size_t block;                        // k
  std::size_t stride;                       // between blocks; 0: there is one block
  std::size_t dimension;                    // unless it is chosen
  std::vector<double> start;                // repeated to d
  std::vector<std::vector<double>> minima;  // each repeated to d; correct to a few digits
};

Known known(Name name) {
  switch (name) {
    case Name::rosenbrock:
      return {2, 1, 2, {-1.2, 1}, {{1}}};
    case Name::powell:
      return {4, 4, 4, {3, -1, 0, 1}, {{0}}};
    case Name::wood:
      return {4, 4, 4, {-3, -1, -3, -1}, {{1}}};
    case Name::beale:
      return {2, 0, 2, {1, 1}, {{3, 0.5}}};
    case Name::himmelblau:
      return {2,
              0,
              2,
              {0, 0},
              {{3, 2},
               {-2.805118086952745, 3.131312518250573},
               {-3.779310253377747, -3.283185991286170},
               {3.584428340330492, -1.848126526964404}}};
    case Name::goldstein_price:
      return {2, 0, 2, {-0.5, -0.5}, {{0, -1}}};
    case Name::three_hump_camel:
      return {2, 0, 2, {2, 2}, {{0}}};
    case Name::styblinski_tang:
      return {1, 1, 2, {0}, {{-2.903534027771177}}};
    case Name::booth:
      return {2, 0, 2, {0, 0}, {{1, 3}}};
    case Name::matyas:
      return {2, 0, 2, {5, -5}, {{0}}};
  }
  return {};
}

bool is_quadratic(Name name) { return name == Name::booth || name == Name::matyas; }

std::string text_of(Name name) {
  for (const auto& [text, value] : option_names(name)) {
    if (value == name) return text;
  }
  return {};
}

Vec repeated(const std::vector<double>& pattern, std::size_t d) {
  Vec out(static_cast<Index>(d));
  for (std::size_t i = 0; i < d; ++i) out[static_cast<Index>(i)] = pattern[i % pattern.size()];
  return out;
}

}  // namespace

std::vector<std::pair<std::string, TestFunctionName>> option_names(TestFunctionName) {
  return {{"rosenbrock", Name::rosenbrock},
          {"powell", Name::powell},
          {"wood", Name::wood},
          {"beale", Name::beale},
          {"himmelblau", Name::himmelblau},
          {"goldstein_price", Name::goldstein_price},
          {"three_hump_camel", Name::three_hump_camel},
          {"styblinski_tang", Name::styblinski_tang},
          {"booth", Name::booth},
          {"matyas", Name::matyas}};
}

Result<std::unique_ptr<Function>> TestFunction::make(const TestFunctionOptions& options,
                                                     std::uint64_t seed, std::uint64_t clients) {
  if (clients == 0) return bad_input("problem test_function: there are no clients");
  const Known k = known(options.name);
  const std::size_t d = options.dimension.value_or(k.dimension);
  const bool fits = k.stride == 0   ? d == k.dimension
                    : k.stride == 1 ? d >= k.block
                                    : d % k.stride == 0;
  if (!fits) {
    return bad_input(
        fmt::format("problem.dimension: {} has {}, found {}", text_of(options.name),
                    k.stride == 0   ? fmt::format("dimension {}", k.dimension)
                    : k.stride == 1 ? fmt::format("a dimension of at least {}", k.block)
                                    : fmt::format("a dimension that is a multiple of {}", k.stride),
                    d));
  }
  return std::unique_ptr<Function>(new TestFunction(options, seed, clients));
}

TestFunction::TestFunction(const TestFunctionOptions& options, std::uint64_t seed,
                           std::uint64_t clients)
    : options_(options), clients_(clients) {
  const Known k = known(options.name);
  const std::size_t d = options.dimension.value_or(k.dimension);
  block_ = k.block;
  stride_ = k.stride == 0 ? d : k.stride;
  layout_.append("weight", 1, d, SegmentKind::weight);
  start_ = repeated(k.start, d);
  minima_.resize(static_cast<Index>(d), static_cast<Index>(k.minima.size()));
  for (std::size_t m = 0; m < k.minima.size(); ++m) {
    minima_.col(static_cast<Index>(m)) = repeated(k.minima[m], d);
  }
  shifts_.resize(static_cast<Index>(d), static_cast<Index>(clients));
  scales_.resize(static_cast<Index>(clients));
  for (std::uint64_t i = 0; i < clients; ++i) {
    const Stream stream(seed, Purpose::synthetic_problem, i);
    const auto s = std::span(shifts_.data() + i * d, d);
    stream.sub(0).fill_normal(s);
    kernels::scale(options.shift, s);
    scales_[static_cast<Index>(i)] = options.scale_spread * stream.sub(1).normal_at(0);
  }
  kernels::exp(as_span(scales_), as_mutable_span(scales_));
}

Capabilities TestFunction::capabilities() const {
  return {Query::value, Query::losses,  Query::gradient, Query::hvp,
          Query::jvp,   Query::hessian, Query::line};
}

std::uint64_t TestFunction::rows(RowSource source, ClientId client) const {
  return source == RowSource::client && client.value < clients_ ? 1 : 0;
}

template <class Body>
void TestFunction::each_block(ClientId client, VecView w, const Body& body) const {
  const auto shift = shifts_.col(static_cast<Index>(client.value));
  const std::size_t d = layout_.size();
  std::array<double, widest> x{};
  for (std::size_t first = 0; first + block_ <= d; first += stride_) {
    for (std::size_t i = 0; i < block_; ++i) {
      const auto at = static_cast<Index>(first + i);
      x[i] = w[at] - shift[at];
    }
    body(first, x);
  }
}

double TestFunction::value(Context, const Sample& sample, VecView w) const {
  if (sample.rows() == 0) return 0;
  double sum = 0;
  each_block(sample.client, w, [&](std::size_t, const std::array<double, widest>& x) {
    sum += block_value(options_.name, x);
  });
  return scale(sample.client) * sum;
}

void TestFunction::losses(Context context, const Sample& sample, VecView w,
                          std::span<double> out) const {
  std::fill(out.begin(), out.end(), value(context, sample, w));
}

double TestFunction::gradient(Context, const Sample& sample, VecView w,
                              std::span<const double> weights, VecRef g) const {
  g.setZero();
  if (sample.rows() == 0) return 0;
  const double share =
      weights.empty() ? 1 : kernels::sum(weights) / static_cast<double>(sample.rows());
  const double factor = share * scale(sample.client);
  double sum = 0;
  each_block(sample.client, w, [&](std::size_t first, const std::array<double, widest>& x) {
    std::array<TwoSeries, widest> at;
    for (std::size_t i = 0; i < block_; ++i) at[i].value = x[i];
    for (std::size_t i = 0; i < block_; ++i) {
      at[i].u = 1;
      g[static_cast<Index>(first + i)] += factor * block_value(options_.name, at).u;
      at[i].u = 0;
    }
    sum += block_value(options_.name, x);
  });
  return share * (scale(sample.client) * sum);
}

void TestFunction::hvp(Context, const Sample& sample, VecView w, VecView v, VecRef out) const {
  out.setZero();
  if (sample.rows() == 0) return;
  const double factor = scale(sample.client);
  each_block(sample.client, w, [&](std::size_t first, const std::array<double, widest>& x) {
    std::array<TwoSeries, widest> at;
    for (std::size_t i = 0; i < block_; ++i) {
      at[i] = {x[i], 0, v[static_cast<Index>(first + i)]};
    }
    for (std::size_t i = 0; i < block_; ++i) {
      at[i].u = 1;
      out[static_cast<Index>(first + i)] += factor * block_value(options_.name, at).uv;
      at[i].u = 0;
    }
  });
}

double TestFunction::jvp(Context context, const Sample& sample, VecView w, VecView v) const {
  return along(context, sample, w, v)->at(0, 1).first;
}

void TestFunction::hessian(Context, const Sample& sample, VecView w, HessianSink& sink) const {
  if (sample.rows() == 0) return;
  const double factor = scale(sample.client);
  // Blocks overlap by block − stride coordinates, of which the entries wait for the next block.
  std::array<std::array<double, widest>, widest> kept{};
  const std::size_t d = layout_.size();
  each_block(sample.client, w, [&](std::size_t first, const std::array<double, widest>& x) {
    std::array<TwoSeries, widest> at;
    for (std::size_t i = 0; i < block_; ++i) at[i].value = x[i];
    for (std::size_t i = 0; i < block_; ++i) {
      for (std::size_t j = i; j < block_; ++j) {
        at[i].u = 1;
        at[j].v = 1;
        kept[i][j] += factor * block_value(options_.name, at).uv;
        at[i].u = 0;
        at[j].v = 0;
      }
    }
    const bool is_last = first + stride_ + block_ > d;
    const std::size_t done = is_last ? block_ : std::min(stride_, block_);
    for (std::size_t i = 0; i < done; ++i) {
      for (std::size_t j = i; j < block_; ++j) sink.add(first + i, first + j, kept[i][j]);
    }
    std::array<std::array<double, widest>, widest> next{};
    for (std::size_t i = done; i < block_; ++i) {
      for (std::size_t j = i; j < block_; ++j) next[i - done][j - done] = kept[i][j];
    }
    kept = next;
  });
}

namespace {

/// Σ of the series of the blocks of w + t v; their points and directions, [blocks · k].
class TestFunctionLine final : public Line {
 public:
  TestFunctionLine(Name name, double scale, std::size_t block)
      : name_(name), scale_(scale), block_(block) {}
  void append(double x, double slope) {
    points_.push_back(x);
    slopes_.push_back(slope);
  }
  LinePoint at(double t, int order) override {
    Series sum;
    for (std::size_t first = 0; first < points_.size(); first += block_) {
      std::array<Series, widest> x;
      for (std::size_t i = 0; i < block_; ++i) {
        x[i] = {points_[first + i] + t * slopes_[first + i], slopes_[first + i]};
      }
      sum = sum + block_value(name_, x);
    }
    const auto& c = sum.c;
    return {scale_ * c[0], order < 1 ? 0 : scale_ * c[1], order < 2 ? 0 : scale_ * 2 * c[2],
            order < 3 ? 0 : scale_ * 6 * c[3]};
  }

 private:
  Name name_;
  double scale_;
  std::size_t block_;
  std::vector<double> points_;
  std::vector<double> slopes_;
};

}  // namespace

std::unique_ptr<Line> TestFunction::along(Context, const Sample& sample, VecView w,
                                          VecView v) const {
  if (sample.rows() == 0) return std::make_unique<TestFunctionLine>(options_.name, 0.0, block_);
  auto line = std::make_unique<TestFunctionLine>(options_.name, scale(sample.client), block_);
  each_block(sample.client, w, [&](std::size_t first, const std::array<double, widest>& x) {
    for (std::size_t i = 0; i < block_; ++i) line->append(x[i], v[static_cast<Index>(first + i)]);
  });
  return line;
}

bool TestFunction::is_convex() const { return is_quadratic(options_.name); }

bool TestFunction::has_minimiser() const {
  return options_.shift == 0 || is_quadratic(options_.name);
}

Vec TestFunction::minimiser(std::span<const double> weights) const {
  COHORT_CHECK(has_minimiser(), fmt::format("{} has shift = 0", text_of(options_.name)));
  COHORT_CHECK(weights.size() == clients_,
               fmt::format("{} weights for {} clients", weights.size(), clients_));
  Vec x = minima_.col(0);
  if (options_.shift == 0) return x;
  Vec shift = Vec::Zero(x.size());
  double total = 0;
  for (std::uint64_t i = 0; i < clients_; ++i) {
    const double share = weights[i] * scale(ClientId(i));
    shift += share * shifts_.col(static_cast<Index>(i));
    total += share;
  }
  return x + shift / total;
}

double TestFunction::distance(VecView w, VecView minimiser) const {
  double least = kernels::squared_distance(as_span(w), as_span(minimiser));
  for (Index m = 1; m < minima_.cols(); ++m) {
    const Vec other = minima_.col(m);
    least = std::min(least, kernels::squared_distance(as_span(w), as_span(other)));
  }
  return std::sqrt(least);
}

}  // namespace cohort
