#include "core/state.hpp"

#include <gtest/gtest.h>

namespace cohort {
namespace {

struct Momentum {
  Vec velocity;
  std::uint64_t steps = 0;
  template <class V>
  void fields(V&& v) {
    v("velocity", velocity);
    v("steps", steps);
  }
};
struct Counter {
  std::uint64_t n = 0;
  template <class V>
  void fields(V&& v) {
    v("n", n);
  }
};
// A state inside a state, as a pipeline holds those of its stages.
struct Pipeline {
  std::vector<State> stages;
  template <class V>
  void fields(V&& v) {
    for (State& stage : stages) v("stage", stage);
  }
};

TEST(State, CopyIsIndependent) {
  State a(Counter{1});
  State b = a;
  b.as<Counter>().n = 2;
  EXPECT_EQ(a.as<Counter>().n, 1U);
  EXPECT_EQ(b.as<Counter>().n, 2U);
  a = b;
  EXPECT_EQ(a.as<Counter>().n, 2U);
}

TEST(State, EqualityIsThatOfTheFields) {
  EXPECT_EQ(State(Counter{1}), State(Counter{1}));
  EXPECT_NE(State(Counter{1}), State(Counter{2}));
  EXPECT_EQ(State(), State());
  EXPECT_NE(State(), State(Counter{0}));
}

TEST(State, SavedAndLoadedComesBackEqual) {
  const State saved(Momentum{Vec::LinSpaced(4, 0, 3), 7});
  State loaded(Momentum{});
  std::vector<std::byte> bytes = to_bytes(saved);
  Reader reader(bytes);
  reader.take(loaded);
  ASSERT_TRUE(reader.finished());
  EXPECT_EQ(loaded, saved);
  EXPECT_EQ(loaded.as<Momentum>().steps, 7U);
}

TEST(State, NestedStatesAreSavedAndLoaded) {
  Pipeline pipeline{{State(Counter{3}), State(NoState{}), State(Momentum{Vec::Ones(2), 1})}};
  Pipeline loaded{{State(Counter{}), State(NoState{}), State(Momentum{})}};
  const auto bytes = to_bytes(pipeline);
  Reader reader(bytes);
  reader.take(loaded);
  ASSERT_TRUE(reader.finished());
  EXPECT_EQ(loaded.stages, pipeline.stages);
}

TEST(State, TruncatedInputIsAnError) {
  const auto bytes = to_bytes(State(Momentum{Vec::Ones(2), 1}));
  State loaded(Momentum{});
  Reader reader({bytes.data(), bytes.size() - 1});
  reader.take(loaded);
  EXPECT_FALSE(reader.finished());
}

TEST(StateDeathTest, AnotherTypeIsABug) {
  const State state(Counter{1});
  EXPECT_DEATH(state.as<Momentum>(), "state has the expected type");
  EXPECT_DEATH(State().as<Counter>(), "state has the expected type");
}

}  // namespace
}  // namespace cohort
