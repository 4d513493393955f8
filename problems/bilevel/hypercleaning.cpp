#include "problems/bilevel/hypercleaning.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/random.hpp"
#include "problems/data/store.hpp"
#include "problems/objectives/softmax.hpp"

namespace cohort {

namespace {

double sigmoid(double t) {
  // By the exponential that cannot overflow.
  const double e = kernels::exp(-std::abs(t));
  return t >= 0 ? 1 / (1 + e) : e / (1 + e);
}

std::size_t clean_rows(std::size_t all, double share) {
  const auto some = static_cast<std::size_t>(share * static_cast<double>(all));
  return std::min(all, std::max<std::size_t>(some, 1));
}

}  // namespace

/// g: the softmax model on the rows to clean, weighted by σ of what w has behind y.
class Hypercleaning::Weighted final : public Function {
 public:
  explicit Weighted(std::unique_ptr<Function> softmax)
      : softmax_(std::move(softmax)), shared_(static_cast<Index>(softmax_->layout().size())) {}

  std::string_view name() const override { return "the lower level of hypercleaning"; }
  const Layout& layout() const override { return softmax_->layout(); }
  Capabilities capabilities() const override {
    return {Query::value, Query::losses, Query::gradient};
  }
  std::uint64_t rows(RowSource source, ClientId client) const override {
    return softmax_->rows(source, client);
  }
  std::uint64_t owned(ClientId client) const override {
    return softmax_->rows(RowSource::client, client);
  }
  double regulariser(VecView w) const override { return softmax_->regulariser(w.head(shared_)); }

  double value(Context context, const Sample& sample, VecView w) const override {
    Vec g(w.size());
    return gradient(context, sample, w, {}, g);
  }
  /// σ(x_j) ℓ_j(y)
  void losses(Context context, const Sample& sample, VecView w,
              std::span<double> out) const override {
    softmax_->losses(context, sample, w.head(shared_), out);
    for (std::uint64_t j = 0; j < sample.rows(); ++j) out[j] *= sigmoid(logit(sample, w, j));
  }
  double gradient(Context context, const Sample& sample, VecView w, std::span<const double> weights,
                  VecRef g) const override {
    const std::uint64_t n = sample.rows();
    std::vector<double> omega(n), loss(n);
    for (std::uint64_t j = 0; j < n; ++j) {
      omega[j] = sigmoid(logit(sample, w, j)) * (weights.empty() ? 1 : weights[j]);
    }
    const VecView y = w.head(shared_);
    const double value = softmax_->gradient(context, sample, y, omega, g.head(shared_));
    softmax_->losses(context, sample, y, loss);
    g.tail(w.size() - shared_).setZero();
    for (std::uint64_t j = 0; j < n; ++j) {
      const double fall = sigmoid(-logit(sample, w, j));  // σ' = σ(t) σ(−t)
      g[shared_ + static_cast<Index>(sample.row(j))] +=
          omega[j] * fall * loss[j] / static_cast<double>(n);
    }
    return value;
  }

 private:
  double logit(const Sample& sample, VecView w, std::uint64_t j) const {
    return w[shared_ + static_cast<Index>(sample.row(j))];
  }
  std::unique_ptr<Function> softmax_;
  Index shared_;
};

Hypercleaning::Hypercleaning(std::size_t features, std::size_t classes, RowsOf rows, IdRange held,
                             const HypercleaningOptions& options, std::uint64_t seed)
    : options_(options), held_(held) {
  for (std::uint64_t c = held.first; c < held.last; ++c) {
    const Rows all = rows(RowSource::client, ClientId(c));
    const std::size_t clean = clean_rows(all.count(), options.clean);
    const Stream stream(seed, Purpose::noise, c);
    Labels labels;
    for (std::size_t j = clean; j < all.count(); ++j) {
      const double right = all.labels()[j];
      double given = right;
      if (stream.uniform_at(2 * j) < options.corruption) {
        const auto drawn =
            static_cast<std::size_t>(stream.uniform_at(2 * j + 1) * static_cast<double>(classes));
        given = static_cast<double>(std::min(drawn, classes - 1));
      }
      labels.given.push_back(given);
      labels.truth.push_back(given == right ? 1 : 0);
    }
    labels_.push_back(std::move(labels));
  }
  const double share = options.clean;
  upper_ = Softmax::make(
      features, classes,
      [rows, share](RowSource source, ClientId client) {
        const Rows all = rows(source, client);
        return source == RowSource::client ? all.slice(0, clean_rows(all.count(), share)) : all;
      },
      {});
  LinearModelOptions lower;
  lower.l2 = options.l2;
  lower_ = std::make_unique<Weighted>(Softmax::make(
      features, classes,
      [this, rows, share](RowSource source, ClientId client) -> Rows {
        const Labels* labels = source == RowSource::client ? labels_of(client) : nullptr;
        if (labels == nullptr || labels->given.empty()) return {};
        const Rows all = rows(source, client);
        const std::size_t clean = clean_rows(all.count(), share);
        return all.slice(clean, all.count() - clean).with_labels(labels->given.data());
      },
      lower));
}

const Hypercleaning::Labels* Hypercleaning::labels_of(ClientId client) const {
  if (client.value < held_.first || client.value >= held_.last) return nullptr;
  return &labels_[client.value - held_.first];
}

std::uint64_t Hypercleaning::owned(ClientId client) const {
  const Labels* labels = labels_of(client);
  return labels == nullptr ? 0 : labels->given.size();
}
Vec Hypercleaning::owned_start(ClientId client) const {
  Vec x = Vec::Zero(static_cast<Index>(owned(client)));
  const Labels* labels = labels_of(client);
  if (labels == nullptr || options_.start == CleaningStart::equal) return x;
  for (Index j = 0; j < x.size(); ++j) {
    const bool is_right = labels->truth[static_cast<std::size_t>(j)] == 1;
    x[j] = is_right ? truth_logit : -truth_logit;
  }
  return x;
}
std::span<const double> Hypercleaning::owned_truth(ClientId client) const {
  const Labels* labels = labels_of(client);
  return labels == nullptr ? std::span<const double>() : std::span<const double>(labels->truth);
}

double Hypercleaning::value(Context context, const Sample& sample, VecView w) const {
  return upper_->value(context, sample, w.head(static_cast<Index>(layout().size())));
}
void Hypercleaning::losses(Context context, const Sample& sample, VecView w,
                           std::span<double> out) const {
  upper_->losses(context, sample, w.head(static_cast<Index>(layout().size())), out);
}
double Hypercleaning::gradient(Context context, const Sample& sample, VecView w,
                               std::span<const double> weights, VecRef g) const {
  const auto shared = static_cast<Index>(layout().size());
  g.tail(g.size() - shared).setZero();
  return upper_->gradient(context, sample, w.head(shared), weights, g.head(shared));
}
void Hypercleaning::predict(Context context, const Sample& sample, VecView w,
                            std::span<double> losses, std::span<double> scores) const {
  upper_->predict(context, sample, w.head(static_cast<Index>(layout().size())), losses, scores);
}
void Hypercleaning::labels(const Sample& sample, std::span<double> out) const {
  upper_->labels(sample, out);
}

std::unique_ptr<Function> HypercleaningModel::without_rows(const Options& options) {
  const auto none = [](RowSource, ClientId) { return Rows(); };
  return std::make_unique<Hypercleaning>(1, 3, none, IdRange{0, 0}, options, 0);
}

Result<std::unique_ptr<Function>> HypercleaningModel::bind(const Options& options,
                                                           const DataStore& store,
                                                           std::uint64_t seed) {
  const std::size_t classes = store.classes().size();
  if (classes == 0) {
    return bad_input(
        "model hypercleaning needs labels that are classes, and the data is for regression");
  }
  return std::unique_ptr<Function>(std::make_unique<Hypercleaning>(
      store.features(), classes, rows_of(store), store.held_clients(), options, seed));
}

}  // namespace cohort
