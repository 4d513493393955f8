#pragma once
// The best subset of rows, exactly: what MDA, minimum variance and SMEA choose. Rows are tried in
// the order of their distances to the nearest n − f, so that good subsets come first, ties do not
// depend on the order of arrival, and only equal rows are told apart by their index.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "algorithms/aggregation.hpp"

namespace cohort {

/// Number of ways to choose f of n, at most `most`.
std::uint64_t choices(std::uint64_t n, std::uint64_t f, std::uint64_t most);
/// The largest f < n/2 with at most `most` ways to choose f of n.
std::size_t largest_f_within(std::size_t n, std::uint64_t most);

/// Rows by Σ ‖x_i − x_j‖² over their n − f nearest, ties by index.
std::vector<Index> central_first(const Distances& distances, std::size_t f);

/// Branch and bound: the subset of `size` rows of least cost, the first one found of several.
/// bound(chosen, left) is at most the cost of every subset of that size that holds `chosen` and, of
/// the others, only rows of `left`; of a whole subset it is the cost.
std::vector<Index> least_subset(
    const std::vector<Index>& order, std::size_t size,
    const std::function<double(std::span<const Index> chosen, std::span<const Index> left)>& bound);

/// The n − f rows of least diameter: the least D such that at most f rows meet all pairs that are
/// farther apart than D, a vertex cover, found in O(1.47^f n²) for each of log n² values of D.
std::vector<Index> least_diameter_subset(const Distances& distances, std::size_t f);

}  // namespace cohort
