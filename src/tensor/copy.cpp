// SPDX-License-Identifier: MIT
#include "tensor/copy.hpp"

#include "base/fail.hpp"
#include "tensor/convert.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <vector>

namespace einfold {
namespace {

/// One loop, with its strides in bytes.
struct Loop {
  std::int64_t extent = 1;
  std::ptrdiff_t target = 0;
  std::ptrdiff_t source = 0;
};

/// The loops of a copy, those with the longest strides in the target first, and as few as possible.
std::vector<Loop> loops_of(std::span<const std::int64_t> shape, const Elements& target, const ConstElements& source) {
  std::vector<Loop> loops;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    loops.push_back({shape[axis], target.strides[axis] * static_cast<std::ptrdiff_t>(size_bytes(target.dtype)),
                     source.strides[axis] * static_cast<std::ptrdiff_t>(size_bytes(source.dtype))});
  }
  std::stable_sort(loops.begin(), loops.end(),
                   [](const Loop& a, const Loop& b) { return std::abs(a.target) > std::abs(b.target); });
  std::vector<Loop> fused;
  for (const Loop& loop : loops) {
    if (!fused.empty() && fused.back().target == loop.extent * loop.target &&
        fused.back().source == loop.extent * loop.source) {
      fused.back() = {fused.back().extent * loop.extent, loop.target, loop.source};
    } else {
      fused.push_back(loop);
    }
  }
  return fused;
}

using Block = std::array<Loop, 2>;  // rows, columns
using Kernel = void (*)(const Block& block, std::byte* target, const std::byte* source);

/// How an element lies in memory. A bool is a byte that may hold anything.
template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, unsigned char, T>;

template <class T>
T load(const std::byte* address) noexcept {
  Stored<T> value;
  std::memcpy(&value, address, sizeof value);
  if constexpr (std::is_same_v<T, bool>) return value != 0;
  else return value;
}

template <class T>
void store(std::byte* address, T value) noexcept {
  const auto stored = static_cast<Stored<T>>(value);
  std::memcpy(address, &stored, sizeof stored);
}

template <class To, class From>
void copy_block(const Block& block, std::byte* target, const std::byte* source) {
  const auto& [rows, columns] = block;
  constexpr auto to_size = static_cast<std::ptrdiff_t>(sizeof(Stored<To>));
  constexpr auto from_size = static_cast<std::ptrdiff_t>(sizeof(Stored<From>));
  if (columns.target == to_size && columns.source == from_size) {
    for (std::int64_t row = 0; row < rows.extent; ++row, target += rows.target, source += rows.source) {
      if constexpr (std::is_same_v<To, From> && !std::is_same_v<To, bool>) {
        std::memcpy(target, source, static_cast<std::size_t>(columns.extent) * sizeof(To));
      } else {
        for (std::int64_t column = 0; column < columns.extent; ++column) {
          store<To>(target + column * to_size, convert<To>(load<From>(source + column * from_size)));
        }
      }
    }
    return;
  }
  constexpr std::int64_t tile = 32;  // of a transposition: source and target lines of a tile stay in the first cache
  for (std::int64_t row0 = 0; row0 < rows.extent; row0 += tile) {
    const std::int64_t row_end = std::min(row0 + tile, rows.extent);
    for (std::int64_t column0 = 0; column0 < columns.extent; column0 += tile) {
      const std::int64_t column_end = std::min(column0 + tile, columns.extent);
      for (std::int64_t row = row0; row < row_end; ++row) {
        for (std::int64_t column = column0; column < column_end; ++column) {
          const From value = load<From>(source + row * rows.source + column * columns.source);
          store<To>(target + row * rows.target + column * columns.target, convert<To>(value));
        }
      }
    }
  }
}

/// A row of kernels per type of the target; no kernel takes complex to real.
template <class To, class... From>
constexpr std::array<Kernel, sizeof...(From)> kernels_to() {
  const auto kernel = []<class T>(std::type_identity<T>) -> Kernel {
    if constexpr (is_convertible<To, T>) return &copy_block<To, T>;
    else return nullptr;
  };
  return {kernel(std::type_identity<From>{})...};
}

template <class... T>
struct Types {
  static constexpr std::array<std::array<Kernel, sizeof...(T)>, sizeof...(T)> kernels = {kernels_to<T, T...>()...};
};

// In the order of DType.
using AllTypes = Types<bool, std::int32_t, std::int64_t, Float16, BFloat16, float, double, std::complex<float>,
                       std::complex<double>>;

Kernel kernel_of(DType target, DType source) {
  const Kernel kernel = AllTypes::kernels[static_cast<std::size_t>(target)][static_cast<std::size_t>(source)];
  if (kernel == nullptr) {
    fail(ErrorKind::kArgument, "E0402", name_of(source), " elements cannot become ", name_of(target),
         ": the imaginary part would be lost");
  }
  return kernel;
}

/// Takes the loops of the block out of `loops`: columns run along the target, rows along the source.
Block take_block(std::vector<Loop>& loops) {
  Block block;
  if (loops.empty()) return block;
  block[1] = loops.back();
  loops.pop_back();
  if (loops.empty()) return block;
  const auto rows = std::min_element(loops.rbegin(), loops.rend(), [](const Loop& a, const Loop& b) {
    return std::abs(a.source) < std::abs(b.source);
  });
  block[0] = *rows;
  loops.erase(std::next(rows).base());
  return block;
}

}  // namespace

void copy_elements(std::span<const std::int64_t> shape, const Elements& target, const ConstElements& source) {
  const Kernel kernel = kernel_of(target.dtype, source.dtype);
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return;
  std::vector<Loop> loops = loops_of(shape, target, source);
  const Block block = take_block(loops);
  auto* to = static_cast<std::byte*>(target.data);
  const auto* from = static_cast<const std::byte*>(source.data);
  std::vector<std::int64_t> position(loops.size(), 0);
  for (;;) {
    kernel(block, to, from);
    std::size_t axis = loops.size();
    for (; axis > 0; --axis) {
      const Loop& loop = loops[axis - 1];
      to += loop.target;
      from += loop.source;
      if (++position[axis - 1] < loop.extent) break;
      position[axis - 1] = 0;
      to -= loop.extent * loop.target;
      from -= loop.extent * loop.source;
    }
    if (axis == 0) return;
  }
}

}  // namespace einfold
