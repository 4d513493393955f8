#include "core/fingerprint.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <vector>

#include "core/hash.hpp"
#include "core/kernels.hpp"
#include "core/random.hpp"
#include "core/vec.hpp"

namespace cohort {

std::string numerics_fingerprint() {
  std::vector<double> results;
  const auto keep = [&](std::span<const double> x) {
    results.insert(results.end(), x.begin(), x.end());
  };

  const Stream stream(1, Purpose::fingerprint);
  std::vector<double> x(1003);  // an odd size, so that tails take part
  std::vector<double> y(x.size());
  std::vector<double> out(x.size());
  stream.fill_normal(x);
  stream.fill_uniform(y, x.size());
  keep(x);
  keep(y);
  keep(std::vector{kernels::sum(x), kernels::dot(x, y), kernels::norm(x), kernels::max_abs(x),
                   kernels::squared_distance(x, y)});
  using Function = void (*)(std::span<const double>, std::span<double>);
  for (const Function f :
       {Function{kernels::exp}, Function{kernels::expm1}, Function{kernels::tanh},
        Function{kernels::erf}, Function{kernels::sin}, Function{kernels::cos},
        Function{kernels::softplus}, Function{kernels::sigmoid}}) {
    f(x, out);
    keep(out);
  }
  for (const Function f : {Function{kernels::log}, Function{kernels::log1p}}) {
    f(y, out);
    keep(out);
  }
  kernels::pow(y, x, out);
  keep(out);
  kernels::axpy(0.1, x, out);
  keep(out);

  // The inner dimension is longer than any block that Eigen cuts for a cache, so that its cache
  // sizes show in the bits.
  constexpr Index n = 24;
  constexpr Index inner = 2000;
  Mat a(n, inner);
  stream.sub(0).fill_normal({a.data(), static_cast<std::size_t>(a.size())});
  const Mat gram = a * a.transpose();
  const Eigen::LLT<Mat> factor(gram);
  const Mat lower = factor.matrixL();
  const Vec solution = factor.solve(gram.col(0) + Vec::Ones(n));
  keep({gram.data(), static_cast<std::size_t>(gram.size())});
  keep({lower.data(), static_cast<std::size_t>(lower.size())});
  keep(as_span(solution));
  return fmt::format("{:016x}", hash_bytes(std::as_bytes(std::span(results))).low);
}

}  // namespace cohort
