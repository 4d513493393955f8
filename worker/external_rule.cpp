#include "worker/external_rule.hpp"

#include <fmt/format.h>

#include <cmath>

namespace cohort {

namespace {

template <class T>
void aggregate(ExternalPool& pool, std::span<const T* const> rows, std::size_t d,
               const RuleInput& input, double* out) {
  // Rows lie where they were received: they are sent from there, in double.
  std::vector<double> matrix(rows.size() * d);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(rows[i], d, matrix.begin() + static_cast<std::ptrdiff_t>(i * d));
  }
  std::string clients;
  for (const ClientId c : input.clients) {
    clients += fmt::format("{}{}", clients.empty() ? "" : ",", c.value);
  }
  const SentArray question[] = {sent("rows", matrix, {rows.size(), d})};
  const WantedArray answer[] = {wanted("aggregate", {out, d})};
  auto lease = pool.take();
  lease->ask("aggregate", fmt::format(R"("f":{},"clients":[{}])", input.f, clients), question,
             answer);
  for (std::size_t k = 0; k < d; ++k) {
    if (std::isfinite(out[k])) continue;
    throw ExternalFailure(
        fmt::format("rule external: expected finite numbers of its program, found {} at "
                    "coordinate {} of {}",
                    out[k], k, d));
  }
}

}  // namespace

ExternalRule::ExternalRule(Options given)
    : options(std::move(given)), pool(std::make_shared<ExternalPool>(options)) {}

std::size_t ExternalRule::tolerated(std::size_t n) const {
  return static_cast<std::size_t>(options.tolerates * static_cast<double>(n));
}

void ExternalRule::tile(std::span<const double* const> rows, std::size_t width,
                        const RuleInput& input, double* out) const {
  aggregate(*pool, rows, width, input, out);
}
void ExternalRule::tile(std::span<const float* const> rows, std::size_t width,
                        const RuleInput& input, double* out) const {
  aggregate(*pool, rows, width, input, out);
}

}  // namespace cohort
