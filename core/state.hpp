#pragma once
// State: a value whose type only its owner knows (a method's server or client half, a transform, an
// optimizer). It can be copied, saved, loaded and compared, all through its fields(v).

#include <memory>
#include <string>
#include <typeinfo>
#include <utility>

#include "core/archive.hpp"

namespace cohort {

class State {
 public:
  State() = default;
  template <class T>
  requires(!std::is_same_v<std::remove_cvref_t<T>, State>) explicit State(T value)
      : holder_(std::make_unique<Holder<T>>(std::move(value))) {}
  State(const State& other) : holder_(other.holder_ ? other.holder_->clone() : nullptr) {}
  State& operator=(const State& other) {
    if (this != &other) holder_ = other.holder_ ? other.holder_->clone() : nullptr;
    return *this;
  }
  State(State&&) noexcept = default;
  State& operator=(State&&) noexcept = default;

  bool empty() const { return holder_ == nullptr; }
  template <class T>
  bool is() const {
    return dynamic_cast<const Holder<T>*>(holder_.get()) != nullptr;
  }

  template <class T>
  T& as() {
    return const_cast<T&>(std::as_const(*this).as<T>());
  }
  template <class T>
  const T& as() const {
    const auto* typed = dynamic_cast<const Holder<T>*>(holder_.get());
    if (typed == nullptr) check_failed("state has the expected type", typeid(T).name());
    return typed->value;
  }

  /// The holder's fields; a state without a holder writes nothing.
  void save(Writer& writer) const {
    if (holder_) holder_->save(writer);
  }
  /// Into a state that already has its type.
  void load(Reader& reader) {
    if (holder_) holder_->load(reader);
  }
  friend bool operator==(const State& a, const State& b) {
    if (a.empty() || b.empty()) return a.empty() == b.empty();
    return to_saved(a) == to_saved(b);
  }

  // States take part in fields(v): a Writer saves them, a Reader loads into the present type.
  template <class V>
  void fields(V&& v) {
    if constexpr (std::is_same_v<std::remove_cvref_t<V>, Writer>) {
      save(v);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<V>, Reader>) {
      load(v);
    }
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual std::unique_ptr<Base> clone() const = 0;
    virtual void save(Writer&) const = 0;
    virtual void load(Reader&) = 0;
  };
  template <class T>
  struct Holder final : Base {
    explicit Holder(T v) : value(std::move(v)) {}
    std::unique_ptr<Base> clone() const override { return std::make_unique<Holder>(value); }
    void save(Writer& w) const override { w.put(value); }
    void load(Reader& r) override { r.take(value); }
    T value;
  };
  static std::vector<std::byte> to_saved(const State& s) {
    std::vector<std::byte> out;
    Writer w(out);
    s.save(w);
    return out;
  }

  std::unique_ptr<Base> holder_;
};

/// For an algorithm that remembers nothing.
struct NoState {
  friend bool operator==(const NoState&, const NoState&) = default;
  template <class V>
  void fields(V&&) {}
};

}  // namespace cohort
