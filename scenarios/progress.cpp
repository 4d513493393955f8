#include "scenarios/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "scenarios/outputs.hpp"

namespace cohort {

namespace {
constexpr Seconds terminal_interval{0.1};
constexpr Seconds pipe_interval{1.0};
/// A rate over less than this says nothing.
constexpr Seconds least_for_rate{0.05};
}  // namespace

ProgressLine::ProgressLine(std::FILE* out, bool is_terminal, std::uint64_t rounds,
                           std::size_t width, ProgressStyle style)
    : out_(out),
      is_terminal_(is_terminal),
      rounds_(rounds),
      width_(width),
      style_(std::move(style)) {}

ProgressLine ProgressLine::of_stdout(std::uint64_t rounds, ProgressStyle style) {
  winsize size{};
  const bool has_size = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return {stdout, ::isatty(STDOUT_FILENO) != 0, rounds, has_size ? size.ws_col : 100U,
          std::move(style)};
}

void ProgressLine::print(std::string_view line) {
  if (is_live_) fmt::print(out_, "\r\x1b[K");
  is_live_ = false;
  fmt::print(out_, "{}\n", line);
  std::fflush(out_);
}

void ProgressLine::update(std::uint64_t round, const Measured* measured, Seconds now) {
  round_ = round;
  if (measured != nullptr) measured_ = to_text(*measured);
  if (!begin_) begin_.emplace(round, now);
  if (style_.is_transient && !is_terminal_) return;
  const Seconds interval = is_terminal_ ? terminal_interval : pipe_interval;
  if (shown_ && now - *shown_ < interval && round != rounds_) return;
  shown_ = now;
  std::string text = line(now);
  if (is_terminal_) {
    // A line that wraps could not be overwritten.
    if (text.size() >= width_) text.resize(width_ - 1);
    fmt::print(out_, "\r\x1b[K{}", text);
    is_live_ = true;
  } else {
    fmt::print(out_, "{}\n", text);
  }
  std::fflush(out_);
}

void ProgressLine::finish() {
  if (is_live_) std::fputs(style_.is_transient ? "\r\x1b[K" : "\n", out_);
  is_live_ = false;
  std::fflush(out_);
}

std::string ProgressLine::line(Seconds now) const {
  std::string text = style_.title + (style_.title.empty() ? "" : "  ");
  text += fmt::format("{} {}/{}", style_.noun, round_, rounds_);
  if (!measured_.empty()) text += "  " + measured_;
  const Seconds passed = now - begin_->second;
  const std::uint64_t done = round_ - begin_->first;
  if (done > 0 && passed > least_for_rate) {
    const double rate = static_cast<double>(done) / passed.count();
    text += fmt::format("  {:.3g} {}s/s", rate, style_.noun);
    if (round_ < rounds_) {
      text += "  " + duration_text(Seconds(static_cast<double>(rounds_ - round_) / rate)) + " left";
    }
  }
  return text;
}

std::string ranks_and_threads(std::uint32_t ranks, std::uint64_t threads) {
  return fmt::format("{} rank{} × {} thread{}", ranks, ranks == 1 ? "" : "s", threads,
                     threads == 1 ? "" : "s");
}

std::string duration_text(Seconds seconds) {
  const auto s = std::llround(std::max(0.0, seconds.count()));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

}  // namespace cohort
