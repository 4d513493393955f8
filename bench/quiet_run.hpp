#pragma once
// A run in one process whose results nobody writes down.

#include "core/result.hpp"
#include "scenarios/session.hpp"

namespace cohort::bench {

cohort::Result<SessionResult> run_quietly(const Prepared& prepared, ThreadPool& pool);

}  // namespace cohort::bench
