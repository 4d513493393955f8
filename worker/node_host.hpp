#pragma once
// What the session of a decentralized run asks of the process that hosts nodes, whether models stay
// at nodes and mix or walk from one to the other.

#include <filesystem>
#include <string>
#include <vector>

#include "comm/gossip_messages.hpp"
#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

class NodeHost {
 public:
  virtual ~NodeHost() = default;

  /// Hashes of the present states, and nothing else.
  virtual RoundPart status(std::uint64_t round) = 0;
  /// Σ over the models that count and are here; of one block.
  virtual std::vector<Subtree<ReplySum>> sum() const = 0;
  virtual std::vector<Subtree<Spreading>> spread(VecView mean) const = 0;

  /// Writes the states to a new file of the folder, whose name is returned.
  virtual Result<std::string> save(const std::filesystem::path& folder, std::uint64_t round) = 0;
  /// Takes what is of this process; nothing may be missing.
  virtual Result<void> load(const std::vector<std::filesystem::path>& files) = 0;
};

}  // namespace cohort
