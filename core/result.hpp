#pragma once
// What a run must survive: a value, or an error that names file, line or peer, what was expected
// and what was found. The code of an error is the exit status of the program that meets it.

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/check.hpp"

namespace cohort {

/// Exit statuses of the program.
enum class Code : int {
  done = 0,
  bad_input = 2,
  environment = 3,
  diverged = 4,
  peer_lost = 5,
  resumable = 75,
};

struct Error {
  Code code = Code::bad_input;
  std::string message;
  friend bool operator==(const Error&, const Error&) = default;
};

inline Error bad_input(std::string message) { return {Code::bad_input, std::move(message)}; }
inline Error bad_environment(std::string message) {
  return {Code::environment, std::move(message)};
}
inline Error peer_lost(std::string message) { return {Code::peer_lost, std::move(message)}; }

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& operator*() & { return checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked(); }
  const Error& error() const {
    COHORT_CHECK(state_.index() == 1, "error() of a Result that holds a value");
    return *std::get_if<1>(&state_);
  }

  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (!*this) return error();
    return std::forward<F>(f)(std::move(checked()));
  }

 private:
  T& checked() {
    if (state_.index() != 0) check_failed("Result holds a value", std::get<1>(state_).message);
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  explicit operator bool() const noexcept { return !error_.has_value(); }
  const Error& error() const {
    COHORT_CHECK(error_.has_value(), "error() of a Result that holds no error");
    return *error_;
  }
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F> {
    if (error_) return *error_;
    return std::forward<F>(f)();
  }

 private:
  std::optional<Error> error_;
};

}  // namespace cohort

#define COHORT_CONCAT_INNER(a, b) a##b
#define COHORT_CONCAT(a, b) COHORT_CONCAT_INNER(a, b)
/// COHORT_TRY(auto x, expression): x is the value of a Result, or the error is returned.
#define COHORT_TRY(target, ...)                                                           \
  auto COHORT_CONCAT(result_, __LINE__) = (__VA_ARGS__);                                  \
  if (!COHORT_CONCAT(result_, __LINE__)) return COHORT_CONCAT(result_, __LINE__).error(); \
  target = *std::move(COHORT_CONCAT(result_, __LINE__))
/// The same for a Result<void>.
#define COHORT_DO(...)                                                  \
  do {                                                                  \
    if (auto result_ = (__VA_ARGS__); !result_) return result_.error(); \
  } while (false)
