#include "problems/owned_segments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace cohort {

namespace {

/// Buffers of a function that stands before another: none that the other takes.
enum Slot : std::size_t { first_slot = 48, point = first_slot, direction, answer };

/// Runs of coordinates of the function behind, in the order in which they stand in w.
struct Run {
  Index from = 0;  // there
  Index to = 0;    // in w
  Index size = 0;
};

std::string_view layer_of(std::string_view segment) { return segment.substr(0, segment.find('.')); }

class OwnedSegments final : public Function {
 public:
  OwnedSegments(std::shared_ptr<const Function> function, const std::vector<bool>& is_owned)
      : function_(std::move(function)) {
    const auto& segments = function_->layout().segments();
    for (const bool owned : {false, true}) {
      for (std::size_t i = 0; i < segments.size(); ++i) {
        const Segment& s = segments[i];
        if (is_owned[i] != owned) continue;
        runs_.push_back({static_cast<Index>(s.offset), static_cast<Index>(layout_.size()),
                         static_cast<Index>(s.size())});
        layout_.append(s.name, s.rows, s.cols, s.kind, owned ? Owner::client : Owner::shared,
                       s.penalty);
      }
    }
    is_in_order_ =
        std::all_of(runs_.begin(), runs_.end(), [](const Run& r) { return r.from == r.to; });
    start_ = function_->start();
    Vec ordered(start_.size());
    forward(start_, ordered);
    start_ = std::move(ordered);
  }

  std::string_view name() const override { return function_->name(); }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override {
    return function_->capabilities().without({Query::hessian, Query::linear_view, Query::lower});
  }
  std::uint64_t rows(RowSource source, ClientId client) const override {
    return function_->rows(source, client);
  }
  Prediction prediction() const override { return function_->prediction(); }
  Vec start() const override { return start_.head(static_cast<Index>(layout_.shared())); }
  std::uint64_t owned(ClientId) const override { return layout_.size() - layout_.shared(); }
  Vec owned_start(ClientId client) const override {
    return start_.tail(static_cast<Index>(owned(client)));
  }

  double value(Context context, const Sample& s, VecView w) const override {
    return function_->value(context, s, behind(context, point, w));
  }
  void losses(Context context, const Sample& s, VecView w, std::span<double> out) const override {
    function_->losses(context, s, behind(context, point, w), out);
  }
  double gradient(Context context, const Sample& s, VecView w, std::span<const double> weights,
                  VecRef g) const override {
    if (is_in_order_) return function_->gradient(context, s, w, weights, g);
    auto there = room(context, answer);
    const double value = function_->gradient(context, s, behind(context, point, w), weights, there);
    forward(there, g);
    return value;
  }
  void hvp(Context context, const Sample& s, VecView w, VecView v, VecRef out) const override {
    if (is_in_order_) return function_->hvp(context, s, w, v, out);
    auto there = room(context, answer);
    function_->hvp(context, s, behind(context, point, w), behind(context, direction, v), there);
    forward(there, out);
  }
  double jvp(Context context, const Sample& s, VecView w, VecView v) const override {
    return function_->jvp(context, s, behind(context, point, w), behind(context, direction, v));
  }
  std::unique_ptr<Line> along(Context context, const Sample& s, VecView w,
                              VecView v) const override {
    return function_->along(context, s, behind(context, point, w), behind(context, direction, v));
  }
  void gram(Context context, const Sample& s, VecView w, Eigen::Ref<Mat> out) const override {
    function_->gram(context, s, behind(context, point, w), out);
  }
  void predict(Context context, const Sample& s, VecView w, std::span<double> losses,
               std::span<double> scores) const override {
    function_->predict(context, s, behind(context, point, w), losses, scores);
  }
  void labels(const Sample& s, std::span<double> out) const override { function_->labels(s, out); }
  /// Of the shared part alone, the others being zero, too.
  double regulariser(VecView w) const override {
    Vec all = Vec::Zero(static_cast<Index>(layout_.size()));
    all.head(w.size()) = w;
    Vec there(all.size());
    backward(all, there);
    return function_->regulariser(there);
  }

 private:
  void forward(VecView there, VecRef w) const {
    for (const Run& r : runs_) w.segment(r.to, r.size) = there.segment(r.from, r.size);
  }
  void backward(VecView w, VecRef there) const {
    for (const Run& r : runs_) there.segment(r.from, r.size) = w.segment(r.to, r.size);
  }
  Eigen::Map<Vec> room(Context context, Slot slot) const {
    const auto buffer = context.scratch.doubles(slot, layout_.size());
    return {buffer.data(), static_cast<Index>(layout_.size())};
  }
  /// w as the function behind has it.
  VecView behind(Context context, Slot slot, VecView w) const {
    if (is_in_order_) return w;
    auto there = room(context, slot);
    backward(w, there);
    return there;
  }

  std::shared_ptr<const Function> function_;  // with whoever made it
  Layout layout_;
  std::vector<Run> runs_;
  bool is_in_order_ = false;
  Vec start_;  // [shared + owned]
};

}  // namespace

Result<std::shared_ptr<const Function>> own_segments(std::shared_ptr<const Function> function,
                                                     const std::vector<std::string>& owned,
                                                     const std::string& path) {
  const auto& segments = function->layout().segments();
  std::vector<bool> is_owned(segments.size(), false);
  for (const std::string& name : owned) {
    const std::string_view wanted =
        name == last_layer ? layer_of(segments.back().name) : std::string_view(name);
    bool is_known = false;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (segments[i].name != wanted && layer_of(segments[i].name) != wanted) continue;
      is_owned[i] = is_known = true;
    }
    if (is_known) continue;
    std::vector<std::string_view> names;
    for (const Segment& s : segments) names.emplace_back(s.name);
    return bad_input(fmt::format("{}: '{}' is no segment of {}; expected \"{}\", or some of {}",
                                 path, name, function->name(), last_layer, fmt::join(names, ", ")));
  }
  if (std::find(is_owned.begin(), is_owned.end(), false) == is_owned.end()) {
    return bad_input(fmt::format(
        "{}: clients of {} would own all segments and share nothing; expected a model with further "
        "segments, or fewer that are owned",
        path, function->name()));
  }
  return std::shared_ptr<const Function>(
      std::make_shared<OwnedSegments>(std::move(function), is_owned));
}

}  // namespace cohort
