// SPDX-License-Identifier: MIT
//
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/window_rows.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/micro_vector-inl.hpp"
#include "cpu/window_rows.hpp"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {
namespace {

/// Masked loads touch no memory behind a mask.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
constexpr bool kMasks = true;
#else
constexpr bool kMasks = false;
#endif

template <class T>
HWY_INLINE void zero(T* to, std::int64_t n) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes) hn::StoreU(hn::Zero(d), d, to + j);
  for (; j < n; ++j) to[j] = T(0);
}

/// Which of the elements j, j + 1, .. of a vector exist.
template <class T>
HWY_INLINE auto existing(std::int64_t j, std::int64_t first, std::int64_t last) {
  const hn::ScalableTag<T> d;
  const hn::RebindToSigned<decltype(d)> number;
  using Number = hn::TFromD<decltype(number)>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto lane = hn::Iota(number, Number(0));
  const auto from_first = hn::Gt(lane, hn::Set(number, static_cast<Number>(std::clamp<std::int64_t>(first - j, 0, lanes) - 1)));
  const auto before_last = hn::Lt(lane, hn::Set(number, static_cast<Number>(std::clamp<std::int64_t>(last - j, 0, lanes))));
  return hn::RebindMask(d, hn::And(from_first, before_last));
}

/// Rows of kVectors vectors or less. They may reach beyond the end of a row into the next one, which is written later.
template <int kVectors, class T>
HWY_INLINE void short_rows(const WindowRows<T> k) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  decltype(existing<T>(0, 0, 0)) mask[kVectors], row[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    mask[v] = existing<T>(v * lanes, k.first, k.last);
    row[v] = existing<T>(v * lanes, 0, k.n);
  }
  // the last row whose vectors end within the piece
  const std::int64_t width = kVectors * lanes;
  const std::int64_t inside = k.to_row == k.n ? k.rows - (width + k.n - 1) / k.n : k.n == width ? k.rows : -1;
  const T* from = k.from - k.first;
  T* to = k.to + k.first_row * k.to_row;
  std::int64_t r = k.first_row;
  for (const std::int64_t end = std::min(inside + 1, k.last_row); r < end; ++r, from += k.from_row, to += k.to_row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) hn::StoreU(hn::MaskedLoad(mask[v], d, from + v * lanes), d, to + v * lanes);
  }
  for (; r < k.last_row; ++r, from += k.from_row, to += k.to_row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) hn::BlendedStore(hn::MaskedLoad(mask[v], d, from + v * lanes), row[v], d, to + v * lanes);
  }
}

/// The same of longer rows: `room` elements from `to` on may be written.
template <class T>
HWY_INLINE void long_row(const WindowRows<T>& k, const T* from, T* to, std::int64_t room) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t j = 0; j < k.n; j += lanes) {
    const auto value = j >= k.first && j + lanes <= k.last ? hn::LoadU(d, from + j)
                                                           : hn::MaskedLoad(existing<T>(j, k.first, k.last), d, from + j);
    if (j + lanes <= room) {
      hn::StoreU(value, d, to + j);
    } else {
      hn::BlendedStore(value, hn::FirstN(d, static_cast<std::size_t>(k.n - j)), d, to + j);
    }
  }
}

template <class T>
HWY_INLINE void plain_row(const WindowRows<T>& k, const T* from, T* to) {
  zero(to, k.first);
  for (std::int64_t j = k.first; j < k.last; ++j) to[j] = from[j];
  zero(to + k.last, k.n - k.last);
}

template <class T>
void copy(const WindowRows<T>& k) {
  const bool dense = k.to_row == k.n;
  const auto clear = [&](std::int64_t first, std::int64_t last) HWY_ATTR {
    if (dense) return zero(k.to + first * k.n, (last - first) * k.n);
    for (std::int64_t r = first; r < last; ++r) zero(k.to + r * k.to_row, k.n);
  };
  clear(0, k.first_row);
  if constexpr (kMasks) {
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
    if (k.n <= 4 * lanes) {
      if (k.n <= lanes) short_rows<1>(k);
      else if (k.n <= 2 * lanes) short_rows<2>(k);
      else if (k.n <= 3 * lanes) short_rows<3>(k);
      else short_rows<4>(k);
      return clear(k.last_row, k.rows);
    }
  }
  for (std::int64_t r = k.first_row; r < k.last_row; ++r) {
    const T* from = k.from + (r - k.first_row) * k.from_row - k.first;
    T* to = k.to + r * k.to_row;
    if constexpr (kMasks) long_row(k, from, to, dense ? (k.rows - r) * k.n : k.n);
    else plain_row(k, from, to);
  }
  clear(k.last_row, k.rows);
}

}  // namespace

void fill(CopyWindow<float>& k) { k = copy<float>; }
void fill(CopyWindow<double>& k) { k = copy<double>; }

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

template <class T>
CopyWindow<T> copy_window(Isa isa) {
  return table_of<CopyWindow<T>>(isa, [](Isa one, CopyWindow<T>& table) { EINFOLD_FOR_ISA(one, fill(table)) });
}
template CopyWindow<float> copy_window<float>(Isa);
template CopyWindow<double> copy_window<double>(Isa);

}  // namespace einfold::cpu
#endif
