#pragma once
// sweep.csv: one row a point, in their order.
//
//   point, case, one column an option of the grid, seed, one a tuned option (what was chosen),
//   edge, status, stop_reason, rounds, <set>_<metric>… at the end, best_<set>_<metric> and
//   best_<set>_<metric>_round…, model_hash, directory (below the folder of the sweep)
//
// Nothing in it depends on time, machine or processes: a sweep that was interrupted ends with the
// same bytes. What does not apply is empty; what is not finite, too.

#include <string>

namespace cohort {

class Board;

std::string table_of(const Board& board);

}  // namespace cohort
