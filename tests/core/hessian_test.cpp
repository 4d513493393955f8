#include "core/hessian.hpp"

#include <gtest/gtest.h>

namespace cohort {
namespace {

// [1 0 3; 0 2 0; 3 0 0], entries in no order, without what is zero.
void write(HessianSink& sink) {
  sink.add(0, 2, 3);
  sink.add(1, 1, 2);
  sink.add(0, 0, 1);
}

TEST(DenseHessian, IsSymmetric) {
  DenseHessian hessian(3);
  write(hessian);
  Mat expected(3, 3);
  expected << 1, 0, 3, 0, 2, 0, 3, 0, 0;
  EXPECT_EQ(hessian.matrix(), expected);
}

TEST(SparseHessian, TravelsAsTheSameMatrix) {
  SparseHessian sparse(3);
  write(sparse);
  const Block block = sparse.block("h");

  ASSERT_TRUE(block.validate());
  EXPECT_EQ(block.count, 3U);
  EXPECT_EQ(block.form, Form::sparse_symmetric);
  // Upper triangle by rows: (0,0) (0,1) (0,2) (1,1) (1,2) (2,2).
  Vec expected(6);
  expected << 1, 0, 3, 2, 0, 0;
  EXPECT_EQ(block.to_vec(), expected);
}

}  // namespace
}  // namespace cohort
