#pragma once
// Bilevel methods over clients: min_x F(x) = f(x, y*(x)), y*(x) = argmin_y g(x, y), with
// f = Σ p_i f_i, g = Σ p_i g_i, and ∇F = f_x − g_xy g_yy⁻¹ f_y.
//
// The shared model is w = (x, y). A method is a few exchanges; in each the server sends points, and
// clients send sums of derivatives of their two levels there:
//
//   Derivative     a gradient of a level at a point, or its Hessian's product with (0, v). Blocks
//                named "x" and "x_…" take its upper part, others its lower part
//   LevelExchange  the derivatives that one Ask wants, with the blocks that carry points and v
//   Turn           which exchange of a round it is, and how often it was done
//
// So the server half reads like the algorithm box, on sums over clients, and the client half is one
// for all methods. Coordinates of x that a client owns (core/oracle.hpp) are moved by the client
// itself, by its own part of what it sends to block "x"; that is the gradient of F by them divided
// by p_i, so every client's coordinates move at one rate, whatever its weight.
// -----------------------------------------------------------------------------------------------
// x [m] upper, y [n] lower variables; the model [m + n]; p_i client weights.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "algorithms/method.hpp"
#include "core/options.hpp"

namespace cohort {

enum class Level : std::uint8_t { upper, lower };

/// block ← block + factor · (a part of a derivative), the factor one of the Ask's `scalars`.
struct Term {
  static constexpr std::size_t one = static_cast<std::size_t>(-1);
  static constexpr std::size_t minus_one = static_cast<std::size_t>(-2);
  std::string_view block;
  std::size_t factor = one;
};

struct Derivative {
  Level level{};
  std::vector<Term> terms;
  /// The Ask's block with the lower variables [n]; empty: those of the model.
  std::string_view at{};
  /// The Ask's block with v [n] of a Hessian product; empty: the gradient.
  std::string_view along{};
  /// At the model of the block "previous", and the client's own coordinates of then.
  bool previous = false;
  /// Derivatives of one level and one draw are of the same sample.
  std::uint64_t draw = 0;
};

/// A derivative is not asked where all its factors are zero.
struct LevelExchange {
  std::string_view name;
  std::vector<Derivative> derivatives{};
  std::vector<std::string_view> points{};  // [n] each, down
  bool has_previous = false;               // "previous" [m + n], down
  std::size_t scalars = 0;                 // down
  /// Whether it ends the round's upper step: scalars[rate] is its rate, scalars[carry] how much of
  /// the direction before remains in the new one (Term::one: none).
  bool moves_upper = false;
  std::size_t rate = 0;
  std::size_t carry = Term::one;
  /// How lower blocks are combined; "x" goes to the rule and through the compressor.
  Combine combine = Combine::mean;
};

Phase phase_of(const LevelExchange& exchange, const Layout& layout);
std::vector<Phase> phases_of(const std::vector<LevelExchange>& exchanges, const Layout& layout);

/// The Ask of exchange `number`: `points` in the order of LevelExchange::points.
Ask ask_of(const std::vector<LevelExchange>& exchanges, std::size_t number, const Vec& model,
           std::initializer_list<const Vec*> points, std::initializer_list<double> scalars,
           const Vec* previous = nullptr);

/// Rows in a sample of each level; a method's Options derive from it.
struct LevelBatches {
  std::uint64_t upper_batch = 0;
  std::uint64_t lower_batch = 0;

  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("upper_batch", &O::upper_batch, non_negative,
          "rows of the upper level in a sample; 0: all");
    t.add("lower_batch", &O::lower_batch, non_negative,
          "rows of the lower level in a sample; 0: all");
  }
};

/// What a client keeps of the coordinates of x that are its own; all empty where there are none.
struct OwnedVariables {
  Vec x;          // [owned]
  Vec previous;   // [owned] before the last step
  Vec direction;  // [owned] of the last step
  template <class V>
  void fields(V&& v) {
    v("owned", x);
    v("owned_previous", previous);
    v("owned_direction", direction);
  }
};
struct BilevelClient {
  OwnedVariables owned;
  template <class V>
  void fields(V&& v) {
    owned.fields(v);
  }
};
template <class ClientState>
OwnedVariables* owned_of(const ClientContext& client, const Oracle& upper) {
  return upper.owned() == 0 ? nullptr : &client.next_state<ClientState>().owned;
}

/// Both levels of a client at points of the client's own making, for methods with local steps.
class ClientLevels {
 public:
  ClientLevels(const ClientContext& client, const LevelBatches& batches, Oracle& upper,
               std::uint64_t round_of_draws = 0);

  /// out [m + n + owned] ← the gradient of a level at w, or ∇²(level)(w) (0, v, 0). Zero without
  /// rows of that level. Samples are those of (level, draw).
  void gradient(Level level, std::uint64_t draw, VecView w, VecRef out);
  void product(Level level, std::uint64_t draw, VecView w, VecView v, VecRef out);
  Index upper() const { return m_; }
  Index lower() const { return n_; }
  Index owned() const { return owned_; }

 private:
  template <class Body>
  void ask(Level level, std::uint64_t draw, VecRef out, const Body& body);

  Oracle& upper_oracle_;
  Oracle lower_oracle_;
  Stream stream_;
  LevelBatches batches_;
  Index m_;
  Index n_;
  Index owned_;
  std::vector<std::uint32_t> picks_;
};

/// The client half of every method made of exchanges; `own` is owned_of() its state. Errors: the
/// client's own coordinates are not finite.
Result<void> answer_exchange(ClientContext& client, const Ask& ask,
                             const std::vector<LevelExchange>& exchanges,
                             const LevelBatches& batches, Oracle& upper, Reply& reply,
                             OwnedVariables* own);
/// What a method without a step for them says of clients that own coordinates.
Result<void> refuse_owned(std::string_view method, const Oracle& upper);

/// Where a round stands: exchange `number` was done `done` times.
struct Turn {
  std::uint64_t number = 0;
  std::uint64_t done = 0;
  template <class V>
  void fields(V&& v) {
    v("turn", number);
    v("turns_done", done);
  }
};

/// LevelExchange 0 … count − 1 are each done as long as again(number) says so, which may look at
/// turn.done: take(number) uses the answers, ask(number) makes the next Ask.
template <class Again, class TakeAnswers, class MakeAsk>
Result<Next> in_turn(Turn& turn, const Combined& combined, std::uint64_t count, const Again& again,
                     const TakeAnswers& take, const MakeAsk& ask) {
  if (combined.starts_round()) {
    turn = {};
  } else {
    COHORT_DO(take(*combined.phase));
    ++turn.done;
  }
  for (; turn.number < count && !again(turn.number); ++turn.number) turn.done = 0;
  Next next = Done{};
  if (turn.number < count) next = ask(turn.number);
  return next;
}

/// The parts x [m] and y [n] of the model.
inline auto upper_part(Vec& model, const Layout& layout) {
  return model.head(static_cast<Index>(layout.upper()));
}
inline auto lower_part(Vec& model, const Layout& layout) {
  return model.tail(static_cast<Index>(layout.shared() - layout.upper()));
}
/// x ← x − rate · (block "x"), where there are shared upper variables.
void step_upper(Vec& model, const Layout& layout, double rate, Combined& combined);

}  // namespace cohort
