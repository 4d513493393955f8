#include "core/oracle.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"
#include "core/kernels.hpp"

namespace cohort {

std::string_view to_string(Query query) {
  switch (query) {
    case Query::value:
      return "value";
    case Query::losses:
      return "losses";
    case Query::gradient:
      return "gradient";
    case Query::hvp:
      return "hvp";
    case Query::jvp:
      return "jvp";
    case Query::hessian:
      return "hessian";
    case Query::line:
      return "line";
    case Query::gram:
      return "gram";
    case Query::linear_view:
      return "linear_view";
    case Query::lower:
      return "a lower level";
  }
  return "?";
}

std::string Capabilities::to_string() const {
  std::string out;
  for (std::size_t i = 0; i < query_kinds; ++i) {
    const Query q = static_cast<Query>(i);
    if (has(q)) out += (out.empty() ? "" : ", ") + std::string(cohort::to_string(q));
  }
  return out;
}

OracleCounts& OracleCounts::operator+=(const OracleCounts& other) {
  for (std::size_t i = 0; i < query_kinds; ++i) {
    calls[i] += other.calls[i];
    rows[i] += other.rows[i];
  }
  return *this;
}

// A scenario that asks for what a function lacks is refused before the run; to arrive here is a
// bug.
namespace {
[[noreturn]] void absent(const Function& f, Query q) {
  check_failed("capability is declared",
               std::string(f.name()) + " has no " + std::string(to_string(q)));
}
}  // namespace

void Function::losses(Context, const Sample&, VecView, std::span<double>) const {
  absent(*this, Query::losses);
}
double Function::gradient(Context, const Sample&, VecView, std::span<const double>, VecRef) const {
  absent(*this, Query::gradient);
}
void Function::hvp(Context, const Sample&, VecView, VecView, VecRef) const {
  absent(*this, Query::hvp);
}
double Function::jvp(Context, const Sample&, VecView, VecView) const { absent(*this, Query::jvp); }
void Function::hessian(Context, const Sample&, VecView, HessianSink&) const {
  absent(*this, Query::hessian);
}
std::unique_ptr<Line> Function::along(Context, const Sample&, VecView, VecView) const {
  absent(*this, Query::line);
}
void Function::gram(Context, const Sample&, VecView, Eigen::Ref<Mat>) const {
  absent(*this, Query::gram);
}
LinearView Function::linear_view(Context, const Sample&, VecView) const {
  absent(*this, Query::linear_view);
}
void Function::predict(Context context, const Sample& sample, VecView w, std::span<double> out,
                       std::span<double> scores) const {
  if (!scores.empty()) check_failed("scores are known", name());
  if (out.empty()) return;
  if (capabilities().has(Query::losses)) {
    losses(context, sample, w, out);
  } else {
    std::fill(out.begin(), out.end(), value(context, sample, w) - regulariser(w));
  }
}
void Function::labels(const Sample&, std::span<double>) const {
  check_failed("labels are known", name());
}
double Oracle::value_at(VecView w, std::span<const SeededTerm> terms) {
  Vec& probe = context_.scratch.probe();
  probe = w;
  for (const SeededTerm& term : terms) {
    add_seeded(term.coefficient, term.direction, as_mutable_span(probe));
  }
  return value(probe);
}
double Function::regulariser(VecView) const { return 0; }
Vec Function::minimiser(std::span<const double>) const {
  check_failed("minimiser is known", name());
}
double Function::distance(VecView w, VecView minimiser) const {
  return std::sqrt(kernels::squared_distance(as_span(w), as_span(minimiser)));
}

Oracle Oracle::lower() const {
  const Function* g = function_->lower();
  if (g == nullptr) absent(*function_, Query::lower);
  return {*g, sample_.client, context_, *counts_};
}

}  // namespace cohort
