#pragma once
// A function of which each client owns some segments: shared ones first, then what is the client's,
//   w = (x, h_i),  x [shared] travels, h_i [owned] stays with client i.
// For methods with a shared body and personal heads. It answers what the function behind it does,
// with the same bits where the owned segments are the last ones; else w is put in order first.

#include <memory>
#include <string>
#include <vector>

#include "core/oracle.hpp"
#include "core/result.hpp"

namespace cohort {

/// "last" in a list of segments: the last layer of the model.
inline constexpr std::string_view last_layer = "last";

/// `owned` names segments, or layers, whose segments have a name behind a dot ("dense2" is
/// dense2.weight and dense2.bias). Its start is that of the function. Errors, about `path`: an
/// unknown name, nothing that is shared.
Result<std::shared_ptr<const Function>> own_segments(std::shared_ptr<const Function> function,
                                                     const std::vector<std::string>& owned,
                                                     const std::string& path);

}  // namespace cohort
