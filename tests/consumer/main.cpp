// A project of its own on the installed library.
#include <cstdio>

#include "core/build_info.hpp"
#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/vec.hpp"

namespace {

cohort::Result<cohort::Bytes> doubles(std::size_t count) {
  if (count == 0) return cohort::bad_input("expected at least one number");
  return cohort::Bytes(count * sizeof(double));
}

}  // namespace

int main() {
  if (doubles(0)) return 1;
  auto bytes = doubles(5);
  if (!bytes || bytes->as<double>().size() != 5) return 1;
  // A vector that the library and its user lay out alike.
  static_assert(EIGEN_MAX_ALIGN_BYTES == 32);
  cohort::as_vec(bytes->as_mutable<double>()).setOnes();
  if (bytes->as<double>()[4] != 1.0) return 1;
  std::printf("cohort %s\n", cohort::version().data());
  return 0;
}
