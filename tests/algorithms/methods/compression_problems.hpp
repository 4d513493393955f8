#pragma once
// Quadratics and compressors for the tests of methods that compress.

#include "algorithms/methods/diana.hpp"
#include "algorithms/methods/ef14.hpp"
#include "algorithms/methods/ef21.hpp"
#include "algorithms/methods/marina.hpp"
#include "tests/algorithms/drive.hpp"

namespace cohort::drive {

inline ConfigNode sgd_options(double rate) {
  return table({{"type", "sgd"}, {"learning_rate", rate}});
}
inline ConfigNode sgd(double rate) { return table({{"optimizer", sgd_options(rate)}}); }
inline ConfigNode top(int kept) { return table({{"type", "top_k"}, {"kept", kept}}); }
inline ConfigNode rand(int kept) { return table({{"type", "rand_k"}, {"kept", kept}}); }

/// Of clients of equal weights.
inline Vec optimum(const Quadratics& f) {
  Mat a = Mat::Zero(f.clients()[0].a.rows(), f.clients()[0].a.cols());
  Vec b = Vec::Zero(a.rows());
  for (const QuadraticClient& c : f.clients()) {
    a += c.a;
    b += c.a * c.centre();
  }
  return drive::solve(a, b);
}

/// f_i(x) = ⟨a_i, x⟩² + ¼ ‖x‖² with a = (−3, 2, 2) and its rotations; all have their minimum at 0.
inline std::vector<QuadraticClient> divergence_example() {
  std::vector<QuadraticClient> clients;
  for (Index i = 0; i < 3; ++i) {
    Vec a = Vec::Constant(3, 2);
    a[i] = -3;
    clients.push_back({2 * a * a.transpose() + 0.5 * Mat::Identity(3, 3), Mat::Zero(3, 1)});
  }
  return clients;
}

}  // namespace cohort::drive
