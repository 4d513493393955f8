#include "problems/data/checksum.hpp"

#include <xxhash.h>

#include <new>
#include <vector>

#include "problems/data/byte_source.hpp"

namespace cohort {

void Checksum::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

Checksum::Checksum() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(state_.get());
}

void Checksum::update(std::span<const std::byte> bytes) {
  XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
}

Hash128 Checksum::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
  return {hash.high64, hash.low64};
}

Result<Hash128> checksum_file(const std::filesystem::path& path) {
  COHORT_TRY(InputFile file, InputFile::open(path));
  Checksum sum;
  std::vector<std::byte> block(std::size_t{1} << 18);
  while (true) {
    COHORT_TRY(const std::size_t size, file.read(block));
    if (size == 0) return sum.digest();
    sum.update(std::span(block).first(size));
  }
}

}  // namespace cohort
