#pragma once
// Bytes: a 64-byte aligned buffer with value semantics. Copies share the storage until one of them
// is written (copy on write), so one payload goes to many peers, and through an in-process
// transport, without a copy.

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "core/check.hpp"

namespace cohort {

class Bytes {
 public:
  static constexpr std::size_t alignment = 64;

  Bytes() = default;
  /// Zero-filled.
  explicit Bytes(std::size_t size) { resize(size); }
  /// For who overwrites every byte at once, as a receiver does.
  static Bytes uninitialized(std::size_t size) {
    Bytes b;
    b.reallocate(size, 0, false);
    b.size_ = size;
    return b;
  }
  Bytes(const Bytes&) = default;
  Bytes& operator=(const Bytes&) = default;
  /// What was moved from is empty.
  Bytes(Bytes&& other) noexcept { swap(other); }
  Bytes& operator=(Bytes&& other) noexcept {
    Bytes taken(std::move(other));
    swap(taken);
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::byte* data() const { return storage_.get(); }
  /// Unshares first.
  std::byte* mutable_data() {
    if (storage_.use_count() > 1) reallocate(size_, size_, true);
    return storage_.get();
  }
  /// New bytes are zero; the capacity of an unshared buffer is kept.
  void resize(std::size_t size);

  template <class T>
  std::span<const T> as() const {
    COHORT_CHECK(size_ % sizeof(T) == 0, "bytes are not a whole number of elements");
    return {reinterpret_cast<const T*>(data()), size_ / sizeof(T)};
  }
  template <class T>
  std::span<T> as_mutable() {
    COHORT_CHECK(size_ % sizeof(T) == 0, "bytes are not a whole number of elements");
    return {reinterpret_cast<T*>(mutable_data()), size_ / sizeof(T)};
  }
  friend bool operator==(const Bytes& a, const Bytes& b);

 private:
  /// Keeps the first bytes; the others become zero if asked for.
  void reallocate(std::size_t capacity, std::size_t keep, bool zero);
  void swap(Bytes& other) noexcept {
    storage_.swap(other.storage_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  // Shared by the copies of one buffer: messages in flight to several peers, and their sender.
  std::shared_ptr<std::byte[]> storage_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace cohort
