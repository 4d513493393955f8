#include "algorithms/compressors/identity.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(Identity, ChangesNoBit) {
  const Vec x = compressed::normal(100);
  EXPECT_EQ(compressed::block(compressed::made<Identity>(), x), dense_block("x", as_span(x)));
}

}  // namespace
}  // namespace cohort
