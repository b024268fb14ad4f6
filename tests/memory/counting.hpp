// SPDX-License-Identifier: MIT
//
// Counts what operator new gives out in this program.
#pragma once

#include <cstdint>

namespace einfold::test {

/// False under sanitizers, which bring an allocator of their own.
[[nodiscard]] bool counting() noexcept;

/// Starts anew: the largest sum of bytes alive from now on, beyond what is alive now.
void start_counting() noexcept;
[[nodiscard]] std::int64_t most_bytes_alive() noexcept;

}  // namespace einfold::test
