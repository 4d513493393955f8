#pragma once
// From the workers' statistics to the metrics of a round: pooled over rows, and over clients.
//
// Over clients, v_1 … v_n the values of those with rows in a set of clients (train, client_test):
//   <metric>_mean     (1/n) Σ v_i, unweighted; <metric> itself is that of all rows together
//   <metric>_std      √((1/n) Σ (v_i − mean)²)
//   <metric>_worst10  mean of the ⌈n/10⌉ worst values
//   <metric>_jain     (Σ v_i)² / (n Σ v_i²), 1 if all are equal (also 0), 1/n if one has all
//                     (Jain, Chiu, Hawe, DEC-TR-301, 1984)
// A client whose own value is undefined (auroc of one class) does not count.

#include <cstdint>
#include <string>
#include <vector>

#include "comm/messages.hpp"
#include "coordinator/stopping.hpp"
#include "core/metric.hpp"
#include "core/result.hpp"
#include "core/row_statistics.hpp"

namespace cohort {

struct EvaluationPlan {
  std::uint64_t every = 1;  // rounds; 0: only the start and the end
  bool at_start = true;
  bool enabled = true;
  Prediction prediction;
  std::vector<Metric> metrics;
  bool per_client = false;
  double minimum = 0;  // of the objective on train, for optimality_gap
};

/// A line a client, in the order of ids.
struct ClientTable {
  std::vector<std::string> columns;   // "test_accuracy"
  std::vector<std::uint64_t> rows;    // [clients] that train
  std::vector<std::uint64_t> labels;  // [clients × classes], of these rows
  std::vector<double> values;         // [clients × columns]; NaN: none
};

struct Measurement {
  Measured values;  // with the loss of every set, asked for or not
  /// What a person should know of a value, by its name ("test_auroc"): why it is none, or how
  /// exact.
  std::map<std::string, std::string> notes;
  std::vector<std::string> columns;  // of a ClientTable, where each client is measured
  std::vector<double> client_values;
};

/// Messages by rank; `clients` of the run. Error (peer_lost): names the rank whose message does not
/// fit the plan.
Result<Measurement> measure(const EvaluationPlan& plan, std::vector<EvaluatedMessage> messages,
                            std::uint64_t clients);

/// Rows and labels of every client; the messages had been asked for holdings. Error as above.
Result<ClientTable> describe_clients(const EvaluationPlan& plan,
                                     const std::vector<EvaluatedMessage>& messages,
                                     std::uint64_t clients);

/// A spread of n > 0 values; see above.
double spread_of(Spread spread, Metric metric, std::vector<double> values);

}  // namespace cohort
