// SPDX-License-Identifier: MIT
//
// Memory of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace einfold {

enum class Fill { kNone, kZero };

/// The alignment of owned elements: a cache line, and a vector of any instruction set.
inline constexpr std::size_t kAlignment = 64;

/// Throws E0601 with the number of bytes.
[[nodiscard]] std::shared_ptr<void> allocate(std::size_t bytes, Fill fill);

[[noreturn]] void out_of_memory(std::size_t bytes);

}  // namespace einfold
