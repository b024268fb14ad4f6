// SPDX-License-Identifier: MIT
//
// Random numbers that are the same on every machine and in every thread: SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace einfold::pathfind {

[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

class Random {
 public:
  /// Streams of one seed are independent of each other.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : state_(mixed(seed + mixed(stream + 1))) {}

  std::uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15); }
  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + (high - low) * uniform(); }
  /// In [0, count), count >= 1 and far below 2^32.
  int below(int count) { return static_cast<int>(((next() >> 32) * static_cast<std::uint64_t>(count)) >> 32); }
  /// Standard Gumbel: adding it to log weights and taking the largest draws in proportion to the weights.
  double gumbel() { return -std::log(-std::log(uniform() + 0x1p-54)); }
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t n = values.size(); n > 1; --n)
      std::swap(values[n - 1], values[static_cast<std::size_t>(below(static_cast<int>(n)))]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace einfold::pathfind
