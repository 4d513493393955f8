#include "core/seeded_direction.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/kernels.hpp"
#include "core/oracle.hpp"

namespace cohort {
namespace {

constexpr std::size_t d = 10001;  // more than two blocks, and a rest
using Law = SeededDirection::Law;

std::vector<SeededDirection> directions() {
  const Stream stream(5, Purpose::directions, 2, 3);
  return {{Law::gaussian, stream},
          {Law::gaussian, stream, 0, 0.37},
          {Law::rademacher, stream},
          {Law::coordinate, stream, 4096},
          {Law::coordinate, stream, 10000, -2.5}};
}
std::vector<double> written_out(const SeededDirection& z) {
  std::vector<double> out(d);
  z.fill(out);
  return out;
}
std::vector<double> model() {
  std::vector<double> x(d);
  Stream(1, Purpose::test).fill_normal(x);
  return x;
}

TEST(SeededDirection, AnySliceIsThatOfTheWhole) {
  for (const SeededDirection& z : directions()) {
    const std::vector<double> whole = written_out(z);
    for (const std::size_t first : {0U, 1U, 4095U, 4096U, 9990U}) {
      std::vector<double> part(11);
      z.fill(part, first);
      EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<long>(first)));
    }
  }
}

TEST(SeededDirection, AStepHasTheBitsOfOneAlongTheDirectionWrittenOut) {
  for (const SeededDirection& z : directions()) {
    std::vector<double> seeded = model();
    std::vector<double> stored = seeded;
    add_seeded(0.123, z, seeded);
    kernels::axpy(0.123, written_out(z), stored);
    EXPECT_EQ(seeded, stored);
    EXPECT_NE(seeded, model());
  }
}

TEST(SeededDirection, ItsLengthIsThatOfTheDirectionWrittenOut) {
  for (const SeededDirection& z : directions()) {
    const double expected = kernels::squared_norm(written_out(z));
    // Two sums of d squares in different order: a few roundings of a sum of 10^4 terms.
    EXPECT_NEAR(squared_norm(z, d), expected, 1e-13 * expected);
  }
}

// f(w) = Σ c_i w_i of no rows.
class Linear final : public Function {
 public:
  Linear() { layout_.append("w", d, 1, SegmentKind::weight); }
  std::string_view name() const override { return "linear"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::value}; }
  std::uint64_t rows(RowSource, ClientId) const override { return 3; }
  double value(Context, const Sample&, VecView w) const override {
    return kernels::dot(as_span(w), c_);
  }

 private:
  Layout layout_;
  std::vector<double> c_ = model();
};

TEST(Oracle, ValueAtSeededDirectionsHasTheBitsOfTheValueThere) {
  const Linear f;
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  Oracle oracle(f, ClientId(0), {pool, scratch}, counts);
  const std::vector<double> x = model();
  std::vector<double> there = x;
  std::vector<SeededTerm> terms;
  for (const SeededDirection& z : directions()) {
    terms.push_back({0.01 * static_cast<double>(terms.size() + 1), z});
    kernels::axpy(terms.back().coefficient, written_out(z), there);
  }
  EXPECT_EQ(oracle.value_at(as_vec(std::span(x)), terms), oracle.value(as_vec(std::span(there))));
  const auto first = terms.front();
  EXPECT_EQ(oracle.value_at(as_vec(std::span(x)), first.coefficient, first.direction),
            oracle.value_at(as_vec(std::span(x)), std::span(&first, 1)));
  // Each is one value of the sample's rows.
  EXPECT_EQ(counts.calls[static_cast<std::size_t>(Query::value)], 4U);
  EXPECT_EQ(counts.rows[static_cast<std::size_t>(Query::value)], 12U);
}

}  // namespace
}  // namespace cohort
