// Rank 1 fails while the others wait for a message that never comes. Run by CMakeLists.txt; the
// argument says how: `caught`, an exception that run_or_abort catches; `escaping`, one that leaves
// the scope of the MpiEnvironment; `oversized`, a frame beyond what rank 0 accepts.

#include <stdexcept>
#include <string_view>

#include "comm/mpi.hpp"

namespace {

using namespace cohort;

int body(MpiEnvironment& environment, std::string_view how) {
  const auto transport = environment.transport({.limits = {.message_bytes = 1 << 22}});
  if (!transport) return static_cast<int>(transport.error().code);
  Transport& t = **transport;
  if (t.self() == Rank(1)) {
    // A block that nobody takes must not hold an exception up.
    const std::size_t bytes = (std::size_t{1} << 22) + (how == "oversized" ? 1 : 0);
    if (!t.send(Rank(0), Tag::exchange, {{}, {Bytes(bytes)}})) return 1;
    if (how != "oversized") throw std::runtime_error("a planted failure");
  }
  const auto never = t.receive(Tag::control, Deadline::after(Seconds(60)));
  return never ? 0 : static_cast<int>(never.error().code);
}

int run(std::string_view how) {
  const auto environment = MpiEnvironment::start();
  if (!environment) {
    abort_job(environment.error().message, static_cast<int>(environment.error().code));
  }
  if (how == "escaping") return body(**environment, how);
  return run_or_abort([&] { return body(**environment, how); });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "");
  } catch (const std::exception&) {
    return 1;  // too late: the other ranks would wait for ever
  }
}
