// SPDX-License-Identifier: MIT
//
// Packing and storing: copies, transposed where need be.
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/micro_move.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/micro_vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {

/// Lanes per 128-bit block: shuffles stay within blocks on every target.
template <class T>
inline constexpr std::int64_t kBlock = static_cast<std::int64_t>(16 / sizeof(T));
/// Per cache line.
template <class T>
inline constexpr std::int64_t kLineElements = static_cast<std::int64_t>(64 / sizeof(T));

#if HWY_TARGET != HWY_SCALAR
/// Transposes each 128-bit block across kBlock vectors.
template <class T>
HWY_INLINE void transpose_blocks(Vector<T>* v) {
  const Tag<T> d;
  if constexpr (kBlock<T> == 4) {
    const auto t0 = hn::InterleaveLower(d, v[0], v[2]), t1 = hn::InterleaveLower(d, v[1], v[3]);
    const auto t2 = hn::InterleaveUpper(d, v[0], v[2]), t3 = hn::InterleaveUpper(d, v[1], v[3]);
    v[0] = hn::InterleaveLower(d, t0, t1);
    v[1] = hn::InterleaveUpper(d, t0, t1);
    v[2] = hn::InterleaveLower(d, t2, t3);
    v[3] = hn::InterleaveUpper(d, t2, t3);
  } else {
    const auto t0 = hn::InterleaveLower(d, v[0], v[1]), t1 = hn::InterleaveUpper(d, v[0], v[1]);
    v[0] = t0;
    v[1] = t1;
  }
}

/// Where elements between those of a vector may be read: those after each, or, for the last vector of a run, those
/// before each.
enum class Between { kNone, kAfter, kBefore };

/// src[0], src[step], ..:  step 1 reads nothing between, step 2 reads what lies after or before each element.
template <Between kBetween, class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_every(D d, const T* src) {
  if constexpr (kBetween == Between::kNone) return hn::LoadU(d, src);
  constexpr auto lanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
  if constexpr (kBetween == Between::kAfter)
    return hn::ConcatEven(d, hn::LoadU(d, src + lanes), hn::LoadU(d, src));
  return hn::ConcatOdd(d, hn::LoadU(d, src + lanes - 1), hn::LoadU(d, src - 1));
}

/// One vector from the 128-bit blocks at from + offsets[0], from + offsets[kBlock], ..
template <Between kBetween, class T>
HWY_INLINE Vector<T> gather_blocks(const T* from, const std::int64_t* offsets) {
  const Tag<T> d;
  const hn::FixedTag<T, 16 / sizeof(T)> block;
  const auto at = [&](int i) HWY_ATTR { return load_every<kBetween>(block, from + offsets[i * kBlock<T>]); };
  if constexpr (HWY_MAX_BYTES == 64) {
    const hn::FixedTag<T, 32 / sizeof(T)> half;
    return hn::Combine(d, hn::Combine(half, at(3), at(2)), hn::Combine(half, at(1), at(0)));
  } else if constexpr (HWY_MAX_BYTES == 32) {
    return hn::Combine(d, at(1), at(0));
  } else {
    return load_every<kBetween>(d, from + offsets[0]);
  }
}

/// kBlock rows of `lanes` columns.
template <Between kBetween, class T>
HWY_INLINE void pack_block(const T* src, const std::int64_t* n_offsets, std::int64_t width, T* dst) {
  const Tag<T> d;
  Vector<T> v[kBlock<T>];
  for (std::int64_t i = 0; i < kBlock<T>; ++i) v[i] = gather_blocks<kBetween>(src, n_offsets + i);
  transpose_blocks<T>(v);
  for (std::int64_t i = 0; i < kBlock<T>; ++i) hn::Store(v[i], d, dst + i * width);
}
#endif

template <class T>
void pack_run(const T* src, const std::int64_t* k_offsets, std::int64_t k, std::int64_t columns,
              std::int64_t step, std::int64_t width, T* dst) {
  for (std::int64_t p = 0; p < k; ++p, dst += width) {
    const T* from = src + k_offsets[p];
    std::int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
    const Tag<T> d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    if (step == 1) {
      for (; j + lanes <= columns; j += lanes) hn::StoreU(hn::LoadU(d, from + j), d, dst + j);
    } else if (step == 2) {
      for (; j + lanes < columns; j += lanes) hn::StoreU(load_every<Between::kAfter>(d, from + 2 * j), d, dst + j);
      if (j > 0 && j + lanes == columns) {
        hn::StoreU(load_every<Between::kBefore>(d, from + 2 * j), d, dst + j);
        j = columns;
      }
    }
#endif
    for (; j < columns; ++j) dst[j] = from[j * step];
  }
}

template <class T>
void pack_columns(const T* src, const std::int64_t* n_offsets, std::int64_t k, std::int64_t columns,
                  std::int64_t step, std::int64_t width, [[maybe_unused]] std::int64_t next, T* dst) {
  [[maybe_unused]] const auto lanes = static_cast<std::int64_t>(hn::Lanes(Tag<T>()));
  std::int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; j + lanes <= columns; j += lanes) {
    std::int64_t p = 0;
    const auto pack_next = [&]<Between kBetween>() HWY_ATTR {
      if (step == 1 && next != 0 && p % kLineElements<T> == 0)
        for (std::int64_t i = j; i < j + lanes; ++i) __builtin_prefetch(src + next + n_offsets[i] + p, 0, 2);
      pack_block<kBetween>(src + p * step, n_offsets + j, width, dst + p * width + j);
      p += kBlock<T>;
    };
    if (step == 1) {
      while (p + kBlock<T> <= k) pack_next.template operator()<Between::kNone>();
    } else if (step == 2) {
      while (p + kBlock<T> < k) pack_next.template operator()<Between::kAfter>();
      if (p > 0 && p + kBlock<T> == k) pack_next.template operator()<Between::kBefore>();
    }
    for (; p < k; ++p) {
      for (std::int64_t i = j; i < j + lanes; ++i) dst[p * width + i] = src[n_offsets[i] + p * step];
    }
  }
#endif
  for (; j < columns; ++j) {
    const T* from = src + n_offsets[j];
    for (std::int64_t p = 0; p < k; ++p) dst[p * width + j] = from[p * step];
  }
  for (; j < width; ++j) {
    for (std::int64_t p = 0; p < k; ++p) dst[p * width + j] = T(0);
  }
}

/// dst[j] = src[j] by vectors of D; the last may overlap the one before. n is at least their length.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void copy_overlapping(D d, std::int64_t n, const T* src, T* dst) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t j = 0; j + lanes < n; j += lanes) hn::StoreU(hn::LoadU(d, src + j), d, dst + j);
  hn::StoreU(hn::LoadU(d, src + n - lanes), d, dst + n - lanes);
}

template <class T>
HWY_INLINE void copy_run(std::int64_t n, const T* src, T* dst) {
  const Tag<T> d;
  if (n >= static_cast<std::int64_t>(hn::Lanes(d))) return copy_overlapping(d, n, src, dst);
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<T, static_cast<std::size_t>(kBlock<T>)> block;
  if (n >= kBlock<T>) return copy_overlapping(block, n, src, dst);
#endif
  for (std::int64_t j = 0; j < n; ++j) dst[j] = src[j];
}

template <class T>
void copy_padded(const PaddedRows<T>& rows) {
  constexpr std::uintptr_t kLine = 64;
  const T* src = rows.src;
  T* dst = rows.dst;
  for (std::int64_t r = 0; r < rows.rows; ++r, src += rows.src_row, dst += rows.dst_row) {
    for (std::int64_t j = 0; j < rows.before; ++j) dst[j] = T(0);
    T* to = dst + rows.before;
    if (rows.src_step == 1) {
      const std::uintptr_t next =
          reinterpret_cast<std::uintptr_t>(src) + static_cast<std::uintptr_t>(rows.src_next) * sizeof(T);
      for (std::uintptr_t j = 0; j < static_cast<std::uintptr_t>(rows.n) * sizeof(T); j += kLine)
        __builtin_prefetch(reinterpret_cast<const void*>(next + j));
      copy_run(rows.n, src, to);
    } else {
      for (std::int64_t j = 0; j < rows.n; ++j) to[j] = src[j * rows.src_step];
    }
    to += rows.n;
    for (std::int64_t j = 0; j < rows.after; ++j) to[j] = T(0);
  }
}

template <class T>
void store_row(std::int64_t n, T* c, const T* from, T factor, bool add) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto f = hn::Set(d, factor);
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto v = hn::Mul(hn::LoadU(d, from + j), f);
    hn::StoreU(add ? hn::Add(hn::LoadU(d, c + j), v) : v, d, c + j);
  }
  for (; j < n; ++j) c[j] = add ? c[j] + from[j] * factor : from[j] * factor;
}

template <class T>
void store_rows(std::int64_t rows, std::int64_t n, T* c, const std::int64_t* c_offsets, const T* from,
                std::int64_t ld, T factor, bool add) {
  for (std::int64_t i = 0; i < rows; ++i) store_row(n, c + c_offsets[i], from + i * ld, factor, add);
}

#if HWY_TARGET != HWY_SCALAR
/// Writes the 128-bit blocks of v to c + offsets[0], c + offsets[kBlock], ..
template <class V, class T>
HWY_INLINE void scatter_blocks(V v, T* c, const std::int64_t* offsets, bool add) {
  const hn::DFromV<V> d;
  if constexpr (hn::MaxLanes(d) * sizeof(T) <= 16) {
    T* to = c + offsets[0];
    hn::StoreU(add ? hn::Add(hn::LoadU(d, to), v) : v, d, to);
  } else {
    const hn::Half<hn::DFromV<V>> half;
    constexpr auto kHalf = static_cast<std::int64_t>(hn::MaxLanes(half));
    scatter_blocks(hn::LowerHalf(half, v), c, offsets, add);
    scatter_blocks(hn::UpperHalf(half, v), c, offsets + kHalf, add);
  }
}
#endif

template <class T>
void store_transposed(std::int64_t rows, std::int64_t n, T* c, const std::int64_t* c_offsets, const T* from,
                      std::int64_t ld, T factor, bool add) {
  const Tag<T> d;
  [[maybe_unused]] const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  [[maybe_unused]] const auto f = hn::Set(d, factor);
  std::int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; j + lanes <= n; j += lanes) {
    std::int64_t i = 0;
    for (; i + kBlock<T> <= rows; i += kBlock<T>) {
      Vector<T> v[kBlock<T>];
      for (std::int64_t r = 0; r < kBlock<T>; ++r) v[r] = hn::Mul(hn::LoadU(d, from + (i + r) * ld + j), f);
      transpose_blocks<T>(v);
      for (std::int64_t r = 0; r < kBlock<T>; ++r) scatter_blocks(v[r], c + i, c_offsets + j + r, add);
    }
    for (; i < rows; ++i) {
      for (std::int64_t x = j; x < j + lanes; ++x) {
        T& to = c[c_offsets[x] + i];
        to = add ? to + from[i * ld + x] * factor : from[i * ld + x] * factor;
      }
    }
  }
#endif
  for (; j < n; ++j) {
    T* to = c + c_offsets[j];
    for (std::int64_t i = 0; i < rows; ++i) {
      to[i] = add ? to[i] + from[i * ld + j] * factor : from[i * ld + j] * factor;
    }
  }
}

template <int kStep, class D, class T = hn::TFromD<D>>
HWY_INLINE void interleave_vectors(D d, const T* const* from, std::int64_t j, T* to) {
  const auto v = [&](int r) HWY_ATTR { return hn::LoadU(d, from[r] + j); };
  if constexpr (kStep == 2) hn::StoreInterleaved2(v(0), v(1), d, to + 2 * j);
  if constexpr (kStep == 3) hn::StoreInterleaved3(v(0), v(1), v(2), d, to + 3 * j);
  if constexpr (kStep == 4) hn::StoreInterleaved4(v(0), v(1), v(2), v(3), d, to + 4 * j);
}

/// `groups` times kStep elements; the last vectors may overlap those before. There are at least as many groups as lanes.
template <int kStep, class D, class T = hn::TFromD<D>>
HWY_INLINE void interleave_overlapping(D d, std::int64_t groups, const T* const* from, T* to) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t j = 0; j + lanes < groups; j += lanes) interleave_vectors<kStep>(d, from, j, to);
  interleave_vectors<kStep>(d, from, groups - lanes, to);
}

template <int kStep, class T>
HWY_INLINE void interleave_by(std::int64_t n, const T* const* from, T* to) {
  const Tag<T> d;
  const std::int64_t groups = n / kStep;
  std::int64_t j = groups;
  if (groups >= static_cast<std::int64_t>(hn::Lanes(d))) {
    interleave_overlapping<kStep>(d, groups, from, to);
#if HWY_TARGET != HWY_SCALAR
  } else if (const hn::CappedTag<T, static_cast<std::size_t>(kBlock<T>)> block; groups >= kBlock<T>) {
    interleave_overlapping<kStep>(block, groups, from, to);
#endif
  } else {
    j = 0;
  }
  for (std::int64_t i = j * kStep; i < n; ++j)
    for (int r = 0; r < kStep && i < n; ++r, ++i) to[i] = from[r][j];
}

template <class T>
void interleave(std::int64_t n, std::int64_t step, const T* const* from, T* to) {
  if (step == 2) return interleave_by<2>(n, from, to);
  if (step == 3) return interleave_by<3>(n, from, to);
  interleave_by<4>(n, from, to);
}

template <class T>
void fill_moves_of(MicroKernels<T>& t) {
  t.pack_run = pack_run<T>;
  t.pack_columns = pack_columns<T>;
  t.copy_padded = copy_padded<T>;
  t.store_row = store_row<T>;
  t.store_rows = store_rows<T>;
  t.store_transposed = store_transposed<T>;
  t.interleave = interleave<T>;
}

void fill_moves(MicroKernels<float>& t) { fill_moves_of(t); }
void fill_moves(MicroKernels<double>& t) { fill_moves_of(t); }

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

void fill_moves(Isa isa, MicroKernels<float>& t) { EINFOLD_FOR_ISA(isa, fill_moves(t)) }
void fill_moves(Isa isa, MicroKernels<double>& t) { EINFOLD_FOR_ISA(isa, fill_moves(t)) }

}  // namespace einfold::cpu
#endif
