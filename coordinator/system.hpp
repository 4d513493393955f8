#pragma once
// Simulated time: how long a client takes to answer an Ask, when it is there, and whether its reply
// is lost on the way.
//
//   T = ℓ + B↓/d + C + B↑/u + ℓ           C = c·W, or c alone
// -----------------------------------------------------------------------------------------------
// T [s] from the Ask to the reply; ℓ [s] latency of one way; B↓, B↑ [bytes] protocol bytes of the
// Ask and of the reply; d, u [bytes/s] downlink and uplink; c [s/sample] or [s] compute time; W
// rows that the client's oracle visited for this reply, whatever it was asked of them.
// Each of c, d, u, ℓ is the same for all clients, or log-normal: median · e^{σz}, z normal, drawn
// once for a client or anew in every round, or listed client by client.
//
// Who is there: everybody; each client with a given probability, drawn anew for every round; two
// alternating exponential durations (a two-state Markov process, started in equilibrium); or listed
// intervals. Of these only the last two can end while a client works: then its reply is lost.
// A reply is lost with probability `dropout`, too, drawn for every client and Ask.

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/ids.hpp"

namespace cohort {

/// A positive quantity that every client has.
struct ClientQuantity {
  enum class Type : std::uint8_t { constant, lognormal, trace };
  enum class Per : std::uint8_t { client, round };
  Type type = Type::constant;
  double median = 0;           // the value itself, if constant
  double sigma = 0;            // of the logarithm
  Per per = Per::client;       // how often it is drawn
  std::vector<double> values;  // trace: of each client

  friend bool operator==(const ClientQuantity&, const ClientQuantity&) = default;
};

struct Availability {
  enum class Type : std::uint8_t { always, share, markov, trace };
  Type type = Type::always;
  double share = 1;   // probability of being there in a round
  double up = 0;      // markov: mean seconds there
  double down = 0;    // and away
  double period = 0;  // trace: seconds after which it begins anew; 0: it does not
  /// trace: [from, to) of each client in seconds, ascending, apart, below a period.
  std::vector<std::vector<std::pair<double, double>>> intervals;
};

struct SystemModel {
  ClientQuantity compute;     // seconds, for a sample or for an answer
  bool is_per_sample = true;  // which of both
  /// Bytes a second; none: in no time.
  std::optional<ClientQuantity> uplink, downlink;
  ClientQuantity latency;  // seconds
  Availability availability;
  double dropout = 0;
  std::uint64_t seed = 0;  // of the run

  /// T. The same for the same arguments, whenever it is asked.
  double seconds(ClientId client, AskId ask, std::uint64_t bytes_down, std::uint64_t bytes_up,
                 std::uint64_t rows) const;
  /// Whether this attempt at an answer is lost by chance.
  bool drops(ClientId client, AskId ask, std::uint32_t attempt) const;
  /// Whether a reply may be lost at all.
  bool may_lose() const {
    return dropout > 0 || availability.type == Availability::Type::markov ||
           availability.type == Availability::Type::trace;
  }
  /// Whether where a client is depends on time alone.
  bool has_times() const {
    return availability.type == Availability::Type::markov ||
           availability.type == Availability::Type::trace;
  }
};

/// Who is there when. Answers depend on the arguments alone; times that ascend, client by client,
/// are answered without starting over.
class Presence {
 public:
  static constexpr double never = std::numeric_limits<double>::infinity();

  /// `model` must outlive it.
  explicit Presence(const SystemModel& model) : model_(&model) {}

  /// Whether the client can be asked at `time` in a round; `draw` counts the draws for that round
  /// of a share.
  bool is_there(ClientId client, double time, Round round, std::uint64_t draw = 0);
  /// Everybody who is there at `time`, or, if nobody is, at the earliest time after it when
  /// somebody is (of a share: at `time`, as drawn again). Ascending. None if there is no such time.
  struct There {
    double time = 0;
    std::vector<ClientId> clients;
  };
  std::optional<There> who_is_there(std::uint64_t clients, double time, Round round);
  /// Until when a client that is there at `time` stays; `time` itself if it is away.
  double until(ClientId client, double time);
  /// When it is there next, `time` if it is; `never` if it does not come back. Of a share: `time`.
  double from(ClientId client, double time);

 private:
  struct Stretch {
    double begin = 0, end = 0;  // [begin, end)
    bool is_up = true;
  };
  const Stretch& markov(ClientId client, double time);
  Stretch listed(ClientId client, double time) const;
  Stretch at(ClientId client, double time);

  struct Cursor {
    std::uint64_t next = 0;  // duration to be drawn; 0: nothing is known yet
    Stretch stretch;
  };
  const SystemModel* model_;
  std::vector<Cursor> cursors_;  // markov, by client
};

}  // namespace cohort
