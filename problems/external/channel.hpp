#pragma once
// A program that answers questions over a stream of bytes: started here, which then has the stream
// as its standard input and output, or already there, at a Unix socket.
//
//   message   "CXP1", length of the header (u32), header, block
//   header    a JSON object; "arrays": [[name, type, [sizes]] …] are those of the block, in order
//   block     the arrays, row-major, little-endian, each padded with zeros to 8 bytes
//
// Types are "<f8", "<u4". Every question has "op" and an ascending "id"; its answer has the same
// "id", and either the arrays that the question wants or "error", a text. Arrays of an answer are
// read to where they are wanted, without a copy.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/options.hpp"
#include "core/result.hpp"

namespace cohort {

/// Where the program is and how long it may take; all of the site.
struct ExternalOptions {
  std::vector<std::string> command;
  std::string socket;
  double deadline = 60;
  std::uint64_t processes = 1;

  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("command", &ExternalOptions::command,
          "program and arguments, started where cohort is; it answers on its standard output",
          Scope::site);
    t.add("socket", &ExternalOptions::socket, "or the Unix socket at which it listens",
          Scope::site);
    t.add("deadline", &ExternalOptions::deadline, positive, "seconds that an answer may take",
          Scope::site);
    t.add("processes", &ExternalOptions::processes, at_least(1),
          "started at most, each for one question at a time", Scope::site);
  }
  /// Error: neither or both of command and socket.
  Result<void> check(std::string_view where) const;
};

/// An array that is sent, or the place of one that is wanted.
template <class Byte>
struct ExternalArray {
  std::string name;
  std::string type;  // "<f8" or "<u4"
  std::vector<std::size_t> shape;
  std::span<Byte> bytes;
};
using SentArray = ExternalArray<const std::byte>;
using WantedArray = ExternalArray<std::byte>;

SentArray sent(std::string name, std::span<const double> values,
               std::vector<std::size_t> shape = {});
SentArray sent(std::string name, std::span<const std::uint32_t> values);
WantedArray wanted(std::string name, std::span<double> values, std::vector<std::size_t> shape = {});

/// What is thrown where an answer is needed and none that can be used came; its text names the
/// program, the question, what was expected and what was found. Becomes an Error (peer_lost) where
/// the run of a rank begins.
struct ExternalFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One stream. Not shared between threads.
class ExternalChannel {
 public:
  /// Throws ExternalFailure.
  explicit ExternalChannel(const ExternalOptions& options);
  ~ExternalChannel();
  ExternalChannel(const ExternalChannel&) = delete;
  ExternalChannel& operator=(const ExternalChannel&) = delete;

  /// Sends a question without an answer. `fields` are the JSON members of the header beside op, id
  /// and arrays, as text: `"client": 3`.
  void tell(std::string_view op, const std::string& fields, std::span<const SentArray> arrays);
  /// Asks and waits; all of `wanted` is filled. Throws ExternalFailure if the program dies, is
  /// late, answers with an error, or with what is no message or not what was wanted; the channel
  /// is then of no more use. Numbers are not looked at: what is not finite is the caller's to
  /// judge.
  void ask(std::string_view op, const std::string& fields, std::span<const SentArray> arrays,
           std::span<const WantedArray> wanted);

  /// What the other end has been told for good, by a number that whoever asks chooses: true the
  /// first time.
  bool note(std::uint64_t what) { return noted_.insert(what).second; }
  bool has_failed() const { return has_failed_; }

 private:
  [[noreturn]] void fail(const std::string& what);
  void write_all(std::span<const std::span<const std::byte>> parts);
  void read_all(std::span<std::byte> out, std::string_view what);
  void wait(int descriptor, short events, std::string_view what);
  std::string how_it_ended();

  std::string name_;      // of the program, for messages
  std::string question_;  // in progress, for messages
  Seconds limit_;
  Deadline deadline_;
  int in_ = -1;   // from the program
  int out_ = -1;  // to it
  int pid_ = -1;  // −1: not started here
  std::uint64_t next_id_ = 1;
  std::string header_;
  std::set<std::uint64_t> noted_;
  bool has_failed_ = false;
};

/// Channels to one program, opened when they are needed and shared by threads, each of which holds
/// one for a question.
class ExternalPool {
 public:
  explicit ExternalPool(ExternalOptions options) : options_(std::move(options)) {}

  class Lease {
   public:
    Lease(ExternalPool& pool, std::unique_ptr<ExternalChannel> channel)
        : pool_(pool), channel_(std::move(channel)) {}
    ~Lease() {
      if (channel_ != nullptr) pool_.put_back(std::move(channel_));
    }
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ExternalChannel& operator*() { return *channel_; }
    ExternalChannel* operator->() { return channel_.get(); }

   private:
    ExternalPool& pool_;
    std::unique_ptr<ExternalChannel> channel_;
  };
  /// Waits while all are in use.
  Lease take();

 private:
  void put_back(std::unique_ptr<ExternalChannel> channel);

  ExternalOptions options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<ExternalChannel>> free_;
  std::uint64_t open_ = 0;
};

}  // namespace cohort
