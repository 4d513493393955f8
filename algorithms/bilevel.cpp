#include "algorithms/bilevel.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "algorithms/penalty_steps.hpp"
#include "core/random.hpp"

namespace cohort {

namespace {

constexpr std::string_view upper_block = "x";
bool is_upper(std::string_view block) { return block == upper_block || block.starts_with("x_"); }

enum Slot : std::size_t { point_slot, derivative_slot, direction_slot };

}  // namespace

Phase phase_of(const LevelExchange& exchange, const Layout& layout) {
  const std::uint64_t d = layout.shared(), m = layout.upper(), n = d - m;
  Phase phase;
  phase.name = exchange.name;
  phase.down = {{.name = "x", .length = d}};
  if (exchange.has_previous) phase.down.push_back({.name = "previous", .length = d});
  for (const std::string_view point : exchange.points) {
    phase.down.push_back({.name = std::string(point), .length = n});
  }
  if (exchange.scalars > 0) {
    phase.down.push_back({.name = "scalars", .form = Form::scalars, .length = exchange.scalars});
  }
  for (const Derivative& derivative : exchange.derivatives) {
    for (const Term& term : derivative.terms) {
      const bool is_known = std::any_of(phase.up.begin(), phase.up.end(),
                                        [&](const BlockSpec& b) { return b.name == term.block; });
      if (is_known || (is_upper(term.block) && m == 0)) continue;
      BlockSpec block{.name = std::string(term.block),
                      .length = is_upper(term.block) ? m : n,
                      .combine = exchange.combine};
      if (term.block == upper_block) {
        block.is_compressed = true;
        if (exchange.combine == Combine::mean) block.combine = Combine::rule;
      }
      phase.up.push_back(std::move(block));
    }
  }
  return phase;
}

std::vector<Phase> phases_of(const std::vector<LevelExchange>& exchanges, const Layout& layout) {
  std::vector<Phase> phases;
  for (const LevelExchange& exchange : exchanges) phases.push_back(phase_of(exchange, layout));
  return phases;
}

Ask ask_of(const std::vector<LevelExchange>& exchanges, std::size_t number, const Vec& model,
           std::initializer_list<const Vec*> points, std::initializer_list<double> scalars,
           const Vec* previous) {
  const LevelExchange& exchange = exchanges[number];
  COHORT_CHECK(points.size() == exchange.points.size(), "as many points as the exchange has");
  COHORT_CHECK(scalars.size() == exchange.scalars, "as many scalars as the exchange has");
  Ask ask;
  ask.phase = static_cast<std::uint32_t>(number);
  ask.common.blocks.push_back(dense_block("x", as_span(model)));
  if (exchange.has_previous) {
    ask.common.blocks.push_back(dense_block("previous", as_span(*previous)));
  }
  std::size_t k = 0;
  for (const Vec* point : points) {
    ask.common.blocks.push_back(dense_block(std::string(exchange.points[k++]), as_span(*point)));
  }
  if (scalars.size() > 0) {
    ask.common.blocks.push_back(scalars_block("scalars", {scalars.begin(), scalars.size()}));
  }
  return ask;
}

ClientLevels::ClientLevels(const ClientContext& client, const LevelBatches& batches, Oracle& upper,
                           std::uint64_t round_of_draws)
    : upper_oracle_(upper),
      lower_oracle_(upper.lower()),
      stream_(client.stream(Purpose::batches).sub(round_of_draws)),
      batches_(batches),
      m_(static_cast<Index>(client.layout->upper())),
      n_(static_cast<Index>(client.layout->shared() - client.layout->upper())),
      owned_(static_cast<Index>(upper.owned())) {}

template <class Body>
void ClientLevels::ask(Level level, std::uint64_t draw, VecRef out, const Body& body) {
  Oracle& all = level == Level::upper ? upper_oracle_ : lower_oracle_;
  const std::uint64_t rows = all.rows();
  const std::uint64_t batch = level == Level::upper ? batches_.upper_batch : batches_.lower_batch;
  if (rows == 0) {
    out.setZero();
  } else if (batch == 0 || batch >= rows) {
    body(all);
  } else {
    const Stream stream = stream_.sub(2 * draw + (level == Level::upper ? 0 : 1));
    const auto chosen = sample_without_replacement(stream, batch, rows);
    picks_.assign(chosen.begin(), chosen.end());
    Oracle sample = all.on(picks_);
    body(sample);
  }
}

void ClientLevels::gradient(Level level, std::uint64_t draw, VecView w, VecRef out) {
  ask(level, draw, out, [&](Oracle& oracle) { oracle.gradient(w, out); });
}

void ClientLevels::product(Level level, std::uint64_t draw, VecView w, VecView v, VecRef out) {
  ask(level, draw, out, [&](Oracle& oracle) { oracle.hvp(w, v, out); });
}

namespace {

double factor_of(const Term& term, std::span<const double> scalars) {
  if (term.factor == Term::one) return 1;
  return term.factor == Term::minus_one ? -1 : scalars[term.factor];
}

}  // namespace

Result<void> answer_exchange(ClientContext& client, const Ask& ask,
                             const std::vector<LevelExchange>& exchanges,
                             const LevelBatches& batches, Oracle& upper, Reply& reply,
                             OwnedVariables* own) {
  const LevelExchange& exchange = exchanges[ask.phase];
  ClientLevels levels(client, batches, upper);
  const Index m = levels.upper(), n = levels.lower(), owned = levels.owned();
  std::span<const double> scalars;
  if (exchange.scalars > 0) scalars = ask.common.at("scalars").doubles();

  if (own != nullptr && own->x.size() == 0) {  // the first time that the client takes part
    own->x = own->previous = upper.owned_start();
    own->direction = Vec::Zero(owned);
  }
  Vec own_direction;  // the sum of what this client sends to "x", in its own coordinates
  if (own != nullptr && exchange.moves_upper) {
    own_direction = Vec::Zero(owned);
    if (exchange.carry != Term::one) own_direction = scalars[exchange.carry] * own->direction;
  }

  Vec& w = client.buffer(point_slot);
  Vec& derivative = client.buffer(derivative_slot);
  Vec& direction = client.buffer(direction_slot);
  w.resize(m + n + owned);
  derivative.resize(m + n + owned);
  for (const Derivative& d : exchange.derivatives) {
    const bool is_wanted = std::any_of(d.terms.begin(), d.terms.end(),
                                       [&](const Term& t) { return factor_of(t, scalars) != 0; });
    if (!is_wanted) continue;
    w.head(m + n) = as_vec(ask.common.at(d.previous ? "previous" : "x").doubles());
    if (!d.at.empty()) w.segment(m, n) = as_vec(ask.common.at(d.at).doubles());
    if (own != nullptr) w.tail(owned) = d.previous ? own->previous : own->x;
    if (d.along.empty()) {
      levels.gradient(d.level, d.draw, w, derivative);
    } else {
      direction.setZero(m + n + owned);
      direction.segment(m, n) = as_vec(ask.common.at(d.along).doubles());
      levels.product(d.level, d.draw, w, direction, derivative);
    }
    for (const Term& term : d.terms) {
      const double factor = factor_of(term, scalars);
      if (!is_upper(term.block)) {
        reply.values(term.block) += factor * derivative.segment(m, n);
        continue;
      }
      if (m > 0) reply.values(term.block) += factor * derivative.head(m);
      if (own_direction.size() > 0) own_direction += factor * derivative.tail(owned);
    }
  }
  if (own_direction.size() == 0) return {};
  own->previous = own->x;
  own->direction = own_direction;
  own->x -= scalars[exchange.rate] * own_direction;
  if (!own->x.allFinite()) {
    return bad_input(
        "the coordinates of x that this client owns (weights of its rows) are not finite: the "
        "upper rate is too large, or the lower level diverged");
  }
  return {};
}

Result<void> refuse_owned(std::string_view method, const Oracle& upper) {
  if (upper.owned() == 0) return {};
  return bad_input(
      fmt::format("{} has no step for the {} upper variables that this client owns; expected a "
                  "method whose step "
                  "on x is linear in the clients' derivatives, such as f2sa or soba",
                  method, upper.owned()));
}

Error lambda_too_small(std::string_view method, double lambda, double curvature) {
  return bad_input(fmt::format(
      "{}: lambda = {:.4g} is too small: f + lambda g has the curvature {:.3g} along the steps of "
      "y, "
      "so it has no minimiser; expected at least 2 L_f/mu_g, twice the smoothness of f over the "
      "strong convexity of g (option multiplier)",
      method, lambda, curvature));
}

void step_upper(Vec& model, const Layout& layout, double rate, Combined& combined) {
  if (layout.upper() > 0) upper_part(model, layout) -= rate * combined.vec("x");
}

}  // namespace cohort
