#pragma once
// `cohort list [KIND] [--markdown]`: what a scenario may name, from the declarations themselves.

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "scenarios/catalogue.hpp"

namespace cohort {

/// "method", "rule", …, "data" and "section".
std::vector<std::string> list_kinds();

/// All kinds with one line an entry, or one kind with every option. In Markdown every option is
/// there in any case: it is the reference. Rules ("aggregators", too) tell what they tolerate and
/// guarantee of `updates`. Error (bad_input): no such kind, with the nearest one.
Result<std::string> list(const Catalogue& catalogue, const std::string& kind, bool is_markdown,
                         std::optional<std::size_t> updates = {});

}  // namespace cohort
