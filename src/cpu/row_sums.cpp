// SPDX-License-Identifier: MIT
//
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/row_sums.hpp"

#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/row_sums.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/micro_vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE std::int64_t lanes_of() {
  return static_cast<std::int64_t>(hn::Lanes(Tag<T>()));
}

template <class T, int kVectors>
HWY_INLINE void add_columns(std::int64_t rows, const T* from, std::int64_t row, T* to) {
  const Tag<T> d;
  const std::int64_t lanes = lanes_of<T>();
  Vector<T> sum[kVectors];
#pragma GCC unroll 8
  for (int j = 0; j < kVectors; ++j) sum[j] = hn::Zero(d);
  for (std::int64_t i = 0; i < rows; ++i, from += row) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) sum[j] = hn::Add(sum[j], hn::LoadU(d, from + j * lanes));
  }
#pragma GCC unroll 8
  for (int j = 0; j < kVectors; ++j) hn::StoreU(hn::Add(hn::LoadU(d, to + j * lanes), sum[j]), d, to + j * lanes);
}

template <class T>
void add(std::int64_t rows, const T* from, std::int64_t row, std::int64_t n, T* to) {
  const std::int64_t lanes = lanes_of<T>();
  std::int64_t j = 0;
  // Wide, so that memory is read in order.
  for (; j + 8 * lanes <= n; j += 8 * lanes) add_columns<T, 8>(rows, from + j, row, to + j);
  if (j + 4 * lanes <= n) {
    add_columns<T, 4>(rows, from + j, row, to + j);
    j += 4 * lanes;
  }
  if (j + 2 * lanes <= n) {
    add_columns<T, 2>(rows, from + j, row, to + j);
    j += 2 * lanes;
  }
  if (j + lanes <= n) {
    add_columns<T, 1>(rows, from + j, row, to + j);
    j += lanes;
  }
  if (j == n) return;
  // The rest: the last lanes of a vector that overlaps, or numbers side by side.
  HWY_ALIGN T sums[64 / sizeof(T)] = {};
  if (n >= lanes) {
    add_columns<T, 1>(rows, from + n - lanes, row, sums);
    for (std::int64_t lane = lanes - (n - j); j < n; ++j, ++lane) to[j] += sums[lane];
    return;
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t lane = 0; lane < n - j; ++lane) sums[lane] += from[i * row + j + lane];
  }
  for (std::int64_t lane = 0; j < n; ++j, ++lane) to[j] += sums[lane];
}

template <class T, int kVectors>
HWY_INLINE void add_members_at(const SumOfMembers<T>& s, std::int64_t at) {
  const Tag<T> d;
  const std::int64_t lanes = lanes_of<T>();
  Vector<T> sum[kVectors];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) sum[j] = hn::Zero(d);
  for (std::int64_t m = 0; m < s.count; ++m) {
    const T* from = s.from + s.members[m] * s.row + at;
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) sum[j] = hn::Add(sum[j], hn::LoadU(d, from + j * lanes));
  }
  const auto factor = hn::Set(d, s.factor);
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) hn::StoreU(hn::Mul(sum[j], factor), d, s.to + at + j * lanes);
}

template <class T>
void add_members(const SumOfMembers<T>& s) {
  const std::int64_t lanes = lanes_of<T>();
  std::int64_t at = 0;
  for (; at + 4 * lanes <= s.n; at += 4 * lanes) add_members_at<T, 4>(s, at);
  for (; at + 2 * lanes <= s.n; at += 2 * lanes) add_members_at<T, 2>(s, at);
  for (; at + lanes <= s.n; at += lanes) add_members_at<T, 1>(s, at);
  for (; at < s.n; ++at) {
    T sum = T(0);
    for (std::int64_t m = 0; m < s.count; ++m) sum += s.from[s.members[m] * s.row + at];
    s.to[at] = sum * s.factor;
  }
}

}  // namespace

void fill(RowSums<float>& k) { k = {add<float>, add_members<float>}; }
void fill(RowSums<double>& k) { k = {add<double>, add_members<double>}; }
void fill(RowSums<std::uint32_t>& k) { k = {add<std::uint32_t>, add_members<std::uint32_t>}; }
void fill(RowSums<std::uint64_t>& k) { k = {add<std::uint64_t>, add_members<std::uint64_t>}; }

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

template <class T>
const RowSums<T>& row_sums(Isa isa) {
  static const auto tables =
      tables_of<RowSums<T>>([](Isa one, RowSums<T>& table) { EINFOLD_FOR_ISA(one, fill(table)) });
  return tables[static_cast<std::size_t>(isa)];
}
template const RowSums<float>& row_sums<float>(Isa);
template const RowSums<double>& row_sums<double>(Isa);
template const RowSums<std::uint32_t>& row_sums<std::uint32_t>(Isa);
template const RowSums<std::uint64_t>& row_sums<std::uint64_t>(Isa);

}  // namespace einfold::cpu
#endif
