#include "scenarios/reference.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "comm/codec.hpp"
#include "core/block_sum.hpp"
#include "core/file.hpp"
#include "core/fingerprint.hpp"
#include "core/hash.hpp"
#include "core/kernels.hpp"
#include "problems/data/cache.hpp"
#include "scenarios/toml.hpp"

namespace cohort {

namespace {

constexpr Seconds patience{1800};  // for the slowest rank's pass over its rows

struct SubtreesMessage {
  static constexpr std::uint16_t type = 103;
  std::vector<Subtree<ReplySum>> subtrees;
  template <class V>
  void fields(V&& v) {
    v("subtrees", subtrees);
  }
};
struct TotalMessage {
  static constexpr std::uint16_t type = 104;
  double weight = 0;
  Vec sum;
  template <class V>
  void fields(V&& v) {
    v("weight", weight);
    v("sum", sum);
  }
};

// Σ p_i v_i / Σ p_i over the honest clients of all ranks, in the shape of the trie.
class HonestMean {
 public:
  HonestMean(const Prepared& prepared, const Job& job, ThreadPool& pool)
      : prepared_(prepared), job_(job), pool_(pool), lanes_(pool.size()) {
    const Scenario& s = prepared.scenario();
    const IdRange held = rank_range(s.clients.count, job.rank(), job.ranks());
    for (std::uint64_t c = held.first; c < held.last; ++c) {
      if (is_honest(s, ClientId(c)) && prepared.client_weight(ClientId(c)) > 0)
        honest_.push_back(c);
    }
  }

  static bool is_honest(const Scenario& s, ClientId client) {
    const auto& liars = s.clients.byzantine.clients;
    return !std::binary_search(liars.begin(), liars.end(), client);
  }

  /// `value(context, sample, out)` writes the v_i of a client; out [length].
  template <class Value>
  Result<Vec> operator()(std::size_t length, const Value& value) {
    const Function& f = prepared_.function();
    const std::uint64_t clients = prepared_.scenario().clients.count;
    const std::vector<double> zero(length);
    SubtreesMessage mine;
    mine.subtrees = ordered_sum<ReplySum>(
        honest_, pool_,
        [&](std::size_t, std::uint64_t c, std::size_t lane) {
          const ClientId client(c);
          Block v = dense_block("v", zero);
          const Sample all{RowSource::client, client, 0, f.rows(RowSource::client, client), {}};
          value(Function::Context{pool_, lanes_[lane].scratch}, all, v.mutable_doubles());
          ReplySum leaf;
          leaf.push_back(weighted_leaf(std::move(v), prepared_.client_weight(client)));
          return std::optional(std::move(leaf));
        },
        [&](std::size_t lane) { return AddReplies{&lanes_[lane].spare}; },
        rank_subtrees(clients, job_.rank(), job_.ranks()));
    COHORT_TRY(TotalMessage total, total_of(std::move(mine)));
    total.sum /= total.weight;
    return std::move(total.sum);
  }

 private:
  struct Lane {
    Scratch scratch;
    std::vector<Bytes> spare;
  };

  Result<TotalMessage> total_of(SubtreesMessage mine) {
    Exchange& exchange = *job_.exchange;
    TotalMessage total;
    std::vector<Frame> frames;
    if (job_.ranks() > 1) {
      COHORT_TRY(frames, exchange.gather_to(Rank(0), encode(mine), Deadline::after(patience)));
    }
    if (job_.rank() == 0) {
      OrderedSum<ReplySum, AddReplies> sum(AddReplies{});
      for (std::uint32_t r = 0; r < job_.ranks(); ++r) {
        if (r > 0) {
          COHORT_TRY(mine, decode<SubtreesMessage>(frames[r], fmt::format("rank {}", r)));
        }
        for (auto& [id, value] : mine.subtrees) sum.add(id, std::move(value));
      }
      auto root = std::move(sum).total();
      if (!root) return bad_input("there is no honest client with rows to learn from");
      total.weight = root->front().weight;
      total.sum = root->front().to_vec();
    }
    if (job_.ranks() == 1) return total;
    COHORT_TRY(const Frame frame,
               exchange.broadcast(Rank(0), encode(total), Deadline::after(patience)));
    return decode<TotalMessage>(frame, "rank 0");
  }

  const Prepared& prepared_;
  const Job& job_;
  ThreadPool& pool_;
  std::vector<Lane> lanes_;
  std::vector<std::uint64_t> honest_;  // with rows, of this rank
};

// Everything that the solution depends on.
std::string cache_key(const Prepared& prepared) {
  const Scenario& s = prepared.scenario();
  ConfigNode parts = config_table();
  for (const char* section : {"data", "model", "problem"}) {
    if (const ConfigNode* node = s.effective.find(section)) parts.set(section, *node);
  }
  std::string key = to_toml_document(parts);
  key += fmt::format("{} clients, weights {}, seeds {} {}, not", s.clients.count,
                     s.clients.weights == ClientWeights::rows ? "rows" : "uniform", s.seeds.data,
                     s.seeds.model);
  for (const ClientId c : s.clients.byzantine.clients) key += fmt::format(" {}", c.value);
  if (const DataSet* data = prepared.data()) {
    for (const DataFile& file : data->files) key += " " + file.checksum.hex();
  }
  return key + " " + numerics_fingerprint();
}

struct CachedReference {
  std::string key;
  Vec x;
  double value = 0;
  double gradient_norm = 0;
  template <class V>
  void fields(V&& v) {
    v("key", key);
    v("x", x);
    v("value", value);
    v("gradient_norm", gradient_norm);
  }
};

std::filesystem::path cache_path(const std::string& key) {
  const auto directory = default_cache_directory();
  if (directory.empty()) return {};
  const auto hash = hash_bytes(std::as_bytes(std::span(key))).hex();
  return directory / "reference" / fmt::format("{}.bin", hash);
}

/// Nothing where there is none, or one that is not whole.
std::optional<Minimiser> read_cached(const std::filesystem::path& path, const std::string& key,
                                     std::size_t d) {
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return std::nullopt;
  const auto bytes = read_sealed(path);
  if (!bytes) return std::nullopt;
  auto cached = from_bytes<CachedReference>(*bytes);
  if (!cached || cached->key != key || static_cast<std::size_t>(cached->x.size()) != d) {
    return std::nullopt;
  }
  Minimiser m;
  m.x = std::move(cached->x);
  m.value = cached->value;
  m.gradient_norm = cached->gradient_norm;
  return m;
}

// A cache that cannot be written costs the next run a solution, and this one nothing.
void write_cached(const std::filesystem::path& path, const std::string& key, const Minimiser& m) {
  if (path.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return;
  (void)write_sealed(path, to_bytes(CachedReference{key, m.x, m.value, m.gradient_norm}));
}

struct FoundMessage {
  static constexpr std::uint16_t type = 105;
  bool is_found = false;
  Vec x;
  double value = 0;
  double gradient_norm = 0;
  template <class V>
  void fields(V&& v) {
    v("is_found", is_found);
    v("x", x);
    v("value", value);
    v("gradient_norm", gradient_norm);
  }
};

/// What rank 0 has in its cache, on every rank.
Result<std::optional<Minimiser>> cached_on_rank_0(const std::filesystem::path& path,
                                                  const std::string& key, std::size_t d,
                                                  const Job& job) {
  std::optional<Minimiser> mine;
  if (job.rank() == 0) mine = read_cached(path, key, d);
  if (job.ranks() == 1) return mine;
  FoundMessage found;
  if (mine) found = {true, mine->x, mine->value, mine->gradient_norm};
  COHORT_TRY(const Frame frame,
             job.exchange->broadcast(Rank(0), encode(found), Deadline::after(patience)));
  COHORT_TRY(found, decode<FoundMessage>(frame, "rank 0"));
  if (!found.is_found) return std::optional<Minimiser>();
  Minimiser m;
  m.x = std::move(found.x);
  m.value = found.value;
  m.gradient_norm = found.gradient_norm;
  return std::optional(std::move(m));
}

}  // namespace

Result<Minimiser> reference_solution(const Prepared& prepared, const Job& job, ThreadPool& pool) {
  const Function& f = prepared.function();
  const Scenario& s = prepared.scenario();
  const std::size_t d = f.layout().size();
  HonestMean mean(prepared, job, pool);
  SmoothConvex problem;
  problem.gradient = [&](const Vec& w, Vec& g) -> Result<double> {
    COHORT_TRY(const Vec all, mean(d + 1, [&](Function::Context context, const Sample& rows,
                                              std::span<double> out) {
                 out[d] = f.gradient(context, rows, w, {}, as_vec(out.first(d)));
               }));
    g = all.head(static_cast<Index>(d));
    return all[static_cast<Index>(d)];
  };
  problem.hvp = [&](const Vec& w, const Vec& v, Vec& out) -> Result<void> {
    COHORT_TRY(out, mean(d, [&](Function::Context context, const Sample& rows,
                                std::span<double> hv) { f.hvp(context, rows, w, v, as_vec(hv)); }));
    return {};
  };

  if (f.has_minimiser()) {
    std::vector<double> weights;
    for (std::uint64_t c = 0; c < s.clients.count; ++c) {
      const ClientId client(c);
      weights.push_back(HonestMean::is_honest(s, client) ? prepared.client_weight(client) : 0.0);
    }
    Minimiser m;
    m.x = f.minimiser(weights);
    Vec g(m.x.size());
    COHORT_TRY(m.value, problem.gradient(m.x, g));
    m.gradient_norm = kernels::norm(as_span(g));
    return m;
  }

  const std::string key = cache_key(prepared);
  const auto path = cache_path(key);
  COHORT_TRY(auto cached, cached_on_rank_0(path, key, d, job));
  if (cached) return *std::move(cached);
  COHORT_TRY(Minimiser m, minimise(problem, f.start()));
  if (job.rank() == 0) write_cached(path, key, m);
  return m;
}

}  // namespace cohort
