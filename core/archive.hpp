#pragma once
// One bounded archive over fields(v): a state, message or option struct lists its members once,
//   template <class V> void fields(V&& v) { v("c", c); v("rounds", rounds); }
// and saving, loading, hashing, equality of bytes and byte accounting all read that list.
//
// Encoding: little-endian scalars, lengths as u64, containers element by element, no names.
// The reader treats its input as hostile: every length is checked against the bytes that remain
// before anything is allocated, and an error names the field.

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

static_assert(std::endian::native == std::endian::little, "the archive writes memory order");

namespace archive_detail {
template <class T>
concept scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;
struct Probe {
  template <class T>
  void operator()(std::string_view, T&) {}
};
template <class T>
concept has_fields = requires(T& t, Probe& p) {
  t.fields(p);
};
template <class T>
struct is_vector : std::false_type {};
template <class T, class A>
struct is_vector<std::vector<T, A>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class K, class T, class C, class A>
struct is_map<std::map<K, T, C, A>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_pair : std::false_type {};
template <class A, class B>
struct is_pair<std::pair<A, B>> : std::true_type {};
template <class T>
inline constexpr bool unsupported = false;
}  // namespace archive_detail

/// Bytes of at least this size may travel beside the archive instead of in it.
inline constexpr std::size_t out_of_line = 256;

class Writer {
 public:
  /// With `parts`, every Bytes of at least `out_of_line` bytes becomes the next part, which shares
  /// its storage, and only its length is written.
  explicit Writer(std::vector<std::byte>& out, std::vector<Bytes>* parts = nullptr)
      : out_(&out), parts_(parts) {}

  template <class T>
  void operator()(std::string_view, const T& value) {
    put(value);
  }
  template <class T>
  void put(const T& value) {
    using namespace archive_detail;
    if constexpr (scalar<T>) {
      raw(&value, sizeof value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      length(value.size());
      raw(value.data(), value.size());
    } else if constexpr (std::is_same_v<T, Bytes>) {
      length(value.size());
      if (parts_ != nullptr && value.size() >= out_of_line) {
        parts_->push_back(value);
      } else {
        raw(value.data(), value.size());
      }
    } else if constexpr (std::is_same_v<T, Vec>) {
      length(static_cast<std::size_t>(value.size()));
      raw(value.data(), sizeof(double) * static_cast<std::size_t>(value.size()));
    } else if constexpr (std::is_same_v<T, Mat>) {
      length(static_cast<std::size_t>(value.rows()));
      length(static_cast<std::size_t>(value.cols()));
      raw(value.data(), sizeof(double) * static_cast<std::size_t>(value.size()));
    } else if constexpr (is_vector<T>::value) {
      length(value.size());
      if constexpr (scalar<typename T::value_type>) {
        raw(value.data(), sizeof(typename T::value_type) * value.size());
      } else {
        for (const auto& element : value) put(element);
      }
    } else if constexpr (is_map<T>::value) {
      length(value.size());
      for (const auto& [key, element] : value) {
        put(key);
        put(element);
      }
    } else if constexpr (is_optional<T>::value) {
      put(value.has_value());
      if (value) put(*value);
    } else if constexpr (is_pair<T>::value) {
      put(value.first);
      put(value.second);
    } else if constexpr (has_fields<T>) {
      // fields() is written once, for reading and writing, so it is not const; a Writer only reads.
      const_cast<T&>(value).fields(*this);
    } else {
      static_assert(unsupported<T>, "give this type a fields(v) member");
    }
  }
  void raw(const void* data, std::size_t size) {
    if (size == 0) return;
    const auto* first = static_cast<const std::byte*>(data);
    out_->insert(out_->end(), first, first + size);
  }

 private:
  void length(std::size_t n) { put(static_cast<std::uint64_t>(n)); }
  std::vector<std::byte>* out_;
  std::vector<Bytes>* parts_;
};

class Reader {
 public:
  /// `parts` as a Writer with parts left them; they outlive the Reader.
  explicit Reader(std::span<const std::byte> in, const std::vector<Bytes>* parts = nullptr)
      : in_(in), parts_(parts) {}

  /// Sticky: after the first error everything reads as empty. Names the field.
  Result<void> status() const {
    if (error_.empty()) return {};
    return bad_input(error_);
  }
  /// The error, or one that says how many bytes were left over.
  Result<void> finished() const {
    COHORT_DO(status());
    if (!in_.empty()) {
      return bad_input("archive: " + std::to_string(in_.size()) +
                       " bytes left after the last field");
    }
    if (parts_ != nullptr && next_part_ != parts_->size()) {
      return bad_input("archive: the fields use " + std::to_string(next_part_) + " of " +
                       std::to_string(parts_->size()) + " parts");
    }
    return {};
  }
  std::size_t remaining() const { return in_.size(); }

  template <class T>
  void operator()(std::string_view name, T& value) {
    const std::string_view outer = std::exchange(field_, name);
    take(value);
    field_ = outer;
  }
  template <class T>
  void take(T& value) {
    using namespace archive_detail;
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      raw(&byte, 1);
      if (byte > 1) fail("a truth value of 0 or 1");
      value = byte == 1;
    } else if constexpr (scalar<T>) {
      raw(&value, sizeof value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      value.resize(length(1));
      raw(value.data(), value.size());
    } else if constexpr (std::is_same_v<T, Bytes>) {
      take_bytes(value);
    } else if constexpr (std::is_same_v<T, Vec>) {
      value.resize(static_cast<Index>(length(sizeof(double))));
      raw(value.data(), sizeof(double) * static_cast<std::size_t>(value.size()));
    } else if constexpr (std::is_same_v<T, Mat>) {
      const std::size_t rows = length(0), cols = length(0);
      // A side may be any index when the other is 0.
      constexpr auto most = static_cast<std::size_t>(std::numeric_limits<Index>::max());
      if (rows > most || cols > most || (cols != 0 && rows > in_.size() / sizeof(double) / cols)) {
        fail("a matrix that fits the bytes left");
        value.resize(0, 0);
        return;
      }
      value.resize(static_cast<Index>(rows), static_cast<Index>(cols));
      raw(value.data(), sizeof(double) * static_cast<std::size_t>(value.size()));
    } else if constexpr (is_vector<T>::value) {
      using E = typename T::value_type;
      if constexpr (scalar<E>) {
        value.resize(length(sizeof(E)));
        raw(value.data(), sizeof(E) * value.size());
      } else {
        // At least one byte an element: a hostile length cannot allocate more than it sent.
        value.clear();
        for (std::size_t n = length(1), i = 0; i < n && error_.empty(); ++i) {
          take(value.emplace_back());
        }
      }
    } else if constexpr (is_map<T>::value) {
      value.clear();
      for (std::size_t n = length(1), i = 0; i < n && error_.empty(); ++i) {
        typename T::key_type key{};
        take(key);
        take(value[key]);
      }
    } else if constexpr (is_optional<T>::value) {
      bool present = false;
      take(present);
      if (present) {
        take(value.emplace());
      } else {
        value.reset();
      }
    } else if constexpr (is_pair<T>::value) {
      take(value.first);
      take(value.second);
    } else if constexpr (has_fields<T>) {
      value.fields(*this);
    } else {
      static_assert(unsupported<T>, "give this type a fields(v) member");
    }
  }

 private:
  /// A length that the bytes left can hold at `element_size` bytes an element (0: unchecked).
  std::size_t length(std::size_t element_size) {
    std::uint64_t n = 0;
    raw(&n, sizeof n);
    if (element_size != 0 && n > in_.size() / element_size) {
      fail("a length that fits the " + std::to_string(in_.size()) + " bytes left, found " +
           std::to_string(n));
      return 0;
    }
    return static_cast<std::size_t>(n);
  }
  void take_bytes(Bytes& value) {
    const std::size_t size = length(parts_ == nullptr ? 1 : 0);
    if (parts_ == nullptr || size < out_of_line) {
      value.resize(size);
      raw(value.mutable_data(), size);
    } else if (next_part_ < parts_->size() && (*parts_)[next_part_].size() == size) {
      value = (*parts_)[next_part_++];
    } else {
      fail("a part of " + std::to_string(size) + " bytes, found " +
           (next_part_ < parts_->size() ? "one of " + std::to_string((*parts_)[next_part_].size())
                                        : "no more parts"));
    }
  }
  void raw(void* data, std::size_t size) {
    if (size == 0) return;
    if (size > in_.size()) {
      fail(std::to_string(size) + " bytes, found " + std::to_string(in_.size()));
      std::memset(data, 0, size);
      return;
    }
    std::memcpy(data, in_.data(), size);
    in_ = in_.subspan(size);
  }
  void fail(const std::string& expected) {
    if (error_.empty()) {
      error_ = "archive: field '" + std::string(field_) + "': expected " + expected;
    }
    in_ = {};
  }

  std::span<const std::byte> in_;
  const std::vector<Bytes>* parts_;
  std::size_t next_part_ = 0;
  std::string_view field_ = "?";
  std::string error_;
};

template <class T>
std::vector<std::byte> to_bytes(const T& value) {
  std::vector<std::byte> out;
  Writer(out).put(value);
  return out;
}

template <class T>
Result<T> from_bytes(std::span<const std::byte> in) {
  T value{};
  Reader reader(in);
  reader.take(value);
  COHORT_DO(reader.finished());
  return value;
}

}  // namespace cohort
