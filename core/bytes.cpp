#include "core/bytes.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace cohort {

void Bytes::reallocate(std::size_t capacity, std::size_t keep, bool zero) {
  const std::size_t rounded = (capacity + alignment - 1) / alignment * alignment;
  std::byte* raw = nullptr;
  if (rounded > 0) {
    raw = static_cast<std::byte*>(::operator new[](rounded, std::align_val_t{alignment}));
    if (keep > 0) std::memcpy(raw, storage_.get(), keep);
    if (zero) std::memset(raw + keep, 0, rounded - keep);
  }
  storage_ = std::shared_ptr<std::byte[]>(
      raw, [](std::byte* p) { ::operator delete[](p, std::align_val_t{alignment}); });
  capacity_ = rounded;
}

void Bytes::resize(std::size_t size) {
  if (size > capacity_ || storage_.use_count() > 1) {
    reallocate(size, std::min(size, size_), true);
  } else if (size > size_) {
    std::memset(storage_.get() + size_, 0, size - size_);
  }
  size_ = size;
}

bool operator==(const Bytes& a, const Bytes& b) {
  return a.size_ == b.size_ && (a.size_ == 0 || a.storage_ == b.storage_ ||
                                std::memcmp(a.data(), b.data(), a.size_) == 0);
}

}  // namespace cohort
