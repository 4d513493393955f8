#pragma once
// Replay: sends its own honest reply of `delay` replies ago; while it has made fewer, its first.
// What a client with a stuck queue sends, too. Replies are counted from the first Byzantine round
// on, in each phase of the method on its own; one that was lost is not among them.
// Cost: memory delay + 1 replies a Byzantine client.

#include <vector>

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"

namespace cohort {

struct Replay {
  static constexpr std::string_view name = "replay";
  static constexpr std::string_view summary = "sends its own update of some rounds ago";
  static constexpr std::string_view source = "";
  struct Options {
    std::uint64_t delay = 5;
    static void declare(OptionTable<Options>& t) {
      t.add("delay", &Options::delay, at_least(1), "replies between making one and sending it");
    }
  };
  Options options;
  struct Memory {
    std::vector<Payload> made;  // oldest first
    template <class V>
    void fields(V&& v) {
      v("made", made);
    }
  };

  void replay(Memory& memory, Payload& reply) const {
    memory.made.push_back(reply);
    if (memory.made.size() > options.delay + 1) memory.made.erase(memory.made.begin());
    reply = memory.made.front();
  }
};

}  // namespace cohort
