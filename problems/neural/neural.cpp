#include "problems/neural/neural.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/kernels_gemm.hpp"
#include "problems/data/store.hpp"
#include "problems/neural/activate.hpp"
#include "problems/neural/convolve.hpp"
#include "problems/neural/dense.hpp"
#include "problems/neural/embed.hpp"
#include "problems/neural/group_norm.hpp"
#include "problems/neural/max_pool.hpp"
#include "problems/neural/network.hpp"
#include "problems/objectives/least_squares.hpp"
#include "problems/objectives/row_sum.hpp"
#include "problems/objectives/softmax.hpp"

namespace cohort {

namespace {

/// Buffers of a Scratch that only networks use: they hold T.
enum class Slot : std::size_t { parameters = 8, direction, passes };

/// n elements that begin a cache line.
template <class T>
std::span<T> buffer(Function::Context context, Slot slot, std::size_t n) {
  constexpr std::size_t line = 64;
  const auto memory = context.scratch.doubles(static_cast<std::size_t>(slot),
                                              (n * sizeof(T) + line) / sizeof(double) + 1);
  void* start = memory.data();
  std::size_t space = memory.size_bytes();
  T* first = static_cast<T*>(std::align(line, n * sizeof(T), start, space));
  std::uninitialized_default_construct_n(first, n);
  return {first, n};
}

constexpr std::size_t most_parameters = std::size_t{1} << 31;

/// Rows [first, first + tile.rows) of a sample, feature-major in precision T.
template <class T>
void load_rows(const SampleRows& sample, std::size_t first, Tile tile, std::size_t features,
               T* out) {
  visit(sample.rows, [&]<class Block>(const Block& block) {
    if constexpr (Block::is_sparse) {
      for (std::size_t f = 0; f < features; ++f) std::fill_n(out + f * tile.ld, tile.rows, T{0});
      for (std::size_t j = 0; j < tile.rows; ++j) {
        const auto index = block.index(sample.position(first + j));
        const auto values = block.values(sample.position(first + j));
        for (std::size_t k = 0; k < index.size(); ++k) {
          out[index[k] * tile.ld + j] = static_cast<T>(values[k]);
        }
      }
    } else {
      // In pieces that stay in cache between conversion and transpose.
      constexpr std::size_t piece_rows = 16, piece_features = 64;
      T piece[piece_rows * piece_features];
      for (std::size_t j = 0; j < tile.rows; j += piece_rows) {
        const std::size_t n = std::min(piece_rows, tile.rows - j);
        for (std::size_t f = 0; f < features; f += piece_features) {
          const std::size_t count = std::min(piece_features, features - f);
          for (std::size_t i = 0; i < n; ++i) {
            const auto* from = block.values(sample.position(first + j + i)).data() + f;
            for (std::size_t k = 0; k < count; ++k) {
              piece[i * piece_features + k] = static_cast<T>(from[k]);
            }
          }
          kernels::transpose(n, count, {piece, piece_features}, {out + f * tile.ld + j, tile.ld});
        }
      }
    }
  });
}

/// The sizes of an aligned tile: whole cache lines of either precision.
constexpr std::size_t aligned_rows(std::size_t rows) { return (rows + 15) / 16 * 16; }

Capabilities capabilities_of(bool has_gram) {
  const Capabilities all{Query::value, Query::losses, Query::gradient, Query::jvp, Query::hvp};
  return has_gram ? all.with({Query::gram}) : all;
}

template <class T>
class NeuralFunction final : public Function {
 public:
  NeuralFunction(Network<T> network, Layout layout, Vec start,
                 std::shared_ptr<const MarginLoss> loss, RowsOf rows, double l2)
      : network_(std::move(network)),
        layout_(std::move(layout)),
        start_(std::move(start)),
        loss_(std::move(loss)),
        rows_(std::move(rows)),
        l2_(l2) {}

  std::string_view name() const override { return Neural::name; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return capabilities_of(network_.has_gram()); }
  std::uint64_t rows(RowSource source, ClientId client) const override {
    return rows_(source, client).count();
  }
  Prediction prediction() const override { return loss_->prediction(); }
  Vec start() const override { return start_; }

  double value(Context, const Sample&, VecView w) const override;
  void losses(Context, const Sample&, VecView w, std::span<double> out) const override;
  double gradient(Context, const Sample&, VecView w, std::span<const double> weights,
                  VecRef g) const override;
  void hvp(Context, const Sample&, VecView w, VecView v, VecRef out) const override;
  double jvp(Context, const Sample&, VecView w, VecView v) const override;
  void gram(Context, const Sample&, VecView w, Eigen::Ref<Mat> out) const override;
  void predict(Context, const Sample&, VecView w, std::span<double> losses,
               std::span<double> scores) const override;
  void labels(const Sample&, std::span<double> out) const override;
  double regulariser(VecView w) const override;

 private:
  using Pass = typename Network<T>::Pass;
  using Kind = typename Network<T>::Kind;

  /// What one tile of rows is worked on with.
  struct Work {
    Pass pass;
    std::size_t first = 0;  // row of the sample
    std::size_t rows = 0;
    std::span<double> outputs;   // [rows × K], of each row
    std::span<double> tangents;  // the same
    std::span<double> labels;    // [rows]
    std::span<double> losses;    // [rows]
  };

  SampleRows sample_rows(const Sample& sample) const;
  /// A vector of the model in precision T.
  const T* convert(Context context, Slot slot, VecView x) const;
  /// body(work) for the tiles of the rows [first, first + count), inputs and labels loaded.
  template <class Body>
  void each_tile(const SampleRows& sample, std::size_t first, std::size_t count, Work work,
                 const Body& body) const;
  /// Work [lanes] for tiles of ld rows.
  class Lanes;
  void read_outputs(Work& work) const { to_rows(work.pass.output(), work, work.outputs); }
  /// [rows × K] from [K × ld], and back with a factor for each row.
  void to_rows(const T* from, const Work& work, std::span<double> to) const;
  void from_rows(std::span<const double> from, const Work& work, double factor,
                 std::span<const double> weights, T* to) const;
  /// g ← ∇r(w), linear in w.
  void set_regulariser(VecView w, VecRef g) const;

  Network<T> network_;
  Layout layout_;
  Vec start_;
  std::shared_ptr<const MarginLoss> loss_;
  RowsOf rows_;
  double l2_;
};

// ---- Working memory ---------------------------------------------------------------------------

/// One Work a lane, made of the scratch of a call.
template <class T>
class NeuralFunction<T>::Lanes {
 public:
  Lanes(const NeuralFunction& f, Context context, std::size_t lanes, std::size_t rows, Kind kind)
      : f_(f), kind_(kind), ld_(aligned_rows(rows)) {
    size_ = aligned_rows(Pass::size(f.network_, kind, ld_));
    memory_ = buffer<T>(context, Slot::passes, lanes * size_);
    doubles_size_ = ld_ * (2 * f.network_.outputs() + 2);
    doubles_ = scratch(context, ScratchSlot::margins, lanes * doubles_size_);
  }
  std::size_t ld() const { return ld_; }
  Work operator[](std::size_t lane) const {
    auto memory = doubles_.subspan(lane * doubles_size_, doubles_size_);
    const auto take = [&](std::size_t n) {
      const auto taken = memory.first(n);
      memory = memory.subspan(n);
      return taken;
    };
    const std::size_t outputs = ld_ * f_.network_.outputs();
    Work work{
        Pass(f_.network_, kind_, ld_, memory_.subspan(lane * size_, size_)), 0, 0, {}, {}, {}, {}};
    work.outputs = take(outputs);
    work.tangents = take(outputs);
    work.labels = take(ld_);
    work.losses = take(ld_);
    return work;
  }

 private:
  const NeuralFunction& f_;
  Kind kind_;
  std::size_t ld_;
  std::size_t size_ = 0;
  std::size_t doubles_size_ = 0;
  std::span<T> memory_;
  std::span<double> doubles_;
};

template <class T>
const T* NeuralFunction<T>::convert(Context context, Slot slot, VecView x) const {
  COHORT_CHECK(static_cast<std::size_t>(x.size()) == layout_.size(),
               fmt::format("{} coordinates for a model of {}", x.size(), layout_.size()));
  if constexpr (std::is_same_v<T, double>) {
    return x.data();
  } else {
    const std::size_t d = layout_.size();
    const auto out = buffer<T>(context, slot, d);
    const double* from = x.data();
    T* to = out.data();
    for (std::size_t i = 0; i < d; ++i) to[i] = static_cast<T>(from[i]);
    return to;
  }
}

template <class T>
template <class Body>
void NeuralFunction<T>::each_tile(const SampleRows& sample, std::size_t first, std::size_t count,
                                  Work work, const Body& body) const {
  const Work all = work;
  for (std::size_t j = first; j < first + count; j += work.rows) {
    work.first = j;
    work.rows = std::min(network_.tile_rows(), first + count - j);
    work.outputs = all.outputs.first(work.rows * network_.outputs());
    work.tangents = all.tangents.first(work.rows * network_.outputs());
    work.labels = all.labels.first(work.rows);
    work.losses = all.losses.first(work.rows);
    for (std::size_t i = 0; i < work.rows; ++i) work.labels[i] = sample.label(j + i);
    load_rows(sample, j, {work.rows, work.pass.ld()}, network_.inputs(), work.pass.input());
    body(work);
  }
}

template <class T>
void NeuralFunction<T>::to_rows(const T* from, const Work& work, std::span<double> to) const {
  const std::size_t outputs = network_.outputs();
  for (std::size_t j = 0; j < work.rows; ++j) {
    for (std::size_t c = 0; c < outputs; ++c) {
      to[j * outputs + c] = static_cast<double>(from[c * work.pass.ld() + j]);
    }
  }
}

template <class T>
void NeuralFunction<T>::from_rows(std::span<const double> from, const Work& work, double factor,
                                  std::span<const double> weights, T* to) const {
  const std::size_t outputs = network_.outputs();
  for (std::size_t j = 0; j < work.rows; ++j) {
    const double scale = weights.empty() ? factor : factor * weights[work.first + j];
    for (std::size_t c = 0; c < outputs; ++c) {
      to[c * work.pass.ld() + j] = static_cast<T>(scale * from[j * outputs + c]);
    }
  }
}

template <class T>
SampleRows NeuralFunction<T>::sample_rows(const Sample& sample) const {
  const Rows all = rows_(sample.source, sample.client);
  COHORT_CHECK(
      sample.first <= all.count() && sample.count <= all.count() - sample.first,
      fmt::format("rows [{}, +{}) of a view of {}", sample.first, sample.count, all.count()));
  COHORT_CHECK(
      all.empty() || all.features() == network_.inputs(),
      fmt::format("rows of {} features for a model of {}", all.features(), network_.inputs()));
  return {all.slice(sample.first, sample.count), sample.picks};
}

// ---- Regulariser ------------------------------------------------------------------------------

template <class T>
double NeuralFunction<T>::regulariser(VecView w) const {
  if (l2_ == 0) return 0;
  double sum = 0;
  for (const Segment& s : layout_.segments()) {
    if (s.kind != SegmentKind::weight) continue;
    sum += kernels::squared_norm(as_span(w).subspan(s.offset, s.size()));
  }
  return 0.5 * l2_ * sum;
}

template <class T>
void NeuralFunction<T>::set_regulariser(VecView w, VecRef g) const {
  for (const Segment& s : layout_.segments()) {
    const auto at = static_cast<Index>(s.offset), size = static_cast<Index>(s.size());
    if (s.kind == SegmentKind::weight && l2_ != 0) {
      g.segment(at, size) = l2_ * w.segment(at, size);
    } else {
      g.segment(at, size).setZero();
    }
  }
}

// ---- Answers ----------------------------------------------------------------------------------

template <class T>
double NeuralFunction<T>::value(Context context, const Sample& sample, VecView w) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  if (n == 0) return regulariser(w);
  const T* parameters = convert(context, Slot::parameters, w);
  const Lanes lanes(*this, context, lanes_of(context, n),
                    std::min<std::uint64_t>(n, network_.tile_rows()), Kind::forward);
  const double sum = sum_over_rows(
      context, n, {},
      [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double>) {
        kernels::LossSum total;
        each_tile(rows, first, count, lanes[lane], [&](Work& work) {
          work.pass.forward(work.rows, parameters);
          read_outputs(work);
          loss_->residuals(work.outputs, work.labels, total);  // the bits of the gradient's value
        });
        return total.value();
      });
  return sum / static_cast<double>(n) + regulariser(w);
}

template <class T>
void NeuralFunction<T>::losses(Context context, const Sample& sample, VecView w,
                               std::span<double> out) const {
  predict(context, sample, w, out, {});
}

template <class T>
void NeuralFunction<T>::predict(Context context, const Sample& sample, VecView w,
                                std::span<double> losses, std::span<double> scores) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  if (n == 0) return;
  const T* parameters = convert(context, Slot::parameters, w);
  const Lanes lanes(*this, context, lanes_of(context, n),
                    std::min<std::uint64_t>(n, network_.tile_rows()), Kind::forward);
  for_each_block(context, n, [&](std::uint64_t first, std::uint64_t count, std::size_t lane) {
    each_tile(rows, first, count, lanes[lane], [&](Work& work) {
      work.pass.forward(work.rows, parameters);
      read_outputs(work);
      if (!scores.empty()) {
        std::copy(work.outputs.begin(), work.outputs.end(),
                  scores.begin() + static_cast<std::ptrdiff_t>(work.first * network_.outputs()));
      }
      if (!losses.empty()) {
        loss_->losses(work.outputs, work.labels, losses.subspan(work.first, work.rows));
      }
    });
  });
}

template <class T>
void NeuralFunction<T>::labels(const Sample& sample, std::span<double> out) const {
  const SampleRows rows = sample_rows(sample);
  for (std::size_t j = 0; j < rows.count(); ++j) out[j] = rows.label(j);
}

template <class T>
double NeuralFunction<T>::gradient(Context context, const Sample& sample, VecView w,
                                   std::span<const double> weights, VecRef g) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  COHORT_CHECK(weights.empty() || weights.size() == n,
               fmt::format("{} weights for {} rows", weights.size(), n));
  // One block of rows is written straight to g; sums of several blocks are added to it.
  const bool overwrites = n > 0 && n <= row_block(n) && l2_ == 0;
  if (!overwrites) set_regulariser(w, g);
  if (n == 0) return regulariser(w);
  const T* parameters = convert(context, Slot::parameters, w);
  const Lanes lanes(*this, context, lanes_of(context, n),
                    std::min<std::uint64_t>(n, network_.tile_rows()), Kind::backward);
  const double share = 1 / static_cast<double>(n);
  const double sum = sum_over_rows(
      context, n, as_mutable_span(g),
      [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double> out) {
        kernels::LossSum total;
        double weighted = 0;
        each_tile(rows, first, count, lanes[lane], [&](Work& work) {
          work.pass.forward(work.rows, parameters);
          read_outputs(work);
          if (!weights.empty()) {
            std::copy(work.outputs.begin(), work.outputs.end(), work.tangents.begin());
            loss_->losses(work.tangents, work.labels, work.losses);
            weighted += kernels::dot(weights.subspan(work.first, work.rows), work.losses);
          }
          loss_->residuals(work.outputs, work.labels, total);
          from_rows(work.outputs, work, share, weights, work.pass.delta());
          work.pass.backward(work.rows, parameters, out.data(), !overwrites || work.first > 0);
        });
        return weights.empty() ? total.value() : weighted;
      });
  return sum * share + regulariser(w);
}

template <class T>
double NeuralFunction<T>::jvp(Context context, const Sample& sample, VecView w, VecView v) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  double of_regulariser = 0;
  for (const Segment& s : layout_.segments()) {
    if (s.kind != SegmentKind::weight || l2_ == 0) continue;
    of_regulariser += l2_ * kernels::dot(as_span(w).subspan(s.offset, s.size()),
                                         as_span(v).subspan(s.offset, s.size()));
  }
  if (n == 0) return of_regulariser;
  const T* parameters = convert(context, Slot::parameters, w);
  const T* direction = convert(context, Slot::direction, v);
  const Lanes lanes(*this, context, lanes_of(context, n),
                    std::min<std::uint64_t>(n, network_.tile_rows()), Kind::tangent);
  const double sum = sum_over_rows(
      context, n, {},
      [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double>) {
        double total = 0;
        kernels::LossSum losses;
        each_tile(rows, first, count, lanes[lane], [&](Work& work) {
          work.pass.tangent(work.rows, parameters, direction);
          read_outputs(work);
          to_rows(work.pass.output_tangent(), work, work.tangents);
          loss_->residuals(work.outputs, work.labels, losses);
          total += kernels::dot(work.outputs, work.tangents);
        });
        return total;
      });
  return sum / static_cast<double>(n) + of_regulariser;
}

template <class T>
void NeuralFunction<T>::hvp(Context context, const Sample& sample, VecView w, VecView v,
                            VecRef out) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  set_regulariser(v, out);
  if (n == 0) return;
  const T* parameters = convert(context, Slot::parameters, w);
  const T* direction = convert(context, Slot::direction, v);
  const Lanes lanes(*this, context, lanes_of(context, n),
                    std::min<std::uint64_t>(n, network_.tile_rows()), Kind::second);
  const double share = 1 / static_cast<double>(n);
  sum_over_rows(
      context, n, as_mutable_span(out),
      [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double> h) {
        kernels::LossSum losses;
        each_tile(rows, first, count, lanes[lane], [&](Work& work) {
          work.pass.tangent(work.rows, parameters, direction);
          read_outputs(work);
          to_rows(work.pass.output_tangent(), work, work.tangents);
          loss_->apply_curvature(work.outputs, work.labels, work.tangents);
          from_rows(work.tangents, work, share, {}, work.pass.delta_tangent());
          read_outputs(work);
          loss_->residuals(work.outputs, work.labels, losses);
          from_rows(work.outputs, work, share, {}, work.pass.delta());
          work.pass.second(work.rows, parameters, direction, h.data(), true);
        });
        return 0.0;
      });
}

template <class T>
void NeuralFunction<T>::gram(Context context, const Sample& sample, VecView w,
                             Eigen::Ref<Mat> out) const {
  const SampleRows rows = sample_rows(sample);
  const std::size_t n = rows.count();
  COHORT_CHECK(out.rows() == static_cast<Index>(n) && out.cols() == out.rows(),
               fmt::format("a {} × {} matrix for {} rows", out.rows(), out.cols(), n));
  if (n == 0) return;
  const T* parameters = convert(context, Slot::parameters, w);
  const Lanes lanes(*this, context, 1, n, Kind::gram);
  const auto products = scratch(context, ScratchSlot::accumulator, n * n);
  std::fill(products.begin(), products.end(), 0.0);
  // All rows are one tile: each meets every other.
  Work work = lanes[0];
  work.rows = n;
  load_rows(rows, 0, {n, lanes.ld()}, network_.inputs(), work.pass.input());
  work.pass.forward(n, parameters);
  read_outputs(work);
  for (std::size_t j = 0; j < n; ++j) work.labels[j] = rows.label(j);
  const std::size_t outputs = network_.outputs();
  kernels::LossSum losses;
  for (std::size_t j = 0; j < n; j += MarginLoss::row_chunk) {
    const std::size_t count = std::min(MarginLoss::row_chunk, n - j);
    loss_->residuals(work.outputs.subspan(j * outputs, count * outputs),
                     work.labels.subspan(j, count), losses);
  }
  from_rows(work.outputs, work, 1, {}, work.pass.delta());
  work.pass.add_gram(n, parameters, products.data());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) {
      out(static_cast<Index>(i), static_cast<Index>(j)) = products[i * n + j];
      out(static_cast<Index>(j), static_cast<Index>(i)) = products[i * n + j];
    }
  }
}

// ---- From options -----------------------------------------------------------------------------

/// The layers with the last one that was left out, or what does not fit.
Result<std::vector<LayerSpec>> complete(const NeuralOptions& options, std::size_t outputs) {
  std::vector<LayerSpec> layers = options.layers;
  if (layers.empty() || layers.back().activation != Activation::none ||
      layers.back().kind != LayerKind::dense) {
    LayerSpec last;
    last.outputs = outputs;
    last.text = fmt::format("dense {}", outputs);
    layers.push_back(std::move(last));
  }
  if (layers.back().outputs == outputs) return layers;
  const bool of_classes = options.loss == NeuralLoss::cross_entropy;
  return bad_input(fmt::format("model.layers[{}]: \"{}\" has {} outputs, expected {}: {}",
                               layers.size() - 1, layers.back().text, layers.back().outputs,
                               outputs,
                               of_classes ? "one for each class of the data" : "the value"));
}

/// The image that the features of a row are, where some layer looks at one.
Result<ImageShape> shape_of_rows(const NeuralOptions& options, std::size_t features) {
  const bool looks =
      std::any_of(options.layers.begin(), options.layers.end(), [](const LayerSpec& layer) {
        return layer.kind == LayerKind::conv || layer.kind == LayerKind::pool;
      });
  if (options.image.empty()) {
    if (!looks) return ImageShape{features};
    std::size_t side = 1;
    while (side * side < features) ++side;
    if (side * side == features) return ImageShape{1, side, side};
    return bad_input(fmt::format(
        "model.image: expected [height, width, channels] of the {} features, which are no square",
        features));
  }
  const auto& image = options.image;
  const bool has_sizes = image.size() == 2 || image.size() == 3;
  ImageShape shape{has_sizes && image.size() == 3 ? image[2] : 1};
  if (has_sizes) shape = {shape.channels, image[0], image[1]};
  const bool is_small = std::all_of(image.begin(), image.end(),
                                    [](std::uint64_t size) { return size <= most_outputs; });
  if (has_sizes && is_small && shape.features() == features) return shape;
  return bad_input(fmt::format(
      "model.image: expected [height, width] or [height, width, channels] whose product "
      "is the number of features, {}, found [{}]",
      features, fmt::join(image, ", ")));
}

/// Whether a layer can follow what is of this shape.
Result<void> check_layer(const LayerSpec& spec, std::size_t place, const ImageShape& in) {
  const auto refuse = [&](const std::string& what) {
    return bad_input(fmt::format("model.layers[{}]: \"{}\" {}", place, spec.text, what));
  };
  const std::size_t height = in.height + 2 * spec.zeros, width = in.width + 2 * spec.zeros;
  switch (spec.kind) {
    case LayerKind::dense:
      break;
    case LayerKind::conv:
    case LayerKind::pool:
      if (spec.side > height || spec.side > width) {
        return refuse(
            fmt::format("looks at {0} × {0} of an image of {1} × {2}", spec.side, height, width));
      }
      break;
    case LayerKind::norm:
      if (in.channels % spec.outputs != 0) {
        return refuse(fmt::format("has groups that do not divide {} channels", in.channels));
      }
      return {};
    case LayerKind::embed:
      if (place > 0) return refuse("is of numbers of symbols: expected it first");
      break;
  }
  const std::size_t inputs = spec.kind == LayerKind::dense   ? in.features()
                             : spec.kind == LayerKind::conv  ? in.channels * spec.side * spec.side
                             : spec.kind == LayerKind::embed ? spec.symbols
                                                             : 1;
  if (inputs > most_parameters / std::max<std::size_t>(1, spec.outputs)) {
    return refuse(fmt::format("of {} inputs has over {} parameters", inputs, most_parameters));
  }
  const std::size_t features = spec.kind == LayerKind::conv    ? spec.outputs * height * width
                               : spec.kind == LayerKind::embed ? in.features() * spec.outputs
                                                               : 0;
  if (features > most_outputs) {
    return refuse(fmt::format("has over {} outputs", most_outputs));
  }
  return {};
}

template <class T>
Result<std::unique_ptr<Function>> make_function(std::size_t features, std::size_t outputs,
                                                RowsOf rows, const NeuralOptions& options,
                                                std::uint64_t seed) {
  COHORT_TRY(const auto specs, complete(options, outputs));
  COHORT_TRY(ImageShape shape, shape_of_rows(options, features));
  typename Network<T>::Layers layers;
  Layout layout;
  std::map<std::string_view, int> numbers;  // of the layers of a kind
  const auto add = [&](std::unique_ptr<const Layer<T>> layer, std::string_view kind) {
    if (layer->parameters() > 0) {
      layer->append_to(layout, fmt::format("{}{}", kind, ++numbers[kind]));
    }
    layers.push_back(std::move(layer));
  };
  for (std::size_t place = 0; place < specs.size(); ++place) {
    const LayerSpec& spec = specs[place];
    COHORT_DO(check_layer(spec, place, shape));
    switch (spec.kind) {
      case LayerKind::dense:
        add(std::make_unique<Dense<T>>(shape.features(), spec.outputs), "dense");
        shape = {spec.outputs};
        break;
      case LayerKind::conv: {
        auto layer = std::make_unique<Convolve<T>>(shape, spec.outputs, spec.side, spec.zeros);
        shape = layer->shape();
        add(std::move(layer), "conv");
        break;
      }
      case LayerKind::pool: {
        auto layer = std::make_unique<MaxPool<T>>(shape, spec.side);
        shape = layer->shape();
        add(std::move(layer), "pool");
        break;
      }
      case LayerKind::norm:
        add(std::make_unique<GroupNorm<T>>(shape, spec.outputs), "norm");
        break;
      case LayerKind::embed:
        add(std::make_unique<Embed<T>>(shape.features(), spec.symbols, spec.outputs), "embed");
        shape = {shape.features() * spec.outputs};
        break;
    }
    if (spec.activation != Activation::none) {
      add(std::make_unique<Activate<T>>(shape.features(), spec.activation), "");
    }
  }

  Vec start(static_cast<Index>(layout.size()));
  const Stream stream(seed, Purpose::model_init);
  std::size_t at = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::size_t size = layers[i]->parameters();
    layers[i]->initialize(options.weights, stream.sub(i), as_mutable_span(start).subspan(at, size));
    at += size;
  }
  std::shared_ptr<const MarginLoss> loss = std::make_shared<SoftmaxLoss>(outputs);
  if (options.loss == NeuralLoss::squared) {
    loss = std::make_shared<ScalarLoss<LeastSquares::Loss>>(LeastSquares::Loss{});
  }
  return std::unique_ptr<Function>(std::make_unique<NeuralFunction<T>>(
      Network<T>(std::move(layers)), std::move(layout), std::move(start), std::move(loss),
      std::move(rows), options.l2));
}

}  // namespace

Result<std::unique_ptr<Function>> Neural::make(std::size_t features, std::size_t outputs,
                                               RowsOf rows, const Options& options,
                                               std::uint64_t seed) {
  return options.compute == Compute::single_precision
             ? make_function<float>(features, outputs, std::move(rows), options, seed)
             : make_function<double>(features, outputs, std::move(rows), options, seed);
}

std::unique_ptr<Function> Neural::without_rows(const Options& options) {
  // Of the layers only whether they have Gram matrices can be told without rows.
  Options bare = options;
  bare.image.clear();
  std::erase_if(bare.layers, [](const LayerSpec& layer) {
    return layer.kind == LayerKind::dense || layer.kind == LayerKind::pool;
  });
  constexpr std::size_t classes = 3;
  const std::size_t outputs = options.loss == NeuralLoss::squared ? 1 : classes;
  if (!bare.layers.empty()) {
    LayerSpec without_gram;
    without_gram.kind = LayerKind::norm;
    without_gram.outputs = 1;
    bare.layers = {without_gram};
  }
  return *make(1, outputs, {}, bare, 0);
}

Result<std::unique_ptr<Function>> Neural::bind(const Options& options, const DataStore& store,
                                               std::uint64_t seed) {
  const std::size_t classes = store.classes().size();
  if (options.loss == NeuralLoss::cross_entropy && classes == 0) {
    return bad_input(
        "model.loss: cross_entropy needs labels that are classes, found values; expected squared");
  }
  if (options.loss == NeuralLoss::squared && classes > 0) {
    return bad_input(
        "model.loss: squared needs labels that are values, found classes; expected cross_entropy");
  }
  return make(store.features(), classes == 0 ? 1 : classes, rows_of(store), options, seed);
}

}  // namespace cohort
