// SPDX-License-Identifier: MIT
//
// Windows of rows, all small ones, on every instruction set.
#include "cpu/micro.hpp"
#include "cpu/window_rows.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace einfold::cpu::test {
namespace {

template <class T>
void check(void (*copy)(const cpu::WindowRows<T>&), std::int64_t rows, std::int64_t n, std::int64_t gap, std::int64_t first_row, std::int64_t first) {
  constexpr T kUntouched = -1;
  for (std::int64_t last_row = first_row + 1; last_row <= rows; ++last_row) {
    for (std::int64_t last = first + 1; last <= n; ++last) {
      // exactly what is read, so that a sanitizer or the heap's end sees more
      const std::int64_t from_row = last - first + 2;
      std::vector<T> from(static_cast<std::size_t>((last_row - first_row - 1) * from_row + last - first));
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<T>(i + 1);
      std::vector<T> to(static_cast<std::size_t>((rows - 1) * (n + gap) + n), kUntouched);
      copy({rows, n, to.data(), n + gap, from.data(), from_row, first_row, last_row, first, last});
      for (std::size_t i = 0; i < to.size(); ++i) {
        const std::int64_t r = static_cast<std::int64_t>(i) / (n + gap), j = static_cast<std::int64_t>(i) % (n + gap);
        const bool inside = r >= first_row && r < last_row && j >= first && j < last;
        const T expected = j >= n ? kUntouched : inside ? from[static_cast<std::size_t>((r - first_row) * from_row + j - first)] : T(0);
        ASSERT_EQ(to[i], expected) << rows << " x " << n << " + " << gap << ", rows " << first_row << " to " << last_row << ", columns " << first
                                   << " to " << last << ", at " << r << ", " << j;
      }
    }
  }
}

template <class T>
class RowCopy : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RowCopy, Types);

TYPED_TEST(RowCopy, PutsZerosAroundWindows) {
  for (const Isa isa : supported_isas()) {
    const auto copy = copy_window<TypeParam>(isa);
    for (std::int64_t rows = 1; rows <= 4; ++rows)
      for (std::int64_t n = 1; n <= 20; ++n)
        for (const std::int64_t gap : {0, 3})
          for (std::int64_t first_row = 0; first_row < rows; ++first_row)
            for (std::int64_t first = 0; first < n; ++first) {
              check(copy, rows, n, gap, first_row, first);
              if (::testing::Test::HasFatalFailure()) return;
            }
  }
}

TYPED_TEST(RowCopy, PutsZerosAroundWindows_OfSeveralVectors) {
  for (const Isa isa : supported_isas()) {
    const auto copy = copy_window<TypeParam>(isa);
    for (const std::int64_t n : {24, 25, 32, 33, 49})
      for (const std::int64_t gap : {0, 3})
        for (std::int64_t first = 0; first < n && !::testing::Test::HasFatalFailure(); first += 5) check(copy, 5, n, gap, first % 3, first);
  }
}

TYPED_TEST(RowCopy, TakesEverySecondElement) {
  for (const Isa isa : supported_isas()) {
    for (std::int64_t n = 1; n <= 40; ++n) {
      std::vector<TypeParam> from(static_cast<std::size_t>(2 * n - 1)), to(static_cast<std::size_t>(n + 1), TypeParam(-1));
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<TypeParam>(i + 1);
      const std::int64_t here = 0;
      micro_kernels<TypeParam>(isa).pack_run(from.data(), &here, 1, n, 2, n, to.data());
      for (std::int64_t j = 0; j < n; ++j) ASSERT_EQ(to[static_cast<std::size_t>(j)], static_cast<TypeParam>(2 * j + 1)) << n;
      ASSERT_EQ(to.back(), TypeParam(-1)) << n;
    }
  }
}

}  // namespace
}  // namespace einfold::cpu::test
