#pragma once
// The Ask: what a method's server half wants answered, by whom, and how the replies are combined.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/payload.hpp"

namespace cohort {

enum class Who : std::uint8_t {
  cohort,    // the clients sampled for this round
  accepted,  // those whose last reply of this round was accepted
  all,
  list,  // Ask::list
};

enum class Combine : std::uint8_t {
  sum,     // Σ w_i b_i over who answered, w_i = p_i or the reply's own weight
  mean,    // Σ w_i b_i / Σ w_i
  rule,    // the scenario's aggregator; weighted_mean if it names none
  follow,  // with the weights that the rule gave another block
  gather,  // every reply, by client; small
};
std::string_view to_string(Combine combine);

/// A block of a reply as a method declares it: name, form and length are checked on arrival.
struct BlockSpec {
  std::string name;
  Form form = Form::dense;
  std::uint64_t length = 0;
  Combine combine = Combine::mean;
  Element element = Element::f64;
  std::string follows{};  // for Combine::follow, the block whose weights are used
  // A dense update y − x of the model in the Ask's block "x": [method.update] acts on it.
  bool is_update = false;
  // Dense, and no update: of [method.update] the compressor alone acts on it.
  bool is_compressed = false;

  bool takes_compressor() const { return is_update || is_compressed; }

  friend bool operator==(const BlockSpec&, const BlockSpec&) = default;
  template <class V>
  void fields(V&& v) {
    v("name", name);
    v("form", form);
    v("length", length);
    v("combine", combine);
    v("element", element);
    v("follows", follows);
    v("is_update", is_update);
    v("is_compressed", is_compressed);
  }
};

/// A kind of exchange of a method, declared before the run: refusals and the byte estimate of
/// --dry-run come from it.
struct Phase {
  std::string name;
  Who who = Who::cohort;
  /// Form and length of what goes down (combine is not read).
  std::vector<BlockSpec> down;
  std::vector<BlockSpec> up;
};

struct Ask {
  AskId id;                 // set by the coordinator
  std::uint32_t phase = 0;  // index into the method's phases
  Who who = Who::cohort;
  std::vector<ClientId> list;
  Payload common;  // the same for everyone who answers
  std::map<ClientId, Payload> personal;

  friend bool operator==(const Ask&, const Ask&) = default;
  template <class V>
  void fields(V&& v) {
    v("id", id);
    v("phase", phase);
    v("who", who);
    v("list", list);
    v("common", common);
    v("personal", personal);
  }
};

/// Ends the round, or the run.
struct Done {
  bool finished = false;
  std::string why;
};
using Next = std::variant<Ask, Done>;

/// What became of the replies to an Ask. Says nothing at the start of a round.
class Combined {
 public:
  /// The phase of the Ask that was answered; none at the start of a round.
  std::optional<std::uint32_t> phase;
  /// Who counted, ascending.
  std::vector<ClientId> accepted;
  /// Combined blocks: dense values whatever the form of the replies; Σ w_i of the block.
  struct Value {
    std::string name;
    Vec value;
    double weight = 0;
  };
  std::vector<Value> values;
  /// Gathered blocks, by client.
  std::map<ClientId, Payload> gathered;

  bool starts_round() const { return !phase.has_value(); }
  Value& at(std::string_view name) {
    for (Value& v : values) {
      if (v.name == name) return v;
    }
    check_failed("block was combined", std::string(name));
  }
  Vec& vec(std::string_view name) { return at(name).value; }
  double weight(std::string_view name) { return at(name).weight; }
};

}  // namespace cohort
