#pragma once
// One rank's part of a run without a coordinator: its nodes step together with their neighbours,
// process to process. Rank 0 besides keeps the log: after each round it hears what every process
// did, and says whether to go on, to measure or to save.

#include "scenarios/session.hpp"

namespace cohort {

/// Runs until the schedule is finished. The model of the result is the mean over the nodes. Errors:
/// what made this rank unable to go on.
Result<SessionResult> run_decentralized(SessionInput input);

}  // namespace cohort
