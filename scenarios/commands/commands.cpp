#include "scenarios/commands/command.hpp"

#include <algorithm>
#include <iostream>

#include "comm/exchange.hpp"
#include "comm/mpi.hpp"

namespace cohort {

std::vector<std::unique_ptr<Command>> commands() {
  std::vector<std::unique_ptr<Command>> all;
  all.push_back(run_command());
  all.push_back(list_command());
  all.push_back(data_command());
  all.push_back(aggregate_command());
  all.push_back(graph_command());
  all.push_back(walk_command());
  all.push_back(report_command());
  all.push_back(compare_command());
  all.push_back(verify_command());
  all.push_back(reproduce_command());
  all.push_back(predict_command());
  all.push_back(evaluate_command());
  all.push_back(new_command());
  all.push_back(doctor_command());
  all.push_back(version_command());
  return all;
}

void Environment::print(const std::string& text) const {
  if (prints()) std::cout << text << std::flush;
}

int Environment::print(const Result<std::string>& text) const {
  if (!text) return fail(text.error());
  print(*text);
  return 0;
}

int Environment::fail(const Error& error) const {
  if (prints()) {
    std::cerr << error.message << '\n';
    const auto mistakes = 1 + std::count(error.message.begin(), error.message.end(), '\n');
    if (mistakes > 1) std::cerr << "cohort: " << mistakes << " mistakes\n";
  }
  return static_cast<int>(error.code);
}

int Environment::on_all_ranks(const std::function<int(const Job&)>& body) const {
  return on_groups(0, [&](const Job& all, const Job&) { return body(all); });
}

int Environment::on_groups(std::uint32_t ranks,
                           const std::function<int(const Job& all, const Job& group)>& body) const {
  auto mpi = MpiEnvironment::start();
  if (!mpi) return fail(mpi.error());
  return run_or_abort([&] {
    auto transport = (*mpi)->transport();
    if (!transport) return fail(transport.error());
    Exchange exchange(**transport);
    const Job all{transport->get(), &exchange, &watch_signals()};
    if (ranks == 0) return body(all, all);
    MpiOptions options;
    options.ranks_per_group = ranks;
    auto part = (*mpi)->transport(options);
    if (!part) return fail(part.error());
    Exchange within(**part);
    return body(all, {part->get(), &within, all.stop_signal});
  });
}

bool Environment::is_launched() const { return detect_launch().has_value(); }

}  // namespace cohort
