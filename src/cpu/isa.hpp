// SPDX-License-Identifier: MIT
//
// Instruction sets that hot loops are compiled for.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace einfold::cpu {

enum class Isa { kGeneric, kNeon, kAvx2, kAvx512 };

[[nodiscard]] std::string_view name_of(Isa isa) noexcept;  ///< "generic", "neon", "avx2", "avx512"
[[nodiscard]] std::optional<Isa> isa_of_name(std::string_view name) noexcept;

/// Those that this program was compiled for and this processor has; the best is last. Never empty.
[[nodiscard]] const std::vector<Isa>& supported_isas();

/// The best supported one, or the one that the environment variable EINFOLD_ISA names (read once; a name that
/// is unknown or not supported here is ignored).
[[nodiscard]] Isa chosen_isa();

}  // namespace einfold::cpu
