#pragma once
// Whether two processes compute the same bits, in a few bytes (DESIGN section 4.4).

#include <string>

namespace cohort {

/// 16 hexadecimal digits: the low half of the XXH3-128 of the results of about a millisecond of
/// kernels, one Eigen product, one factorisation and some normals. It shows the process as it is:
/// the same for either instruction set, another one where pin_numerics() was forgotten.
std::string numerics_fingerprint();

}  // namespace cohort
