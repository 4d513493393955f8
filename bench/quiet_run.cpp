#include "bench/quiet_run.hpp"

#include "comm/inproc.hpp"

namespace cohort::bench {

namespace {

class Silent final : public Observer {
 public:
  cohort::Result<void> round(const RoundReport&, const ServerCheckpoint&,
                             const RoundTiming&) override {
    return {};
  }
  cohort::Result<void> checkpoint(const WriteCheckpoint&) override { return {}; }
  void note(const std::string&) override {}
  std::string checkpoint_directory() const override { return {}; }
};

}  // namespace

cohort::Result<SessionResult> run_quietly(const Prepared& prepared, ThreadPool& pool) {
  InprocNetwork network(1);
  const auto transport = network.endpoint(Rank(0));
  Exchange exchange(*transport);
  Silent silent;
  SessionInput input;
  input.prepared = &prepared;
  input.transport = transport.get();
  input.exchange = &exchange;
  input.pool = &pool;
  input.observer = &silent;
  return run_session(std::move(input));
}

}  // namespace cohort::bench
