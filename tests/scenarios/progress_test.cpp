#include "scenarios/progress.hpp"

namespace cohort {
namespace {

std::string printed(bool is_terminal, const std::function<void(ProgressLine&)>& use,
                    std::size_t width = 100) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  ProgressLine progress(out, is_terminal, 100, width);
  use(progress);
  std::fclose(out);
  std::string copy(text, size);
  std::free(text);
  return copy;
}

const Measured half{{"test", {{"loss", 0.5}}}};

TEST(ProgressLine, InAPipeThereIsAtMostOneLineASecondAndTheLastRound) {
  EXPECT_EQ(printed(false,
                    [](ProgressLine& p) {
                      p.update(0, &half, Seconds(0));
                      for (int i = 1; i < 30; ++i) {
                        p.update(static_cast<std::uint64_t>(i), nullptr, Seconds(0.1 * i));
                      }
                      p.update(100, nullptr, Seconds(10.0));
                      p.finish();
                    }),
            "round 0/100  test loss 0.5\n"
            "round 10/100  test loss 0.5  10 rounds/s  9 s left\n"
            "round 20/100  test loss 0.5  10 rounds/s  8 s left\n"
            "round 100/100  test loss 0.5  10 rounds/s\n");
}

TEST(ProgressLine, OnATerminalOneLineIsRewrittenAndFitsIt) {
  EXPECT_EQ(printed(
                true,
                [](ProgressLine& p) {
                  p.update(1, &half, Seconds(0));
                  p.print("note");
                  p.update(2, nullptr, Seconds(1));
                  p.finish();
                },
                12),
            "\r\x1b[Kround 1/100"
            "\r\x1b[Knote\n"
            "\r\x1b[Kround 2/100"
            "\n");
}

TEST(ProgressLine, CountsSpeedFromWhereThisProcessBegan) {
  EXPECT_THAT(printed(false,
                      [](ProgressLine& p) {
                        p.update(50, nullptr, Seconds(1000));
                        p.update(60, nullptr, Seconds(1010));
                      }),
              testing::HasSubstr("round 60/100  1 rounds/s  40 s left"));
}

TEST(Texts, AreForPeople) {
  EXPECT_EQ(ranks_and_threads(4, 16), "4 ranks × 16 threads");
  EXPECT_EQ(ranks_and_threads(1, 1), "1 rank × 1 thread");
  EXPECT_EQ(duration_text(Seconds(59.4)), "59 s");
  EXPECT_EQ(duration_text(Seconds(185)), "3 min 05 s");
  EXPECT_EQ(duration_text(Seconds(7800)), "2 h 10 min");
}

}  // namespace
}  // namespace cohort
