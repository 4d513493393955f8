#include "core/kernels_select.hpp"

#include <cmath>

#include "core/cpu.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

using kernels::Comparator;
using kernels::network_lanes;

TEST(KernelsSelect, ANetworkSortsEveryListWithEveryInstructionSet) {
  const std::vector<Comparator> network = {{0, 2}, {1, 3}, {0, 1}, {2, 3}, {1, 2}};
  std::vector<double> values(4 * network_lanes);
  Stream(1, Purpose::test).fill_normal(values);
  const Isa before = isa();
  for (const Isa used : {Isa::avx2, Isa::avx512}) {
    if (!supports(used)) continue;
    set_isa(used);
    auto sorted = values;
    kernels::apply_network(network, sorted.data());
    for (std::size_t l = 0; l < network_lanes; ++l) {
      std::vector<double> list;
      for (std::size_t p = 0; p < 4; ++p) list.push_back(values[p * network_lanes + l]);
      std::sort(list.begin(), list.end());
      for (std::size_t p = 0; p < 4; ++p) EXPECT_EQ(sorted[p * network_lanes + l], list[p]) << l;
    }
  }
  set_isa(before);
}

TEST(KernelsSelect, AZeroKeepsItsSign) {
  const std::vector<Comparator> network = {{0, 1}};
  std::vector<double> values(2 * network_lanes, 0.0);
  for (std::size_t l = 0; l < network_lanes; ++l) values[(l % 2) * network_lanes + l] = -0.0;
  const Isa before = isa();
  for (const Isa used : {Isa::avx2, Isa::avx512}) {
    if (!supports(used)) continue;
    set_isa(used);
    auto done = values;
    kernels::apply_network(network, done.data());
    for (std::size_t l = 0; l < network_lanes; ++l) {
      EXPECT_NE(std::signbit(done[l]), std::signbit(done[network_lanes + l])) << isa_name() << l;
    }
  }
  set_isa(before);
}

}  // namespace
}  // namespace cohort
