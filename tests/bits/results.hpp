// SPDX-License-Identifier: MIT
//
// What is computed to compare bits: every operation, and random equations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace einfold::test {

/// A result as 64 bits of its bytes.
struct Fingerprint {
  std::string name;
  std::uint64_t hash = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// Every operation on small convolutions (float32, float64, and complex64 where it is allowed), the costly ones on shapes that
/// fill tiles and need several blocks of the sum, matrix products around tile edges, and random networks. In the instruction set
/// that the process uses, with each of `threads`; the name tells the number of threads only where bits differ between them.
[[nodiscard]] std::vector<Fingerprint> fingerprints(const std::vector<int>& threads);

}  // namespace einfold::test
