// SPDX-License-Identifier: MIT
//
// A row of long sums in short chains.
#pragma once

#include "cpu/cascade.hpp"

#include <algorithm>
#include <cstdint>

namespace einfold::cpu {

/// Partial sums of a row on every level; level 0 is where the sums belong. Terms are added to `row()`.
template <class T>
class CascadeRow {
 public:
  /// `upper`: the levels above, of `width` elements each.
  CascadeRow(T* row, std::int64_t width, T* upper) : row_(row), upper_(upper), width_(width) {
    std::fill_n(row_, width_, T{});
  }
  [[nodiscard]] T* row() const { return row_; }

  /// So many terms were added to every sum, at most.
  void added(std::int64_t terms) {
    counter_.add(terms, [this](int j) { lift(j); });
  }
  void finish() {
    if (counter_.top() == 0) return;
    for (int j = 0; j < counter_.top(); ++j) lift(j);
    std::copy_n(level(counter_.top()), width_, row_);
  }

  /// Levels above the row that sums of so many terms need.
  [[nodiscard]] static std::int64_t levels_above(std::int64_t terms) {
    std::int64_t levels = 0;
    for (std::int64_t full = terms / kChain; full > 0 && levels < kLevels; full /= kRadix) ++levels;
    return levels;
  }

 private:
  [[nodiscard]] T* level(int j) const { return j == 0 ? row_ : upper_ + (j - 1) * width_; }

  void lift(int j) {
    T *from = level(j), *to = level(j + 1);
    if (j + 1 > cleared_) {
      std::copy_n(from, width_, to);
      cleared_ = j + 1;
    } else {
      for (std::int64_t i = 0; i < width_; ++i) to[i] += from[i];
    }
    std::fill_n(from, width_, T{});
  }

  T *row_, *upper_;
  std::int64_t width_;
  int cleared_ = 0;
  CascadeCounter counter_;
};

}  // namespace einfold::cpu
