#include "problems/owned_segments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/kernels.hpp"

namespace cohort {
namespace {

/// f(w) = ½ Σ a_k w_k², a_k = k + 1, of three layers.
class Diagonal final : public Function {
 public:
  Diagonal() {
    layout_.append("dense1.weight", 2, 1, SegmentKind::weight);
    layout_.append("dense1.bias", 1, 1, SegmentKind::bias);
    layout_.append("dense2.weight", 1, 2, SegmentKind::weight);
    layout_.append("dense2.bias", 1, 1, SegmentKind::bias);
    layout_.append("scale", 1, 1, SegmentKind::weight);
  }
  std::string_view name() const override { return "diagonal"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override {
    return {Query::value, Query::gradient, Query::hvp, Query::jvp, Query::hessian};
  }
  std::uint64_t rows(RowSource, ClientId) const override { return 1; }
  Vec start() const override { return Vec::LinSpaced(7, 10, 16); }
  double value(Context, const Sample&, VecView w) const override {
    return 0.5 * kernels::dot(as_span(w), as_span(times(w)));
  }
  double gradient(Context c, const Sample& s, VecView w, std::span<const double>,
                  VecRef g) const override {
    g = times(w);
    return value(c, s, w);
  }
  void hvp(Context, const Sample&, VecView, VecView v, VecRef out) const override {
    out = times(v);
  }
  double jvp(Context, const Sample&, VecView w, VecView v) const override {
    return kernels::dot(as_span(times(w)), as_span(v));
  }
  double regulariser(VecView w) const override { return w[0] + 100 * w[6]; }

 private:
  static Vec times(VecView w) { return Vec::LinSpaced(7, 1, 7).cwiseProduct(w); }
  Layout layout_;
};

struct Owned {
  explicit Owned(const std::vector<std::string>& names)
      : function(*own_segments(std::make_shared<Diagonal>(), names, "method.owned")) {}
  Function::Context context() { return {pool, scratch}; }
  std::shared_ptr<const Function> function;
  ThreadPool pool{1};
  Scratch scratch;
  Sample sample = [] {
    Sample one;
    one.count = 1;
    return one;
  }();
};

Vec of(std::initializer_list<double> values) {
  Vec v(static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), v.begin());
  return v;
}

TEST(OwnedSegments, SharedOnesComeFirstAndEachStartsAsTheModelDoes) {
  const Owned f({"dense1.bias", "dense2"});
  const auto& segments = f.function->layout().segments();
  std::vector<std::string> names;
  for (const Segment& s : segments) names.push_back(s.name);
  EXPECT_THAT(names, testing::ElementsAre("dense1.weight", "scale", "dense1.bias", "dense2.weight",
                                          "dense2.bias"));
  EXPECT_EQ(f.function->layout().shared(), 3U);
  EXPECT_EQ(f.function->start(), of({10, 11, 16}));
  EXPECT_EQ(f.function->owned(ClientId(4)), 4U);
  EXPECT_EQ(f.function->owned_start(ClientId(4)), of({12, 13, 14, 15}));
}

TEST(OwnedSegments, AnswersAreThoseOfTheFunctionBehindInTheirOrder) {
  Owned f({"dense1.bias", "dense2"});
  const Vec w = of({1, 2, 3, 4, 5, 6, 7});            // there: 1 2 | 4 | 5 6 | 7 | 3
  const Vec slopes = of({1, 4, 21, 12, 20, 30, 42});  // a in this order: 1 2 7 3 4 5 6
  Vec g(7);
  const double value = f.function->gradient(f.context(), f.sample, w, {}, g);
  EXPECT_EQ(g, slopes);
  EXPECT_EQ(value, f.function->value(f.context(), f.sample, w));
  EXPECT_EQ(value, 0.5 * (1 + 8 + 63 + 48 + 100 + 180 + 294));
  Vec product(7);
  f.function->hvp(f.context(), f.sample, w, Vec::Ones(7), product);
  EXPECT_EQ(product, of({1, 2, 7, 3, 4, 5, 6}));
  EXPECT_EQ(f.function->jvp(f.context(), f.sample, w, Vec::Ones(7)), 130);
  EXPECT_EQ(f.function->regulariser(w), 1 + 100 * 3);
  EXPECT_EQ(f.function->regulariser(w.head(3)), 1 + 100 * 3);
}

TEST(OwnedSegments, WhatIsLastAlreadyIsLeftWhereItIs) {
  Owned f({"last"});
  EXPECT_EQ(f.function->layout().shared(), 6U);
  const Vec w = Vec::LinSpaced(7, 1, 2);
  Vec g(7), expected(7);
  f.function->gradient(f.context(), f.sample, w, {}, g);
  Diagonal().gradient(f.context(), f.sample, w, {}, expected);
  EXPECT_EQ(g, expected);
}

TEST(OwnedSegments, DoesNotClaimWhatItCannotPutInOrder) {
  const Owned f({"last"});
  EXPECT_FALSE(f.function->capabilities().has(Query::hessian));
  EXPECT_TRUE(f.function->capabilities().has(Query::hvp));
}

TEST(OwnedSegments, NamesWhatIsUnknownAndRefusesToShareNothing) {
  const auto error = [](const std::vector<std::string>& names) {
    const auto made = own_segments(std::make_shared<Diagonal>(), names, "method.owned");
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(error({"dense3"}),
            "method.owned: 'dense3' is no segment of diagonal; expected \"last\", or some of "
            "dense1.weight, dense1.bias, dense2.weight, dense2.bias, scale");
  EXPECT_THAT(error({"dense1", "dense2", "scale"}), testing::HasSubstr("share nothing"));
}

}  // namespace
}  // namespace cohort
